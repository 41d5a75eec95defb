package polling

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// house is Kafka and derive: what is journaled is derived at once, a little
// later by the clock. It is the poll.Lease of an engine.
type house struct {
	world   *world
	deriver *deriver
	codec   *schemas.Codec
	cursors map[string]*schemas.Checkpoint
	updates chan checkpoint.Update
	// hints has derive's wishes reach the poller.
	hints   bool
	journal Journal
	from    time.Time // entries before are not counted
	buf     []byte
	refuse  int // commits to fail yet, as if the process were killed
	// skip says whose entries nobody derives: see take.
	skip func(e *schemas.JournalEntry) bool
}

// Journal counts entries.
type Journal struct {
	Polled, Pushed           int
	PolledBytes, PushedBytes int64
	Commits                  int
	Hints, Refetched         int
	History                  int // entries of a backfill
	// Of each endpoint.
	Of map[string]Share
}

// Share is what an endpoint's part of the journal came to.
type Share struct {
	Entries int
	// Events have told of something; of those, some told of what is in the
	// company's log.
	WithEvents, Telling int
	Bytes               int64
}

func (j Journal) clone() Journal {
	j.Of = maps.Clone(j.Of)
	return j
}

var errKilled = errors.New("killed before the commit")

func newHouse(w *world, d *deriver, codec *schemas.Codec, from time.Time) *house {
	h := &house{
		world: w, deriver: d, codec: codec, cursors: map[string]*schemas.Checkpoint{},
		updates: make(chan checkpoint.Update, 1<<16), from: from,
		journal: Journal{Of: map[string]Share{}},
	}
	w.arrived, w.wished = h.arrived, h.wished
	return h
}

// Cursors implements poll.Lease.
func (h *house) Cursors() map[string]*schemas.Checkpoint {
	all := make(map[string]*schemas.Checkpoint, len(h.cursors))
	for feed, c := range h.cursors {
		own := *c
		all[feed] = &own
	}
	return all
}

// Updates implements poll.Lease.
func (h *house) Updates() <-chan checkpoint.Update { return h.updates }

// Commit implements poll.Lease.
func (h *house) Commit(ctx context.Context, entries []*schemas.JournalEntry, cursors []*schemas.Checkpoint, gone []string) error {
	if h.refuse > 0 {
		h.refuse--
		return errKilled
	}
	now := h.world.clock.now
	for _, e := range entries {
		// A call sees Moka as it is half-way.
		if err := h.take(ctx, e, e.ReceivedAt.Add(h.world.times.Call/2), now); err != nil {
			return err
		}
	}
	for _, c := range cursors {
		own := *c
		h.cursors[c.Feed] = &own
	}
	for _, feed := range gone {
		delete(h.cursors, feed)
		if strings.HasPrefix(feed, "refetch:") && !now.Before(h.from) {
			h.journal.Refetched++
		}
	}
	if !now.Before(h.from) {
		h.journal.Commits++
	}
	return nil
}

// take journals an entry.
func (h *house) take(ctx context.Context, e *schemas.JournalEntry, seen, now time.Time) error {
	own := *e
	size, err := h.count(&own, now)
	if err != nil {
		return err
	}
	if h.skip != nil && h.skip(&own) {
		return nil
	}
	l := h.deriver.ledger
	events, said := l.counts.Events, l.said()
	repeated, err := h.deriver.take(ctx, &own, seen, now.Add(h.world.times.Derive))
	if err != nil {
		return err
	}
	if !now.Before(h.from) {
		s := h.journal.Of[e.Endpoint]
		s.Entries, s.Bytes = s.Entries+1, s.Bytes+int64(size)
		if l.counts.Events > events {
			s.WithEvents++
		}
		if l.said() > said {
			s.Telling++
		}
		h.journal.Of[e.Endpoint] = s
	}
	if h.hints && !repeated && own.Channel == schemas.ChannelWebhook && own.ApplicationID != nil && *own.ApplicationID > 0 {
		h.world.wish(now, *own.ApplicationID)
	}
	return nil
}

func (h *house) count(e *schemas.JournalEntry, now time.Time) (size int, err error) {
	if h.buf, err = h.codec.Append(h.buf[:0], e); err != nil {
		return 0, fmt.Errorf("encode a journal entry: %w", err)
	}
	if e.Channel == schemas.ChannelBackfill {
		h.journal.History++
	}
	switch {
	case now.Before(h.from):
	case e.Channel == schemas.ChannelWebhook:
		h.journal.Pushed, h.journal.PushedBytes = h.journal.Pushed+1, h.journal.PushedBytes+int64(len(h.buf))
	default:
		h.journal.Polled, h.journal.PolledBytes = h.journal.Polled+1, h.journal.PolledBytes+int64(len(h.buf))
	}
	return len(h.buf), nil
}

// arrived takes a webhook's entry. It shows its application as it was when Moka
// pushed it.
func (h *house) arrived(at time.Time, e *schemas.JournalEntry) error {
	return h.take(context.Background(), e, at.Add(-h.world.times.Webhook), at)
}

// wished is derive's record that asks for an application.
func (h *house) wished(at time.Time, application int64) {
	c := &schemas.Checkpoint{
		OrgID: org, Feed: "refetch:" + strconv.FormatInt(application, 10), LastID: &application, SavedAt: at,
	}
	if !at.Before(h.from) {
		h.journal.Hints++
	}
	h.write(c)
}

// write is a checkpoint that somebody else than the poller writes.
func (h *house) write(c *schemas.Checkpoint) {
	h.cursors[c.Feed] = c
	h.updates <- checkpoint.Update{Feed: c.Feed, Checkpoint: c}
}

// untouched tells whether an entry is of an application that nothing ever
// happened to and nobody spoke of.
func (h *house) untouched(e *schemas.JournalEntry) bool {
	if e.ApplicationID == nil {
		return false
	}
	root := publish.CandidateKey(org, *e.ApplicationID)
	return !h.deriver.knows(root) && len(h.deriver.ledger.acts[root]) == 0
}
