package latency_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/internal/bench/latency"
)

func TestQuantilesAreThoseOfTheSortedValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		micros := rapid.SliceOfN(rapid.Int64Range(0, 1<<31), 1, 500).Draw(t, "micros")
		q := rapid.Float64Range(0, 1).Draw(t, "q")
		var h latency.Histogram
		for _, us := range micros {
			h.Record(time.Duration(us) * time.Microsecond)
		}
		slices.Sort(micros)
		rank := max(int(math.Ceil(q*float64(len(micros)))), 1)
		want := time.Duration(micros[rank-1]) * time.Microsecond
		got := h.Quantile(q)
		if got < want || float64(got) > float64(want)*1.016+float64(time.Microsecond) {
			t.Fatalf("quantile %v is %v, want %v", q, got, want)
		}
	})
}

func TestMergeIsRecordingAllInOne(t *testing.T) {
	var all, a, b latency.Histogram
	for i := range 1000 {
		d := time.Duration(i*i) * time.Microsecond
		all.Record(d)
		if i%3 == 0 {
			a.Record(d)
		} else {
			b.Record(d)
		}
	}
	a.Merge(&b)
	if a != all {
		t.Error("the merged histogram differs")
	}
	if a.Count() != 1000 || a.Max() != 999*999*time.Microsecond {
		t.Errorf("count %d, max %v", a.Count(), a.Max())
	}
}

func TestEdges(t *testing.T) {
	var h latency.Histogram
	if h.Quantile(0.99) != 0 || h.Max() != 0 {
		t.Error("an empty histogram has values")
	}
	h.Record(-time.Second) // a clock that stepped back
	h.Record(1000 * time.Hour)
	if h.Quantile(0) > time.Microsecond || h.Quantile(1) < time.Hour || h.Count() != 2 {
		t.Errorf("extremes gave %v to %v", h.Quantile(0), h.Quantile(1))
	}
}
