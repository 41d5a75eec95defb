package poll

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// Sighting is what a look at Moka, or a state topic, says of an entity.
type Sighting struct {
	Kind Kind
	ID   int64
	// At is when the look began; zero where only a topic told.
	At time.Time
	// Hot tells that the application belongs to the hot set.
	Hot bool
	// Partial tells that the look did not show enough to say whether it is hot, nor
	// that it was seen: what was known of that stays.
	Partial bool
	// Gone tells that it does not exist any more; At then is when that was known.
	Gone bool
}

// Note takes over sightings and fingerprints, all or none. A fingerprint of 0 is
// forgotten.
func (x *Index) Note(sightings []Sighting, prints map[string]uint64) error {
	marks := make(map[string]mark, len(prints))
	for key, fingerprint := range prints {
		marks[key] = mark{fingerprint: fingerprint}
	}
	return x.note(sightings, marks, nil)
}

// note is Note with marks; those whose keys begin with one of the prefixes are
// forgotten first.
func (x *Index) note(sightings []Sighting, marks map[string]mark, forget []string) error {
	if len(sightings)+len(marks)+len(forget) == 0 {
		return nil
	}
	err := x.db.Update(func(tx *bbolt.Tx) error {
		for _, s := range sightings {
			if err := note(tx, s); err != nil {
				return err
			}
		}
		b := tx.Bucket(printsBucket)
		for _, prefix := range forget {
			if err := forgetPrefix(b, []byte(prefix)); err != nil {
				return err
			}
		}
		for key, m := range marks {
			if err := m.put(b, []byte(key)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write the poll index: %w", err)
	}
	return nil
}

func note(tx *bbolt.Tx, s Sighting) error {
	b, hot, missed := tx.Bucket(s.Kind.bucket()), tx.Bucket(hotBucket), tx.Bucket(missedBucket)
	key := idKey(s.ID)
	seen := decodeTime(b.Get(key))
	if s.Gone {
		if seen.After(s.At) {
			return nil
		}
		err := b.Delete(key)
		if s.Kind == Applications {
			err = errors.Join(err, hot.Delete(key), missed.Delete(key))
		}
		return err
	}
	if s.Partial {
		if b.Get(key) != nil {
			return nil
		}
		s.At = time.Time{}
	}
	at := later(seen, s.At)
	if err := b.Put(key, encodeTime(at)); err != nil {
		return err
	}
	if s.Kind != Applications {
		return nil
	}
	var err error
	switch {
	case s.Hot:
		err = hot.Put(key, encodeTime(at))
	case s.At.IsZero() && !seen.IsZero():
		// A state does not show the interviews ahead; who looked knows better.
	default:
		err = hot.Delete(key)
	}
	if !s.At.IsZero() {
		err = errors.Join(err, missed.Delete(key))
	}
	return err
}

// Miss remembers when an application was not there for the first time.
func (x *Index) Miss(id int64, at time.Time) error {
	return x.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(missedBucket)
		if b.Get(idKey(id)) != nil {
			return nil
		}
		return b.Put(idKey(id), encodeTime(at))
	})
}

// Print is the fingerprint of what was last journaled under key, 0 for none.
func (x *Index) Print(key string) (uint64, error) {
	m, err := x.mark(key)
	return m.fingerprint, err
}

// Knows tells whether an entity is known.
func (x *Index) Knows(kind Kind, id int64) (known bool, err error) {
	err = x.db.View(func(tx *bbolt.Tx) error {
		known = tx.Bucket(kind.bucket()).Get(idKey(id)) != nil
		return nil
	})
	return known, err
}

// Hot calls fn with each application of the hot set and when it was seen.
func (x *Index) Hot(fn func(id int64, seen time.Time)) error { return x.each(hotBucket, fn) }

// Missed calls fn with each application that was not there, and since when.
func (x *Index) Missed(fn func(id int64, since time.Time)) error { return x.each(missedBucket, fn) }

func (x *Index) each(bucket []byte, fn func(id int64, at time.Time)) error {
	return x.db.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(bucket).ForEach(func(k, v []byte) error {
			fn(int64(binary.BigEndian.Uint64(k)), decodeTime(v))
			return nil
		})
	})
}

// Count is how many entities of a kind are known.
func (x *Index) Count(kind Kind) (n int, err error) {
	err = x.db.View(func(tx *bbolt.Tx) error {
		n = tx.Bucket(kind.bucket()).Stats().KeyN
		return nil
	})
	return n, err
}

// after lists up to n entities of a kind above id, in order, seen before then.
func (x *Index) after(kind Kind, id int64, n int, before time.Time) ([]int64, error) {
	var ids []int64
	err := x.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(kind.bucket()).Cursor()
		for k, v := c.Seek(idKey(id + 1)); k != nil && len(ids) < n; k, v = c.Next() {
			if decodeTime(v).Before(before) {
				ids = append(ids, int64(binary.BigEndian.Uint64(k)))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the poll index: %w", err)
	}
	return ids, nil
}

// knownKind is one kind of the index, as the sweeps see it.
type knownKind struct {
	index *Index
	kind  Kind
}

// After implements known.
func (k knownKind) After(id int64, n int, before time.Time) ([]int64, error) {
	return k.index.after(k.kind, id, n, before)
}

// Offset is how far a partition of a state topic was followed; 0 at first.
func (x *Index) Offset(partition string) (next int64, err error) {
	err = x.db.View(func(tx *bbolt.Tx) error {
		if raw := tx.Bucket(offsetsBucket).Get([]byte(partition)); len(raw) == 8 {
			next = int64(binary.BigEndian.Uint64(raw))
		}
		return nil
	})
	return next, err
}

// Follow takes over what records of a state topic say, and how far they reach.
func (x *Index) Follow(partition string, next int64, sightings []Sighting) error {
	err := x.db.Update(func(tx *bbolt.Tx) error {
		for _, s := range sightings {
			if err := note(tx, s); err != nil {
				return err
			}
		}
		return tx.Bucket(offsetsBucket).Put([]byte(partition), binary.BigEndian.AppendUint64(nil, uint64(next)))
	})
	if err != nil {
		return fmt.Errorf("write the poll index: %w", err)
	}
	return nil
}

// idKey orders as the ids do, which are positive.
func idKey(id int64) []byte { return binary.BigEndian.AppendUint64(nil, uint64(id)) }

func encodeTime(t time.Time) []byte {
	var ms int64
	if !t.IsZero() {
		ms = t.UnixMilli()
	}
	return binary.BigEndian.AppendUint64(nil, uint64(ms))
}

func decodeTime(raw []byte) time.Time {
	if len(raw) != 8 {
		return time.Time{}
	}
	ms := int64(binary.BigEndian.Uint64(raw))
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
