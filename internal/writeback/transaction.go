package writeback

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// errFenced says that the group refused the offsets of a transaction, which was
// aborted: a rebalance is under way, or this worker was taken for dead.
var errFenced = errors.New("the consumer group did not take the offsets")

// attempt makes one transaction. An error that is errFenced says that it was
// aborted; of any other, its outcome is not known.
func (c *committer) attempt(ctx context.Context, live []*commit) ([]*kgo.Record, error) {
	if err := c.producer.BeginTransaction(); err != nil {
		return nil, fmt.Errorf("begin a transaction: %w", err)
	}
	written, err := c.produce(ctx, live)
	var offsets map[*holding]int64
	if err == nil {
		offsets, err = c.commitOffsets(ctx, live)
	}
	if err != nil {
		if abortErr := c.producer.EndTransaction(ctx, kgo.TryAbort); abortErr != nil {
			return nil, fmt.Errorf("abort a transaction: %w, after %v", abortErr, err) //nolint:errorlint // the second must not pass for errFenced
		}
		return nil, err
	}
	if err := c.producer.EndTransaction(ctx, kgo.TryCommit); err != nil {
		return nil, fmt.Errorf("commit a transaction: %w", err)
	}
	for h, at := range offsets {
		h.tracker.keep(at)
	}
	return written, nil
}

// produce writes copies of all records and waits for them: a record can't be
// produced twice.
func (c *committer) produce(ctx context.Context, live []*commit) ([]*kgo.Record, error) {
	var mu sync.Mutex
	var failed error
	var written []*kgo.Record
	for _, b := range live {
		for _, r := range b.records {
			again := &kgo.Record{Topic: r.Topic, Partition: r.Partition, Key: r.Key, Value: r.Value, Headers: r.Headers}
			written = append(written, again)
			c.producer.Produce(ctx, again, func(r *kgo.Record, err error) {
				if err != nil {
					mu.Lock()
					defer mu.Unlock()
					failed = errors.Join(failed, fmt.Errorf("produce to %s/%d: %w", r.Topic, r.Partition, err))
				}
			})
		}
	}
	if err := c.producer.Flush(ctx); err != nil {
		return nil, fmt.Errorf("flush: %w", err)
	}
	mu.Lock()
	defer mu.Unlock()
	return written, failed
}

// commitOffsets adds the offsets of the partitions concerned to the transaction,
// in the name of this member of the group and of its generation. The client's own
// session would commit how far was polled; here commands finish out of order, and
// what counts is up to where all are.
func (c *committer) commitOffsets(ctx context.Context, live []*commit) (map[*holding]int64, error) {
	id, epoch, err := c.producer.ProducerID(ctx)
	if err != nil {
		return nil, fmt.Errorf("look up the producer's id: %w", err)
	}
	add := kmsg.NewPtrAddOffsetsToTxnRequest()
	add.TransactionalID, add.ProducerID, add.ProducerEpoch, add.Group = c.transactionalID(), id, epoch, c.cfg.Group
	err = c.whileBusy(ctx, func() error {
		resp, err := add.RequestWith(ctx, c.producer)
		if err != nil {
			return err
		}
		return kerr.ErrorForCode(resp.ErrorCode)
	})
	if err != nil {
		return nil, fmt.Errorf("add the group to the transaction: %w", err)
	}
	member, generation := c.group.GroupMetadata()
	req := kmsg.NewPtrTxnOffsetCommitRequest()
	req.TransactionalID, req.ProducerID, req.ProducerEpoch = c.transactionalID(), id, epoch
	req.Group, req.MemberID, req.Generation, req.InstanceID = c.cfg.Group, member, generation, &c.cfg.Instance
	topic := kmsg.NewTxnOffsetCommitRequestTopic()
	topic.Topic = c.topics.Commands()
	offsets := map[*holding]int64{}
	for _, b := range live {
		if _, seen := offsets[b.holding]; seen {
			continue
		}
		at, _ := b.holding.tracker.low()
		offsets[b.holding] = at
		p := kmsg.NewTxnOffsetCommitRequestTopicPartition()
		p.Partition, p.LeaderEpoch, p.Offset = b.holding.number, -1, at
		topic.Partitions = append(topic.Partitions, p)
	}
	req.Topics = append(req.Topics, topic)
	err = c.whileBusy(ctx, func() error {
		resp, err := req.RequestWith(ctx, c.producer)
		if err != nil {
			return err
		}
		for _, t := range resp.Topics {
			for _, p := range t.Partitions {
				if err := kerr.ErrorForCode(p.ErrorCode); err != nil {
					return fmt.Errorf("partition %d: %w", p.Partition, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		return nil, fencing(err)
	}
	return offsets, nil
}

// fencing sorts out what passes with the next generation. A fenced instance does
// not: another worker has its name.
func fencing(err error) error {
	for _, passing := range []error{
		kerr.IllegalGeneration, kerr.UnknownMemberID, kerr.RebalanceInProgress, kerr.CoordinatorNotAvailable,
		kerr.CoordinatorLoadInProgress, kerr.NotCoordinator, kerr.GroupIDNotFound, kerr.StaleMemberEpoch,
	} {
		if errors.Is(err, passing) {
			return fmt.Errorf("%w: %w", errFenced, err)
		}
	}
	return fmt.Errorf("commit offsets in the transaction: %w", err)
}

// whileBusy tries again while the end of the last transaction is still being
// written.
func (c *committer) whileBusy(ctx context.Context, call func() error) error {
	for {
		err := call()
		if !errors.Is(err, kerr.ConcurrentTransactions) {
			return err
		}
		if err := c.deps.Sleep(ctx, fencedPause/10); err != nil {
			return err
		}
	}
}

func (w *Worker) transactionalID() string {
	return w.topics.WritebackTransactions() + w.cfg.Instance
}
