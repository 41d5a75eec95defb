// Package event measures what one event costs in processor time and memory, step
// by step, from the signature of a webhook to the bytes of the records. The
// benchmarks are in its tests; this reads what `go test -bench` prints of them.
package event

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/bench/report"
)

// Cost of a step.
type Cost struct {
	// Step is the benchmark's name, without what Go adds to it.
	Step string
	// CPU is the processor time of the whole process, its garbage collector too,
	// and Took the time that passed; less on a machine with idle cores, more on a
	// busy one. They, Bytes and Allocs are for one event, medians of all runs.
	CPU    time.Duration
	Took   time.Duration
	Bytes  int64
	Allocs int64
}

// Run runs the benchmarks, count times each, in the module that is the working
// directory.
func Run(ctx context.Context, count int) ([]Cost, error) {
	//nolint:gosec // the count is a number
	cmd := exec.CommandContext(ctx, "go", "test", "-run", "^$", "-bench", ".", "-benchmem", "-benchtime", "300ms",
		"-count", strconv.Itoa(count), "./internal/bench/event")
	out, err := cmd.CombinedOutput()
	if err != nil {
		return nil, fmt.Errorf("run the benchmarks: %w: %s", err, bytes.TrimSpace(out))
	}
	costs := Parse(string(out))
	if len(costs) == 0 {
		return nil, errors.New("run the benchmarks: go test printed no figures")
	}
	return costs, nil
}

// Parse reads the output of `go test -bench -benchmem`. Steps are in the order of
// their first line; lines of another form are passed over.
func Parse(output string) []Cost {
	var order []string
	runs := map[string]map[string][]float64{}
	for line := range strings.Lines(output) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		step := strings.TrimPrefix(fields[0], "Benchmark")
		if i := strings.LastIndexByte(step, '-'); i >= 0 {
			step = step[:i] // the number of processors
		}
		if runs[step] == nil {
			order = append(order, step)
			runs[step] = map[string][]float64{}
		}
		for i := 2; i+1 < len(fields); i += 2 {
			if value, err := strconv.ParseFloat(fields[i], 64); err == nil {
				runs[step][fields[i+1]] = append(runs[step][fields[i+1]], value)
			}
		}
	}
	costs := make([]Cost, 0, len(order))
	for _, step := range order {
		costs = append(costs, Cost{
			Step: step, CPU: time.Duration(report.Median(runs[step]["cpu-ns/op"])), Took: time.Duration(report.Median(runs[step]["ns/op"])),
			Bytes: int64(report.Median(runs[step]["B/op"])), Allocs: int64(report.Median(runs[step]["allocs/op"])),
		})
	}
	return costs
}

// What was measured of the same document before the code was written.
var before = map[string]string{
	"Verify":      "HMAC-SHA256 alone: 6.6",
	"Envelope":    "is it valid JSON (sonic / gjson / encoding/json): 7 / 14 / 40",
	"Normalize":   "into a typed struct (sonic / json v2 / encoding/json): 36 / 72–99 / 130–165",
	"EncodeEvent": "Avro, 4.3 KB (twmb / hamba): 4.4–7 / 10–12",
}

// sums are the steps that one webhook passes at the door, and in derive when it
// changes something. The floor of a whole event was 45 µs, with encoding/json it
// was 220 µs.
var sums = []struct {
	name, before string
	steps        []string
}{
	{"at the door", "", []string{"Verify", "Envelope", "EncodeJournal"}},
	{"in derive", "", []string{"DecodeJournal", "Normalize", "DecodeState", "Compare", "EncodeEvent", "EncodeState"}},
	{"the sum", "verify + decode + encode: 45 at the least, 220 with encoding/json", nil},
}

// Table has a row for each step and for the sums.
func Table(costs []Cost) *report.Table {
	t := &report.Table{Header: []string{"one changed push of 8 KB", "CPU µs", "µs", "bytes", "allocs", "before (µs)"}}
	byStep := map[string]Cost{}
	for _, c := range costs {
		byStep[c.Step] = c
		t.Add(c.Step, report.Micros(c.CPU), report.Micros(c.Took), report.Count(float64(c.Bytes)), strconv.FormatInt(c.Allocs, 10), before[c.Step])
	}
	var all Cost
	for _, s := range sums {
		var sum Cost
		for _, step := range s.steps {
			c := byStep[step]
			sum = sum.plus(c)
		}
		if s.steps == nil {
			sum = all
		}
		all = all.plus(sum)
		t.Add("**"+s.name+"**", report.Micros(sum.CPU), report.Micros(sum.Took), report.Count(float64(sum.Bytes)), strconv.FormatInt(sum.Allocs, 10), s.before)
	}
	return t
}

func (c Cost) plus(d Cost) Cost {
	return Cost{CPU: c.CPU + d.CPU, Took: c.Took + d.Took, Bytes: c.Bytes + d.Bytes, Allocs: c.Allocs + d.Allocs}
}

// Missing names the steps of the sums that were not measured.
func Missing(costs []Cost) []string {
	wanted := map[string]bool{}
	for _, s := range sums {
		for _, step := range s.steps {
			wanted[step] = true
		}
	}
	for _, c := range costs {
		delete(wanted, c.Step)
	}
	return slices.Sorted(maps.Keys(wanted))
}
