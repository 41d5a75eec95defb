package polling

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/schemas"
)

// DayConfig is one run of a Day.
type DayConfig struct {
	Company Company
	// PerMinute is what the poller may spend of Moka's quota.
	PerMinute int
	// WarmUp is lived before the measurement begins, Length is measured.
	WarmUp, Length time.Duration
	// Poll is the poller's configuration; nil measures the plain poller, which
	// reads everything at the interval Plain.
	Poll  *poll.Config
	Plain time.Duration
	Times Times
	// KillEvery is how often the poller is killed; 0 never.
	KillEvery time.Duration
	// New has the poller know nothing of the company when it begins.
	New bool
	// Sweep ends the run with a look at everything: without it, nobody learns of
	// what was deleted, and Removal is not looked at.
	Sweep bool
	// Dir is for the poller's index.
	Dir string
	// Log gets what is wrong with the events; nil: nobody.
	Log func(string)
}

// Day is what came of a run.
type Day struct {
	Config  DayConfig
	Counts  Counts
	Told    [4][ways]*sample
	Journal Journal
	Calls   int
	ByFeed  map[string]int
	// Allowed is how many calls the poller might have made.
	Allowed int
	Hot     int
	Took    time.Duration // of real time
	Bytes   int64         // of Moka's answers
}

// Left is the share of the poller's quota that it did not use, 0 to 1.
func (d *Day) Left() float64 { return 1 - float64(d.Calls)/float64(d.Allowed) }

// CallsPer1000 changes.
func (d *Day) CallsPer1000() float64 {
	return 1000 * float64(d.Calls) / float64(max(1, d.Counts.Changes))
}

// BytesPerChange are those that the poller journaled.
func (d *Day) BytesPerChange() float64 {
	return float64(d.Journal.PolledBytes) / float64(max(1, d.Counts.Changes))
}

// run is a simulation under way.
type run struct {
	cfg       DayConfig
	world     *world
	house     *house
	transport *transport
	poller    stepper
	engines   *engines // nil of the plain poller
	index     *poll.Index
	killed    time.Time
	kills     int
}

// RunDay lives through a day with a poller. What is measured is what happens
// after the warm-up; after it, the company rests until the poller has seen
// everything.
func RunDay(ctx context.Context, cfg DayConfig) (day *Day, err error) {
	began := time.Now()
	r, err := newRun(cfg)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.close()) }()
	from := begin().Add(cfg.WarmUp)
	if err := r.until(ctx, from); err != nil {
		return nil, err
	}
	calls, bytes := r.transport.calls, r.transport.bytes
	feeds, err := r.calls()
	if err != nil {
		return nil, err
	}
	if err := r.until(ctx, from.Add(cfg.Length)); err != nil {
		return nil, err
	}
	day = &Day{
		Config: cfg, Calls: r.transport.calls - calls, Journal: r.house.journal.clone(), Bytes: r.transport.bytes - bytes,
		Allowed: int(cfg.Length.Minutes() * float64(cfg.PerMinute)),
	}
	now, err := r.calls()
	if err != nil {
		return nil, err
	}
	day.ByFeed = since(now, feeds)
	if err := r.rest(ctx); err != nil {
		return nil, err
	}
	day.Counts, day.Told = r.world.ledger.Close(r.house.deriver.current), r.world.ledger.told
	day.Took = time.Since(began)
	return day, nil
}

func newRun(cfg DayConfig) (r *run, err error) {
	r = &run{cfg: cfg}
	defer func() {
		if err != nil {
			err = errors.Join(err, r.close())
		}
	}()
	ledger := newLedger(begin().Add(cfg.WarmUp), cfg.Log)
	ledger.removals = cfg.Sweep
	if r.world, err = newWorld(cfg.Company, cfg.Times, ledger); err != nil {
		return r, err
	}
	codec, err := schemas.NewCodec()
	if err != nil {
		return r, err
	}
	p, err := newPast(cfg.Company)
	if err != nil {
		return r, err
	}
	d, err := newDeriver(codec.Bundle(), ledger, p)
	if err != nil {
		return r, err
	}
	r.house = newHouse(r.world, d, codec, begin().Add(cfg.WarmUp))
	r.house.hints = cfg.Poll != nil
	r.transport = &transport{moka: r.world.sim.API()}
	r.transport.pass = func(ctx context.Context) error {
		return r.world.advance(ctx, r.world.clock.now.Add(cfg.Times.Call/2))
	}
	client, err := newClient(r.transport, r.world.clock.Now)
	if err != nil {
		return r, err
	}
	if cfg.Poll == nil {
		r.poller = newPlain(cfg.Plain, cfg.PerMinute, r.house, client)
		return r, nil
	}
	dir, err := os.MkdirTemp(cfg.Dir, "poll-")
	if err != nil {
		return r, fmt.Errorf("make a directory for the index: %w", err)
	}
	r.cfg.Dir = dir
	if r.index, err = poll.OpenIndex(dir, "boot"); err != nil {
		return r, err
	}
	if !cfg.New {
		if err := acquaint(r.index, r.world); err != nil {
			return r, err
		}
	}
	r.engines, err = newEngines(*cfg.Poll, cfg.PerMinute, r.house, client, r.index, zerolog.Nop())
	r.poller = r.engines
	return r, err
}

func (r *run) close() error {
	var errs []error
	if r.index != nil {
		errs = append(errs, r.index.Close(), os.RemoveAll(r.cfg.Dir))
	}
	if r.world != nil {
		errs = append(errs, r.world.close())
	}
	return errors.Join(errs...)
}

func (r *run) calls() (map[string]int, error) {
	switch p := r.poller.(type) {
	case *engines:
		return p.calls()
	case *plain:
		return maps.Clone(p.made), nil
	}
	return nil, nil
}

// until lets the poller work up to an instant.
func (r *run) until(ctx context.Context, end time.Time) error {
	return r.while(ctx, end, func() bool { return true })
}

// while lets the poller work up to an instant for as long as goes says so.
func (r *run) while(ctx context.Context, end time.Time, goes func() bool) error {
	c := r.world.clock
	for c.now.Before(end) && goes() {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		if r.engines != nil && r.cfg.KillEvery > 0 && c.now.Sub(r.killed) >= r.cfg.KillEvery {
			r.killed, r.house.refuse, r.kills = c.now, 1, r.kills+1
		}
		worked, wake, err := r.poller.Step(ctx)
		if err != nil {
			return err
		}
		if worked {
			continue
		}
		if !wake.After(c.now) {
			return fmt.Errorf("the poller wants to be woken at %s, and it is %s", wake, c.now)
		}
		if wake.After(end) {
			wake = end
		}
		if err := r.world.idle(ctx, wake); err != nil {
			return err
		}
	}
	return nil
}

const (
	// restLength is longer than a poller looks back.
	restLength   = 30 * time.Minute
	longestSweep = 48 * time.Hour
)

// rest has the company stand still until the poller can have seen everything.
func (r *run) rest(ctx context.Context) error {
	r.world.still, r.cfg.KillEvery = true, 0
	now := r.world.clock.now
	if err := r.until(ctx, now.Add(restLength)); err != nil {
		return err
	}
	if !r.cfg.Sweep || r.engines == nil {
		return nil
	}
	// Applications that nothing happened to are as they were.
	r.house.skip = r.house.untouched
	now = r.world.clock.now
	r.house.sweepNow()
	if err := r.while(ctx, now.Add(longestSweep), func() bool { return !r.house.swept(now) }); err != nil {
		return err
	}
	if !r.house.swept(now) {
		return fmt.Errorf("the sweep was not over after %s", longestSweep)
	}
	return r.until(ctx, r.world.clock.now.Add(2*r.cfg.Poll.GoneAfter))
}
