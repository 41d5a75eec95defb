package recovery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
)

// bound is what of a partition of the journal is read, fixed as a replay begins.
type bound struct {
	partition int32
	// start is the first offset that is there, from and end those of the range.
	start, from, end int64
	// waiting are the offsets of the range that derive has not come to.
	waiting int64
}

// bounds finds the offsets of the range, and refuses one that the journal does not
// hold any more.
func (r *Replayer) bounds(ctx context.Context, s Span) ([]bound, error) {
	admin := kadm.NewClient(r.Client)
	topic := r.Topics.Journal()
	after := func(at time.Time) func(context.Context, ...string) (kadm.ListedOffsets, error) {
		return func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
			return admin.ListOffsetsAfterMilli(ctx, at.UnixMilli(), topics...)
		}
	}
	var err error
	read := func(list func(context.Context, ...string) (kadm.ListedOffsets, error)) (offsets map[int32]int64) {
		if err == nil {
			offsets, err = listed(ctx, topic, list)
		}
		return offsets
	}
	starts, from, until := read(admin.ListStartOffsets), read(after(s.From)), read(after(s.Until))
	ends := read(func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return settledEnds(ctx, admin, topics...)
	})
	if err != nil {
		return nil, err
	}
	derived, err := r.derived(ctx, admin)
	if err != nil {
		return nil, err
	}
	if err := r.reaches(ctx, admin, s.From, starts, ends); err != nil {
		return nil, err
	}
	only := int32(-1)
	if s.Root != "" {
		only = publish.Partition(s.Root, len(ends))
	}
	var all []bound
	for _, p := range slices.Sorted(maps.Keys(ends)) {
		if only >= 0 && p != only {
			continue
		}
		b := bound{partition: p, start: starts[p], end: min(until[p], ends[p])}
		b.from = min(from[p], b.end)
		if behind := max(b.from, min(b.end, derived[p])); behind < b.end {
			b.waiting, b.end = b.end-behind, behind
		}
		all = append(all, b)
	}
	return all, nil
}

// derived are the offsets that derive has committed.
func (r *Replayer) derived(ctx context.Context, admin *kadm.Client) (map[int32]int64, error) {
	committed, err := admin.FetchOffsetsForTopics(ctx, r.Group, r.Topics.Journal())
	if err == nil {
		err = committed.Error()
	}
	if err != nil && !errors.Is(err, kerr.GroupIDNotFound) {
		return nil, fmt.Errorf("look up what %s has committed: %w", r.Group, err)
	}
	at := map[int32]int64{}
	committed.Each(func(o kadm.OffsetResponse) {
		if o.At >= 0 {
			at[o.Partition] = o.At
		}
	})
	if len(at) == 0 {
		return nil, fmt.Errorf("%s: %w: is it the group of ingest (DERIVE_GROUP), and has ingest run?", r.Group, ErrUnderived)
	}
	return at, nil
}

// reaches fails where entries since from may have been deleted.
func (r *Replayer) reaches(ctx context.Context, admin *kadm.Client, from time.Time, starts, ends map[int32]int64) error {
	configs, err := configsOf(ctx, admin, r.Topics.Journal())
	if err != nil {
		return err
	}
	// Where only age deletes, nothing younger than that is missing.
	var kept time.Time
	ms, err := strconv.ParseInt(configs["retention.ms"], 10, 64)
	if size, ok := configs["retention.bytes"]; err == nil && ms > 0 && (!ok || size == "-1" || size == "") {
		kept = r.Now().Add(-time.Duration(ms) * time.Millisecond)
	}
	var since time.Time
	for p, start := range starts {
		if start == 0 || start >= ends[p] && !kept.IsZero() {
			continue
		}
		first, err := r.firstOf(ctx, p, start, ends[p])
		if err != nil {
			return err
		}
		if !kept.IsZero() && kept.Before(first) {
			first = kept
		}
		if first.After(since) {
			since = first
		}
	}
	if from.Before(since) {
		return fmt.Errorf("%s: %w: all that it holds is from %s on", from.UTC().Format(time.RFC3339), ErrTooOld,
			since.UTC().Truncate(time.Second).Add(time.Second).Format(time.RFC3339))
	}
	return nil
}

// firstOf is the time of the first record that a partition has; now, if none.
func (r *Replayer) firstOf(ctx context.Context, partition int32, start, end int64) (time.Time, error) {
	log, err := state.OpenLog(ctx, r.Client, state.Partition{Topic: r.Topics.Journal(), Partition: partition})
	if err != nil {
		return time.Time{}, err
	}
	first := r.Now()
	_, err = log.Read(ctx, start, end, func(recs []*kgo.Record) error {
		first = recs[0].Timestamp
		return errEnough
	})
	if err != nil && !errors.Is(err, errEnough) {
		return time.Time{}, fmt.Errorf("find the first entry of the journal: %w", err)
	}
	return first, nil
}

var errEnough = errors.New("that was enough")
