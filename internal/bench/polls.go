package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/bench/polling"
	"github.com/mokafka/mokafka/internal/bench/process"
	"github.com/mokafka/mokafka/internal/bench/report"
)

// mostPolling is how long everything may take together where polling is measured:
// a virtual day of 20,000 changes takes some minutes.
const mostPolling = 3 * time.Hour

const (
	quietShare  = 0.3
	plainEvery  = time.Minute
	killEvery   = 30 * time.Minute
	mokasQuota  = 60
	forWriting  = 20 // calls a minute, kept for write-back
	hotShare    = 100
	pollingSeed = 3
)

func (b *bench) runPolling(ctx context.Context) (err error) {
	dir, err := os.MkdirTemp("", "mokafka-bench-")
	if err != nil {
		return fmt.Errorf("make a directory for the index: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	days, err := b.pollDays(ctx, dir)
	if err != nil {
		return err
	}
	var fills []*polling.Backfill
	if b.history > 0 {
		b.progress(fmt.Sprintf("polling: a backfill of %d applications", b.history))
		fill, err := polling.RunBackfill(ctx, b.day(dir, b.history, 2000, mokasQuota-forWriting))
		if err != nil {
			return err
		}
		fills = append(fills, fill)
		fmt.Fprintf(&b.report, "## Backfill\n\nThe poller is killed every %s of virtual time.\n\n", killEvery)
		if _, err := polling.Backfills(fills).WriteTo(&b.report); err != nil {
			return err
		}
		fmt.Fprintln(&b.report)
	}
	b.goals = append(b.goals, polling.Goals(days, fills)...)
	if b.known == 0 {
		return nil
	}
	return b.pollKnown(ctx, dir)
}

// day is a run's configuration.
func (b *bench) day(dir string, applications, changes, perMinute int) polling.DayConfig {
	cfg, length := polling.PollConfig(), time.Duration(b.hours*float64(time.Hour))
	return polling.DayConfig{
		Company: polling.Company{
			Seed: pollingSeed, Applications: applications, ChangesPerDay: changes, QuietShare: quietShare, QuotaPerMinute: mokasQuota,
		},
		PerMinute: perMinute, WarmUp: min(30*time.Minute, length), Length: length, Poll: &cfg,
		Times: polling.DefaultTimes(), KillEvery: killEvery, Dir: dir, Log: b.progress,
	}
}

func (b *bench) pollDays(ctx context.Context, dir string) ([]*polling.Day, error) {
	var days []*polling.Day
	fmt.Fprintf(&b.report, "## Polling\n\n%g virtual hours of a company of %s applications; %s of the changes of offers, interviews and feedback do not move updatedAt.\n\n",
		b.hours, report.Count(float64(b.company)), report.Percent(quietShare))
	for _, changes := range b.changes {
		ours := b.day(dir, b.company, changes, mokasQuota-forWriting)
		whole := b.day(dir, b.company, changes, mokasQuota)
		plain := ours
		ours.KillEvery, whole.KillEvery = 0, 0
		plain.Poll, plain.Plain, plain.Log = nil, plainEvery, nil
		var rates []*polling.Day
		for _, cfg := range []polling.DayConfig{ours, whole, plain} {
			b.progress(fmt.Sprintf("polling: %d changes a day, %d calls a minute", changes, cfg.PerMinute))
			day, err := polling.RunDay(ctx, cfg)
			if err != nil {
				return nil, err
			}
			rates = append(rates, day)
		}
		if _, err := polling.Freshness(rates...).WriteTo(&b.report); err != nil {
			return nil, err
		}
		fmt.Fprintln(&b.report)
		days = append(days, rates...)
	}
	_, err := polling.Economy(days).WriteTo(&b.report)
	fmt.Fprintln(&b.report)
	return days, err
}

// pollKnown measures beginnings, with an index and without one.
func (b *bench) pollKnown(ctx context.Context, dir string) error {
	var all []polling.Known
	for n, applications := range []int{0, b.known} {
		b.progress(fmt.Sprintf("polling: beginning with %d applications known", applications))
		own, err := os.MkdirTemp(dir, "known-")
		if err != nil {
			return fmt.Errorf("make a directory for the index: %w", err)
		}
		var fill time.Duration
		if n > 0 {
			if fill, err = polling.FillIndex(own, applications, applications/hotShare); err != nil {
				return err
			}
		}
		k, err := b.begin(ctx, own)
		if err != nil {
			return err
		}
		k.Fill, k.Hot = fill, applications/hotShare
		all = append(all, k)
	}
	fmt.Fprintf(&b.report, "## Applications known\n\n")
	if _, err := polling.Beginnings(all).WriteTo(&b.report); err != nil {
		return err
	}
	fmt.Fprintln(&b.report)
	return nil
}

// begin has a process of its own begin.
func (b *bench) begin(ctx context.Context, dir string) (k polling.Known, err error) {
	child, err := b.launch(ctx, polling.KnownRole, "dir="+dir)
	if err != nil {
		return k, err
	}
	defer func() { err = errors.Join(err, child.Stop()) }()
	line, err := child.Line(ctx)
	if err != nil {
		return k, err
	}
	if err := json.Unmarshal([]byte(line), &k); err != nil {
		return k, fmt.Errorf("read what was measured: %w", err)
	}
	return k, nil
}

// known is the process that begins.
func known(ctx context.Context, child *process.Child, dir string) error {
	k, err := polling.Begin(ctx, dir)
	if err != nil {
		return err
	}
	if err := child.Ready(strconv.Itoa(k.Applications)); err != nil {
		return err
	}
	return child.Say(k)
}
