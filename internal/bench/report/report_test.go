package report_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/bench/report"
)

func TestTableIsLinedUp(t *testing.T) {
	table := &report.Table{Header: []string{"server", "req/s"}}
	table.Add("ours", "12,345")
	table.Add("a|b × c")
	table.Rows = append(table.Rows, report.Goals([]report.Goal{{What: "fast", Got: "1"}}).Rows...)
	var b strings.Builder
	if _, err := table.WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	want := `| server   |  req/s |
|----------|-------:|
| ours     | 12,345 |
| a\|b × c |        |
| fast     |      1 |
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestGoalsSayWhetherTheyWereMet(t *testing.T) {
	got := report.Goals([]report.Goal{{"a", "1", true}, {"b", "2", false}}).Rows
	if d := cmp.Diff([][]string{{"a", "1", "met"}, {"b", "2", "missed"}}, got); d != "" {
		t.Error(d)
	}
}

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []float64
		want   float64
	}{{nil, 0}, {[]float64{3}, 3}, {[]float64{9, 1, 5}, 5}, {[]float64{4, 1, 2, 100}, 3}} {
		if got := report.Median(c.values); got != c.want {
			t.Errorf("median of %v is %v", c.values, got)
		}
	}
	values := []time.Duration{3, 1, 2}
	if report.Median(values) != 2 || values[0] != 3 {
		t.Errorf("durations: %v, then %v", report.Median(values), values)
	}
}

func TestFigures(t *testing.T) {
	for got, want := range map[string]string{
		report.Count(0):                         "0",
		report.Count(999.6):                     "1,000",
		report.Count(1234567):                   "1,234,567",
		report.Count(-1234):                     "-1,234",
		report.Millis(712 * time.Microsecond):   "0.71",
		report.Millis(12345 * time.Microsecond): "12.3",
		report.Millis(1866 * time.Millisecond):  "1,866",
		report.Micros(6600 * time.Nanosecond):   "6.60",
		report.MiB(42 << 20):                    "42",
		report.Percent(0.618):                   "62 %",
		report.Times(7.91):                      "7.9×",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestMachineIsOneLine(t *testing.T) {
	m := report.ThisMachine(time.Unix(0, 0))
	m.Node, m.Revision = "v20", "abc"
	if s := m.String(); !strings.Contains(s, m.Go) || !strings.Contains(s, "Node v20") || strings.Contains(s, "\n") || !strings.HasPrefix(s, "1970-01-01 00:00 UTC") {
		t.Error(s)
	}
}
