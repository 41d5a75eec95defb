package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

const (
	stretchFetchBytes = 1 << 20
	stretchFetchWait  = 250 * time.Millisecond
	// stretchPatience is how long a partition may be without a leader.
	stretchPatience = 30 * time.Second
	// undecidedNotice is after what time it is said that an open transaction
	// keeps the end away.
	undecidedNotice = 3 * time.Second
)

// tailToEnd shows what there is up to the ends that the partitions have now, all
// partitions together in the order of time.
func (p *program) tailToEnd(ctx context.Context, client *kgo.Client, topic string, from map[int32]int64, out *tailWriter) error {
	admin := kadm.NewClient(client)
	ends, err := offsetsOf(ctx, topic, admin.ListEndOffsets)
	if err != nil {
		return err
	}
	details, err := admin.ListTopics(ctx, topic)
	if err != nil {
		return fmt.Errorf("look up %s: %w", topic, err)
	}
	var open []*stretch
	for _, partition := range slices.Sorted(maps.Keys(ends)) {
		open = append(open, &stretch{
			client: client, admin: admin, topic: topic, id: details[topic].ID, partition: partition,
			next: from[partition], end: ends[partition], leader: -1,
			undecided: func() {
				fmt.Fprintf(p.stderr, "waiting for a transaction that is open in %s/%d\n", topic, partition)
			},
		})
	}
	for {
		var first *stretch
		for _, s := range open {
			rec, err := s.peek(ctx)
			if err != nil {
				return err
			}
			if rec != nil && (first == nil || rec.Timestamp.Before(first.buffer[0].Timestamp)) {
				first = s
			}
		}
		if first == nil {
			return nil
		}
		if err := out.show(ctx, first.pop()); err != nil {
			return err
		}
	}
}

// stretch reads a partition up to an end, with fetch requests of its own. A
// consumer cannot tell that it has come to the end when the last offsets hold no
// records any more (markers of transactions, compacted records); a fetch can.
type stretch struct {
	client    *kgo.Client
	admin     *kadm.Client
	topic     string
	id        kadm.TopicID
	partition int32
	next, end int64
	leader    int32 // -1: not known
	buffer    []*kgo.Record
	undecided func()
	noticed   bool
}

// peek returns the next record, nil at the end.
func (s *stretch) peek(ctx context.Context) (*kgo.Record, error) {
	if len(s.buffer) == 0 && s.next < s.end {
		if err := s.fill(ctx); err != nil {
			return nil, fmt.Errorf("read %s/%d from offset %d: %w", s.topic, s.partition, s.next, err)
		}
	}
	if len(s.buffer) == 0 {
		return nil, nil
	}
	return s.buffer[0], nil
}

func (s *stretch) pop() *kgo.Record {
	rec := s.buffer[0]
	s.buffer = s.buffer[1:]
	return rec
}

// fill fetches until there is a record or the end is reached. It waits for
// transactions that are open before the end: what they write belongs to it.
func (s *stretch) fill(ctx context.Context) error {
	began := time.Now()
	for len(s.buffer) == 0 && s.next < s.end {
		if err := ctx.Err(); err != nil {
			return err
		}
		fetched, next, err := s.fetch(ctx)
		var permanent *kerr.Error
		switch {
		case err == nil:
		case errors.Is(err, kerr.OffsetOutOfRange):
			if err := s.restart(ctx); err != nil {
				return err
			}
			continue
		case errors.As(err, &permanent) && !permanent.Retriable, time.Since(began) > stretchPatience:
			return err
		default:
			s.leader = -1
			if err := wait(ctx, 200*time.Millisecond); err != nil {
				return err
			}
			continue
		}
		for _, rec := range fetched.Records {
			if rec.Offset < s.end {
				s.buffer = append(s.buffer, rec)
			}
		}
		if next == s.next && fetched.LastStableOffset >= s.end {
			next = s.end // nothing is left of the last offsets
		}
		if next == s.next && time.Since(began) > undecidedNotice && !s.noticed {
			s.noticed = true
			s.undecided()
		}
		s.next = next
	}
	return nil
}

// restart goes on from the beginning of a log that retention cut off meanwhile.
func (s *stretch) restart(ctx context.Context) error {
	starts, err := offsetsOf(ctx, s.topic, s.admin.ListStartOffsets)
	if err != nil {
		return err
	}
	if starts[s.partition] <= s.next {
		return fmt.Errorf("the offset is gone though the log starts at %d: the topic lost data", starts[s.partition])
	}
	s.next = starts[s.partition]
	return nil
}

func (s *stretch) fetch(ctx context.Context) (kgo.FetchPartition, int64, error) {
	if s.leader < 0 {
		topics, err := s.admin.ListTopics(ctx, s.topic)
		if err != nil {
			return kgo.FetchPartition{}, 0, err
		}
		detail, ok := topics[s.topic].Partitions[s.partition]
		if !ok || detail.Leader < 0 {
			return kgo.FetchPartition{}, 0, kerr.LeaderNotAvailable
		}
		s.leader = detail.Leader
	}
	part := kmsg.NewFetchRequestTopicPartition()
	part.Partition, part.FetchOffset, part.PartitionMaxBytes = s.partition, s.next, stretchFetchBytes
	topic := kmsg.NewFetchRequestTopic()
	topic.Topic, topic.TopicID = s.topic, s.id
	topic.Partitions = append(topic.Partitions, part)
	req := kmsg.NewPtrFetchRequest()
	req.ReplicaID, req.IsolationLevel = -1, 1
	req.MaxWaitMillis, req.MinBytes, req.MaxBytes = int32(stretchFetchWait.Milliseconds()), 1, stretchFetchBytes
	req.Topics = append(req.Topics, topic)

	raw, err := s.client.Broker(int(s.leader)).RetriableRequest(ctx, req)
	if err != nil {
		return kgo.FetchPartition{}, 0, err
	}
	resp, ok := raw.(*kmsg.FetchResponse)
	if !ok {
		return kgo.FetchPartition{}, 0, fmt.Errorf("Kafka answered a fetch with a %T", raw)
	}
	if err := kerr.ErrorForCode(resp.ErrorCode); err != nil {
		return kgo.FetchPartition{}, 0, err
	}
	if len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		return kgo.FetchPartition{}, s.next, nil // nothing new within the wait
	}
	fetched, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: s.next, IsolationLevel: kgo.ReadCommitted(), Topic: s.topic, Partition: s.partition,
	}, &resp.Topics[0].Partitions[0], kgo.DefaultDecompressor(), nil)
	return fetched, max(next, s.next), fetched.Err
}

// wait pauses, unless ctx ends before.
func wait(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
