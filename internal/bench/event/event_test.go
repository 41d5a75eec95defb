package event_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/bench/event"
)

const printed = `goos: linux
cpu: some
BenchmarkVerify-2       	  160000	      6600 ns/op	     512 B/op	       6 allocs/op
BenchmarkVerify-2       	  160000	      7600 ns/op	     514 B/op	       8 allocs/op
BenchmarkVerify-2       	  160000	      9900 ns/op	     510 B/op	       6 allocs/op
BenchmarkNormalize 	   10000	    100000 ns/op	    120000 cpu-ns/op	   14000 B/op	     300 allocs/op
--- BENCH: BenchmarkNormalize
    bench_test.go:1: a log line
PASS
ok  	example.com/x	3.2s
`

func TestParsesWhatGoPrints(t *testing.T) {
	want := []event.Cost{
		{Step: "Verify", Took: 7600 * time.Nanosecond, Bytes: 512, Allocs: 6},
		{Step: "Normalize", CPU: 120 * time.Microsecond, Took: 100 * time.Microsecond, Bytes: 14000, Allocs: 300},
	}
	if d := cmp.Diff(want, event.Parse(printed)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"Compare", "DecodeJournal", "DecodeState", "EncodeEvent", "EncodeJournal", "EncodeState", "Envelope"},
		event.Missing(want)); d != "" {
		t.Errorf("missing:\n%s", d)
	}
}

func TestTableAddsUp(t *testing.T) {
	rows := event.Table(event.Parse(printed)).Rows
	got := map[string]string{}
	for _, row := range rows {
		got[row[0]] = strings.Join(row[1:5], " ")
	}
	for name, want := range map[string]string{
		"Verify": "0.00 7.60 512 6", "**at the door**": "0.00 7.60 512 6", "**in derive**": "120 100 14,000 300", "**the sum**": "120 108 14,512 306",
	} {
		if got[name] != want {
			t.Errorf("%s: %q, want %q", name, got[name], want)
		}
	}
}

// The fixture checks itself: the benchmarks are about a push that changes something.
func TestFixture(t *testing.T) { newFixture(t) }
