package polling_test

import (
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/bench/polling"
)

// A backfill goes on where its killed predecessors were, and uses the quota that
// the company's life leaves.
func TestBackfill(t *testing.T) {
	cfg := small(t)
	cfg.Company.Applications, cfg.KillEvery = 1000, 2*time.Minute
	b, err := polling.RunBackfill(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", b)
	if b.Counts.Missed != 0 || b.Counts.Invented != 0 || b.Entries < cfg.Company.Applications {
		t.Errorf("%+v, with %d entries of %d applications", b.Counts, b.Entries, cfg.Company.Applications)
	}
	if b.History > b.Floor+4*(b.Kills+3) {
		t.Errorf("%d calls for %d pages, killed %d times: it started over", b.History, b.Floor, b.Kills)
	}
}

func TestKnown(t *testing.T) {
	dir := t.TempDir()
	if _, err := polling.FillIndex(dir, 5000, 100); err != nil {
		t.Fatal(err)
	}
	k, err := polling.Begin(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	if k.Applications != 5000 || k.File == 0 || k.First <= 0 || k.Resident == 0 {
		t.Errorf("%+v", k)
	}
}
