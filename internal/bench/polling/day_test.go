package polling_test

import (
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/bench/polling"
	"github.com/mokafka/mokafka/publish"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func small(t *testing.T) polling.DayConfig {
	t.Helper()
	cfg := polling.PollConfig()
	return polling.DayConfig{
		Company:   polling.Company{Seed: 3, Applications: 100, ChangesPerDay: 12_000, QuietShare: 0.3, QuotaPerMinute: 60},
		PerMinute: 40, WarmUp: 5 * time.Minute, Length: 20 * time.Minute, Poll: &cfg, Times: polling.DefaultTimes(),
		Sweep: true, Dir: t.TempDir(), Log: func(line string) { t.Log(line) },
	}
}

// Every change is told of, none is invented, what webhooks name is fetched, and
// no call is refused.
func TestDay(t *testing.T) {
	cfg := small(t)
	cfg.KillEvery = 7 * time.Minute
	day, err := polling.RunDay(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	c := day.Counts
	if c.Changes < 100 || c.Missed != 0 || c.Invented != 0 || c.Unswept != 0 || c.Told+c.Undone != c.Changes {
		t.Errorf("%+v: wanted over 100 changes, each told of or undone, and nothing else", c)
	}
	if day.Journal.Hints == 0 || day.Journal.Refetched != day.Journal.Hints {
		t.Errorf("%d of %d hints were followed", day.Journal.Refetched, day.Journal.Hints)
	}
	if day.ByFeed["refetch"] == 0 || day.ByFeed["hot_set"] == 0 || day.ByFeed["applications (quota)"] != 0 {
		t.Errorf("calls by feed: %v", day.ByFeed)
	}
	if day.Calls > day.Allowed+10 || day.Left() < 0.1 || day.Left() > 0.9 {
		t.Errorf("%d calls of %d", day.Calls, day.Allowed)
	}
	moves, quiet := day.Told[publish.Candidates][polling.Moves], day.Told[publish.Interviews][polling.Quiet]
	if p99 := moves.Quantile(0.99); p99 <= 0 || p99 > 15*time.Second {
		t.Errorf("what moves updatedAt is an event after %s", p99)
	}
	if p99 := quiet.Quantile(0.99); p99 <= 0 || p99 > 90*time.Second {
		t.Errorf("what does not is one after %s", p99)
	}
	if told := day.Told[publish.Interviews][polling.Announced].Quantile(0.5); told != 150*time.Millisecond {
		t.Errorf("what a webhook tells is an event after %s", told)
	}
}

// The ledger notices what a poller does not tell: the plain one misses changes
// that do not move updatedAt.
func TestPlainPollerMisses(t *testing.T) {
	cfg := small(t)
	cfg.Poll, cfg.Plain, cfg.Log = nil, time.Minute, nil
	day, err := polling.RunDay(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if day.Counts.Missed == 0 || day.Counts.Invented != 0 {
		t.Errorf("%+v: wanted some missed, none invented", day.Counts)
	}
	if p99 := day.Told[publish.Candidates][polling.Moves].Quantile(0.99); p99 < 30*time.Second || p99 > 2*time.Minute {
		t.Errorf("what moves updatedAt is an event after %s", p99)
	}
}

// The same configuration gives the same figures.
func TestDaysRepeat(t *testing.T) {
	cfg := small(t)
	cfg.Length, cfg.Sweep = 5*time.Minute, false
	first, err := polling.RunDay(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	again, err := polling.RunDay(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if first.Counts != again.Counts || first.Calls != again.Calls || first.Journal.PolledBytes != again.Journal.PolledBytes {
		t.Errorf("%+v, %d calls, %d B, and again %+v, %d calls, %d B", first.Counts, first.Calls, first.Journal.PolledBytes,
			again.Counts, again.Calls, again.Journal.PolledBytes)
	}
}
