package state

import (
	"bytes"
	"errors"
	"fmt"

	"go.etcd.io/bbolt"
)

// Keys calls fn with the keys of p that begin with prefix, in the order of their
// bytes, until fn fails; it returns that error as it is. Keys of deletions that
// are still remembered are among them. fn must not use the Store.
func (s *Store) Keys(p Partition, prefix string, fn func(key string) error) error {
	var refused error
	err := s.db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(p.String()))
		if b == nil {
			return nil
		}
		c := b.Cursor()
		from := []byte(prefix)
		for k, _ := c.Seek(from); bytes.HasPrefix(k, from) && k != nil; k, _ = c.Next() {
			refused = fn(string(k))
			if refused != nil {
				return refused
			}
		}
		return nil
	})
	if err != nil && !errors.Is(err, refused) {
		return fmt.Errorf("list the copy of %s: %w", p, err)
	}
	return refused
}
