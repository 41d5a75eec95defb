package recovery

import (
	"bytes"
	"context"
	"fmt"
	"maps"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/publish"
)

// then is what was known at the time that the journal is being gone through: the
// memory of a replay.
type then struct {
	*passage
	tx *bbolt.Tx
	// inRange says that the range has begun.
	inRange bool
}

// Known is what an entity was.
func (t *then) Known(ctx context.Context, family publish.Family, key string) (derive.Known, error) {
	name := entityName(family, key)
	followed, err := t.state(statesBucket, family, name)
	if err != nil {
		return derive.Known{}, err
	}
	switch {
	case t.inRange && t.tx.Bucket(seenBucket).Get(name) == nil:
		return t.begin(ctx, family, key, followed)
	case followed != nil || t.tx.Bucket(statesBucket).Get(name) != nil:
		return derive.Known{State: followed}, nil
	}
	base, err := t.scratch.past(t.tx.Bucket(basesBucket), family, name)
	return derive.Known{State: base.State}, err
}

// begin is what an entity was as the range began: as the last event before it
// told, or where that is gone, as the first one after it found it. followed is what
// the entries before the range lead to; of it count the claims alone, for what
// nobody was told is nobody's before.
func (t *then) begin(ctx context.Context, family publish.Family, key string, followed any) (derive.Known, error) {
	name := entityName(family, key)
	past, err := t.scratch.past(t.tx.Bucket(pastsBucket), family, name)
	if err != nil {
		return derive.Known{}, err
	}
	known := derive.Known{State: past.State}
	if known.State == nil {
		if known, err = t.unheard(ctx, family, key); err != nil {
			return known, err
		}
	}
	if followed == nil {
		return known, nil
	}
	if known.State == nil {
		known.State = derive.NewState(family)
	}
	known.State, err = derive.Informed(known.State, followed)
	return known, err
}

// unheard is what an entity was of which no event from before the range is left.
func (t *then) unheard(ctx context.Context, family publish.Family, key string) (derive.Known, error) {
	if raw := t.tx.Bucket(firstsBucket).Get(entityName(family, key)); raw != nil {
		first, err := t.scratch.event(family, raw[placeSize:])
		if err != nil || first.Before == nil {
			return derive.Known{}, err // it was not there
		}
		state, err := t.decider.Showing(first.Before, first.Version-1, t.span.From)
		return derive.Known{State: state}, err
	}
	today, err := t.today(ctx, family, key)
	if err != nil || today == nil {
		return derive.Known{}, err
	}
	s, err := derive.Summarize(today)
	switch {
	case err != nil, s.Entity == nil && s.DeletedAt == nil:
		return derive.Known{}, err
	case s.ChangedAt.Before(t.span.From):
		return derive.Known{State: today}, nil // and has not changed since
	}
	return derive.Known{Lost: true}, nil
}

// Keys are those of all entities that anything is known of.
func (t *then) Keys(_ context.Context, family publish.Family, prefix string) ([]string, error) {
	found := map[string]bool{}
	today, err := t.keysToday(family, prefix)
	if err != nil {
		return nil, err
	}
	for _, key := range today {
		found[key] = true
	}
	from := entityName(family, prefix)
	for _, bucket := range [][]byte{basesBucket, pastsBucket, firstsBucket, statesBucket} {
		err := each(t.tx.Bucket(bucket), from, func(k, _ []byte) error {
			found[string(k[1:])] = true
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	return slices.Collect(maps.Keys(found)), nil
}

// state reads an entity's state from a bucket, nil where there is none.
func (t *then) state(bucket []byte, family publish.Family, name []byte) (any, error) {
	raw := t.tx.Bucket(bucket).Get(name)
	if len(raw) == 0 {
		return nil, nil
	}
	state := derive.NewState(family)
	if err := t.Codec.Unmarshal(bytes.Clone(raw), state); err != nil {
		return nil, fmt.Errorf("read the scratch state: %w", err)
	}
	return state, nil
}

// keep remembers what an entity has become in a bucket; empty where it is to be
// forgotten.
func (t *then) keep(bucket []byte, name []byte, out derive.Outcome) error {
	if out.State == nil && !out.Forget {
		return nil
	}
	raw := []byte{}
	if out.State != nil {
		var err error
		if raw, err = t.Codec.Append(nil, out.State); err != nil {
			return fmt.Errorf("keep the scratch state: %w", err)
		}
	}
	return t.tx.Bucket(bucket).Put(name, raw)
}
