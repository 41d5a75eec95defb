package writeback

import "sync"

// tracker knows which offsets of a partition are settled, and up to where all
// are. Safe for concurrent use.
type tracker struct {
	mu      sync.Mutex
	order   []int64 // outstanding offsets and those settled behind them, ascending
	settled map[int64]bool
	next    int64 // behind the last offset that was added
	kept    int64 // what the group has committed, -1 for nothing here
}

func newTracker() *tracker { return &tracker{settled: map[int64]bool{}, kept: -1} }

// add takes an offset in; false where it was before.
func (t *tracker) add(offset int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if offset < t.next {
		return false
	}
	t.order = append(t.order, offset)
	t.next = offset + 1
	return true
}

func (t *tracker) settle(offset int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settled[offset] = true
	for len(t.order) > 0 && t.settled[t.order[0]] {
		delete(t.settled, t.order[0])
		t.order = t.order[1:]
	}
}

// low is the offset to go on from: of the first that is not settled. moved tells
// whether the group has to be told.
func (t *tracker) low() (offset int64, moved bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	offset = t.next
	if len(t.order) > 0 {
		offset = t.order[0]
	}
	return offset, offset != t.kept
}

func (t *tracker) keep(offset int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = offset
}
