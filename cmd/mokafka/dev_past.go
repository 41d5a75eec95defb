package main

import (
	"context"
	"fmt"
	"time"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/publish"
)

const (
	// pastSpan is how much of the simulated company's past is read at the start.
	pastSpan = 90 * 24 * time.Hour
	// pastPatience is how long the start waits for that.
	pastPatience = 6 * time.Second
)

// askForPast has the poller begin with the company's past, where the topics do not
// remember any: what it shows then is known, and the feed can tell moves instead
// of first sights. asked is nil where there is nothing to wait for.
func (d *devHouse) askForPast(ctx context.Context) (asked *backfilling, err error) {
	if d.options.noSim || !d.settings.Polling.Feeds.On() {
		return nil, nil
	}
	s := d.settings
	o := organisation{connection: connection{Kafka: s.Kafka, Topics: s.Topics, Registry: s.Registry}, Moka: s.Moka}
	o.Group.Name = s.Polling.Choice.Group
	desk, err := d.openDesk(ctx, o, attemptTimeout)
	if err != nil {
		return nil, err
	}
	d.parts.hold("the client of checkpoints", func(context.Context) error { desk.client.Close(); return nil })
	known, err := desk.list(ctx)
	if err != nil {
		return nil, err
	}
	for feed := range known {
		if _, hint := publish.RefetchedIn(feed); !hint {
			return nil, nil // it was polled before
		}
	}
	b := &backfilling{program: d.program, desk: desk, feeds: poll.BackfillFeeds()}
	now := d.now()
	for _, feed := range b.feeds {
		if err := b.ask(ctx, feed, span{now.Add(-pastSpan), now}); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// awaitPast waits until the past was read, or for as long as the patience lasts:
// the rest comes beside the present.
func (d *devHouse) awaitPast(ctx context.Context, asked *backfilling) error {
	if asked == nil {
		return nil
	}
	fmt.Fprintln(d.stdout, "  reading the company's past…")
	began, seen := d.now(), map[string]bool{}
	for d.now().Sub(began) < pastPatience {
		cursors, err := asked.desk.list(ctx)
		if err != nil {
			return err
		}
		now, err := asked.look(cursors, seen)
		if err != nil {
			return err
		}
		if now.completed() {
			fmt.Fprintf(d.stdout, "  %s\n\n", now)
			return nil
		}
		if err := wait(ctx, 200*time.Millisecond); err != nil {
			return err
		}
	}
	fmt.Fprintf(d.stdout, "  it takes longer: 'mokafka backfill --feed all' follows it\n\n")
	return nil
}
