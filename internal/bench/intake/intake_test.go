package intake_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/bench/intake"
	"github.com/mokafka/mokafka/internal/bench/report"
)

func given() *intake.Results {
	return intake.Given(128, map[string][]float64{
		"ours": {10_000, 40_000, 20_000}, "floor": {40_000, 39_000, 41_000}, "node": {2_000, 2_000, 2_500},
	}, "ours", "floor", "node")
}

func TestReportHasMedians(t *testing.T) {
	var b strings.Builder
	if _, err := given().WriteTo(&b); err != nil {
		t.Fatal(err)
	}
	want := `| webhooks | req/s at 128 | p50 ms | p99 ms | RSS MiB | not 2xx |
|----------|-------------:|-------:|-------:|--------:|--------:|
| ours     |       20,000 |   0.05 |   5.00 |       3 |       3 |
| floor    |       40,000 |   0.03 |   2.50 |       3 |       3 |
| node     |        2,000 |   0.50 |   50.0 |       3 |       3 |

Processor time for each request with 128 connections; whoever measures takes from the same cores:

| µs a request | server | broker | load generator |
|--------------|-------:|-------:|---------------:|
| ours         |   50.0 |      – |              – |
| floor        |   25.0 |      – |              – |
| node         |    500 |      – |              – |
`
	if d := cmp.Diff(want, b.String()); d != "" {
		t.Error(d)
	}
}

func TestGoalsAreAboutTheMedian(t *testing.T) {
	goals := func(r *intake.Results, party string) (met []bool) {
		for _, g := range r.Goals(party) {
			met = append(met, g.Met)
		}
		return met
	}
	if d := cmp.Diff([]bool{true, true}, goals(given(), "ours")); d != "" {
		t.Errorf("20,000 req/s, 5 ms:\n%s", d)
	}
	if d := cmp.Diff([]bool{false, false}, goals(given(), "node")); d != "" {
		t.Errorf("2,000 req/s, 50 ms:\n%s", d)
	}
	if got := intake.Given(16, map[string][]float64{"ours": {1}}, "ours").Goals("ours"); got != nil {
		t.Errorf("goals for what was not measured: %v", got)
	}
	if got := given().Goals("ours")[0]; got != (report.Goal{What: "webhooks: at least 15,000 req/s at 128 connections", Got: "20,000 req/s", Met: true}) {
		t.Errorf("%+v", got)
	}
}

func TestRatios(t *testing.T) {
	want := "With 128 connections, ours takes 50 % of what “floor” does, 10.0× of what “node” does."
	if got := given().Ratios("ours"); got != want {
		t.Errorf("%q", got)
	}
}
