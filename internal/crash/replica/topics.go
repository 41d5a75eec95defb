package replica

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
)

// Read returns the records of a topic that are not part of an open or aborted
// transaction, in the order of each partition, up to where it ended when Read began.
func Read(ctx context.Context, client *kgo.Client, topic string) ([]*kgo.Record, error) {
	partitions, err := partitionsOf(ctx, client, topic)
	if err != nil {
		return nil, err
	}
	var all []*kgo.Record
	for n := range int32(partitions) {
		log, err := state.OpenLog(ctx, client, state.Partition{Topic: topic, Partition: n})
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", topic, err)
		}
		end, err := log.End(ctx)
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", topic, err)
		}
		if end == 0 {
			continue
		}
		_, err = log.Read(ctx, 0, end, func(recs []*kgo.Record) error {
			all = append(all, recs...)
			return nil
		})
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", topic, err)
		}
	}
	return all, nil
}

func partitionsOf(ctx context.Context, client *kgo.Client, topic string) (int, error) {
	topics, err := kadm.NewClient(client).ListTopics(ctx, topic)
	if err == nil {
		err = topics.Error()
	}
	if err != nil {
		return 0, fmt.Errorf("look up %s: %w", topic, err)
	}
	return len(topics[topic].Partitions), nil
}

// errLeft ends the reading at the first record.
var errLeft = errors.New("a record is left")

// Caught tells whether a group has nothing left to read in a topic. What a
// transaction leaves behind its records is nothing, though it counts as lag. An
// error says that Kafka could not tell.
func Caught(ctx context.Context, client *kgo.Client, group, topic string) (bool, error) {
	commits, err := kadm.NewClient(client).FetchOffsets(ctx, group)
	if err != nil {
		return false, fmt.Errorf("look up the group %s: %w", group, err)
	}
	partitions, err := partitionsOf(ctx, client, topic)
	if err != nil {
		return false, err
	}
	for n := range int32(partitions) {
		log, err := state.OpenLog(ctx, client, state.Partition{Topic: topic, Partition: n})
		if err != nil {
			return false, err
		}
		end, err := log.End(ctx)
		if err != nil {
			return false, err
		}
		from := int64(0)
		if c, ok := commits.Lookup(topic, n); ok && c.Err == nil {
			from = c.At
		}
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err = log.Read(ctx, from, end, func(recs []*kgo.Record) error {
			if len(recs) > 0 {
				return errLeft
			}
			return nil
		})
		cancel()
		if errors.Is(err, errLeft) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}
