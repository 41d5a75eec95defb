package writeback

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// fetch reads the commands at the given offsets of the holding's partition again.
// Those that retention took are not among what it returns.
func (l *lane) fetch(ctx context.Context, offsets []int64) (map[int64]*kgo.Record, error) {
	found := map[int64]*kgo.Record{}
	if len(offsets) == 0 {
		return found, nil
	}
	topic, p := l.topics.Commands(), l.holding.number
	starts, err := kadm.NewClient(l.producer).ListStartOffsets(ctx, topic)
	if err == nil {
		err = starts.Error()
	}
	if err != nil {
		return nil, givenUp(ctx, fmt.Errorf("look up the start of %s/%d: %w", topic, p, err))
	}
	start, _ := starts.Lookup(topic, p)
	first, last := max(slices.Min(offsets), start.Offset), slices.Max(offsets)
	if last < start.Offset {
		return found, nil
	}
	opts, err := l.deps.Client()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(opts[:len(opts):len(opts)],
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: {p: kgo.NewOffset().At(first)}}),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make a client to read commands again: %w", err)
	}
	defer client.Close()
	// They were read here before, so the last one comes.
	for at := first - 1; at < last; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return nil, givenUp(ctx, fmt.Errorf("read %s/%d from %d: %w", topic, p, first, err))
		}
		fetches.EachRecord(func(r *kgo.Record) {
			at = r.Offset
			if slices.Contains(offsets, r.Offset) {
				found[r.Offset] = r
			}
		})
	}
	return found, nil
}

// givenUp says so where the context has ended.
func givenUp(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return errors.Join(errGivenUp, err)
	}
	return err
}
