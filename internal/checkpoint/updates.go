package checkpoint

import (
	"context"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// Update is what somebody else wrote about a feed.
type Update struct {
	Feed string
	// Checkpoint is nil where the feed's was deleted.
	Checkpoint *schemas.Checkpoint
}

// mostPending is how many feeds may have updates that nobody took. Then reading
// waits: the topic keeps the rest.
const mostPending = 10_000

// updates stands between who reads the topic and who holds the lease: of each
// feed it keeps the latest.
type updates struct {
	in, out chan Update
}

func newUpdates() *updates { return &updates{in: make(chan Update), out: make(chan Update)} }

// run works until ctx ends.
func (u *updates) run(ctx context.Context) {
	latest := map[string]Update{}
	var order []string
	for {
		in, out := u.in, u.out
		var first Update
		if len(order) == 0 {
			out = nil
		} else {
			first = latest[order[0]]
		}
		if len(order) >= mostPending {
			in = nil
		}
		select {
		case <-ctx.Done():
			return
		case got := <-in:
			if _, pending := latest[got.Feed]; !pending {
				order = append(order, got.Feed)
			}
			latest[got.Feed] = got
		case out <- first:
			delete(latest, first.Feed)
			order = order[1:]
		}
	}
}

// add waits for room.
func (u *updates) add(ctx context.Context, up Update) error {
	select {
	case u.in <- up:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ownerHeader names the replica whose lease wrote a record.
const ownerHeader = "moka_owner"

// tail turns the records behind a picture into updates.
type tail struct {
	table      Table
	instance   string
	updates    *updates
	known      map[string]int64 // of the picture: offsets that are no news
	end        int64            // of the picture
	unreadable func(error)
}

// take fails with errSuccessor where another lease has written since this one
// began: its predecessors cannot have.
func (t *tail) take(ctx context.Context, recs []*kgo.Record) error {
	for _, rec := range recs {
		if rec.Offset >= t.end {
			clear(t.known)
		}
		feed, c, unreadable, err := t.table.parse(ctx, rec)
		if err != nil {
			return err
		}
		if known, ok := t.known[feed]; feed == "" || ok && rec.Offset <= known {
			continue
		}
		if owner := ownerOf(rec); owner != "" && rec.Offset >= t.end {
			if owner != t.instance {
				return errSuccessor
			}
			continue
		}
		if unreadable != nil {
			t.unreadable(unreadable)
			continue
		}
		if err := t.updates.add(ctx, Update{Feed: feed, Checkpoint: c}); err != nil {
			return err
		}
	}
	return nil
}

func ownerOf(rec *kgo.Record) string {
	for _, h := range rec.Headers {
		if h.Key == ownerHeader {
			return string(h.Value)
		}
	}
	return ""
}
