package gameday_test

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// report prints the times, and where there are several sizes what they come to for
// 100,000 entities: the time of the largest and, for what it is more than that, what
// an entity more took between the smallest and the largest.
func report(t *testing.T, all []measured) {
	t.Helper()
	byWhat := map[string][]measured{}
	var order []string
	for _, m := range all {
		if byWhat[m.what] == nil {
			order = append(order, m.what)
		}
		byWhat[m.what] = append(byWhat[m.what], m)
	}
	var b strings.Builder
	for _, what := range order {
		fmt.Fprintf(&b, "\n%-50s", what)
		its := byWhat[what]
		for _, m := range its {
			fmt.Fprintf(&b, "  %s for %d", m.took.Round(10*time.Millisecond), m.entities)
		}
		if least, most := its[0], its[len(its)-1]; most.entities > 2*least.entities {
			each := float64(most.took-least.took) / float64(most.entities-least.entities)
			fmt.Fprintf(&b, "  → about %s for 100,000", max(most.took, most.took+time.Duration(each*float64(100_000-most.entities))).Round(time.Second))
		}
	}
	t.Logf("recovery times, by entities:%s", b.String())
}
