package writeback_test

import (
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Rejecting an offer archives the application: that is a command's doing, not
// people's, for the command behind it.
func TestARejectedOfferIsNoWordOfPeople(t *testing.T) {
	m := newFakeMoka(1)
	r := newRig(t, m)
	reject := r.other(func(c *schemas.WritebackCommand) {
		c.SetOfferStatus = &schemas.SetOfferStatus{ReasonID: ptr(int64(132))}
	})
	move := r.move(1, 5)
	r.send(reject, move)
	r.worker("one")
	r.caughtUp()
	r.outcome(reject.CommandID, schemas.WritebackOutcomeApplied)
	got := r.outcome(move.CommandID, schemas.WritebackOutcomeRejected)
	if strings.Contains(text(got.Reason), "superseded") || !strings.Contains(text(got.Reason), "该申请已归档") {
		t.Errorf("refused as %q", text(got.Reason))
	}
}

// What a move by name was to be is known to the worker that takes it over: its
// effect is found where people moved on since, and is not people's for the command
// behind it.
func TestAMoveByNameIsKnownAfterATakeover(t *testing.T) {
	m := newFakeMoka(1, 2)
	met := map[int64]bool{}
	m.next = func(app int64) fault {
		what := fine
		if !met[app] {
			what = late
		}
		met[app] = true
		return what
	}
	r := newRig(t, m)
	r.config = func(c *writeback.Config) { c.StopTimeout, c.CallTimeout = 50*time.Millisecond, 2*time.Second }
	named := func(app int64) *schemas.WritebackCommand {
		c := r.move(app, 0)
		c.MoveStage = &schemas.MoveStage{StageName: ptr("stage 5")}
		return c
	}
	one, behind, two := named(1), r.move(1, 6), named(2)
	r.send(one, behind, two)
	w := r.worker("one")
	r.await("both calls are under way", func() bool {
		m.mu.Lock()
		defer m.mu.Unlock()
		return m.busy[1] > 0 && m.busy[2] > 0
	})
	w.stop()
	r.await("both have happened", func() bool { return len(m.moved(1)) > 0 && len(m.moved(2)) > 0 })
	m.human(2, 9)
	r.worker("two")
	r.caughtUp()
	for _, c := range []*schemas.WritebackCommand{one, behind, two} {
		r.outcome(c.CommandID, schemas.WritebackOutcomeApplied)
	}
	if first, second := m.moved(1), m.moved(2); !slices.Equal(first, []int64{5, 6}) || !slices.Equal(second, []int64{5}) {
		t.Errorf("moved to %v and %v", first, second)
	}
}

// What a command did that failed without anybody knowing is no word of people
// either, for the commands behind it.
func TestAnUnclearFailureIsNoWordOfPeople(t *testing.T) {
	m := newFakeMoka(1)
	var once sync.Once
	m.next = func(int64) fault {
		what := fine
		once.Do(func() { what = lostAnswer })
		return what
	}
	r := newRig(t, m)
	create := r.other(func(c *schemas.WritebackCommand) {
		c.FakeOffer = &schemas.FakeOffer{Operation: schemas.FakeOfferOperationCreate, ParametersJSON: ptr(`{"operator":{"name":"x"}}`)}
	})
	// Moka does not date decisions: whatever changed may have been one.
	deny := r.other(func(c *schemas.WritebackCommand) {
		c.SetOfferApproval = &schemas.SetOfferApproval{Decision: schemas.OfferApprovalDecisionDenied}
	})
	r.send(create, deny)
	r.worker("one")
	r.caughtUp()
	r.outcome(create.CommandID, schemas.WritebackOutcomeFailed)
	if err := writeback.Release(t.Context(), r.parking(), publish.Root("demo", 1)); err != nil {
		t.Fatal(err)
	}
	r.caughtUp()
	r.outcome(deny.CommandID, schemas.WritebackOutcomeApplied)
}
