package mokasim

import (
	"math/rand/v2"
	"sync"
	"time"
)

// tempo is the company's pace. It draws from a source of its own, so that the
// company's story does not depend on how fast it is told.
type tempo struct {
	mu      sync.Mutex
	rng     *rand.Rand
	mean    time.Duration
	paused  bool
	changes int
	changed chan struct{} // has one element when the pace changed since it was last read
}

func newTempo(seed uint64, mean time.Duration) *tempo {
	t := &tempo{rng: rand.New(rand.NewPCG(seed, 0x70616365)), mean: mean, changed: make(chan struct{}, 1)}
	if mean == 0 {
		t.mean, t.paused = DefaultConfig().Pace, true
	}
	return t
}

// pause until the company changes next.
type pause struct {
	length time.Duration
	ends   bool // false while the company stands still
	number int
}

func (t *tempo) next() pause {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.paused {
		return pause{}
	}
	return pause{t.draw(), true, t.changes}
}

// draw makes a pause of about the mean. It needs t.mu.
func (t *tempo) draw() time.Duration {
	return time.Duration(float64(t.mean) * min(max(t.rng.ExpFloat64(), 0.1), 3))
}

// untold is the pause of a company that somebody else tells to live, and
// whether it stands still makes no difference.
func (t *tempo) untold() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.draw()
}

// holds reports whether a pause still counts: none does that began before the
// pace was changed.
func (t *tempo) holds(p pause) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return p.number == t.changes && !t.paused
}

func (t *tempo) set(mean time.Duration) { t.change(func() { t.mean, t.paused = mean, false }) }
func (t *tempo) still(paused bool)      { t.change(func() { t.paused = paused }) }

func (t *tempo) change(apply func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	apply()
	t.changes++
	select {
	case t.changed <- struct{}{}:
	default:
	}
}

func (t *tempo) read() (mean time.Duration, paused bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.mean, t.paused
}
