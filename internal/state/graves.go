package state

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// DeletedHeader is the Kafka header of a state record that marks a deletion:
// when the entity was deleted, in Unix milliseconds, as decimal text. It lets a
// copy know its graves without decoding values.
const DeletedHeader = "moka_deleted_at"

func graveKey(p Partition, key string) []byte { return []byte(p.String() + "\x00" + key) }

func encodeTime(t time.Time) []byte {
	return binary.BigEndian.AppendUint64(nil, uint64(t.UnixMilli()))
}

// Graves returns up to limit keys of p that mark a deletion older than before,
// so that a tombstone can end them.
func (s *Store) Graves(p Partition, before time.Time, limit int) ([]string, error) {
	var keys []string
	prefix := graveKey(p, "")
	err := s.db.View(func(tx *bbolt.Tx) error {
		c := tx.Bucket(gravesBucket).Cursor()
		for k, v := c.Seek(prefix); bytes.HasPrefix(k, prefix) && len(keys) < limit; k, v = c.Next() {
			if len(v) == 8 && int64(binary.BigEndian.Uint64(v)) < before.UnixMilli() {
				keys = append(keys, string(k[len(prefix):]))
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list deletions in the copy of %s: %w", p, err)
	}
	return keys, nil
}
