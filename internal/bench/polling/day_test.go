package polling_test

import (
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/bench/polling"
)

func small(t *testing.T) polling.DayConfig {
	t.Helper()
	cfg := polling.PollConfig()
	return polling.DayConfig{
		Company:   polling.Company{Seed: 3, Applications: 200, ChangesPerDay: 5000, QuietShare: 0.3, QuotaPerMinute: 60},
		PerMinute: 40, WarmUp: 20 * time.Minute, Length: 2 * time.Hour, Poll: &cfg, Times: polling.DefaultTimes(),
		Sweep: true, Dir: t.TempDir(), Log: func(s string) { t.Log(s) },
	}
}

func TestDay(t *testing.T) {
	day, err := polling.RunDay(t.Context(), small(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v %+v calls %d %v left %.2f took %s", day.Counts, day.Journal, day.Calls, day.ByFeed, day.Left(), day.Took)
	for f, row := range day.Told {
		for w, s := range row {
			t.Logf("%d %s n %d median %s p99 %s", f, polling.Way(w), s.Count(), s.Quantile(.5), s.Quantile(.99))
		}
	}
}
