package derivation

import (
	"fmt"
	"time"

	"github.com/mokafka/mokafka/internal/bench/report"
)

func median[T ~int64 | ~float64](pairs []pair, figure func(pair) T) T {
	values := make([]T, 0, len(pairs))
	for _, p := range pairs {
		values = append(values, figure(p))
	}
	return report.Median(values)
}

func (m measurement) cpuPerEntry() time.Duration { return m.CPU / time.Duration(max(m.Entries, 1)) }

func (m measurement) bytesPerEntry() (sum float64) {
	for _, w := range m.perEntry() {
		sum += w.Bytes
	}
	return sum
}

// ratio is ours as a part of the floor.
func ratio(pairs []pair) float64 {
	floor := median(pairs, func(p pair) float64 { return p.floor.rate() })
	if floor == 0 {
		return 0
	}
	return median(pairs, func(p pair) float64 { return p.ours.rate() }) / floor
}

// Table has a row for each kind of journal.
func (r *Results) Table() *report.Table {
	t := &report.Table{Header: []string{
		"journal full of", "entries/s", "floor", "of the floor", "CPU µs/entry", "floor", "written B/entry", "floor", "peak RSS MiB", "floor",
	}}
	for _, k := range Kinds() {
		pairs := r.pairs[k]
		if len(pairs) == 0 {
			continue
		}
		t.Add(k.String(),
			report.Count(median(pairs, func(p pair) float64 { return p.ours.rate() })),
			report.Count(median(pairs, func(p pair) float64 { return p.floor.rate() })),
			report.Percent(ratio(pairs)),
			report.Micros(median(pairs, func(p pair) time.Duration { return p.ours.cpuPerEntry() })),
			report.Micros(median(pairs, func(p pair) time.Duration { return p.floor.cpuPerEntry() })),
			report.Count(median(pairs, func(p pair) float64 { return p.ours.bytesPerEntry() })),
			report.Count(median(pairs, func(p pair) float64 { return p.floor.bytesPerEntry() })),
			report.MiB(median(pairs, func(p pair) int64 { return p.ours.Resident })),
			report.MiB(median(pairs, func(p pair) int64 { return p.floor.Resident })),
		)
	}
	return t
}

// Goals compares with what was wanted.
func (r *Results) Goals() []report.Goal {
	var goals []report.Goal
	for _, k := range Kinds() {
		if pairs := r.pairs[k]; len(pairs) > 0 {
			got := ratio(pairs)
			goals = append(goals, report.Goal{
				What: fmt.Sprintf("derive, %s: at least %s of the floor", k, report.Percent(k.goal())),
				Got:  report.Percent(got), Met: got >= k.goal(),
			})
		}
	}
	return goals
}
