package derive

import "sync"

// ownership remembers for which journal partitions the local copy of the state
// is known to be complete. A rebalance takes that away, also while a restore is
// under way.
type ownership struct {
	mu    sync.Mutex
	epoch map[int32]int
	ready map[int32]bool
}

func newOwnership() *ownership {
	return &ownership{epoch: map[int32]int{}, ready: map[int32]bool{}}
}

// missing returns those of the partitions that are not ready, each with the
// epoch to hand to complete.
func (o *ownership) missing(partitions []int32) map[int32]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[int32]int{}
	for _, p := range partitions {
		if !o.ready[p] {
			out[p] = o.epoch[p]
		}
	}
	return out
}

// complete marks partitions ready unless they were forgotten since missing.
func (o *ownership) complete(epochs map[int32]int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for p, epoch := range epochs {
		if o.epoch[p] == epoch {
			o.ready[p] = true
		}
	}
}

func (o *ownership) forget(partitions []int32) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, p := range partitions {
		o.epoch[p]++
		delete(o.ready, p)
	}
}

// count returns how many partitions are ready.
func (o *ownership) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return len(o.ready)
}
