package derive

import (
	"context"
	"errors"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// draft is what one entry comes to: all or nothing. What it decided is kept only
// when the records of the whole entry can be written.
type draft struct {
	*deriver
	origin  Origin
	results []result
	decided map[entityKey]version
	times   map[entityKey]int
}

// result is what one observation, or one command, came to.
type result struct {
	key     entityKey
	verdict Verdict
	events  []*kgo.Record
	kinds   []string
}

func (d *deriver) entry(ctx context.Context, rec *kgo.Record) error {
	entry, err := d.decodeEntry(ctx, rec)
	if err != nil {
		return err
	}
	d.newest = entry.ReceivedAt
	f := &draft{
		deriver: d, decided: map[entityKey]version{}, times: map[entityKey]int{},
		origin: Origin{Entry: entry, Partition: rec.Partition, Offset: rec.Offset, Revision: normalize.Revision},
	}
	if entry.Channel == schemas.ChannelWriteback {
		return f.command(ctx)
	}
	observations, err := normalize.Entry(entry, d.deps.Normalize)
	if errors.Is(err, normalize.ErrUnknownEvent) {
		d.counts[count{family: "none", verdict: "unknown_event"}]++
		d.hintWebhook(entry, nil)
		return nil
	}
	if err != nil {
		return unreadable(err)
	}
	if err := f.observe(ctx, observations); err != nil {
		return err
	}
	f.keep()
	d.hintWebhook(entry, f.results)
	return nil
}

func unreadable(err error) error {
	var bad *normalize.Error
	if errors.As(err, &bad) {
		return &rejection{string(bad.Class), bad.Error()}
	}
	return &rejection{"normalize", err.Error()}
}

// observe decides on the observations of the entry. An application that is gone
// takes with it what is known of it.
func (f *draft) observe(ctx context.Context, observations []normalize.Observation) error {
	for i := 0; i < len(observations); i++ {
		obs := &observations[i]
		verdict, err := f.decide(ctx, obs)
		if err != nil {
			return err
		}
		c, ok := obs.Entity.(*schemas.Candidate)
		if ok && obs.Act == normalize.Gone && (verdict == Changed || verdict == Unchanged) {
			left, err := f.leftOf(c, obs)
			if err != nil {
				return err
			}
			observations = append(observations[:len(observations):len(observations)], left...)
		}
	}
	return nil
}

func (f *draft) decide(ctx context.Context, obs *normalize.Observation) (Verdict, error) {
	family, key, err := KeyOf(obs.Entity)
	if err != nil {
		return 0, &rejection{"decide", err.Error()}
	}
	k := entityKey{family, key}
	known, err := f.known(ctx, k)
	if err != nil {
		return 0, err
	}
	out, err := f.decider.Decide(known.value, obs, f.origin.nth(f.times[k]))
	if err != nil {
		return 0, &rejection{"decide", err.Error()}
	}
	f.times[k]++
	return out.Verdict, f.add(k, out)
}

// command takes an entry of the channel WRITEBACK.
func (f *draft) command(ctx context.Context) error {
	c, err := f.decider.ReadCommand(f.origin.Entry)
	if err != nil {
		return &rejection{"command", err.Error()}
	}
	family, key, err := KeyOf(c.Entity)
	if err != nil {
		return &rejection{"command", err.Error()}
	}
	k := entityKey{family, key}
	known, err := f.known(ctx, k)
	if err != nil {
		return err
	}
	out, err := f.decider.Note(known.value, c)
	if err != nil {
		return &rejection{"command", err.Error()}
	}
	if err := f.add(k, out); err != nil {
		return err
	}
	f.keep()
	if c.Settled {
		f.hint(f.origin.Entry)
	}
	return nil
}

// known is the last state of an entity, by this entry or before it.
func (f *draft) known(ctx context.Context, k entityKey) (version, error) {
	if v, ok := f.decided[k]; ok {
		return v, nil
	}
	return f.deriver.known(ctx, k)
}

// add builds the records of an outcome.
func (f *draft) add(k entityKey, out Outcome) error {
	r := result{key: k, verdict: out.Verdict}
	for _, ev := range out.Events {
		rec, err := f.deps.Records.Event(ev.Value, ev.Causation)
		if err != nil {
			return &rejection{"event", err.Error()}
		}
		r.events, r.kinds = append(r.events, rec), append(r.kinds, kindOf(ev.Value))
	}
	if out.State != nil || out.Forget {
		v, err := f.stateVersion(k, out)
		if err != nil {
			return &rejection{"state", err.Error()}
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
