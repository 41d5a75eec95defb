package checkpoint_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/kafkatest"
)

func TestOneOfThreeLeadsAndKeepsLeading(t *testing.T) {
	s := newSystem(t)
	first := s.replica("c")
	lease := first.lease()
	others := []*replica{s.replica("a"), s.replica("b")}
	for _, r := range others {
		r.ready()
	}
	if !first.leader.Leading() || lease.ctx.Err() != nil {
		t.Error("who led gave the lease away because others came")
	}
	for _, r := range others {
		if r.leader.Leading() || len(r.leases) > 0 {
			t.Error("two replicas lead")
		}
	}
	if err := lease.Commit(t.Context(), page(1, 3, 10), nil, nil); err != nil {
		t.Error(err)
	}
}

func TestStoppingHandsOverAtOnce(t *testing.T) {
	s := newSystem(t)
	first := s.replica("a")
	lease := first.lease()
	second := s.replica("b")
	second.ready()
	if err := lease.Commit(t.Context(), nil, pages(7), nil); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	first.stop()
	next := second.lease()
	took := time.Since(start)
	t.Logf("handed over in %s", took)
	if took > session/2 {
		t.Errorf("a clean stop was waited for: %s", took)
	}
	if got := next.Cursors()["applications"]; got == nil || *got.LastID != 7 || *got.Owner != "a" {
		t.Errorf("the successor knows %+v", got)
	}
	if err := lease.Commit(t.Context(), page(1, 1, 10), nil, nil); !errors.Is(err, checkpoint.ErrLost) {
		t.Errorf("the former lease committed: %v", err)
	}
	if first.leader.Leading() || !second.leader.Leading() {
		t.Error("Leading does not follow")
	}
}

func TestVanishedLeaderIsReplaced(t *testing.T) {
	s := newSystem(t)
	first := s.replica("a")
	old := first.lease()
	second := s.replica("b")
	second.ready()
	start := time.Now()
	first.wire.set(true)
	next := second.lease()
	took := time.Since(start)
	t.Logf("replaced after %s, with a session time-out of %s", took, session)
	if took > session+5*time.Second {
		t.Errorf("replaced after %s only", took)
	}
	if err := next.Commit(t.Context(), page(1, 1, 10), nil, nil); err != nil {
		t.Error(err)
	}
	old.over(t)
	first.wire.set(false)
	first.ready()
	if next.ctx.Err() != nil || first.leader.Leading() {
		t.Error("who came back took the lease away")
	}
}

func TestRestartedReplicaTakesUpItsLease(t *testing.T) {
	s := newSystem(t)
	killed := s.replica("a")
	killed.lease()
	killed.wire.set(true)
	start := time.Now()
	again := s.replica("a")
	again.lease()
	if took := time.Since(start); took > session-time.Second {
		t.Errorf("it was not known again: %s", took)
	}
}

// Of two that both believe to lead, the one that took the lease last does.
func TestZombieWritesNothing(t *testing.T) {
	s := newSystem(t)
	zombie := s.replica("zombie")
	old := zombie.lease()
	if err := old.Commit(t.Context(), page(1, 1, 10), pages(1), nil); err != nil {
		t.Fatal(err)
	}
	successor := s.replica("successor", func(c *checkpoint.Config) { c.Group = s.cluster.Prefix() + "-elsewhere" })
	lease := successor.lease()
	if err := old.Commit(t.Context(), page(100, 20, 10), pages(100), nil); !errors.Is(err, checkpoint.ErrLost) {
		t.Fatalf("a zombie committed: %v", err)
	}
	old.over(t)
	if got := s.list()["applications"]; got != 1 {
		t.Errorf("the zombie wrote the cursor %d", got)
	}
	if got := s.journal(); !slices.Equal(got, []string{"poll:1"}) {
		t.Errorf("the zombie wrote to the journal: %q", got)
	}
	if n := testutil.ToFloat64(gathered(t, zombie, "mokafka_checkpoint_leases_lost_total")); n < 1 {
		t.Errorf("%v lost leases were counted", n)
	}
	_ = lease
}

// Two organisations may share the topics: neither waits for the other's replicas.
func TestOrganisationsDoNotShareAGroup(t *testing.T) {
	s := newSystem(t)
	other := *s
	other.table.OrgID = "another"
	mine, theirs := s.replica("a").lease(), other.replica("a").lease()
	for i, lease := range []held{mine, theirs} {
		if err := lease.Commit(t.Context(), nil, pages(int64(i)), nil); err != nil {
			t.Error(err)
		}
	}
	if got, their := s.list()["applications"], other.list()["applications"]; got != 0 || their != 1 {
		t.Errorf("the cursors are %d and %d", got, their)
	}
}

func TestHolderThatReturnsIsCalledAgain(t *testing.T) {
	s := newSystem(t)
	r := s.replica("a")
	r.lease().giveUp <- errors.New("trouble with Moka")
	second := r.lease()
	if err := second.Commit(t.Context(), nil, pages(1), nil); err != nil {
		t.Error(err)
	}
	second.giveUp <- nil
	if got := r.lease().Cursors()["applications"]; got == nil {
		t.Error("the third lease does not know what the second wrote")
	}
}

func TestLeaseReturnsWhenTheBrokersDo(t *testing.T) {
	s := newSystem(t, kafkatest.Restartable())
	r := s.replica("a")
	lease := r.lease()
	if err := lease.Commit(t.Context(), page(1, 1, 10), pages(1), nil); err != nil {
		t.Fatal(err)
	}
	s.cluster.Outage()
	err := lease.Commit(t.Context(), page(2, 1, 10), pages(2), nil)
	if !errors.Is(err, checkpoint.ErrLost) {
		t.Errorf("a commit without Kafka: %v", err)
	}
	eventually(t, "not ready", func() bool { return r.leader.Ready() != nil })
	s.cluster.Recover()
	next := r.lease()
	r.ready()
	if err := next.Commit(t.Context(), page(3, 1, 10), pages(3), nil); err != nil {
		t.Error(err)
	}
	if got := s.list()["applications"]; got != 3 {
		t.Errorf("the cursor is %d", got)
	}
}
