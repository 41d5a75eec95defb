package writeback_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// turnstile lets calls through one by one.
type turnstile struct {
	open
	asked, let chan struct{}
}

func (g turnstile) Acquire(ctx context.Context, _ moka.Class) error {
	select {
	case g.asked <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-g.let:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// What was read before a long wait for the quota does not count any more.
func TestWaitingForTheQuotaMakesAReadingOld(t *testing.T) {
	m := newFakeMoka(1)
	r := newRig(t, m)
	gate := turnstile{asked: make(chan struct{}), let: make(chan struct{})}
	r.config = func(c *writeback.Config) { c.ReadMaxAge = 20 * time.Millisecond }
	r.deps = func(d *writeback.Deps) { d.Gate = writeback.Prepaid(gate) }
	c := r.move(1, 5)
	r.send(c)
	r.worker("one")
	<-gate.asked // it was read, and waits to write
	m.human(1, 8)
	<-time.After(50 * time.Millisecond)
	gate.let <- struct{}{}
	r.caughtUp()
	if got := r.outcome(c.CommandID, schemas.WritebackOutcomeRejected); !strings.Contains(text(got.Reason), "superseded") {
		t.Errorf("the reason is %q", text(got.Reason))
	}
}

// share records the shares that workers take.
type share struct {
	mu  sync.Mutex
	got []float64
}

func (s *share) SetPerMinute(n float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, n)
}

func (*share) SetHeadcountWritesPerMinute(float64) {}

func (s *share) last() float64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.got) == 0 {
		return 0
	}
	return s.got[len(s.got)-1]
}

func TestWorkersShareTheQuotaByTheirPartitions(t *testing.T) {
	r := newRig(t, newFakeMoka(1))
	var one, two share
	r.deps = func(d *writeback.Deps) { d.Quota = &one }
	r.worker("one")
	r.await("it has all", func() bool { return one.last() == 20 })
	r.deps = func(d *writeback.Deps) { d.Quota = &two }
	w := r.worker("two")
	r.await("they share", func() bool { return one.last() == 10 && two.last() == 10 })
	w.stop()
	r.await("it has all again", func() bool { return one.last() == 20 })
}

func TestReadingsShareCalls(t *testing.T) {
	var ids []int64
	for id := int64(1); id <= 60; id++ {
		ids = append(ids, id)
	}
	m := newFakeMoka(ids...)
	m.readLatency = 50 * time.Millisecond // a read shows what is there at its end
	r := newRig(t, m)
	r.config = func(c *writeback.Config) { c.Parallel = 60 }
	var all []*schemas.WritebackCommand
	for _, id := range ids {
		all = append(all, r.move(id, 5))
	}
	r.send(all...)
	r.worker("one")
	r.caughtUp()
	if m.reads > 30 {
		t.Errorf("60 applications took %d calls to read", m.reads)
	}
	for _, id := range ids {
		if got := m.moved(id); !slices.Equal(got, []int64{5}) {
			t.Errorf("application %d was moved to %v", id, got)
		}
	}
}

// away fails for the registry's sake so many times.
type away struct {
	writeback.Decoder
	mu   sync.Mutex
	left int
}

func (d *away) Decode(ctx context.Context, value []byte) (any, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.left--; d.left >= 0 {
		return nil, fmt.Errorf("ask for a schema: %w", schemas.ErrRegistryUnavailable)
	}
	return d.Decoder.Decode(ctx, value)
}

func TestRegistryThatIsAwayIsWaitedFor(t *testing.T) {
	r := newRig(t, newFakeMoka(1))
	r.deps = func(d *writeback.Deps) { d.Decoder = &away{Decoder: r.decoder, left: 5} }
	c := r.move(1, 5)
	r.send(c)
	r.worker("one")
	r.caughtUp()
	r.outcome(c.CommandID, schemas.WritebackOutcomeApplied)
	if got := r.letters(); len(got) != 0 {
		t.Errorf("dead letters: %v", got)
	}
}
