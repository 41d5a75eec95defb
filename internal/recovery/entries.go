package recovery

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.etcd.io/bbolt"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// readEntries goes through the journal: before the range to learn what the feeds
// had said, within it to derive.
func (p *passage) readEntries(ctx context.Context) error {
	return p.records(ctx, p.Topics.Journal(), p.start, p.end, func(recs []*kgo.Record) error {
		return p.scratch.update(func(tx *bbolt.Tx) error {
			for _, rec := range recs {
				memory := &then{passage: p, tx: tx, inRange: rec.Offset >= p.from}
				if err := p.takeEntry(ctx, memory, rec); err != nil {
					return fmt.Errorf("entry %d: %w", rec.Offset, err)
				}
			}
			return ctx.Err()
		})
	})
}

func (p *passage) takeEntry(ctx context.Context, t *then, rec *kgo.Record) error {
	if t.inRange {
		p.found.Entries++
	} else {
		p.found.Before++
	}
	entry, err := p.entry(ctx, rec)
	var rejected *derive.RejectionError
	var steps []derive.Step
	if err == nil && t.inRange && entry.Channel == schemas.ChannelReplay {
		if err := t.tx.Bucket(comparedBucket).Put(at(rec.Offset), []byte{1}); err != nil {
			return err
		}
	}
	if err == nil {
		steps, rejected, err = p.unfold(ctx, rec, entry, t)
	}
	if err != nil && !errors.As(err, &rejected) {
		return err
	}
	if rejected != nil {
		if t.inRange {
			p.found.Unreadable++
			p.note(Difference{What: UnreadableEntry, Offset: rec.Offset, Key: string(rec.Key), Type: rejected.Class})
		}
		return nil
	}
	for i := range steps {
		name := entityName(steps[i].Family, steps[i].Key)
		if err := t.keep(statesBucket, name, steps[i].Outcome); err != nil {
			return err
		}
		if t.inRange {
			if err := p.look(t, rec.Offset, name, &steps[i]); err != nil {
				return err
			}
		}
	}
	if !t.inRange {
		return nil
	}
	return p.compareAll(t.tx, rec.Offset, steps)
}

// look notes what a step of the range says of an entity.
func (p *passage) look(t *then, offset int64, name []byte, s *derive.Step) error {
	if looked := t.tx.Bucket(lookedBucket); looked.Get(name) == nil {
		p.found.Entities++
		if err := looked.Put(name, []byte{1}); err != nil {
			return err
		}
	}
	if s.Outcome.State != nil || s.Outcome.Forget {
		if err := t.tx.Bucket(seenBucket).Put(name, []byte{1}); err != nil {
			return err
		}
	}
	if s.Observed == nil || s.Outcome.Verdict != derive.Changed && s.Outcome.Verdict != derive.Unchanged {
		return nil
	}
	key := append(append(slices.Clone(name), 0), s.Observed.Feed...)
	return t.tx.Bucket(latestBucket).Put(key, at(offset))
}

// compareAll compares what an entry comes to with what was told of it, entity by
// entity, and keeps its events.
func (p *passage) compareAll(tx *bbolt.Tx, offset int64, steps []derive.Step) error {
	var seq uint16
	for i := range steps {
		s := &steps[i]
		if slices.ContainsFunc(steps[:i], func(o derive.Step) bool { return o.Family == s.Family && o.Key == s.Key }) {
			continue // with the one before it
		}
		var events []any
		for _, o := range steps[i:] {
			if o.Family != s.Family || o.Key != s.Key {
				continue
			}
			for _, ev := range o.Outcome.Events {
				events = append(events, ev.Value)
			}
		}
		next, err := p.compare(tx, offset, s.Family, s.Key, events, seq)
		if err != nil {
			return err
		}
		seq = next
	}
	return nil
}

// How an event of an entry stands to what was told.
const (
	toldTheSame byte = iota
	toldOtherwise
	notTold
)

// compare compares the events of one entity, and keeps them from the number seq on.
func (p *passage) compare(tx *bbolt.Tx, offset int64, family publish.Family, key string, events []any, seq uint16) (uint16, error) {
	before, err := p.toldOf(tx, offset, family, key)
	if err != nil {
		return seq, err
	}
	name := entityName(family, key)
	if len(before) > 0 {
		if err := tx.Bucket(comparedBucket).Put(at(offset, name), []byte{1}); err != nil {
			return seq, err
		}
	}
	now := make([]derive.Told, 0, len(events))
	for _, ev := range events {
		told, err := derive.Read(ev)
		if err != nil {
			return seq, err
		}
		told.Source.Channel = schemas.ChannelReplay
		now = append(now, told)
	}
	pairs, left := paired(before, now)
	for i, ev := range events {
		raw, err := p.Codec.Append(nil, ev)
		if err != nil {
			return seq, fmt.Errorf("keep an event: %w", err)
		}
		// As whoever reads it will find it.
		told, err := p.scratch.event(family, raw)
		if err != nil {
			return seq, err
		}
		how := p.judge(offset, told, pairs[i], tx.Bucket(repairedBucket).Get([]byte(told.EventID)) != nil)
		n := binary.BigEndian.AppendUint16(nil, seq)
		if err := tx.Bucket(derivedBucket).Put(at(offset, n), append([]byte{how, byte(family)}, raw...)); err != nil {
			return seq, err
		}
		seq++
	}
	if tx.Bucket(comparedBucket).Get(at(offset)) != nil {
		return seq, nil
	}
	for _, told := range left {
		p.missed(offset, told)
	}
	return seq, nil
}

// judge counts an event, given the one that was told in its place. repaired says
// that a replay has told it: of what still held, derive did, compared with the state
// that was corrected.
func (p *passage) judge(offset int64, now derive.Told, before *derive.Told, repaired bool) byte {
	d := Difference{Offset: offset, Key: now.Key, Type: now.Kind, EventID: now.EventID}
	if before != nil {
		d.Fields = p.decider.Differences(*before, now)
	}
	if repaired || before != nil && len(d.Fields) == 0 {
		p.found.Same++
		return toldTheSame
	}
	if before == nil {
		p.found.New++
		d.What = NewEvent
		p.note(d)
		return notTold
	}
	p.found.Different++
	d.What = DifferentEvent
	p.note(d)
	return toldOtherwise
}

// paired finds for each event the one that was told in its place: by its id, else
// by its type, else in order; nil where there is none left. left are those that
// none took the place of.
func paired(before, now []derive.Told) (pairs []*derive.Told, left []derive.Told) {
	pairs = make([]*derive.Told, len(now))
	taken := make([]bool, len(before))
	for _, alike := range []func(a, b *derive.Told) bool{
		func(a, b *derive.Told) bool { return a.EventID == b.EventID },
		func(a, b *derive.Told) bool { return a.Kind == b.Kind },
		func(_, _ *derive.Told) bool { return true },
	} {
		for i := range now {
			for j := range before {
				if pairs[i] == nil && !taken[j] && alike(&now[i], &before[j]) {
					pairs[i], taken[j] = &before[j], true
				}
			}
		}
	}
	for j := range before {
		if !taken[j] {
			left = append(left, before[j])
		}
	}
	return pairs, left
}
