package intake

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/bench/report"
)

// The goals: with this many connections, at least this rate, and this latency
// for 99 of 100 webhooks.
const (
	goalConnections = 128
	goalRate        = 15_000
	goalP99         = 25 * time.Millisecond
)

// median is the median of a figure over the rounds.
func median[T ~int64 | ~float64](samples []sample, figure func(sample) T) T {
	values := make([]T, 0, len(samples))
	for _, s := range samples {
		values = append(values, figure(s))
	}
	return report.Median(values)
}

func rate(s sample) float64               { return s.rate }
func p50(s sample) time.Duration          { return s.p50 }
func p99(s sample) time.Duration          { return s.p99 }
func serverCPU(s sample) time.Duration    { return s.server }
func brokerCPU(s sample) time.Duration    { return s.broker }
func generatorCPU(s sample) time.Duration { return s.generator }

// WriteTo writes the measurements as tables.
func (r *Results) WriteTo(w io.Writer) (int64, error) {
	written, err := r.table().WriteTo(w)
	if err != nil {
		return written, err
	}
	n, err := fmt.Fprintf(w, "\nProcessor time for each request with %d connections; whoever measures takes from the same cores:\n\n", r.most())
	written += int64(n)
	if err != nil {
		return written, fmt.Errorf("write the report: %w", err)
	}
	m, err := r.costs().WriteTo(w)
	return written + m, err
}

func (r *Results) most() int { return slices.Max(r.cfg.Connections) }

// table has a row for each party: rate and latencies by number of connections.
func (r *Results) table() *report.Table {
	t := &report.Table{Header: []string{"webhooks"}}
	for _, n := range r.cfg.Connections {
		t.Header = append(t.Header, fmt.Sprintf("req/s at %d", n), "p50 ms", "p99 ms")
	}
	t.Header = append(t.Header, "RSS MiB", "not 2xx")
	for _, party := range r.parties {
		row := []string{party}
		var refused, resident int64
		for _, n := range r.cfg.Connections {
			samples := r.samples[key{party, n}]
			row = append(row, report.Count(median(samples, rate)),
				report.Millis(median(samples, p50)), report.Millis(median(samples, p99)))
			for _, s := range samples {
				refused += s.refused
				resident = max(resident, s.resident)
			}
		}
		t.Add(append(row, orUnknown(resident, report.MiB(resident)), strconv.FormatInt(refused, 10))...)
	}
	return t
}

// costs has a row for each party: where the processor time goes.
func (r *Results) costs() *report.Table {
	t := &report.Table{Header: []string{"µs a request", "server", "broker", "load generator"}}
	for _, party := range r.parties {
		samples := r.samples[key{party, r.most()}]
		row := []string{party}
		for _, figure := range []func(sample) time.Duration{serverCPU, brokerCPU, generatorCPU} {
			d := median(samples, figure)
			row = append(row, orUnknown(int64(d), report.Micros(d)))
		}
		t.Add(row...)
	}
	return t
}

// orUnknown is a dash for what was not there, or is not known.
func orUnknown(value int64, text string) string {
	if value == 0 {
		return "–"
	}
	return text
}

// Goals compares ours with what was wanted. Where the number of connections that
// goals are about was not measured, there are none.
func (r *Results) Goals(ours string) []report.Goal {
	samples := r.samples[key{ours, goalConnections}]
	if len(samples) == 0 {
		return nil
	}
	got, late := median(samples, rate), median(samples, p99)
	goals := []report.Goal{
		{What: fmt.Sprintf("webhooks: at least %s req/s at %d connections", report.Count(goalRate), goalConnections),
			Got: report.Count(got) + " req/s", Met: got >= goalRate},
		{What: fmt.Sprintf("webhooks: p99 below %s ms there", report.Millis(goalP99)),
			Got: report.Millis(late) + " ms", Met: late < goalP99},
	}
	return goals
}

// Ratios is a sentence on how ours compares with each of the others.
func (r *Results) Ratios(ours string) string {
	mine := median(r.samples[key{ours, r.most()}], rate)
	text := fmt.Sprintf("With %d connections, ours takes", r.most())
	sep := " "
	for _, party := range r.parties {
		if other := median(r.samples[key{party, r.most()}], rate); party != ours && other > 0 {
			text += fmt.Sprintf("%s%s of what “%s” does", sep, percentOrTimes(mine/other), party)
			sep = ", "
		}
	}
	return text + "."
}

func percentOrTimes(ratio float64) string {
	if ratio < 1.5 {
		return report.Percent(ratio)
	}
	return report.Times(ratio)
}
