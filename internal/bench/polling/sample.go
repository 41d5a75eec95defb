package polling

import (
	"slices"
	"time"
)

// sample keeps durations to order them.
type sample struct {
	all    []time.Duration
	sorted bool
}

func (s *sample) add(d time.Duration) { s.all, s.sorted = append(s.all, d), false }

// Count is how many there are.
func (s *sample) Count() int { return len(s.all) }

// Quantile is the duration that at least the fraction q of all did not exceed;
// zero if there is none.
func (s *sample) Quantile(q float64) time.Duration {
	if len(s.all) == 0 {
		return 0
	}
	if !s.sorted {
		slices.Sort(s.all)
		s.sorted = true
	}
	n := int(q*float64(len(s.all))+0.999999) - 1
	return s.all[min(max(n, 0), len(s.all)-1)]
}
