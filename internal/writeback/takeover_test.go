package writeback_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// A stop finishes what is under way, and begins nothing.
func TestStopFinishesWhatIsUnderWay(t *testing.T) {
	m := newFakeMoka(1)
	m.latency = 200 * time.Millisecond
	r := newRig(t, m)
	first, second := r.move(1, 5), r.move(1, 6)
	r.send(first, second)
	w := r.worker("one")
	r.await("the first call is under way", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return m.busy[1] > 0 })
	w.stop()
	r.outcome(first.CommandID, schemas.WritebackOutcomeApplied)
	if got := r.last(second.CommandID); got != nil {
		t.Errorf("the second command was begun: %s", got.Outcome)
	}
	r.worker("two")
	r.caughtUp()
	r.outcome(second.CommandID, schemas.WritebackOutcomeApplied)
	if got := m.moved(1); !slices.Equal(got, []int64{5, 6}) {
		t.Errorf("moved to %v", got)
	}
}

// A call that takes longer than a stop waits is left as it is, and settled by
// reading Moka.
func TestAbandonedCallIsSettledByTheNextWorker(t *testing.T) {
	m := newFakeMoka(1, 2)
	var once sync.Once
	m.next = func(app int64) fault {
		what := fine
		if app == 1 {
			once.Do(func() { what = late })
		}
		return what
	}
	r := newRig(t, m)
	r.config = func(c *writeback.Config) { c.StopTimeout, c.CallTimeout = 50*time.Millisecond, 2*time.Second }
	c, after := r.move(1, 5), r.move(1, 6)
	r.send(c, after)
	w := r.worker("one")
	r.await("the call is under way", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return m.busy[1] > 0 })
	w.stop()
	if got := r.last(c.CommandID); got == nil || got.Outcome != schemas.WritebackOutcomePending {
		t.Fatalf("the command is %v, want PENDING", got)
	}
	begin := time.Now()
	until := *r.last(c.CommandID).UnsettledUntil
	r.worker("two")
	r.caughtUp()
	if got := r.outcome(c.CommandID, schemas.WritebackOutcomeApplied).Attempts; got != 1 {
		t.Errorf("it took effect by %d calls", got)
	}
	if got := *r.outcome(after.CommandID, schemas.WritebackOutcomeApplied).StartedAt; got.Before(until) {
		t.Errorf("the next command began at %s, before %s, when the call might have been under way (begun %s)", got, until, begin)
	}
	if got := m.moved(1); !slices.Equal(got, []int64{5, 6}) {
		t.Errorf("moved to %v", got)
	}
}

// Workers come and go under load, with unclear writes: each command takes effect
// once, in order, and no two workers are on one application.
func TestWorkersComeAndGo(t *testing.T) {
	const applications, each = 24, 6
	var ids []int64
	for id := int64(1); id <= applications; id++ {
		ids = append(ids, id)
	}
	m := newFakeMoka(ids...)
	m.latency = 3 * time.Millisecond
	rng := rand.New(rand.NewPCG(1, 2))
	m.next = func(int64) fault {
		switch rng.IntN(20) {
		case 0:
			return lostAnswer
		case 1:
			return lostRequest
		case 2:
			return unavailable
		}
		return fine
	}
	r := newRig(t, m)
	r.config = func(c *writeback.Config) {
		c.MaxAttempts, c.TransactionTimeout, c.Grace = 50, time.Second, 100*time.Millisecond
	}
	var all []*schemas.WritebackCommand
	for n := range each {
		for _, id := range ids {
			all = append(all, r.move(id, int64(5+n%3)))
		}
	}
	first := r.worker("one")
	r.send(all[:len(all)/3]...)
	second := r.worker("two")
	r.await("something was done", func() bool { return len(m.log()) > 10 })
	r.send(all[len(all)/3 : 2*len(all)/3]...)
	third := r.worker("three")
	r.await("more was done", func() bool { return len(m.log()) > applications*each/3 })
	first.stop()
	r.send(all[2*len(all)/3:]...)
	second.stop()
	r.worker("one")
	r.caughtUp()
	third.stop()
	want := []int64{5, 6, 7, 5, 6, 7}
	for _, id := range ids {
		if got := m.moved(id); !slices.Equal(got, want) {
			t.Errorf("application %d was moved to %v, want %v", id, got, want)
		}
	}
	if m.overlap > 0 {
		t.Errorf("two calls for one application were under way %d times", m.overlap)
	}
	history := r.history()
	for _, c := range all {
		var ends []string
		for _, e := range history[c.CommandID] {
			if e.Outcome != schemas.WritebackOutcomePending {
				ends = append(ends, fmt.Sprint(e.Outcome))
			}
		}
		if !slices.Equal(ends, []string{"APPLIED"}) {
			t.Errorf("command %s ended as %v", c.CommandID, ends)
		}
	}
}
