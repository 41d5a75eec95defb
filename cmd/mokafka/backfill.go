package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
)

// backfillOptions are the flags of "mokafka backfill".
type backfillOptions struct {
	feed, since, until string

	detach, cancel, dryRun, asJSON bool
}

func (p *program) backfillCommand() *cobra.Command {
	var flags connectionFlags
	var opts backfillOptions
	cmd := &cobra.Command{
		Use:   "backfill --feed FEED --since DATE",
		Short: "Have the history read that was there before mokafka",
		Long: "Asks the ingest that polls the organisation for the history of a feed (applications,\n" +
			"headcounts, interviews, feedbacks, or all of them), and follows it. What was never seen\n" +
			"before becomes an event with op SNAPSHOT. It is read with what is left of the quota: what\n" +
			"happens now goes before, and some 1,000 applications take a minute or two of all of it.\n\n" +
			"A date such as 2026-01-31 is Moka's (MOKA_TIME_ZONE), and --until includes its day. What\n" +
			"counts is when something was last updated; of interviews, when they take place.\n\n" +
			"Ctrl-C leaves it running, also over restarts of ingest: the same command without --since\n" +
			"follows it again, --cancel ends it. What was read by then stays.",
		Example: "  mokafka backfill --feed all --since 2025-01-01\n" +
			"  mokafka backfill --feed applications            # follow the one that runs\n" +
			"  mokafka backfill --feed interviews --since 2026-03-01 --until 2026-03-31 --detach",
		GroupID: groupRun,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.backfill(cmd, flags, opts)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.feed, "feed", "", "applications, headcounts, interviews, feedbacks, or all")
	f.StringVar(&opts.since, "since", "", "from when on: a date, or a time such as 2026-01-31T08:00:00Z")
	f.StringVar(&opts.until, "until", "", "up to when (default: now)")
	f.BoolVar(&opts.detach, "detach", false, "do not follow it")
	f.BoolVar(&opts.cancel, "cancel", false, "end the one that runs")
	f.BoolVar(&opts.dryRun, "dry-run", false, "say what would be asked for, and write nothing")
	f.BoolVar(&opts.asJSON, "json", false, "write progress as JSON, an object a line")
	flags.add(cmd, true, true)
	return cmd
}

// span is a range of time.
type span struct{ since, until time.Time }

func (p *program) backfill(cmd *cobra.Command, flags connectionFlags, opts backfillOptions) error {
	feeds := []string{opts.feed}
	switch {
	case opts.feed == "all":
		feeds = poll.BackfillFeeds()
	case !slices.Contains(poll.BackfillFeeds(), opts.feed):
		return wrongly(cmd, "--feed: %q is not all or one of %s", opts.feed, strings.Join(poll.BackfillFeeds(), ", "))
	}
	var o organisation
	if err := flags.over(flags.devOrganisation(p.environment())).read(o.rooms()...); err != nil {
		return err
	}
	var want *span
	if opts.since != "" {
		s, err := spanOf(opts, o.Moka.zone(), p.now())
		if err != nil {
			return wrongly(cmd, "%w", err)
		}
		want = &s
	}
	switch {
	case opts.cancel && (want != nil || opts.detach):
		return wrongly(cmd, "--cancel goes with --feed and --dry-run alone")
	case want == nil && (opts.until != "" || opts.detach):
		return wrongly(cmd, "--since: say from when on")
	}
	ctx := cmd.Context()
	d, err := p.openDesk(ctx, o, flags.timeout)
	if err != nil {
		return err
	}
	defer d.client.Close()
	b := &backfilling{program: p, desk: d, feeds: feeds, opts: opts}
	switch {
	case opts.cancel:
		return b.cancel(ctx)
	case want == nil:
		if feeds, err = b.running(ctx); err != nil {
			return err
		}
		if len(feeds) == 0 {
			return fmt.Errorf("no backfill of %s runs: say --since when, to begin one", opts.feed)
		}
		b.feeds = feeds
		return b.follow(ctx)
	}
	return b.begin(ctx, *want)
}

// earliest is before any Moka: what lies before is a slip of the keyboard.
const earliest = 2000

// spanOf reads --since and --until. A date begins at midnight in the zone, nil
// for Beijing.
func spanOf(opts backfillOptions, zone *time.Location, now time.Time) (span, error) {
	since, _, err := momentOf("--since", opts.since, zone)
	if err != nil {
		return span{}, err
	}
	until := now.Truncate(time.Second)
	if opts.until != "" {
		var day bool
		if until, day, err = momentOf("--until", opts.until, zone); err != nil {
			return span{}, err
		}
		if day {
			until = until.AddDate(0, 0, 1)
		}
	}
	switch {
	case since.Year() < earliest:
		return span{}, fmt.Errorf("--since: %s is before there was a Moka", opts.since)
	case !since.Before(now):
		return span{}, fmt.Errorf("--since: %s is not in the past", opts.since)
	case !since.Before(until):
		return span{}, fmt.Errorf("--until: %s is not after --since %s", opts.until, opts.since)
	case until.After(now) && opts.feed != "interviews":
		until = now.Truncate(time.Second) // the rest is read when it happens
	case until.After(now.AddDate(1, 0, 0)):
		return span{}, fmt.Errorf("--until: %s is more than a year ahead", opts.until)
	}
	return span{since, until}, nil
}

func momentOf(flag, text string, zone *time.Location) (at time.Time, day bool, err error) {
	if zone == nil {
		zone = time.FixedZone("Beijing", 8*60*60)
	}
	if at, err = time.ParseInLocation(time.DateOnly, text, zone); err == nil {
		return at, true, nil
	}
	if at, err = time.Parse(time.RFC3339, text); err == nil {
		return at, false, nil
	}
	return at, false, fmt.Errorf("%s: %q is not a date such as 2026-01-31, or a time such as 2026-01-31T08:00:00Z", flag, text)
}

// backfilling is one run of the command.
type backfilling struct {
	*program
	desk  *desk
	feeds []string
	opts  backfillOptions
}

func (b *backfilling) running(ctx context.Context) ([]string, error) {
	cursors, err := b.desk.list(ctx)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(slices.Clone(b.feeds), func(feed string) bool {
		c := cursors[poll.BackfillPrefix+feed]
		return c == nil || c.Completed
	}), nil
}

// begin asks for history, and follows it.
func (b *backfilling) begin(ctx context.Context, want span) error {
	running, err := b.running(ctx)
	if err != nil {
		return err
	}
	if len(running) > 0 {
		return fmt.Errorf("a backfill of %[1]s runs already: follow it with '%[2]s backfill --feed %[3]s', or end it with --cancel",
			strings.Join(running, ", "), b.called(), b.opts.feed)
	}
	for _, feed := range b.feeds {
		verb := "asks for"
		if b.opts.dryRun {
			verb = "would ask for"
		}
		b.say("%s %s from %s to %s", verb, feed, want.since.Format(time.RFC3339), want.until.In(want.since.Location()).Format(time.RFC3339))
	}
	polled, err := b.desk.polled(ctx)
	if err != nil {
		return err
	}
	if !polled {
		fmt.Fprintf(b.stderr, "mokafka: %v\n", b.desk.nobodyPolls())
	}
	if b.opts.dryRun {
		return nil
	}
	for _, feed := range b.feeds {
		if err := b.ask(ctx, feed, want); err != nil {
			return err
		}
	}
	if b.opts.detach {
		b.say("follow it with '%s backfill --feed %s'", b.called(), b.opts.feed)
		return nil
	}
	return b.follow(ctx)
}

func (b *backfilling) ask(ctx context.Context, feed string, want span) error {
	request, err := poll.BackfillRequest(b.desk.table.OrgID, feed, want.since.UTC(), want.until.UTC(), b.now())
	if err != nil {
		return err
	}
	// What a former one left would count as read.
	if _, err := b.forget(ctx, feed); err != nil {
		return err
	}
	return checkpoint.Put(ctx, b.desk.client, b.desk.table, request)
}

// forget deletes the slices of a feed's backfill and returns how many there were.
func (b *backfilling) forget(ctx context.Context, feed string) (int, error) {
	cursors, err := b.desk.list(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for name := range cursors {
		if strings.HasPrefix(name, poll.BackfillPrefix+feed+"/") {
			if err := checkpoint.Delete(ctx, b.desk.client, b.desk.table, name); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

const (
	// hearing is how long whoever polls may take to hear of a cancellation, and
	// still write about a slice that was under way.
	hearing     = 2 * time.Second
	hearingMost = 20 * time.Second
)

// cancel ends what runs: first the requests, then, once nobody writes any more,
// their slices.
func (b *backfilling) cancel(ctx context.Context) error {
	running, err := b.running(ctx)
	if err != nil {
		return err
	}
	if len(running) == 0 {
		return fmt.Errorf("no backfill of %s runs", b.opts.feed)
	}
	if b.opts.dryRun {
		b.say("would end the backfill of %s", strings.Join(running, ", "))
		return nil
	}
	for _, feed := range running {
		if err := checkpoint.Delete(ctx, b.desk.client, b.desk.table, poll.BackfillPrefix+feed); err != nil {
			return err
		}
	}
	began := b.now()
	for left, first := 0, true; first || left > 0; first = false {
		if b.now().Sub(began) > hearingMost {
			return errors.New("whoever polls goes on with it: is this the organisation's Kafka? Try again")
		}
		if err := wait(ctx, hearing); err != nil {
			return err
		}
		left = 0
		for _, feed := range running {
			n, err := b.forget(ctx, feed)
			if err != nil {
				return err
			}
			left += n
			// A commit that was under way may have written the request again.
			if again, err := b.running(ctx); err != nil {
				return err
			} else if slices.Contains(again, feed) {
				left++
				if err := checkpoint.Delete(ctx, b.desk.client, b.desk.table, poll.BackfillPrefix+feed); err != nil {
					return err
				}
			}
		}
	}
	b.say("ended the backfill of %s; what it read stays", strings.Join(running, ", "))
	return nil
}

// say is a line for people.
func (b *backfilling) say(format string, args ...any) {
	if !b.opts.asJSON {
		fmt.Fprintf(b.stdout, format+"\n", args...)
	}
}
