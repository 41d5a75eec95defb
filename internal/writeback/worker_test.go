package writeback_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

func TestCommandTakesEffectAndSaysSo(t *testing.T) {
	r := newRig(t, newFakeMoka(7))
	c := r.move(7, 5)
	r.send(c)
	w := r.worker("one")
	r.caughtUp()
	all := r.history()[c.CommandID]
	if len(all) != 2 || all[0].Outcome != schemas.WritebackOutcomePending {
		t.Fatalf("the ledger has %d entries, want the intent and the outcome", len(all))
	}
	got := r.outcome(c.CommandID, schemas.WritebackOutcomeApplied)
	if text(got.Before) != `{"id":1,"name":"stage 1"}` || text(got.After) != `{"id":5,"name":"stage 5"}` || got.Attempts != 1 {
		t.Errorf("before %s, after %s, %d attempts", text(got.Before), text(got.After), got.Attempts)
	}
	if got.StartedAt == nil || got.FinishedAt == nil || got.DurationMs == nil || got.Origin == nil || text(got.Worker) != "one" {
		t.Errorf("the result lacks something: %+v", got)
	}
	if moved := r.moka.moved(7); !slices.Equal(moved, []int64{5}) {
		t.Errorf("Moka was moved to %v", moved)
	}
	if err := w.worker.Ready(); err != nil {
		t.Errorf("not ready: %v", err)
	}
	entries := r.read(r.topics.Journal())
	if len(entries) != 2 || !strings.Contains(string(entries[1].Value), `"phase":"settled","outcome":"APPLIED","entity":"candidate","field":"stage.id","value":"5"`) {
		t.Errorf("the journal has %d entries about the command", len(entries))
	}
}

func TestRedeliveryAndReplayDoNothing(t *testing.T) {
	r := newRig(t, newFakeMoka(1, 2, 3))
	var all []*schemas.WritebackCommand
	for _, stage := range []int64{5, 6, 5, 7} {
		for app := int64(1); app <= 3; app++ {
			all = append(all, r.move(app, stage))
		}
	}
	r.send(all...)
	w := r.worker("one")
	r.caughtUp()
	r.send(all...) // every producer sends again
	r.caughtUp()
	w.stop()
	// The whole topic from the start, by a worker that has no copy.
	r.config = func(c *writeback.Config) { c.Group += "-replay" }
	again := r.workerIn("two", t.TempDir())
	late := r.move(1, 9)
	r.send(late)
	r.await("the replay is over", func() bool { return r.last(late.CommandID) != nil && r.last(late.CommandID).FinishedAt != nil })
	again.stop()
	for app, want := range map[int64][]int64{1: {5, 6, 5, 7, 9}, 2: {5, 6, 5, 7}, 3: {5, 6, 5, 7}} {
		if got := r.moka.moved(app); !slices.Equal(got, want) {
			t.Errorf("application %d was moved to %v, want %v", app, got, want)
		}
	}
}

func TestUnclearWritesAreReadBack(t *testing.T) {
	m := newFakeMoka(1, 2, 3, 4)
	calls := map[int64]int{}
	m.next = func(app int64) fault {
		calls[app]++
		if calls[app] > 1 {
			return fine
		}
		return map[int64]fault{1: lostAnswer, 2: lostRequest, 3: late, 4: unavailable}[app]
	}
	r := newRig(t, m)
	var ids []string
	for app := int64(1); app <= 4; app++ {
		c := r.move(app, 5)
		after := r.move(app, 6)
		r.send(c, after)
		ids = append(ids, c.CommandID, after.CommandID)
	}
	r.worker("one")
	r.caughtUp()
	m.later.Wait()
	for _, id := range ids {
		r.outcome(id, schemas.WritebackOutcomeApplied)
	}
	for app := int64(1); app <= 4; app++ {
		if got := m.moved(app); !slices.Equal(got, []int64{5, 6}) {
			t.Errorf("application %d was moved to %v, want 5 and 6 once each", app, got)
		}
	}
}

func TestHumanChangeIsNotOverridden(t *testing.T) {
	r := newRig(t, newFakeMoka(1, 2))
	before := r.move(1, 5)
	ours, second := r.move(2, 5), r.move(2, 6)
	<-time.After(5 * time.Millisecond) // what people do is later than the request
	r.moka.human(1, 8)
	r.send(before, ours, second)
	r.worker("one")
	r.caughtUp()
	got := r.outcome(before.CommandID, schemas.WritebackOutcomeRejected)
	if !strings.HasPrefix(text(got.Reason), "superseded: ") {
		t.Errorf("the reason is %q", text(got.Reason))
	}
	// The second command of application 2 is older than the first one's move,
	// which was no human's.
	r.outcome(ours.CommandID, schemas.WritebackOutcomeApplied)
	r.outcome(second.CommandID, schemas.WritebackOutcomeApplied)
	if got := r.moka.moved(1); len(got) != 0 {
		t.Errorf("application 1 was moved to %v", got)
	}
}

// What a command did must be known as ours by a worker that was not there.
func TestOwnChangesAreKnownAfterATakeover(t *testing.T) {
	r := newRig(t, newFakeMoka(1))
	first, second := r.move(1, 5), r.move(1, 6)
	r.send(first)
	w := r.worker("one")
	r.caughtUp()
	w.stop()
	r.send(second) // requested before the first took effect
	r.worker("two")
	r.caughtUp()
	r.outcome(second.CommandID, schemas.WritebackOutcomeApplied)
	if got := r.moka.moved(1); !slices.Equal(got, []int64{5, 6}) {
		t.Errorf("moved to %v", got)
	}
}

func TestRefusalsComeOutWithCodeAndText(t *testing.T) {
	r := newRig(t, newFakeMoka(1, 2, 3))
	hire := func(app int64) *schemas.WritebackCommand {
		c := r.move(app, 1)
		c.MoveStage, c.MarkHired = nil, &schemas.MarkHired{HiredAt: time.Now(), ProbationMonths: 3}
		return c
	}
	accept := func(app int64) *schemas.WritebackCommand {
		c := r.move(app, 1)
		c.MoveStage, c.SetOfferStatus = nil, &schemas.SetOfferStatus{Accepted: true}
		return c
	}
	r.moka.set(func(f *fakeMoka) {
		f.apps[1].archivedAt, f.apps[1].status = time.Now().Add(-time.Hour), "rejected"
		f.apps[2].archivedAt, f.apps[2].status = time.Now().Add(-time.Hour), "hired"
		f.apps[3].offer, f.apps[3].answeredAt = "rejected", time.Now().Add(-time.Hour)
	})
	archived, hired, answered, moved := hire(1), hire(2), accept(3), r.move(1, 5)
	reject := accept(3)
	reject.SetOfferStatus = &schemas.SetOfferStatus{ReasonID: ptr(int64(5))}
	reject.ApplicationID = ptr(int64(2))
	r.send(archived, hired, answered, moved, reject)
	r.worker("one")
	r.caughtUp()
	if got := r.outcome(archived.CommandID, schemas.WritebackOutcomeRejected); text(got.MokaCode) != "300502" || text(got.MokaMessage) != "该申请已归档" {
		t.Errorf("code %q, message %q", text(got.MokaCode), text(got.MokaMessage))
	}
	r.outcome(hired.CommandID, schemas.WritebackOutcomeAlreadyApplied)
	if got := r.outcome(answered.CommandID, schemas.WritebackOutcomeRejected); text(got.MokaCode) != "300608" || got.Attempts != 1 {
		t.Errorf("code %q after %d attempts", text(got.MokaCode), got.Attempts)
	}
	r.outcome(moved.CommandID, schemas.WritebackOutcomeRejected)
	if got := r.outcome(reject.CommandID, schemas.WritebackOutcomeRejected); !strings.Contains(text(got.Reason), "reason 5") || got.Attempts != 0 {
		t.Errorf("%q after %d attempts", text(got.Reason), got.Attempts)
	}
}
