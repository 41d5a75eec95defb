package derive

import "sync"

// backlog is how many records of each journal partition are still to be read, as of
// the last look at it. Markers of transactions take offsets too, so a partition that
// is read to its end may count one.
type backlog struct {
	mu   sync.Mutex
	left map[int32]int64
}

// saw notes what is left of a partition behind the offset last, when it ended at end,
// and returns what is left of all.
func (b *backlog) saw(partition int32, last, end int64) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.left == nil {
		b.left = map[int32]int64{}
	}
	b.left[partition] = max(0, end-last-1)
	return b.sum()
}

// forget leaves out partitions that others read now.
func (b *backlog) forget(partitions []int32) float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, p := range partitions {
		delete(b.left, p)
	}
	return b.sum()
}

// reset forgets all of them.
func (b *backlog) reset() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	clear(b.left)
	return 0
}

func (b *backlog) sum() float64 {
	total := int64(0)
	for _, n := range b.left {
		total += n
	}
	return float64(total)
}
