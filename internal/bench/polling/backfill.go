package polling

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/mokafka/mokafka/ingest/poll"
)

// Backfill is what came of reading a company's history while it lives.
type Backfill struct {
	Config DayConfig
	// Applications in the range, and Entries journaled of them.
	Applications, Entries int
	Length                time.Duration // of virtual time
	Calls, Allowed        int           // of all feeds while it lasted
	// History are the calls of the backfill, Floor is how many there must be, at
	// 20 applications a call.
	History, Floor, Kills int
	Counts                Counts
	Told                  [4][ways]*sample
	Took                  time.Duration // of real time
}

// Used is the share of the quota that was used while the backfill lasted.
func (b *Backfill) Used() float64 { return float64(b.Calls) / float64(max(1, b.Allowed)) }

const longestBackfill = 14 * 24 * time.Hour

// RunBackfill has a poller that knows nothing read all of a company's history,
// killed every cfg.KillEvery, and follow its life meanwhile. cfg.Length is not
// used. What is journaled of applications that nothing happens to is counted and
// not derived.
func RunBackfill(ctx context.Context, cfg DayConfig) (b *Backfill, err error) {
	began := time.Now()
	cfg.New, cfg.Sweep = true, false
	kill := cfg.KillEvery
	cfg.KillEvery = 0
	r, err := newRun(cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	r.house.skip = r.house.untouched
	if err := r.until(ctx, begin().Add(cfg.WarmUp)); err != nil {
		return nil, err
	}
	now := r.world.clock.now
	request, err := poll.BackfillRequest(org, "applications", now.AddDate(-3, 0, 0), now, now)
	if err != nil {
		return nil, err
	}
	r.house.write(request)
	calls := r.transport.calls
	before, err := r.calls()
	if err != nil {
		return nil, err
	}
	r.cfg.KillEvery, r.killed = kill, now
	feed := request.Feed
	done := func() bool { return r.house.cursors[feed] != nil && r.house.cursors[feed].Completed }
	if err := r.while(ctx, now.Add(longestBackfill), func() bool { return !done() }); err != nil {
		return nil, err
	}
	if !done() {
		return nil, fmt.Errorf("the backfill was not over after %s", longestBackfill)
	}
	b = &Backfill{
		Config: cfg, Applications: cfg.Company.Applications, Length: r.world.clock.now.Sub(now), Calls: r.transport.calls - calls,
		Entries: r.house.journal.History, Kills: r.kills, Floor: int(r.house.cursors[feed].Items+19) / 20,
	}
	b.Allowed = int(b.Length.Minutes() * float64(cfg.PerMinute))
	after, err := r.calls()
	if err != nil {
		return nil, err
	}
	for name, n := range since(after, before) {
		if strings.HasPrefix(name, poll.BackfillPrefix) {
			b.History += n
		}
	}
	r.cfg.KillEvery, r.world.still = 0, true
	if err := r.until(ctx, r.world.clock.now.Add(restLength)); err != nil {
		return nil, err
	}
	b.Counts, b.Told, b.Took = r.world.ledger.Close(r.house.deriver.current), r.world.ledger.told, time.Since(began)
	return b, nil
}
