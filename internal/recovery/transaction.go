package recovery

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
)

// producer makes a client that has taken the transactional id of all who redrive:
// a transaction that another has open is aborted, and it can begin no more.
func (s *Settler) producer(ctx context.Context) (*kgo.Client, error) {
	return transactional(ctx, s.Options, s.Records.Topics(), publish.TaskRedrive)
}

// transactional makes a client that has taken the transactional id of all who do
// the same.
func transactional(ctx context.Context, options func() ([]kgo.Opt, error), topics publish.Topics, what publish.OperatorTask) (*kgo.Client, error) {
	opts, err := options()
	if err != nil {
		return nil, err
	}
	opts = append(opts[:len(opts):len(opts)], publish.ProducerOptions(topics)...)
	client, err := kgo.NewClient(append(opts, kgo.TransactionalID(topics.OperatorTransaction(what)))...)
	if err != nil {
		return nil, fmt.Errorf("make the client to %s with: %w", what, err)
	}
	if _, _, err := client.ProducerID(ctx); err != nil {
		client.Close()
		return nil, fmt.Errorf("take the right to %s: %w", what, err)
	}
	return client, nil
}

// commit writes the records in one transaction.
func (s *Settler) commit(ctx context.Context, client *kgo.Client, records []*kgo.Record) error {
	if len(records) == 0 {
		return nil
	}
	err := transact(ctx, client, records)
	if fenced(err) {
		return fmt.Errorf("somebody else redrives or drops letters now: look at the list again: %w", err)
	}
	if err != nil {
		return fmt.Errorf("write a batch: %w", err)
	}
	return nil
}

// fenced tells whether another has taken the transactional id since.
func fenced(err error) bool {
	return errors.Is(err, kerr.InvalidProducerEpoch) || errors.Is(err, kerr.ProducerFenced) || errors.Is(err, kerr.InvalidProducerIDMapping)
}

const (
	batchRecords = 1000
	batchSize    = 8 << 20
)

// batch gathers records into transactions of a bounded size.
type batch struct {
	client *kgo.Client
	// what others do who take the id: "replays".
	what    string
	records []*kgo.Record
	size    int
	// written is told of each transaction; nil for nobody.
	written func(int)
}

func (b *batch) add(ctx context.Context, rec *kgo.Record) error {
	b.records = append(b.records, rec)
	b.size += len(rec.Key) + len(rec.Value)
	if len(b.records) >= batchRecords || b.size >= batchSize {
		return b.flush(ctx)
	}
	return nil
}

func (b *batch) flush(ctx context.Context) error {
	if len(b.records) == 0 {
		return nil
	}
	err := transact(ctx, b.client, b.records)
	if fenced(err) {
		return fmt.Errorf("somebody else %s now, and goes on: %w", b.what, err)
	}
	if err != nil {
		return fmt.Errorf("write a batch: %w", err)
	}
	if b.written != nil {
		b.written(len(b.records))
	}
	b.records, b.size = nil, 0
	return nil
}

// transact commits the records, all or none. After an error from the commit
// itself it is not known which; the list tells.
func transact(ctx context.Context, client *kgo.Client, records []*kgo.Record) error {
	if err := ctx.Err(); err != nil {
		return context.Cause(ctx)
	}
	// What has begun gets a moment to finish.
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		timer, end := context.WithTimeout(work, settleGrace)
		defer end()
		<-timer.Done()
		cancel()
	})
	defer stop()
	if err := client.BeginTransaction(); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	var first atomic.Pointer[error]
	for _, rec := range records {
		client.Produce(work, rec, func(r *kgo.Record, err error) {
			if err != nil {
				err = fmt.Errorf("produce to %s/%d: %w", r.Topic, r.Partition, err)
				first.CompareAndSwap(nil, &err)
			}
		})
	}
	if err := client.Flush(work); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	if err := first.Load(); err != nil {
		// The next who takes the id ends it; this makes it sooner.
		return errors.Join(*err, client.EndTransaction(work, kgo.TryAbort))
	}
	if err := client.EndTransaction(work, kgo.TryCommit); err != nil {
		return fmt.Errorf("end the transaction, so that only the list tells whether it counts: %w", err)
	}
	return nil
}
