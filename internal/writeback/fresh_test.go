package writeback_test

import (
	"context"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// A Moka that takes longer to answer than what it showed may be old is written to
// all the same: what it showed counts from its answer.
func TestASlowMokaIsWrittenTo(t *testing.T) {
	m := newFakeMoka(1)
	m.readLatency = 200 * time.Millisecond
	r := newRig(t, m)
	r.config = func(c *writeback.Config) { c.ReadMaxAge = 100 * time.Millisecond }
	c := r.move(1, 5)
	r.send(c)
	r.worker("one")
	r.caughtUp()
	r.outcome(c.CommandID, schemas.WritebackOutcomeApplied)
}

// dragging takes its time to tell what an application ended as.
type dragging struct {
	*fakeMoka
	states atomic.Int32
}

func (d *dragging) ApplicationStates(ctx context.Context, class moka.Class, candidate int64) ([]moka.ApplicationState, error) {
	<-time.After(200 * time.Millisecond)
	d.states.Add(1)
	return d.fakeMoka.ApplicationStates(ctx, class, candidate)
}

// Where telling what an application ended as takes longer than the rest may be
// old, the rest is read again, and the end is not asked for until it is another.
func TestASlowEndIsAskedForOnce(t *testing.T) {
	m := &dragging{fakeMoka: newFakeMoka(1)}
	gone := m.apps[1]
	gone.archivedAt, gone.status = time.Now().Add(-time.Minute), "rejected"
	r := newRig(t, m.fakeMoka)
	r.config = func(c *writeback.Config) { c.ReadMaxAge = 100 * time.Millisecond }
	r.deps = func(d *writeback.Deps) { d.Moka = m }
	c := r.move(1, 0)
	c.MoveStage, c.MarkHired = nil, &schemas.MarkHired{HiredAt: time.Now()}
	r.send(c)
	r.worker("one")
	r.caughtUp()
	// Moka refuses it, and is asked once more what it ended as.
	if got := r.outcome(c.CommandID, schemas.WritebackOutcomeRejected); got.Attempts != 1 {
		t.Errorf("%d attempts (%s)", got.Attempts, text(got.Reason))
	}
	if n := m.states.Load(); n != 2 {
		t.Errorf("asked %d times what the application ended as, want 2", n)
	}
}

// Readings that are too old whenever they are needed are not asked for without a
// pause.
func TestReadingsThatGrowOldAtOnceAreNotHammered(t *testing.T) {
	m := newFakeMoka(1)
	r := newRig(t, m)
	r.config = func(c *writeback.Config) { c.Backoff, c.BackoffMax = 200*time.Millisecond, 400*time.Millisecond }
	r.deps = func(d *writeback.Deps) {
		d.Now = func() time.Time {
			at, _, _, _ := runtime.Caller(1)
			if strings.HasSuffix(runtime.FuncForPC(at).Name(), ".outdated") {
				return time.Now().Add(time.Minute)
			}
			return time.Now()
		}
	}
	reads := func() int { m.mu.Lock(); defer m.mu.Unlock(); return m.reads }
	r.send(r.move(1, 5))
	w := r.worker("one")
	r.await("it was read again", func() bool { return reads() > 1 })
	<-time.After(time.Second)
	w.stop()
	if n := reads(); n > 12 {
		t.Errorf("read %d times within a second", n)
	}
}
