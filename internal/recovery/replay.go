package recovery

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// ErrTooOld says that the journal does not hold a range any more.
var ErrTooOld = errors.New("the journal does not go back so far")

// ErrUnderived says that derive has not worked on the journal at all.
var ErrUnderived = errors.New("derive has committed nothing")

// Span is what of the journal is replayed.
type Span struct {
	// From and Until bound the entries by when they were journaled: from From on
	// and before Until, in milliseconds, as Kafka has them.
	From, Until time.Time
	// Root is that of an application or headcount, "" for all of them.
	Root string
	// Family has the entities of one kind be derived; nil is all.
	Family *publish.Family
	// Org is an organisation, "" for all.
	Org string
}

// Validate names every fault.
func (s Span) Validate() error {
	if !s.From.Before(s.Until) {
		return fmt.Errorf("%s is not before %s", s.From.Format(time.RFC3339), s.Until.Format(time.RFC3339))
	}
	return nil
}

// Replayer derives a range of the journal anew, after the mapper was mended, or
// to see whether it says the same as it did. All fields are needed, but Mapper,
// Normalize and Progress; Plan works without Records and Options.
//
// What it promises:
//
//   - The same mapper gives events of the same ids, so that consumers that know
//     ids meet nothing new. Another revision gives others. Either way they have the
//     channel REPLAY, and the place in the journal of the entry that they tell of.
//   - It is judged by what was known then, not by today's state: an entity's first
//     sight in the range begins with what the events before the range came to, and
//     with the claims that the entries before it, as far as the journal goes back,
//     lead to. Those are read for that alone, and nothing is told of them.
//   - The state topics are derive's. An entry that would change today's state is put
//     into the journal once more, with its entry_id and the channel REPLAY, and
//     derive tells of the correction, in the events that it gives by today's state;
//     all others the Replayer tells itself. So each event has one publisher, and
//     what arrives meanwhile is compared with the correction or the correction with
//     it, as it comes. Where it overtakes the correction, that is told by what came.
//   - Nothing is asked of Moka, and no command is repeated.
//   - What was interrupted is just repeated: ids are the same, and what was
//     corrected compares equal.
//
// Run derive with the mended mapper before: entries it has not come to are left
// out. Two replays at a time fence each other: the later goes on.
//
//	r := recovery.Replayer{Client: …, Options: …, Records: …, Codec: …, Decoder: …,
//		Mapper: normalize.Mapper{Revision: 3, Entry: mended}, Group: "moka-derive", Dir: os.TempDir(), Now: time.Now}
//	report, err := r.Replay(ctx, recovery.Span{From: broken, Until: time.Now()}, false)
type Replayer struct {
	// Client reads; it is made without a group and without options to produce.
	Client *kgo.Client
	// Options make the producing client: brokers, TLS, SASL.
	Options func() ([]kgo.Opt, error)
	// Topics are those that are read, and Records builds what is written.
	Topics  publish.Topics
	Records *publish.Records
	Codec   *schemas.Codec
	Decoder Decoder
	// Mapper reads the entries; the zero one is that of this build.
	Mapper    normalize.Mapper
	Normalize normalize.Options
	// Group is derive's consumer group: what it has committed was derived.
	Group string
	// Dir is where a directory for the scratch state is made, and removed.
	Dir string
	Now func() time.Time
	// Progress is told now and then how far it has come; nil for none. It may be
	// called by several goroutines, one at a time.
	Progress func(ReplayTally)
}

// ReplayTally is how far a replay has come.
type ReplayTally struct {
	// Read and All count offsets of what is read: the events, to know what was, and
	// the journal.
	Read, All int64
	// Written are the records that were published.
	Written int64
}

// Plan says what Replay would do, and writes nothing to Kafka.
func (r *Replayer) Plan(ctx context.Context, s Span) (Replayed, error) {
	return r.run(ctx, s, func(context.Context, []*passage, *tally) error { return nil })
}

// Replay derives the range anew and publishes what it comes to; changedOnly leaves
// out what is told the same already.
func (r *Replayer) Replay(ctx context.Context, s Span, changedOnly bool) (Replayed, error) {
	client, err := transactional(ctx, r.Options, r.Topics, publish.TaskReplay)
	if err != nil {
		return Replayed{}, err
	}
	defer client.Close()
	return r.run(ctx, s, func(ctx context.Context, passages []*passage, t *tally) error {
		w := &batch{client: client, what: "replays"}
		for _, p := range passages {
			n, err := p.publish(ctx, w, changedOnly, t)
			p.found.Published += n
			if err != nil {
				return fmt.Errorf("publish what partition %d comes to: %w", p.partition, err)
			}
		}
		return nil
	})
}

func (r *Replayer) run(ctx context.Context, s Span, then func(context.Context, []*passage, *tally) error) (_ Replayed, err error) {
	if err := s.Validate(); err != nil {
		return Replayed{}, err
	}
	dir, err := os.MkdirTemp(r.Dir, "mokafka-replay-")
	if err != nil {
		return Replayed{}, fmt.Errorf("make a directory for the scratch state: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	decider, err := derive.NewDecider(r.Codec.Bundle())
	if err != nil {
		return Replayed{}, err
	}
	bounds, err := r.bounds(ctx, s)
	if err != nil {
		return Replayed{}, err
	}
	t := &tally{progress: r.Progress}
	passages := make([]*passage, 0, len(bounds))
	defer func() {
		for _, p := range passages {
			err = errors.Join(err, p.close())
		}
	}()
	for _, b := range bounds {
		p, err := r.newPassage(dir, decider, s, b, t)
		if err != nil {
			return Replayed{}, err
		}
		passages = append(passages, p)
	}
	group, work := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for _, p := range passages {
		group.Go(func() error {
			if err := p.derive(work); err != nil {
				return fmt.Errorf("replay partition %d: %w", p.partition, err)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return Replayed{}, err
	}
	err = then(ctx, passages, t)
	return sum(s, r.Mapper.OrCurrent().Revision, passages), err
}

// tally counts for all partitions.
type tally struct {
	mu       sync.Mutex
	now      ReplayTally
	progress func(ReplayTally)
}

func (t *tally) add(read, all, written int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.now.Read += read
	t.now.All += all
	t.now.Written += written
	if t.progress != nil {
		t.progress(t.now)
	}
}
