package recovery

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// passage is the replay of one partition of the journal.
type passage struct {
	*Replayer
	bound
	decider *derive.Decider
	span    Span
	how     derive.Reading
	scratch *scratch
	store   *state.Store // today's states
	tally   *tally
	held    held // while the events are read
	found   Findings
	sample  []Difference
}

func (r *Replayer) newPassage(dir string, decider *derive.Decider, s Span, b bound, t *tally) (*passage, error) {
	db, err := openScratch(dir, b.partition, r.Codec)
	if err != nil {
		return nil, err
	}
	store, err := state.Open(filepath.Join(dir, fmt.Sprint("states-", b.partition)), "")
	if err != nil {
		return nil, errors.Join(err, db.close())
	}
	return &passage{
		Replayer: r, bound: b, decider: decider, span: s, scratch: db, store: store, tally: t,
		how:   derive.Reading{Mapper: r.Mapper.OrCurrent(), Options: r.Normalize, Only: s.Family},
		found: Findings{Waiting: b.waiting},
	}, nil
}

func (p *passage) close() error { return errors.Join(p.scratch.close(), p.store.Close()) }

// derive finds out what the partition comes to. It writes nothing to Kafka.
func (p *passage) derive(ctx context.Context) error {
	if err := p.countWaiting(ctx); err != nil {
		return err
	}
	if p.from >= p.end {
		return nil
	}
	p.tally.add(0, p.end-p.start, 0)
	if err := p.restore(ctx); err != nil {
		return err
	}
	if err := p.readEvents(ctx); err != nil {
		return err
	}
	if err := p.readEntries(ctx); err != nil {
		return err
	}
	if err := p.countGone(); err != nil {
		return err
	}
	return p.findCorrections(ctx)
}

// fewWaiting are so few offsets that it is worth a look what they hold.
const fewWaiting = 100

// countWaiting counts the entries that derive has not come to. Where there are many
// their offsets will do; of few most may be the markers of transactions.
func (p *passage) countWaiting(ctx context.Context) error {
	if p.waiting == 0 || p.waiting > fewWaiting {
		return nil
	}
	p.found.Waiting = 0
	p.tally.add(0, p.waiting, 0)
	return p.records(ctx, p.Topics.Journal(), p.end, p.end+p.waiting, func(recs []*kgo.Record) error {
		p.found.Waiting += int64(len(recs))
		return nil
	})
}

// restore copies today's states.
func (p *passage) restore(ctx context.Context) error {
	var partitions []state.Partition
	for _, f := range publish.Families() {
		partitions = append(partitions, state.Partition{Topic: p.Topics.State(f), Partition: p.partition})
	}
	if _, err := p.store.Restore(ctx, p.Client, partitions, p.Now); err != nil {
		return fmt.Errorf("read today's states: %w", err)
	}
	return nil
}

// today is an entity's state, nil where there is none.
func (p *passage) today(ctx context.Context, family publish.Family, key string) (any, error) {
	raw, err := p.store.Get(state.Partition{Topic: p.Topics.State(family), Partition: p.partition}, key)
	if err != nil || raw == nil {
		return nil, err
	}
	v, err := p.Decoder.Decode(ctx, raw)
	if err != nil {
		return nil, fmt.Errorf("read the state of %s: %w", key, err)
	}
	return v, nil
}

// keysToday are the keys of a family that have a state today.
func (p *passage) keysToday(family publish.Family, prefix string) ([]string, error) {
	var keys []string
	err := p.store.Keys(state.Partition{Topic: p.Topics.State(family), Partition: p.partition}, prefix, func(key string) error {
		keys = append(keys, key)
		return nil
	})
	return keys, err
}

// takes tells whether a record with this key is among what is replayed.
func (s Span) takes(root string) bool {
	return (s.Root == "" || s.Root == root) && (s.Org == "" || strings.HasPrefix(root, s.Org+":"))
}

// records calls fn with the committed records of a partition of a topic that the
// span takes, up to end, in the batches in which they come.
func (p *passage) records(ctx context.Context, topic string, from, end int64, fn func([]*kgo.Record) error) error {
	log, err := state.OpenLog(ctx, p.Client, state.Partition{Topic: topic, Partition: p.partition})
	if err != nil {
		return err
	}
	done := from
	_, err = log.Read(ctx, from, end, func(recs []*kgo.Record) error {
		var taken []*kgo.Record
		for _, rec := range recs {
			if rec.Offset < end && p.span.takes(string(rec.Key)) {
				taken = append(taken, rec)
			}
		}
		if err := fn(taken); err != nil {
			return err
		}
		if next := min(recs[len(recs)-1].Offset+1, end); next > done {
			p.tally.add(next-done, 0, 0)
			done = next
		}
		return ctx.Err()
	})
	if err != nil {
		return fmt.Errorf("read %s/%d: %w", topic, p.partition, err)
	}
	p.tally.add(max(0, end-done), 0, 0)
	return nil
}

// settledEnd is the end of a partition, of what is committed.
func (p *passage) settledEnd(ctx context.Context, topic string) (int64, error) {
	ends, err := listed(ctx, topic, func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return settledEnds(ctx, kadm.NewClient(p.Client), topics...)
	})
	return ends[p.partition], err
}

// entry reads a record of the journal. What can't be read is a *derive.RejectionError.
func (p *passage) entry(ctx context.Context, rec *kgo.Record) (*schemas.JournalEntry, error) {
	v, err := p.Decoder.Decode(ctx, rec.Value)
	if errors.Is(err, schemas.ErrRegistryUnavailable) || ctx.Err() != nil {
		return nil, fmt.Errorf("read %s/%d@%d: %w", rec.Topic, rec.Partition, rec.Offset, err)
	}
	entry, ok := v.(*schemas.JournalEntry)
	if err == nil && !ok {
		err = fmt.Errorf("the record is a %T, not a journal entry", v)
	}
	if err != nil {
		return nil, &derive.RejectionError{Class: "avro", Text: err.Error()}
	}
	return entry, nil
}

func isRejection(err error) bool {
	var rejected *derive.RejectionError
	return errors.As(err, &rejected)
}

func (p *passage) origin(rec *kgo.Record, entry *schemas.JournalEntry) derive.Origin {
	return derive.Origin{Entry: entry, Partition: rec.Partition, Offset: rec.Offset, Revision: p.how.Mapper.Revision}
}

// unfold says what an entry comes to; rejected says why it can't be read.
func (p *passage) unfold(ctx context.Context, rec *kgo.Record, entry *schemas.JournalEntry, memory derive.Memory) (steps []derive.Step, rejected *derive.RejectionError, err error) {
	steps, err = p.decider.Unfold(ctx, p.origin(rec, entry), p.how, memory)
	switch {
	case err == nil, errors.Is(err, normalize.ErrUnknownEvent):
		return steps, nil, nil
	case errors.As(err, &rejected):
		return nil, rejected, nil
	}
	return nil, nil, err
}
