package derive

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// entityKey is an entity among all families.
type entityKey struct {
	family publish.Family
	key    string
}

// version is a state that was decided in this transaction, and its record.
type version struct {
	value  any
	record stateRecord
}

// work is what the entries of one journal partition came to in one transaction.
type work struct {
	partition int32
	// records to produce, in order; states are those among them that belong
	// into the local copy.
	records []*kgo.Record
	states  []stateRecord
	letters []schemas.DeadLetter
	counts  map[count]int
	// newest is when Moka said what the last entry holds.
	newest time.Time
	ages   []age
}

type stateRecord struct {
	record    *kgo.Record
	deletedAt time.Time
}

// count is a line of the metrics.
type count struct {
	family, verdict, kind string
}

// deriver turns entries of one partition into work. It reads the local state
// and what it decided itself before; it writes nothing.
type deriver struct {
	*Loop
	work
	pending map[entityKey]version
	order   []entityKey
	hints   hints
}

// derive works through records of one journal partition. An error is temporary:
// the whole transaction is given up and tried again. What is wrong with a
// record itself becomes a dead letter.
func (l *Loop) derive(ctx context.Context, partition int32, records []*kgo.Record) (*work, error) {
	d := deriver{Loop: l, work: work{partition: partition, counts: map[count]int{}}, pending: map[entityKey]version{}}
	for _, rec := range records {
		traced, span := l.deps.Tracer.Follow(ctx, rec, "derive")
		from := len(d.records)
		err := d.entry(traced, rec)
		var bad *RejectionError
		if errors.As(err, &bad) {
			span.Set("error.type", bad.Class)
			err = d.reject(rec, bad)
		}
		publish.PositionOf(traced).Mark(d.records[from:]...)
		span.SetInt("mokafka.records", int64(len(d.records)-from))
		span.End(err != nil || bad != nil)
		if err != nil {
			return nil, err
		}
	}
	d.writeStates()
	if err := d.writeHints(); err != nil {
		return nil, err
	}
	return &d.work, d.endGraves()
}

func (d *deriver) decodeEntry(ctx context.Context, rec *kgo.Record) (*schemas.JournalEntry, error) {
	v, err := d.decode(ctx, d.topics.Journal(), rec.Value, new(schemas.JournalEntry))
	if err != nil {
		if temporary(err) {
			return nil, fmt.Errorf("decode %s/%d@%d: %w", rec.Topic, rec.Partition, rec.Offset, err)
		}
		return nil, &RejectionError{"avro", err.Error()}
	}
	entry, ok := v.(*schemas.JournalEntry)
	if !ok {
		return nil, &RejectionError{"avro", fmt.Sprintf("the record is a %T, not a journal entry", v)}
	}
	return entry, nil
}

// decode reads a framed value; fresh is used where this build wrote it.
func (l *Loop) decode(ctx context.Context, topic string, value []byte, fresh any) (any, error) {
	if id, ok := publish.SchemaID(value); ok {
		if own, known := l.deps.Encoder.ID(topic); known && id == own {
			return fresh, l.deps.Codec.Unmarshal(value[publish.FrameHeader:], fresh)
		}
	}
	return l.deps.Decoder.Decode(ctx, value)
}

// temporary errors are those of the registry, not of the bytes.
func temporary(err error) bool {
	return errors.Is(err, schemas.ErrRegistryUnavailable) || errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded)
}

// known is the last state of an entity: decided in this transaction, else the
// local copy's. Its value is nil where nothing is known.
func (d *deriver) known(ctx context.Context, k entityKey) (version, error) {
	if v, ok := d.pending[k]; ok {
		return v, nil
	}
	topic := d.topics.State(k.family)
	raw, err := d.store.Get(state.Partition{Topic: topic, Partition: d.partition}, k.key)
	if err != nil || raw == nil {
		return version{}, err
	}
	v, err := d.decode(ctx, topic, raw, NewState(k.family))
	if err == nil {
		return version{value: v}, nil
	}
	if temporary(err) {
		return version{}, fmt.Errorf("decode the state of %s: %w", k.key, err)
	}
	return version{}, &RejectionError{"state", "the last state can't be read: " + err.Error()}
}

func (d *deriver) remember(k entityKey, v version) {
	if _, ok := d.pending[k]; !ok {
		d.order = append(d.order, k)
	}
	d.pending[k] = v
}

// stateVersion builds the record of a state, or of its end. It fails where the
// state can't be written, which is a fault of the entry that led to it.
func (d *deriver) stateVersion(k entityKey, out Outcome) (version, error) {
	if out.Forget {
		return version{record: stateRecord{record: d.deps.Records.Tombstone(k.family, d.partition, k.key)}}, nil
	}
	rec, err := d.deps.Records.State(k.family, d.partition, k.key, out.State)
	if err != nil {
		return version{}, err
	}
	v := version{value: out.State, record: stateRecord{record: rec}}
	if out.DeletedAt != nil {
		v.record.deletedAt = *out.DeletedAt
		rec.Headers = append(rec.Headers, kgo.RecordHeader{
			Key: state.DeletedHeader, Value: strconv.AppendInt(nil, out.DeletedAt.UnixMilli(), 10),
		})
	}
	return v, nil
}

// writeStates adds the record of each entity's latest state; those between are
// nobody's business.
func (d *deriver) writeStates() {
	for _, k := range d.order {
		s := d.pending[k].record
		d.records = append(d.records, s.record)
		d.states = append(d.states, s)
	}
}

// gravesAtOnce bounds how many deletions one transaction ends.
const gravesAtOnce = 500

// endGraves adds tombstones for deletions that the journal can't hold news of
// any more. It rides on transactions that commit offsets of the partition:
// those are fenced when the partition has a new owner.
func (d *deriver) endGraves() error {
	before := d.deps.Now().Add(-d.cfg.GraveRetention)
	for _, family := range publish.Families() {
		p := state.Partition{Topic: d.topics.State(family), Partition: d.partition}
		keys, err := d.store.Graves(p, before, gravesAtOnce)
		if err != nil {
			return err
		}
		for _, key := range keys {
			if _, touched := d.pending[entityKey{family, key}]; touched {
				continue
			}
			rec := d.deps.Records.Tombstone(family, d.partition, key)
			d.records = append(d.records, rec)
			d.states = append(d.states, stateRecord{record: rec})
		}
	}
	return nil
}

// reject adds a dead letter. Its id is that of the journal record, so that a
// transaction that is tried again writes the same one.
func (d *deriver) reject(rec *kgo.Record, bad *RejectionError) error {
	letter := publish.LetterOf(rec, schemas.DeadLetterStageDerive, bad.Class, bad.Text)
	letter.ID = uuid(fmt.Sprintf("derive\x00%s\x00%d\x00%d", rec.Topic, rec.Partition, rec.Offset))
	out, err := d.deps.DeadLetters.Record(letter)
	if errors.Is(err, publish.ErrTooLarge) {
		// The reason at least, and where the bytes are as long as the journal
		// has them.
		letter.Body, letter.ErrorText = nil, letter.ErrorText+"; the bytes are too many for a dead letter and stay in the journal"
		out, err = d.deps.DeadLetters.Record(letter)
	}
	if err != nil {
		return fmt.Errorf("bury %s/%d@%d: %w", rec.Topic, rec.Partition, rec.Offset, err)
	}
	d.records = append(d.records, out)
	d.letters = append(d.letters, letter)
	d.counts[count{family: "none", verdict: "dead_letter"}]++
	return nil
}
