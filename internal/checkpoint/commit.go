package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// grace is how long a commit under way goes on when its context has ended.
const grace = 2 * time.Second

// Commit makes journal entries, cursors and the deletion of the cursors of the
// feeds in gone durable, all or none. It waits for Kafka for as long as ctx and
// the lease last; what has begun when ctx ends has a moment more to finish. The
// organisation and the owner of a cursor are filled in, and when it was saved
// where that is zero; the caller's is left alone.
//
// After ErrLost the lease is over, and it is not known whether this was
// committed: the next lease's Cursors tell. After any other error nothing was
// written and the lease goes on; then the context had ended before, or a value
// can never be written (publish.ErrTooLarge, or one that is no valid record).
// Committing something twice is harmless: entries are known by their ids.
func (s *Lease) Commit(ctx context.Context, entries []*schemas.JournalEntry, cursors []*schemas.Checkpoint, gone []string) error {
	records, err := s.records(ctx, entries, cursors, gone)
	if err != nil {
		return fmt.Errorf("commit %d entries and %d cursors: %w", len(entries), len(cursors), err)
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-s.over:
		return s.why()
	case <-ctx.Done():
		return fmt.Errorf("commit: %w", context.Cause(ctx))
	}
	select { // of several that are ready above, any may be chosen
	case <-s.over:
		return s.why()
	default:
	}
	if ctx.Err() != nil {
		return fmt.Errorf("commit: %w", context.Cause(ctx))
	}
	if len(records) == 0 {
		return nil
	}
	start := s.now()
	if err := s.transact(ctx, records); err != nil {
		s.end(lost(err))
		return fmt.Errorf("commit: %w", s.why())
	}
	s.committed = true
	s.metrics.commitSeconds.Observe(s.now().Sub(start).Seconds())
	return nil
}

func (s *Lease) records(ctx context.Context, entries []*schemas.JournalEntry, cursors []*schemas.Checkpoint, gone []string) ([]*kgo.Record, error) {
	out := make([]*kgo.Record, 0, len(entries)+len(cursors)+len(gone))
	for _, e := range entries {
		rec, err := s.table.Records.JournalEntry(e)
		if err != nil {
			return nil, err
		}
		out = append(out, rec)
	}
	publish.PositionOf(ctx).Mark(out...)
	mine := []kgo.RecordHeader{{Key: ownerHeader, Value: []byte(s.instance)}}
	for _, c := range cursors {
		saved := *c
		saved.OrgID, saved.Owner = s.table.OrgID, &s.instance
		if saved.SavedAt.IsZero() {
			saved.SavedAt = s.now()
		}
		rec, err := s.table.Records.Checkpoint(s.partition.Partition, &saved)
		if err != nil {
			return nil, err
		}
		rec.Headers = mine
		out = append(out, rec)
	}
	for _, feed := range gone {
		rec := s.table.Records.CheckpointTombstone(s.partition.Partition, s.table.OrgID, feed)
		rec.Headers = mine
		out = append(out, rec)
	}
	return out, nil
}

// transact commits the records. After an error the producer is not used again:
// the client would take its transactional id anew in some cases, and so from a
// successor.
func (s *Lease) transact(ctx context.Context, records []*kgo.Record) error {
	work, cancel := s.bounded(ctx)
	defer cancel()
	if err := s.producer.BeginTransaction(); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	var first atomic.Pointer[error]
	for _, rec := range records {
		s.producer.Produce(work, rec, func(r *kgo.Record, err error) {
			if err != nil {
				err = fmt.Errorf("produce to %s/%d: %w", r.Topic, r.Partition, err)
				first.CompareAndSwap(nil, &err)
			}
		})
	}
	if err := s.producer.Flush(work); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	if err := first.Load(); err != nil {
		return *err
	}
	if err := s.producer.EndTransaction(work, kgo.TryCommit); err != nil {
		return fmt.Errorf("end the transaction: %w", err)
	}
	return nil
}

// bounded returns a context that ends with the lease, or a moment after ctx.
func (s *Lease) bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	work, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	finished := make(chan struct{})
	go func() {
		defer close(finished)
		select {
		case <-s.over:
			cancel(s.why())
			return
		case <-work.Done():
			return
		case <-ctx.Done():
		}
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-s.over:
		case <-work.Done():
		case <-timer.C:
		}
		cancel(context.Cause(ctx))
	}()
	return work, func() {
		cancel(nil)
		<-finished
	}
}

// lost says how a failed transaction ends the lease.
func lost(err error) error {
	how := "unclear"
	for _, fenced := range []error{kerr.InvalidProducerEpoch, kerr.ProducerFenced, kerr.InvalidProducerIDMapping} {
		if errors.Is(err, fenced) {
			how, err = "fenced", fmt.Errorf("a successor has taken it: %w", err)
			break
		}
	}
	if errors.Is(err, kerr.MessageTooLarge) || errors.Is(err, kerr.RecordListTooLarge) {
		err = fmt.Errorf("%w: %w", publish.ErrTooLarge, err)
	}
	return &lostError{how, err}
}
