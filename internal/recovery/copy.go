package recovery

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
)

// straggling is how far behind a time records are looked for that are older than
// it: each producer stamps them by its own clock.
const straggling = 10 * time.Minute

// Tally is how far a copy has come.
type Tally struct {
	// Read and All count offsets, of what there is to read.
	Read, All int64
	// Taken are the records that the selection takes; of them Copied were written
	// and Before were in the target already.
	Taken, Copied, Before int64
}

// Stretch is what a copy takes of one partition.
type Stretch struct {
	Partition int32 `json:"partition"`
	// From and End are the offsets that are looked through, End not included.
	From  int64 `json:"from"`
	End   int64 `json:"end"`
	Taken int64 `json:"taken"`
	// Before are those of them that were in the target already.
	Before int64 `json:"before"`
}

// Copier copies a part of a topic into another one. All fields are needed, but
// Progress.
type Copier struct {
	Client *kgo.Client
	// Options make the producing client: brokers, TLS, SASL.
	Options func() ([]kgo.Opt, error)
	Topics  publish.Topics
	Now     func() time.Time
	// Progress is told now and then how far it has come; nil for none.
	Progress func(Tally)
}

// Plan reads what would be copied, and writes nothing. target is nil where the
// topic is to be created.
func (c *Copier) Plan(ctx context.Context, s Selection, target *Target) ([]Stretch, error) {
	return c.run(ctx, s, target, nil)
}

// Copy copies what is selected, in the order of each key, with keys, headers and
// times as they are. What the target holds of the same selection is not written
// again, so that a copy that was interrupted goes on where it ended.
func (c *Copier) Copy(ctx context.Context, s Selection, target *Target) ([]Stretch, error) {
	opts, err := c.Options()
	if err != nil {
		return nil, err
	}
	client, err := kgo.NewClient(append(opts[:len(opts):len(opts)],
		kgo.RequiredAcks(kgo.AllISRAcks()), kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.ProducerBatchMaxBytes(target.maxBytes), kgo.BrokerMaxWriteBytes(max(16<<20, target.maxBytes)),
		kgo.MetadataMinAge(250*time.Millisecond), kgo.MaxBufferedRecords(2*copyWindow), kgo.MaxBufferedBytes(64<<20),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make the client to copy with: %w", err)
	}
	defer client.Close()
	return c.run(ctx, s, target, client)
}

func (c *Copier) run(ctx context.Context, s Selection, target *Target, producer *kgo.Client) ([]Stretch, error) {
	stretches, err := c.stretches(ctx, s)
	if err != nil {
		return nil, err
	}
	w := &writer{target: target, producer: producer, id: s.ID(), results: make(chan error, copyWindow)}
	var t Tally
	for _, st := range stretches {
		t.All += st.End - st.From
	}
	for i := range stretches {
		st := &stretches[i]
		log, err := state.OpenLog(ctx, c.Client, state.Partition{Topic: s.Topic, Partition: st.Partition})
		if err != nil {
			return nil, err
		}
		done := t.Read
		_, err = log.Read(ctx, st.From, st.End, func(recs []*kgo.Record) error {
			for _, rec := range recs {
				if rec.Offset >= st.End || !s.takes(rec) {
					continue
				}
				st.Taken++
				if target != nil && target.has(rec) {
					st.Before++
					continue
				}
				if err := w.write(ctx, rec); err != nil {
					return err
				}
			}
			t.Read = done + min(recs[len(recs)-1].Offset+1, st.End) - st.From
			c.tell(t, stretches)
			return w.flush(ctx)
		})
		if err != nil {
			return nil, fmt.Errorf("copy %s/%d: %w", s.Topic, st.Partition, err)
		}
		t.Read = done + st.End - st.From
		c.tell(t, stretches)
	}
	return stretches, nil
}

func (c *Copier) tell(t Tally, stretches []Stretch) {
	if c.Progress == nil {
		return
	}
	for _, st := range stretches {
		t.Taken += st.Taken
		t.Before += st.Before
	}
	t.Copied = t.Taken - t.Before
	c.Progress(t)
}

// stretches finds the offsets between which the records of the time are.
func (c *Copier) stretches(ctx context.Context, s Selection) ([]Stretch, error) {
	admin := kadm.NewClient(c.Client)
	after := func(at time.Time) func(context.Context, ...string) (kadm.ListedOffsets, error) {
		return func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
			return admin.ListOffsetsAfterMilli(ctx, at.UnixMilli(), topics...)
		}
	}
	from, err := listed(ctx, s.Topic, after(s.From))
	if err != nil {
		return nil, err
	}
	behind, err := listed(ctx, s.Topic, after(s.Until.Add(straggling)))
	if err != nil {
		return nil, err
	}
	ends, err := listed(ctx, s.Topic, func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return settledEnds(ctx, admin, topics...)
	})
	if err != nil {
		return nil, err
	}
	var all []Stretch
	for _, p := range slices.Sorted(maps.Keys(ends)) {
		end := min(behind[p], ends[p])
		all = append(all, Stretch{Partition: p, From: min(from[p], end), End: end})
	}
	return all, nil
}
