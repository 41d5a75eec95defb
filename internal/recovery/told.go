package recovery

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.etcd.io/bbolt"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// readEvents goes through all events of the partition that are there: what the
// entities came to before the range, and what was told of its entries.
func (p *passage) readEvents(ctx context.Context) error {
	ends := map[publish.Family]int64{}
	for _, family := range publish.Families() {
		if p.span.Family != nil && *p.span.Family != family {
			continue
		}
		end, err := p.settledEnd(ctx, p.Topics.Events(family))
		if err != nil {
			return err
		}
		ends[family] = end
		p.tally.add(0, end, 0)
	}
	// Later than those of the events, so that it is behind all that they tell of.
	end, err := p.settledEnd(ctx, p.Topics.Journal())
	if err != nil {
		return err
	}
	if err := p.readHeld(ctx, end); err != nil {
		return err
	}
	for family, end := range ends {
		var journals journals
		err = p.records(ctx, p.Topics.Events(family), 0, end, func(recs []*kgo.Record) error {
			return p.scratch.update(func(tx *bbolt.Tx) error {
				for _, rec := range recs {
					if err := p.takeEvent(ctx, tx, rec, &journals); err != nil {
						return err
					}
				}
				return nil
			})
		})
		if err != nil {
			return err
		}
	}
	p.held = held{}
	return nil
}

// readEvent reads a record of an event topic. An event that this build can't read
// is nobody's before.
func readEvent(ctx context.Context, decoder Decoder, rec *kgo.Record) (event any, told derive.Told, ok bool, err error) {
	event, err = decoder.Decode(ctx, rec.Value)
	if errors.Is(err, schemas.ErrRegistryUnavailable) || ctx.Err() != nil {
		return nil, told, false, fmt.Errorf("read %s/%d@%d: %w", rec.Topic, rec.Partition, rec.Offset, err)
	}
	if err == nil {
		told, err = derive.Read(event)
		ok = err == nil
	}
	return event, told, ok, nil
}

// placeOf is where an event stands. What the journal does not hold stands before all
// that it holds.
func (p *passage) placeOf(told *derive.Told, journals *journals) derive.Place {
	ours, other := p.held.tells(told)
	n := journals.of(told, other)
	if ours {
		n = present
	}
	return standing(told, n)
}

func (p *passage) takeEvent(ctx context.Context, tx *bbolt.Tx, rec *kgo.Record, journals *journals) error {
	event, told, ok, err := readEvent(ctx, p.Decoder, rec)
	if err != nil || !ok {
		return err
	}
	place := p.placeOf(&told, journals)
	before := func(offset int64) bool { return place.Journal != present || place.Offset < offset }
	name := entityName(told.Family, told.Key)
	if before(p.start) && p.start < p.from {
		if err := p.fold(tx.Bucket(basesBucket), name, told, place); err != nil {
			return err
		}
	}
	if before(p.from) {
		return p.fold(tx.Bucket(pastsBucket), name, told, place)
	}
	if told.Source.Channel == schemas.ChannelReplay {
		if err := tx.Bucket(repairedBucket).Put([]byte(told.EventID), []byte{1}); err != nil {
			return err
		}
	}
	raw, err := p.Codec.Append(appendPlace(nil, place), event)
	if err != nil {
		return fmt.Errorf("keep an event: %w", err)
	}
	firsts := tx.Bucket(firstsBucket)
	if have := firsts.Get(name); tx.Bucket(pastsBucket).Get(name) == nil && (have == nil || place.Compare(placeIn(have)) < 0) {
		if err := firsts.Put(name, raw); err != nil {
			return err
		}
	}
	if place.Offset >= p.end {
		return nil
	}
	n := binary.BigEndian.AppendUint64(nil, uint64(rec.Offset))
	return tx.Bucket(toldBucket).Put(at(place.Offset, name, []byte{0}, n), raw)
}

func (p *passage) fold(b *bbolt.Bucket, name []byte, told derive.Told, place derive.Place) error {
	past, err := p.scratch.past(b, told.Family, name)
	if err != nil {
		return err
	}
	next, err := p.decider.Fold(past, told, place)
	if err != nil || next.At == past.At && past.State != nil {
		return err
	}
	return p.scratch.putPast(b, name, next)
}

// toldOf are the events that were told of an entity by an entry: those of the last
// mapper that did, each once.
func (p *passage) toldOf(tx *bbolt.Tx, offset int64, family publish.Family, key string) ([]derive.Told, error) {
	var all []derive.Told
	seen := map[string]bool{}
	revision := int32(0)
	err := each(tx.Bucket(toldBucket), at(offset, entityName(family, key), []byte{0}), func(_, v []byte) error {
		place := placeIn(v)
		if place.Revision < revision {
			return nil
		}
		told, err := p.scratch.event(family, v[placeSize:])
		if err != nil {
			return err
		}
		if place.Revision > revision {
			all, revision = nil, place.Revision
		}
		if !seen[told.EventID] {
			seen[told.EventID] = true
			all = append(all, told)
		}
		return nil
	})
	return all, err
}

// countGone counts what was told of entries of the range and does not come out any
// more: of entities that their entries did not come to at all. What an entry of a
// replay corrected was not to come of it by itself.
func (p *passage) countGone() error {
	return p.scratch.view(func(tx *bbolt.Tx) error {
		var last []byte
		return each(tx.Bucket(toldBucket), nil, func(k, v []byte) error {
			group := k[:len(k)-9]
			if bytes.Equal(group, last) {
				return nil
			}
			last = bytes.Clone(group)
			compared := tx.Bucket(comparedBucket)
			if compared.Get(group) != nil || compared.Get(group[:8]) != nil {
				return nil
			}
			family, key := publish.Family(group[8]), string(group[9:])
			gone, err := p.toldOf(tx, offsetIn(k), family, key)
			for _, told := range gone {
				p.missed(offsetIn(k), told)
			}
			return err
		})
	})
}

// missed counts one of them.
func (p *passage) missed(offset int64, told derive.Told) {
	p.found.Gone++
	p.note(Difference{What: GoneEvent, Offset: offset, Key: told.Key, Type: told.Kind, EventID: told.EventID})
}
