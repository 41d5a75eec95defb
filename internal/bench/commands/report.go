package commands

import (
	"fmt"
	"io"

	"github.com/mokafka/mokafka/internal/bench/report"
)

// WriteTo writes the tables.
func (r *Results) WriteTo(w io.Writer) (int64, error) {
	t := &report.Table{Header: []string{"Moka answers in", "applications at a time", "commands/s", "bound", "of the bound", "plain loop", "to it"}}
	for _, c := range r.cells {
		bound, part := "", ""
		if c.bound > 0 {
			bound, part = figure(c.bound), report.Percent(c.rate/c.bound)
		}
		beside, ratio := "", ""
		for _, p := range r.plain {
			if p.latency == c.latency && p.rate > 0 {
				beside, ratio = figure(p.rate), report.Times(c.rate/p.rate)
			}
		}
		t.Add(c.latency.String(), fmt.Sprint(c.parallel), figure(c.rate), bound, part, beside, ratio)
	}
	written, err := t.WriteTo(w)
	if err != nil || r.restore == nil {
		return written, err
	}
	l := r.restore
	more, err := fmt.Fprintf(w, "\nA ledger of %s results is restored in %.1f s (%s a second) into a copy of %s MiB; a consumer that keeps nothing reads it in %.1f s.\n",
		report.Count(float64(l.results)), l.took.Seconds(), report.Count(float64(l.results)/l.took.Seconds()), report.MiB(l.copied), l.floor.Seconds())
	if err != nil {
		return written, fmt.Errorf("write the figures of a restore: %w", err)
	}
	return written + int64(more), nil
}

func figure(rate float64) string {
	if rate < 100 {
		return fmt.Sprintf("%.1f", rate)
	}
	return report.Count(rate)
}

// OfTheBound is what each measurement with a bound came to, as a part of it.
func (r *Results) OfTheBound() []float64 {
	var parts []float64
	for _, c := range r.cells {
		if c.bound > 0 {
			parts = append(parts, c.rate/c.bound)
		}
	}
	return parts
}
