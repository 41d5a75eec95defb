package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/schemas"
)

// leg is how far the backfill of a feed has come.
type leg struct {
	Feed      string  `json:"feed"`
	Items     int64   `json:"items"`
	Progress  float64 `json:"progress"` // 0 to 1, by dates
	Completed bool    `json:"completed"`
	// begun: whoever polls has taken it up.
	begun bool
}

// progress is how far all of it has come.
type progress struct {
	At    time.Time `json:"at"`
	Feeds []leg     `json:"feeds"`
	// PerMinute is items a minute of late; 0 where that is not known yet.
	PerMinute float64 `json:"items_per_minute"`
	// EndsAt is estimated; nil where that cannot be told.
	EndsAt *time.Time `json:"estimated_end"`
}

func (p progress) completed() bool {
	for _, s := range p.Feeds {
		if !s.Completed {
			return false
		}
	}
	return true
}

func (p progress) items() (n int64) {
	for _, s := range p.Feeds {
		n += s.Items
	}
	return n
}

// share is how much of all is done, 0 to 1.
func (p progress) share() (sum float64) {
	for _, s := range p.Feeds {
		sum += s.Progress
	}
	return sum / float64(len(p.Feeds))
}

// String is the progress in a line.
func (p progress) String() string {
	parts := make([]string, 0, len(p.Feeds)+2)
	for _, s := range p.Feeds {
		switch {
		case s.Completed:
			parts = append(parts, fmt.Sprintf("%s done, %d read", s.Feed, s.Items))
		case !s.begun:
			parts = append(parts, s.Feed+" not begun yet")
		default:
			parts = append(parts, fmt.Sprintf("%s %.0f%%, %d read", s.Feed, min(99, 100*s.Progress), s.Items))
		}
	}
	if p.PerMinute > 0 && !p.completed() {
		parts = append(parts, fmt.Sprintf("%.0f a minute", p.PerMinute))
	}
	if p.EndsAt != nil {
		parts = append(parts, "done in about "+rough(p.EndsAt.Sub(p.At)))
	}
	return strings.Join(parts, " · ")
}

// rough is a duration as one would guess it.
func rough(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%.0f s", max(1, d.Seconds()))
	case d < 90*time.Minute:
		return fmt.Sprintf("%.0f min", d.Minutes())
	}
	return fmt.Sprintf("%.1f h", d.Hours())
}

// pace learns how fast a backfill is from the looks at it: over the last minutes,
// since live changes slow it down.
type pace struct{ looks []progress }

const paceSpan = 5 * time.Minute

func (l *pace) add(p *progress) {
	l.looks = append(l.looks, *p)
	for len(l.looks) > 2 && p.At.Sub(l.looks[0].At) > paceSpan {
		l.looks = l.looks[1:]
	}
	first := l.looks[0]
	took := p.At.Sub(first.At)
	if took <= 0 || p.completed() {
		return
	}
	p.PerMinute = float64(p.items()-first.items()) / took.Minutes()
	if gained := p.share() - first.share(); gained > 0 {
		ends := p.At.Add(time.Duration((1 - p.share()) / gained * float64(took)))
		p.EndsAt = &ends
	}
}

const (
	lookEvery = time.Second
	// lineEvery is the pause between two lines where they scroll.
	lineEvery = 10 * time.Second
	// deafMost is how often in a row Kafka may give no answer.
	deafMost = 10
)

// follow tells the progress until all is done, or ctx ends, which leaves it
// running.
func (b *backfilling) follow(ctx context.Context) error {
	screen := b.terminal() && !b.opts.asJSON
	var l pace
	var told time.Time
	begun := map[string]bool{}
	for deaf := 0; ; {
		cursors, err := b.desk.list(ctx)
		switch {
		case ctx.Err() != nil:
			return b.leave(screen)
		case err != nil:
			if deaf++; deaf >= deafMost {
				return fmt.Errorf("follow the backfill, which may go on: %w", err)
			}
		default:
			deaf = 0
			now, err := b.look(cursors, begun)
			if err != nil {
				return err
			}
			l.add(&now)
			if last := now.completed(); last || screen || now.At.Sub(told) >= lineEvery {
				told = now.At
				if err := b.tell(now, screen); err != nil {
					return err
				}
				if last {
					b.newline(screen)
					return nil
				}
			}
		}
		if wait(ctx, lookEvery) != nil {
			return b.leave(screen)
		}
	}
}

// look takes the progress out of the cursors. begun remembers what was seen.
func (b *backfilling) look(cursors map[string]*schemas.Checkpoint, begun map[string]bool) (progress, error) {
	now := progress{At: b.now()}
	all := make([]*schemas.Checkpoint, 0, len(cursors))
	for _, c := range cursors {
		all = append(all, c)
	}
	for _, feed := range b.feeds {
		request := cursors[poll.BackfillPrefix+feed]
		if request == nil {
			return now, fmt.Errorf("the backfill of %s was ended by somebody", feed)
		}
		begun[feed] = begun[feed] || request.StartedAt != nil
		now.Feeds = append(now.Feeds, leg{
			Feed: feed, Items: request.Items, Progress: poll.BackfillProgress(request, all), Completed: request.Completed, begun: begun[feed],
		})
	}
	return now, nil
}

func (b *backfilling) tell(now progress, screen bool) error {
	var err error
	switch {
	case b.opts.asJSON:
		err = json.NewEncoder(b.stdout).Encode(now)
	case screen:
		_, err = fmt.Fprint(b.stdout, "\r\x1b[K"+now.String())
	default:
		_, err = fmt.Fprintln(b.stdout, now.At.Local().Format(time.TimeOnly)+"  "+now.String())
	}
	if err != nil {
		return fmt.Errorf("write the progress: %w", err)
	}
	return nil
}

func (b *backfilling) newline(screen bool) {
	if screen {
		fmt.Fprintln(b.stdout)
	}
}

// leave says that nothing was ended.
func (b *backfilling) leave(screen bool) error {
	b.newline(screen)
	b.say("it goes on without you: follow it with '%[1]s backfill --feed %[2]s', end it with --cancel", b.called(), b.opts.feed)
	return nil
}

// terminal tells whether a person looks at standard output, which can rewrite a
// line there.
func (p *program) terminal() bool {
	f, ok := p.stdout.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
