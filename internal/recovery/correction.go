package recovery

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.etcd.io/bbolt"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// now is what derive would find as it comes to an entry of the replay: today's
// states, and what the entries of the replay before it have made of them.
type now struct{ *then }

// Known is an entity's state.
func (n now) Known(ctx context.Context, family publish.Family, key string) (derive.Known, error) {
	name := entityName(family, key)
	if n.tx.Bucket(correctedBucket).Get(name) != nil {
		state, err := n.state(correctedBucket, family, name)
		return derive.Known{State: state}, err
	}
	state, err := n.today(ctx, family, key)
	return derive.Known{State: state}, err
}

// Keys are those that have a state.
func (n now) Keys(_ context.Context, family publish.Family, prefix string) ([]string, error) {
	keys, err := n.keysToday(family, prefix)
	if err != nil {
		return nil, err
	}
	err = each(n.tx.Bucket(correctedBucket), entityName(family, prefix), func(k, v []byte) error {
		key := string(k[1:])
		if there := slices.Contains(keys, key); len(v) > 0 && !there {
			keys = append(keys, key)
		}
		return nil
	})
	return keys, err
}

// findCorrections looks which of the entries that were the last of their entity
// and feed in the range would change today's state: those are derive's to tell of.
func (p *passage) findCorrections(ctx context.Context) error {
	candidates := map[int64]bool{}
	err := p.scratch.view(func(tx *bbolt.Tx) error {
		return each(tx.Bucket(latestBucket), nil, func(_, v []byte) error {
			candidates[offsetIn(v)] = true
			return nil
		})
	})
	if err != nil || len(candidates) == 0 {
		return err
	}
	from := slices.Min(slices.Collect(maps.Keys(candidates)))
	p.tally.add(0, p.end-from, 0)
	return p.records(ctx, p.Topics.Journal(), from, p.end, func(recs []*kgo.Record) error {
		return p.scratch.update(func(tx *bbolt.Tx) error {
			for _, rec := range recs {
				if !candidates[rec.Offset] {
					continue
				}
				if err := p.tryCorrection(ctx, now{&then{passage: p, tx: tx}}, rec); err != nil {
					return fmt.Errorf("entry %d: %w", rec.Offset, err)
				}
			}
			return ctx.Err()
		})
	})
}

func (p *passage) tryCorrection(ctx context.Context, n now, rec *kgo.Record) error {
	entry, err := p.entry(ctx, rec)
	if err != nil {
		return err
	}
	entry.Channel = schemas.ChannelReplay
	steps, rejected, err := p.unfold(ctx, rec, entry, n)
	if err != nil || rejected != nil {
		return err // what was read before can be read again, unless a state is broken
	}
	changed := slices.ContainsFunc(steps, func(s derive.Step) bool { return s.Outcome.Verdict == derive.Changed })
	if back, err := p.bringsBack(ctx, n, steps); err != nil || back || !changed {
		return err
	}
	for i := range steps {
		if steps[i].Outcome.Verdict != derive.Changed {
			continue
		}
		if err := p.correct(n, rec.Offset, &steps[i]); err != nil {
			return err
		}
	}
	p.found.Journaled++
	raw, err := p.Codec.Append(nil, entry)
	if err != nil {
		return fmt.Errorf("keep an entry: %w", err)
	}
	return n.tx.Bucket(againBucket).Put(at(rec.Offset), raw)
}

// correct notes what derive is going to make of an entity, and which events it will
// give.
func (p *passage) correct(n now, offset int64, s *derive.Step) error {
	name := entityName(s.Family, s.Key)
	if n.tx.Bucket(correctedBucket).Get(name) == nil {
		p.found.Corrected++
		if err := p.noteState(offset, s); err != nil {
			return err
		}
	}
	if err := n.keep(correctedBucket, name, s.Outcome); err != nil {
		return err
	}
	for _, ev := range s.Outcome.Events {
		told, err := derive.Read(ev.Value)
		if err != nil {
			return err
		}
		if err := n.tx.Bucket(livesBucket).Put([]byte(told.EventID), []byte{1}); err != nil {
			return err
		}
	}
	return nil
}

// bringsBack tells whether an entry would show an entity of which derive has
// forgotten that it was deleted.
func (p *passage) bringsBack(ctx context.Context, n now, steps []derive.Step) (bool, error) {
	for i := range steps {
		s := &steps[i]
		if s.Outcome.Verdict != derive.Changed || s.Outcome.DeletedAt != nil {
			continue
		}
		today, err := p.today(ctx, s.Family, s.Key)
		if err != nil {
			return false, err
		}
		ended, err := n.state(statesBucket, s.Family, entityName(s.Family, s.Key))
		if err != nil {
			return false, err
		}
		if today != nil || ended == nil {
			continue
		}
		end, err := derive.Summarize(ended)
		if err != nil || end.DeletedAt != nil {
			return true, err
		}
	}
	return false, nil
}

func (p *passage) noteState(offset int64, s *derive.Step) error {
	d := Difference{What: WrongState, Offset: offset, Key: s.Key}
	for _, ev := range s.Outcome.Events {
		told, err := derive.Read(ev.Value)
		if err != nil {
			return err
		}
		d.Type, d.EventID = told.Kind, told.EventID
		d.Fields = append(d.Fields, told.Changed...)
	}
	slices.Sort(d.Fields)
	d.Fields = slices.Compact(d.Fields)
	p.note(d)
	return nil
}

// publish writes what the partition comes to: first what is past, in the order of
// the journal, then the entries by which derive corrects what is not.
func (p *passage) publish(ctx context.Context, w *batch, changedOnly bool, t *tally) (written int64, err error) {
	w.written = func(n int) {
		written += int64(n)
		t.add(0, 0, int64(n))
	}
	err = p.scratch.view(func(tx *bbolt.Tx) error {
		lives := tx.Bucket(livesBucket)
		err := each(tx.Bucket(derivedBucket), nil, func(k, v []byte) error {
			if changedOnly && v[0] == toldTheSame {
				return nil
			}
			family := publish.Family(v[1])
			event := derive.NewEvent(family)
			if err := p.Codec.Unmarshal(bytes.Clone(v[2:]), event); err != nil {
				return fmt.Errorf("read an event: %w", err)
			}
			told, err := derive.Read(event)
			if err != nil || lives.Get([]byte(told.EventID)) != nil {
				return err
			}
			cause := ""
			if told.Source.CommandID != nil {
				cause = *told.Source.CommandID
			}
			rec, err := p.Records.Event(event, cause)
			if err != nil {
				return err
			}
			return w.add(ctx, rec)
		})
		if err != nil {
			return err
		}
		return each(tx.Bucket(againBucket), nil, func(_, v []byte) error { return p.publishEntry(ctx, w, v) })
	})
	if err != nil {
		return written, err // what is left in w stays unwritten
	}
	err = w.flush(ctx) // which counts into written
	return written, err
}

func (p *passage) publishEntry(ctx context.Context, w *batch, raw []byte) error {
	entry := new(schemas.JournalEntry)
	if err := p.Codec.Unmarshal(bytes.Clone(raw), entry); err != nil {
		return fmt.Errorf("read an entry: %w", err)
	}
	rec, err := p.Records.JournalEntry(entry)
	if err != nil {
		return err
	}
	if p.span.Family != nil {
		rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: derive.ReplayHeader, Value: []byte(p.span.Family.Entity())})
	}
	return w.add(ctx, rec)
}
