package recovery

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.etcd.io/bbolt"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Rebuilding is what of the states is rebuilt.
type Rebuilding struct {
	// Family is one kind of entity; nil is all.
	Family *publish.Family
	// All writes the states of entities that have one, too. What waits there for a
	// command is lost then.
	All bool
}

// Rebuilder writes state topics anew from the history of events. All fields are
// needed, but Progress; Plan works without Records and Options.
//
// What it promises: the entity, version and event of each state are those of the
// entity's last event, which is what derive compares with. Claims are put together
// from what events say (see derive.Decider.Fold): where they are poorer than they
// were, the next look at an entity may tell of a change that was told before, and
// never misses one. Entities whose events are older than the topics keep are not
// found: a sweep or a backfill shows them.
//
// It refuses while derive runs, whose local copy would not notice.
type Rebuilder struct {
	Client  *kgo.Client
	Options func() ([]kgo.Opt, error)
	Topics  publish.Topics
	Records *publish.Records
	Codec   *schemas.Codec
	Decoder Decoder
	// Group is derive's consumer group.
	Group string
	// Graves is for how long a deletion is remembered.
	Graves time.Duration
	// Dir is where a directory for scratch files is made, and removed.
	Dir      string
	Now      func() time.Time
	Progress func(ReplayTally)
}

// Rebuilt is what became of the states of a family.
type Rebuilt struct {
	Family string `json:"family"`
	// Events were read, of so many Entities.
	Events   int64 `json:"events"`
	Entities int64 `json:"entities"`
	// Kept have a state, which is left as it is. Written are those that had none or,
	// if asked for, have it written anew; of them Deleted mark deletions.
	Kept    int64 `json:"kept"`
	Written int64 `json:"written"`
	Deleted int64 `json:"deleted"`
	// Forgotten were deleted so long ago that nothing is to be known of them.
	Forgotten int64 `json:"forgotten"`
	// Unread are events that can't be read.
	Unread int64 `json:"unreadable"`
}

// Plan says what Rebuild would do, and writes nothing to Kafka.
func (r *Rebuilder) Plan(ctx context.Context, what Rebuilding) ([]Rebuilt, error) {
	return r.run(ctx, what, nil)
}

// Rebuild writes the states.
func (r *Rebuilder) Rebuild(ctx context.Context, what Rebuilding) ([]Rebuilt, error) {
	client, err := transactional(ctx, r.Options, r.Topics, publish.TaskReplay)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	return r.run(ctx, what, &batch{client: client, what: "replays or rebuilds"})
}

func (r *Rebuilder) run(ctx context.Context, what Rebuilding, w *batch) (_ []Rebuilt, err error) {
	admin := kadm.NewClient(r.Client)
	if err := r.idle(ctx, admin); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(r.Dir, "mokafka-rebuild-")
	if err != nil {
		return nil, fmt.Errorf("make a directory for scratch files: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	store, err := state.Open(filepath.Join(dir, "states"), "")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	decider, err := derive.NewDecider(r.Codec.Bundle())
	if err != nil {
		return nil, err
	}
	b := &building{Rebuilder: r, decider: decider, store: store, dir: dir, all: what.All, batch: w, tally: &tally{progress: r.Progress}}
	if w != nil {
		w.written = func(n int) { b.tally.add(0, 0, int64(n)) }
	}
	var done []Rebuilt
	for _, family := range publish.Families() {
		if what.Family != nil && *what.Family != family {
			continue
		}
		out, err := b.family(ctx, admin, family)
		if err != nil {
			return done, fmt.Errorf("rebuild the states of %s: %w", family, err)
		}
		done = append(done, out)
	}
	return done, nil
}

// idle fails where derive is at work.
func (r *Rebuilder) idle(ctx context.Context, admin *kadm.Client) error {
	if _, err := idle(ctx, admin, r.Group); err != nil {
		return fmt.Errorf("stop ingest first: %w", err)
	}
	return nil
}

// building is a run of a Rebuilder.
type building struct {
	*Rebuilder
	decider *derive.Decider
	store   *state.Store
	dir     string
	all     bool
	batch   *batch // nil: nothing is written
	tally   *tally
}

func (b *building) family(ctx context.Context, admin *kadm.Client, family publish.Family) (Rebuilt, error) {
	out := Rebuilt{Family: family.String()}
	topic := b.Topics.Events(family)
	ends, err := listed(ctx, topic, func(ctx context.Context, topics ...string) (kadm.ListedOffsets, error) {
		return settledEnds(ctx, admin, topics...)
	})
	if err != nil {
		return out, err
	}
	journal, err := listed(ctx, b.Topics.Journal(), admin.ListEndOffsets)
	if err != nil {
		return out, err
	}
	partitions := slices.Sorted(maps.Keys(ends))
	var states []state.Partition
	for _, p := range partitions {
		b.tally.add(0, ends[p], 0)
		states = append(states, state.Partition{Topic: b.Topics.State(family), Partition: p})
	}
	if _, err := b.store.Restore(ctx, b.Client, states, b.Now); err != nil {
		return out, fmt.Errorf("read the states that are there: %w", err)
	}
	for _, p := range partitions {
		if err := b.partition(ctx, family, p, ends[p], journal[p], &out); err != nil {
			return out, err
		}
	}
	if b.batch == nil {
		return out, nil
	}
	return out, b.batch.flush(ctx)
}

func (b *building) partition(ctx context.Context, family publish.Family, partition int32, end, journal int64, out *Rebuilt) (err error) {
	dir := filepath.Join(b.dir, fmt.Sprintf("%s-%d", family, partition))
	if err := os.Mkdir(dir, 0o700); err != nil {
		return fmt.Errorf("make a directory for scratch files: %w", err)
	}
	files, err := openScratch(dir, partition, b.Codec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, files.close(), os.RemoveAll(dir)) }()
	log, err := state.OpenLog(ctx, b.Client, state.Partition{Topic: b.Topics.Events(family), Partition: partition})
	if err != nil {
		return err
	}
	var journals journals
	_, err = log.Read(ctx, 0, end, func(recs []*kgo.Record) error {
		b.tally.add(int64(len(recs)), 0, 0)
		return files.update(func(tx *bbolt.Tx) error {
			for _, rec := range recs {
				if rec.Offset >= end {
					break
				}
				if err := b.fold(ctx, files, tx.Bucket(pastsBucket), rec, placing{&journals, journal}, out); err != nil {
					return err
				}
			}
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("read the events of partition %d: %w", partition, err)
	}
	return files.view(func(tx *bbolt.Tx) error {
		return each(tx.Bucket(pastsBucket), nil, func(k, _ []byte) error {
			past, err := files.past(tx.Bucket(pastsBucket), family, k)
			if err != nil {
				return err
			}
			return b.write(ctx, family, partition, string(k[1:]), past.State, out)
		})
	})
}

func (b *building) fold(ctx context.Context, files *scratch, pasts *bbolt.Bucket, rec *kgo.Record, placing placing, out *Rebuilt) error {
	_, told, ok, err := readEvent(ctx, b.Decoder, rec)
	if err != nil {
		return err
	}
	if !ok {
		out.Unread++
		return nil
	}
	out.Events++
	name := entityName(told.Family, told.Key)
	past, err := files.past(pasts, told.Family, name)
	if err != nil {
		return err
	}
	if past.State == nil {
		out.Entities++
	}
	next, err := b.decider.Fold(past, told, placing.of(&told))
	if err != nil || next.At == past.At && past.State != nil {
		return err
	}
	return files.putPast(pasts, name, next)
}

// placing says where events stand: end is the journal's, before which there is what
// they tell of, if they do not tell of another one.
type placing struct {
	journals *journals
	end      int64
}

func (p placing) of(told *derive.Told) derive.Place {
	return standing(told, p.journals.of(told, told.Source.JournalOffset >= p.end))
}

// write writes a state, unless there is one.
func (b *building) write(ctx context.Context, family publish.Family, partition int32, key string, built any, out *Rebuilt) error {
	have, err := b.store.Get(state.Partition{Topic: b.Topics.State(family), Partition: partition}, key)
	if err != nil {
		return err
	}
	s, err := derive.Summarize(built)
	if err != nil {
		return err
	}
	switch {
	case have != nil && !b.all:
		out.Kept++
		return nil
	case s.DeletedAt != nil && b.Now().Sub(*s.DeletedAt) > b.Graves:
		out.Forgotten++
		return nil
	}
	out.Written++
	if s.DeletedAt != nil {
		out.Deleted++
	}
	if b.batch == nil {
		return nil
	}
	rec, err := b.Records.State(family, partition, key, built)
	if err != nil {
		return err
	}
	if s.DeletedAt != nil {
		rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: state.DeletedHeader, Value: strconv.AppendInt(nil, s.DeletedAt.UnixMilli(), 10)})
	}
	if len(b.batch.records) == 0 { // each transaction looks once more
		if err := b.idle(ctx, kadm.NewClient(b.Client)); err != nil {
			return err
		}
	}
	return b.batch.add(ctx, rec)
}
