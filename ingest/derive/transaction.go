package derive

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/mokafka/mokafka/internal/state"
)

// transact derives one batch and commits it. An error means that the client
// can't go on; false without one, that a rebalance gave the batch to another.
func (l *Loop) transact(ctx context.Context, s *kgo.GroupTransactSession, byPartition map[int32][]*kgo.Record) (bool, error) {
	start := l.deps.Now()
	if err := s.Begin(); err != nil {
		return false, fmt.Errorf("begin a transaction: %w", err)
	}
	works, err := l.deriveAll(ctx, byPartition)
	if err == nil {
		err = produce(ctx, s, works)
	}
	if err != nil {
		_, abortErr := s.End(ctx, kgo.TryAbort)
		l.metrics.aborts.Inc()
		return false, errors.Join(err, abortErr)
	}
	committed, err := s.End(ctx, kgo.TryCommit)
	if err != nil {
		l.metrics.aborts.Inc()
		return false, fmt.Errorf("commit: %w", err)
	}
	if !committed {
		// Nor is it certain that it did not: a broker that failed to say so may
		// have committed. What is in the topics counts.
		for _, w := range works {
			l.owned.forget([]int32{w.partition})
		}
		l.metrics.aborts.Inc()
		return false, nil
	}
	if err := l.takeOver(works); err != nil {
		return true, err
	}
	l.metrics.committed(works, l.deps.Now().Sub(start), l.deps.Now())
	return true, nil
}

func (l *Loop) deriveAll(ctx context.Context, byPartition map[int32][]*kgo.Record) ([]*work, error) {
	var mu sync.Mutex
	var works []*work
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for p, records := range byPartition {
		group.Go(func() error {
			w, err := l.derive(ctx, p, records)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			works = append(works, w)
			return nil
		})
	}
	err := group.Wait() // before works is read
	return works, err
}

// produce writes all records and waits for them.
func produce(ctx context.Context, s *kgo.GroupTransactSession, works []*work) error {
	var first atomic.Pointer[error]
	for _, w := range works {
		for _, rec := range w.records {
			s.Produce(ctx, rec, func(r *kgo.Record, err error) {
				if err != nil {
					err = fmt.Errorf("produce to %s/%d: %w", r.Topic, r.Partition, err)
					first.CompareAndSwap(nil, &err)
				}
			})
		}
	}
	if err := s.Client().Flush(ctx); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	if err := first.Load(); err != nil {
		return *err
	}
	return nil
}

// takeOver brings what was committed into the local copy.
func (l *Loop) takeOver(works []*work) error {
	var changes []state.Change
	for _, w := range works {
		for _, s := range w.states {
			changes = append(changes, state.Change{
				Partition: state.Partition{Topic: s.record.Topic, Partition: s.record.Partition},
				Key:       string(s.record.Key), Value: s.record.Value, DeletedAt: s.deletedAt, Offset: s.record.Offset,
			})
		}
		for _, letter := range w.letters {
			l.deps.DeadLetters.Count(letter)
		}
	}
	return l.store.Apply(changes, l.deps.Now())
}
