package poll

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"slices"
	"time"

	"go.etcd.io/bbolt"
)

// mark is what the index keeps of the journal's last entry under a key.
type mark struct {
	// fingerprint is the fingerprint of its content, 0 where it is not sure that derive
	// has that content as the newest: then whatever is read next is news.
	fingerprint uint64
	// read is when the read began that it came of, to the millisecond; zero where
	// that does not matter.
	read time.Time
}

// put stores a mark; one that says nothing is forgotten.
func (m mark) put(b *bbolt.Bucket, key []byte) error {
	if m.fingerprint == 0 && m.read.IsZero() {
		return b.Delete(key)
	}
	raw := binary.BigEndian.AppendUint64(make([]byte, 0, 16), m.fingerprint)
	if !m.read.IsZero() {
		raw = append(raw, encodeTime(m.read)...)
	}
	return b.Put(key, raw)
}

func decodeMark(raw []byte) mark {
	if len(raw) != 8 && len(raw) != 16 {
		return mark{}
	}
	return mark{fingerprint: binary.BigEndian.Uint64(raw), read: decodeTime(raw[8:])}
}

// mark is what is kept under key; the zero mark for nothing.
func (x *Index) mark(key string) (m mark, err error) {
	err = x.db.View(func(tx *bbolt.Tx) error {
		m = decodeMark(tx.Bucket(printsBucket).Get([]byte(key)))
		return nil
	})
	return m, err
}

// doubt has the marks under the keys hold for no content, before their entries
// are written: whether they were may never be known.
func (x *Index) doubt(keys []string) error {
	if len(keys) == 0 {
		return nil
	}
	err := x.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(printsBucket)
		for _, key := range keys {
			m := decodeMark(b.Get([]byte(key)))
			m.fingerprint = 0
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

func forgetPrefix(b *bbolt.Bucket, prefix []byte) error {
	var keys [][]byte
	c := b.Cursor()
	for k, _ := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, _ = c.Next() {
		keys = append(keys, slices.Clone(k))
	}
	for _, k := range keys {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return nil
}

var claimKey = []byte("claim")

// claim tells whether this index saw all that was journaled since it last was
// told the same number: no other one was at work in between. Otherwise it forgets
// its fingerprints, for they may be of what came before the other's, and takes
// the number next. Which details were read, by version, stays.
func (x *Index) claim(number, next int64) (mine bool, err error) {
	err = x.db.Update(func(tx *bbolt.Tx) error {
		owner := tx.Bucket(ownerBucket)
		if raw := owner.Get(claimKey); len(raw) == 8 && int64(binary.BigEndian.Uint64(raw)) == number {
			mine = true
			return nil
		}
		kept := map[string][]byte{}
		prefix := []byte(detailPrefix)
		b := tx.Bucket(printsBucket)
		c := b.Cursor()
		for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
			kept[string(k)] = slices.Clone(v)
		}
		if err := tx.DeleteBucket(printsBucket); err != nil {
			return err
		}
		b, err := tx.CreateBucket(printsBucket)
		if err != nil {
			return err
		}
		for k, v := range kept {
			if err := b.Put([]byte(k), v); err != nil {
				return err
			}
		}
		return owner.Put(claimKey, binary.BigEndian.AppendUint64(nil, uint64(next)))
	})
	if err != nil {
		return false, fmt.Errorf("prepare the poll index: %w", err)
	}
	return mine, nil
}
