package derive

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// draft is what one entry comes to: all or nothing. What it decided is kept only
// when the records of the whole entry can be written.
type draft struct {
	*deriver
	results []result
	decided map[entityKey]version
}

// result is what one observation, or one command, came to.
type result struct {
	key     entityKey
	verdict Verdict
	events  []*kgo.Record
	kinds   []string
}

// ReplayHeader is the Kafka header of a journal record that a replay wrote for the
// entities of one family alone: the family, as "offer". Without it all are meant.
const ReplayHeader = "moka_replay_entity"

func (d *deriver) entry(ctx context.Context, rec *kgo.Record) error {
	entry, err := d.decodeEntry(ctx, rec)
	if err != nil {
		return err
	}
	if entry.Channel != schemas.ChannelReplay {
		d.newest = entry.ReceivedAt
	}
	mapper := d.deps.Mapper.OrCurrent()
	origin := Origin{Entry: entry, Partition: rec.Partition, Offset: rec.Offset, Revision: mapper.Revision}
	how := Reading{Mapper: mapper, Options: d.deps.Normalize, Only: meant(rec, entry)}
	steps, err := d.decider.Unfold(ctx, origin, how, recall{d})
	if errors.Is(err, normalize.ErrUnknownEvent) {
		d.counts[count{family: "none", verdict: "unknown_event"}]++
		d.hintWebhook(entry, nil)
		return nil
	}
	if err != nil {
		return err
	}
	f := &draft{deriver: d, decided: map[entityKey]version{}}
	for i := range steps {
		if err := f.add(entityKey{steps[i].Family, steps[i].Key}, steps[i].Outcome); err != nil {
			return err
		}
	}
	f.keep()
	d.noteAges(entry, steps)
	if entry.Channel == schemas.ChannelWriteback {
		f.hintSettled(entry)
		return nil
	}
	d.hintWebhook(entry, f.results)
	return nil
}

// meant is the family that a replayed record is for, nil for all.
func meant(rec *kgo.Record, entry *schemas.JournalEntry) *publish.Family {
	if entry.Channel != schemas.ChannelReplay {
		return nil
	}
	for _, h := range rec.Headers {
		if h.Key != ReplayHeader {
			continue
		}
		for _, family := range publish.Families() {
			if family.Entity() == string(h.Value) {
				return &family
			}
		}
	}
	return nil
}

// hintSettled asks for what a command was about, once it is known what came of it.
func (d *deriver) hintSettled(entry *schemas.JournalEntry) {
	if c, err := d.decider.ReadCommand(entry); err == nil && c.Settled {
		d.hint(entry)
	}
}

// recall is the Memory of a deriver: what it decided before, and the local copy.
type recall struct{ d *deriver }

// Known is what the deriver knows.
func (r recall) Known(ctx context.Context, family publish.Family, key string) (Known, error) {
	v, err := r.d.known(ctx, entityKey{family, key})
	return Known{State: v.value}, err
}

// Keys are those of the local copy and of this transaction.
func (r recall) Keys(_ context.Context, family publish.Family, prefix string) ([]string, error) {
	found := map[string]bool{}
	p := state.Partition{Topic: r.d.topics.State(family), Partition: r.d.partition}
	err := r.d.store.Keys(p, prefix, func(key string) error {
		found[key] = true
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list what is known of %s: %w", prefix, err)
	}
	for k, v := range r.d.pending {
		if k.family == family && strings.HasPrefix(k.key, prefix) {
			found[k.key] = v.value != nil
		}
	}
	maps.DeleteFunc(found, func(_ string, there bool) bool { return !there })
	return slices.Collect(maps.Keys(found)), nil
}

// add builds the records of an outcome.
func (f *draft) add(k entityKey, out Outcome) error {
	r := result{key: k, verdict: out.Verdict}
	for _, ev := range out.Events {
		rec, err := f.deps.Records.Event(ev.Value, ev.Causation)
		if err != nil {
			return &RejectionError{"event", err.Error()}
		}
		r.events, r.kinds = append(r.events, rec), append(r.kinds, kindOf(ev.Value))
	}
	if out.State != nil || out.Forget {
		v, err := f.stateVersion(k, out)
		if err != nil {
			return &RejectionError{"state", err.Error()}
		}
		f.decided[k] = v
	}
	f.results = append(f.results, r)
	return nil
}

// keep hands over to the transaction what the draft holds.
func (f *draft) keep() {
	for _, r := range f.results {
		f.records = append(f.records, r.events...)
		if v, ok := f.decided[r.key]; ok {
			f.remember(r.key, v)
		}
		for _, kind := range r.kinds {
			f.counts[count{r.key.family.String(), r.verdict.String(), kind}]++
		}
		if len(r.kinds) == 0 {
			f.counts[count{r.key.family.String(), r.verdict.String(), ""}]++
		}
	}
}

func kindOf(event any) string {
	switch e := event.(type) {
	case *schemas.CandidateEvent:
		return string(e.Type)
	case *schemas.OfferEvent:
		return string(e.Type)
	case *schemas.InterviewEvent:
		return string(e.Type)
	case *schemas.HeadcountEvent:
		return string(e.Type)
	default:
		return ""
	}
}
