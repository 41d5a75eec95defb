package writeback_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func (r *rig) parking() writeback.ParkingDeps {
	return writeback.ParkingDeps{
		Options: func() ([]kgo.Opt, error) { return []kgo.Opt{kgo.SeedBrokers(r.cluster.Brokers...)}, nil },
		Topics:  r.topics, Decoder: r.decoder,
	}
}

func (r *rig) parked() []writeback.ParkedKey {
	r.t.Helper()
	keys, err := writeback.ListParked(r.t.Context(), r.parking())
	if err != nil {
		r.t.Fatal(err)
	}
	return keys
}

// parkedRig has application 1 parked by a command that Moka never carried out,
// with two commands waiting.
func parkedRig(t *testing.T) (r *rig, failed *schemas.WritebackCommand, waiting []*schemas.WritebackCommand, w *running) {
	t.Helper()
	m := newFakeMoka(1, 2)
	m.next = func(app int64) fault { return map[int64]fault{1: unavailable}[app] }
	r = newRig(t, m)
	failed, waiting = r.move(1, 5), []*schemas.WritebackCommand{r.move(1, 6), r.move(1, 7)}
	other := r.move(2, 5)
	r.send(failed, waiting[0], other, waiting[1])
	w = r.worker("one")
	r.caughtUp()
	if got := r.outcome(failed.CommandID, schemas.WritebackOutcomeFailed); got.Attempts != 4 {
		t.Errorf("it failed after %d attempts, want 4", got.Attempts)
	}
	r.outcome(other.CommandID, schemas.WritebackOutcomeApplied)
	for _, c := range waiting {
		r.outcome(c.CommandID, schemas.WritebackOutcomeParked)
	}
	if got := r.letters(); got["failed"] != 1 {
		t.Errorf("dead letters: %v", got)
	}
	return r, failed, waiting, w
}

func TestFailureParksTheApplicationUntilReleased(t *testing.T) {
	r, failed, waiting, w := parkedRig(t)
	keys := r.parked()
	if len(keys) != 1 || keys[0].Key != publish.Root("demo", 1) || keys[0].Command != failed.CommandID || len(keys[0].Waiting) != 2 {
		t.Fatalf("parked: %+v", keys)
	}
	// Another worker knows it.
	w.stop()
	r.worker("two")
	r.moka.set(func(f *fakeMoka) { f.next = nil })
	more := r.move(1, 8)
	r.send(more)
	r.caughtUp()
	r.outcome(more.CommandID, schemas.WritebackOutcomeParked)
	if err := writeback.Release(t.Context(), r.parking(), keys[0].Key); err != nil {
		t.Fatal(err)
	}
	later := r.move(1, 9)
	r.send(later)
	r.caughtUp()
	for _, c := range append(waiting, more, later) {
		r.outcome(c.CommandID, schemas.WritebackOutcomeApplied)
	}
	if got := r.moka.moved(1); !slices.Equal(got, []int64{6, 7, 8, 9}) {
		t.Errorf("moved to %v, want what waited in its order, and then what came later", got)
	}
	if keys := r.parked(); len(keys) != 0 {
		t.Errorf("still parked: %+v", keys)
	}
	if err := writeback.Release(t.Context(), r.parking(), publish.Root("demo", 1)); !errors.Is(err, writeback.ErrNotParked) {
		t.Errorf("releasing twice: %v", err)
	}
}

// What was met parked is no concern of a worker that has given the partition back.
func TestParkedKeysAreCountedWhereTheyAre(t *testing.T) {
	_, _, _, w := parkedRig(t)
	if n := gauge(t, w.registry, "mokafka_writeback_parked_keys"); n != 1 {
		t.Errorf("%v keys are parked, want 1", n)
	}
	w.stop()
	if n := gauge(t, w.registry, "mokafka_writeback_parked_keys"); n != 0 {
		t.Errorf("%v keys are parked with a worker that has no partition", n)
	}
}

func gauge(t *testing.T, from prometheus.Gatherer, name string) float64 {
	t.Helper()
	families, err := from.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() == name {
			return f.GetMetric()[0].GetGauge().GetValue()
		}
	}
	t.Fatalf("no metric %s", name)
	return 0
}

func TestDropSettlesWhatWaits(t *testing.T) {
	r, _, waiting, _ := parkedRig(t)
	if err := writeback.Drop(t.Context(), r.parking(), publish.Root("demo", 1)); err != nil {
		t.Fatal(err)
	}
	r.moka.set(func(f *fakeMoka) { f.next = nil })
	later := r.move(1, 9)
	r.send(later)
	r.caughtUp()
	for _, c := range waiting {
		if got := r.outcome(c.CommandID, schemas.WritebackOutcomeFailed); text(got.Reason) != "dropped by an operator" {
			t.Errorf("the reason is %q", text(got.Reason))
		}
	}
	r.outcome(later.CommandID, schemas.WritebackOutcomeApplied)
	if got := r.moka.moved(1); !slices.Equal(got, []int64{9}) {
		t.Errorf("moved to %v", got)
	}
}

// A replay brings an operator's old word again; it must not end a later parking.
func TestOldReleaseDoesNotEndALaterParking(t *testing.T) {
	r, _, waiting, w := parkedRig(t)
	if err := writeback.Release(t.Context(), r.parking(), publish.Root("demo", 1)); err != nil {
		t.Fatal(err)
	}
	// Moka still does not: the first that waits fails, and parks the key again.
	r.caughtUp()
	r.outcome(waiting[0].CommandID, schemas.WritebackOutcomeFailed)
	r.outcome(waiting[1].CommandID, schemas.WritebackOutcomeParked)
	if keys := r.parked(); len(keys) != 1 || len(keys[0].Waiting) != 1 || keys[0].Waiting[0].ID != waiting[1].CommandID {
		t.Errorf("parked: %+v, want %s to wait still", keys, waiting[1].CommandID)
	}
	w.stop()
	r.moka.set(func(f *fakeMoka) { f.next = nil })
	r.config = func(c *writeback.Config) { c.Group += "-replay" }
	r.worker("two")
	other := r.move(2, 6)
	r.send(other)
	r.await("the replay is over", func() bool { got := r.last(other.CommandID); return got != nil && got.FinishedAt != nil })
	mine := r.move(1, 9)
	r.send(mine)
	r.await("the last command is looked at", func() bool { return r.last(mine.CommandID) != nil })
	r.outcome(mine.CommandID, schemas.WritebackOutcomeParked)
	r.outcome(waiting[1].CommandID, schemas.WritebackOutcomeParked)
	if got := r.moka.moved(1); len(got) != 0 {
		t.Errorf("moved to %v while parked", got)
	}
}

func TestNoMoreThanSoManyWait(t *testing.T) {
	r, _, _, _ := parkedRig(t)
	var last *schemas.WritebackCommand
	for range 4 { // two wait already, and five may
		last = r.move(1, 8)
		r.send(last)
	}
	r.caughtUp()
	if got := r.outcome(last.CommandID, schemas.WritebackOutcomeRejected); !strings.Contains(text(got.Reason), "parked") {
		t.Errorf("the reason is %q", text(got.Reason))
	}
}

// What Moka shows in no reading can't be settled by reading, and is not repeated.
func TestInvisibleEffectIsNeverRepeated(t *testing.T) {
	m := newFakeMoka(1)
	m.next = func(int64) fault { return lostAnswer }
	r := newRig(t, m)
	c := r.move(1, 0)
	c.MoveStage, c.MarkRegular = nil, &schemas.MarkRegular{}
	r.send(c)
	r.worker("one")
	r.caughtUp()
	r.outcome(c.CommandID, schemas.WritebackOutcomeFailed)
	if got := m.log(); len(got) != 1 {
		t.Errorf("it happened %d times", len(got))
	}
	if keys := r.parked(); len(keys) != 1 {
		t.Errorf("parked: %+v", keys)
	}
}
