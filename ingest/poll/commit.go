package poll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.opentelemetry.io/otel/trace"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// indexFeed is the checkpoint that tells which index was at work last: its
// last_id is the number that the index took.
const indexFeed = "index"

// mostAhead is how far a predecessor's clock may have been ahead of ours.
const mostAhead = time.Hour

// takeOver has the fingerprints be forgotten unless this index was the last at
// work, and notes what is to be written with the first commit.
func (e *Engine) takeOver(now time.Time) error {
	var number int64
	if c := e.cursors[indexFeed]; c != nil && c.LastID != nil {
		number = *c.LastID
	}
	next := max(number+1, now.UnixMilli())
	mine, err := e.deps.Index.claim(number, next)
	if err != nil {
		return err
	}
	if !mine {
		e.first = append(e.first, &schemas.Checkpoint{OrgID: e.deps.OrgID, Feed: indexFeed, LastID: &next, SavedAt: now})
	}
	for _, c := range e.cursors {
		if c.SavedAt.After(now) && c.SavedAt.Before(now.Add(mostAhead)) {
			e.mapper.floor = later(e.mapper.floor, c.SavedAt)
		}
	}
	return nil
}

// commit makes news and cursors durable. An item that no journal record can hold
// becomes a dead letter, so that its feed goes on.
func (e *Engine) commit(ctx context.Context, n *news, out *outcome) (failed error) {
	if len(n.entries)+len(out.cursors)+len(out.gone) == 0 {
		return nil
	}
	if len(n.entries) > 0 {
		traced, span := e.deps.Tracer.Begin(ctx, "poll", trace.SpanKindInternal)
		ctx = traced
		span.Set("mokafka.endpoint", n.entries[0].Endpoint)
		span.SetInt("mokafka.entries", int64(len(n.entries)))
		defer func() { span.End(failed != nil) }()
	}
	err := e.write(ctx, n.entries, out.cursors, out.gone)
	if !tooMuch(err) {
		return err
	}
	for _, entry := range n.entries {
		err := e.write(ctx, []*schemas.JournalEntry{entry}, nil, nil)
		if tooMuch(err) {
			err = e.deps.Letters.Put(ctx, tooLarge(entry))
		}
		if err != nil {
			return err
		}
	}
	return e.write(ctx, nil, out.cursors, out.gone)
}

// tooMuch tells that something is too large to be written, and the lease goes on.
func tooMuch(err error) bool {
	return errors.Is(err, publish.ErrTooLarge) && !errors.Is(err, checkpoint.ErrLost)
}

// write commits; the first time with what the engine itself has to say.
func (e *Engine) write(ctx context.Context, entries []*schemas.JournalEntry, cursors []*schemas.Checkpoint, gone []string) error {
	var all []*schemas.Checkpoint
	for _, c := range e.first {
		if !slices.ContainsFunc(cursors, func(o *schemas.Checkpoint) bool { return o.Feed == c.Feed }) {
			all = append(all, c)
		}
	}
	err := e.deps.Lease.Commit(ctx, entries, append(all, cursors...), gone)
	if err == nil {
		e.first = nil
	}
	return err
}

// tooLarge is the dead letter of an item: where it is to be had, not its bytes,
// which are too many for any record.
func tooLarge(e *schemas.JournalEntry) schemas.DeadLetter {
	org, endpoint := e.OrgID, e.Endpoint
	return schemas.DeadLetter{
		Stage: schemas.DeadLetterStagePoll, ErrorClass: "too_large",
		ErrorText: fmt.Sprintf("an item of %d bytes is more than a journal record holds; %s", len(e.Body), e.EntryID),
		OrgID:     &org, Endpoint: &endpoint, ContentType: e.ContentType, Attempts: 1,
	}
}
