package state

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	fetchBytes     = 8 << 20
	fetchWait      = 250 * time.Millisecond
	retryFetchWait = 200 * time.Millisecond
)

// logReader reads a stretch of a partition with fetch requests of its own. A
// consumer cannot tell that it has come to the end when the last offsets hold no
// records any more (markers of transactions, compacted records); a fetch can.
type logReader struct {
	client *kgo.Client
	adm    *kadm.Client
	// everything has it read what is not committed too, with the records that
	// end transactions; then it waits for none.
	everything bool
}

func newLogReader(client *kgo.Client) *logReader {
	return &logReader{client: client, adm: kadm.NewClient(client)}
}

// read calls fn with the committed records from offset from up to at least end,
// and returns the offset behind them. It waits for open transactions before
// end, and retries while the partition moves between brokers.
func (l *logReader) read(ctx context.Context, p Partition, id kadm.TopicID, from, end int64, fn func([]*kgo.Record) error) (int64, error) {
	leader := int32(-1)
	for from < end {
		var err error
		if leader < 0 {
			leader, err = l.leader(ctx, p)
		}
		var fp kgo.FetchPartition
		next := from
		if err == nil {
			fp, next, err = l.fetch(ctx, leader, p, id, from)
		}
		switch {
		case err == nil:
		case ctx.Err() != nil:
			return from, context.Cause(ctx)
		case errors.Is(err, kerr.OffsetOutOfRange):
			// Compaction and retention move the start of the log.
			if from, err = l.start(ctx, p, from); err != nil {
				return from, err
			}
			continue
		case retriable(err):
			leader = -1
			if err := sleep(ctx, retryFetchWait); err != nil {
				return from, err
			}
			continue
		default:
			return from, fmt.Errorf("fetch from offset %d: %w", from, err)
		}
		if len(fp.Records) > 0 {
			if err := fn(fp.Records); err != nil {
				return from, err
			}
		}
		readable := fp.LastStableOffset
		if l.everything {
			readable = fp.HighWatermark
		}
		if next == from && readable >= end {
			return end, nil // nothing is left of the last offsets
		}
		from = next
	}
	return from, nil
}

func (l *logReader) fetch(ctx context.Context, leader int32, p Partition, id kadm.TopicID, from int64) (kgo.FetchPartition, int64, error) {
	req := kmsg.NewPtrFetchRequest()
	req.ReplicaID = -1
	req.MaxWaitMillis = int32(fetchWait.Milliseconds())
	req.MinBytes = 1
	req.MaxBytes = fetchBytes
	isolation := kgo.ReadCommitted()
	if l.everything {
		isolation = kgo.ReadUncommitted()
	} else {
		req.IsolationLevel = 1
	}
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.TopicID = p.Topic, id
	part := kmsg.NewFetchRequestTopicPartition()
	part.Partition, part.FetchOffset, part.PartitionMaxBytes = p.Partition, from, fetchBytes
	topic.Partitions = append(topic.Partitions, part)
	req.Topics = append(req.Topics, topic)

	raw, err := l.client.Broker(int(leader)).RetriableRequest(ctx, req)
	if err != nil {
		return kgo.FetchPartition{}, from, err
	}
	resp := raw.(*kmsg.FetchResponse)
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return kgo.FetchPartition{}, from, err
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return kgo.FetchPartition{}, from, nil // nothing new within the wait
	}
	fp, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: from, IsolationLevel: isolation, KeepControlRecords: l.everything, Topic: p.Topic, Partition: p.Partition,
	}, &resp.Topics[0].Partitions[0], kgo.DefaultDecompressor(), nil)
	return fp, max(next, from), fp.Err
}

func (l *logReader) leader(ctx context.Context, p Partition) (int32, error) {
	topics, err := l.adm.ListTopics(ctx, p.Topic)
	if err != nil {
		return -1, err
	}
	detail, ok := topics[p.Topic].Partitions[p.Partition]
	if !ok {
		return -1, kerr.UnknownTopicOrPartition
	}
	if detail.Leader < 0 {
		return -1, kerr.LeaderNotAvailable
	}
	return detail.Leader, nil
}

// start returns the beginning of the log; it fails when from is behind its end,
// which means that the log was cut short by data loss.
func (l *logReader) start(ctx context.Context, p Partition, from int64) (int64, error) {
	starts, err := l.adm.ListStartOffsets(ctx, p.Topic)
	if err != nil {
		return from, fmt.Errorf("look up the start of %s: %w", p, err)
	}
	o, ok := starts.Lookup(p.Topic, p.Partition)
	if !ok || o.Err != nil {
		return from, fmt.Errorf("look up the start of %s: %w", p, o.Err)
	}
	if o.Offset <= from {
		return from, fmt.Errorf("offset %d of %s is gone though its log starts at %d: the topic lost data", from, p, o.Offset)
	}
	return o.Offset, nil
}

// retriable takes what passes by itself. That the topic has another id now does
// not: it was made anew, and the copy of it must be as well.
//
// It also takes broken connections: a broker that restarts is no reason
// to give up.
func retriable(err error) bool {
	if errors.Is(err, kerr.UnknownTopicID) || errors.Is(err, kerr.InconsistentTopicID) {
		return false
	}
	var ke *kerr.Error
	if errors.As(err, &ke) {
		return ke.Retriable
	}
	return true
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
