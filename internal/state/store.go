package state

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Partition names one partition of one state topic.
type Partition struct {
	Topic     string
	Partition int32
}

// String is the name of the partition's bucket.
func (p Partition) String() string { return fmt.Sprintf("%s/%d", p.Topic, p.Partition) }

// Change is one committed record of a state topic.
type Change struct {
	Partition
	Key string
	// Value is the record's value as it is in Kafka; nil removes the key.
	Value []byte
	// DeletedAt is when the entity was deleted, for a record that marks a
	// deletion (see Graves); zero for any other.
	DeletedAt time.Time
	// Offset is the record's offset.
	Offset int64
}

// position is how far the copy of a partition reaches.
type position struct {
	TopicID [16]byte  `json:"topic_id"`
	Next    int64     `json:"next"`
	Synced  time.Time `json:"synced"`
}

var (
	positionsBucket = []byte("positions")
	gravesBucket    = []byte("graves")
	sessionBucket   = []byte("session")
	bootKey         = []byte("boot")
)

// Store is the local copy. Safe for concurrent use.
type Store struct {
	db *bbolt.DB
}

// Open opens or makes the copy in dir, which it makes if needed. It fails when
// another process has it open. A copy that cannot be read, or that a power cut
// may have harmed, is replaced by an empty one; boot names this start of the
// machine (BootID), empty where that is not known.
func Open(dir, boot string) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the state directory: %w", err)
	}
	path := filepath.Join(dir, "state.db")
	db, err := openFile(path)
	if err != nil && !errors.Is(err, errInUse) {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("remove the unreadable copy of the state: %w", err)
		}
		db, err = openFile(path)
	}
	if err != nil {
		return nil, fmt.Errorf("open the copy of the state in %s: %w", dir, err)
	}
	s := &Store{db: db}
	if err := s.begin(boot); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

var errInUse = errors.New("another process has it open; give each worker a state directory of its own")

func openFile(path string) (*bbolt.DB, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{
		Timeout: time.Second, NoSync: true, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType,
	})
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, errInUse
	}
	return db, err
}

// begin empties the copy when the last session did not end cleanly and the
// machine has been started since, and marks this session as open.
func (s *Store) begin(boot string) error {
	return s.db.Update(func(tx *bbolt.Tx) error {
		if b := tx.Bucket(sessionBucket); b != nil {
			if last := b.Get(bootKey); last != nil && (boot == "" || string(last) != boot) {
				if err := empty(tx); err != nil {
					return err
				}
			}
		}
		for _, name := range [][]byte{positionsBucket, gravesBucket, sessionBucket} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return fmt.Errorf("prepare the copy of the state: %w", err)
			}
		}
		return tx.Bucket(sessionBucket).Put(bootKey, []byte(boot))
	})
}

func empty(tx *bbolt.Tx) error {
	var names [][]byte
	if err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		names = append(names, slices.Clone(name))
		return nil
	}); err != nil {
		return fmt.Errorf("list the copy of the state: %w", err)
	}
	for _, name := range names {
		if err := tx.DeleteBucket(name); err != nil {
			return fmt.Errorf("empty the copy of the state: %w", err)
		}
	}
	return nil
}

// Close writes everything to disk and closes the file.
func (s *Store) Close() error {
	err := s.db.Sync()
	if err == nil {
		err = s.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(sessionBucket).Delete(bootKey) })
	}
	if err == nil {
		err = s.db.Sync()
	}
	if err := errors.Join(err, s.db.Close()); err != nil {
		return fmt.Errorf("close the copy of the state: %w", err)
	}
	return nil
}

// Get returns the value of key as it is in Kafka, nil where there is none. The
// caller owns it.
func (s *Store) Get(p Partition, key string) ([]byte, error) {
	var value []byte
	err := s.db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(p.String())); b != nil {
			value = slices.Clone(b.Get([]byte(key)))
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the copy of %s: %w", p, err)
	}
	return value, nil
}

// Len returns how many keys the copy of p has.
func (s *Store) Len(p Partition) (int, error) {
	n := 0
	err := s.db.View(func(tx *bbolt.Tx) error {
		if b := tx.Bucket([]byte(p.String())); b != nil {
			n = b.Stats().KeyN
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count the copy of %s: %w", p, err)
	}
	return n, nil
}

// Apply takes over committed changes, all or none, and moves each partition's
// position behind the last of its changes. Where a key has several, the last
// one counts. A change that the copy already has by a later offset is passed over.
func (s *Store) Apply(changes []Change, now time.Time) error {
	if len(changes) == 0 {
		return nil
	}
	sorted := slices.Clone(changes)
	slices.SortStableFunc(sorted, func(a, b Change) int {
		if c := strings.Compare(a.Topic, b.Topic); c != 0 {
			return c
		}
		if a.Partition.Partition != b.Partition.Partition {
			return int(a.Partition.Partition) - int(b.Partition.Partition)
		}
		return strings.Compare(a.Key, b.Key)
	})
	err := s.db.Update(func(tx *bbolt.Tx) error {
		for start := 0; start < len(sorted); {
			end := start + 1
			for end < len(sorted) && sorted[end].Partition == sorted[start].Partition {
				end++
			}
			if err := applyPartition(tx, sorted[start:end], now); err != nil {
				return err
			}
			start = end
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write the copy of the state: %w", err)
	}
	return nil
}

// applyPartition takes changes of one partition, by key and then by offset.
func applyPartition(tx *bbolt.Tx, changes []Change, now time.Time) error {
	p := changes[0].Partition
	pos := readPosition(tx, p)
	b, err := tx.CreateBucketIfNotExists([]byte(p.String()))
	if err != nil {
		return err
	}
	graves := tx.Bucket(gravesBucket)
	next := pos.Next
	for _, c := range changes {
		if c.Offset < pos.Next {
			continue
		}
		next = max(next, c.Offset+1)
		grave := graveKey(p, c.Key)
		if c.DeletedAt.IsZero() {
			err = graves.Delete(grave)
		} else {
			err = graves.Put(grave, encodeTime(c.DeletedAt))
		}
		if err == nil && c.Value == nil {
			err = b.Delete([]byte(c.Key))
		} else if err == nil {
			err = b.Put([]byte(c.Key), c.Value)
		}
		if err != nil {
			return err
		}
	}
	pos.Next, pos.Synced = next, now
	return writePosition(tx, p, pos)
}

func readPosition(tx *bbolt.Tx, p Partition) position {
	var pos position
	if raw := tx.Bucket(positionsBucket).Get([]byte(p.String())); raw != nil {
		// What cannot be read counts as never copied; the copy is made anew.
		if err := json.Unmarshal(raw, &pos); err != nil {
			return position{}
		}
	}
	return pos
}

func writePosition(tx *bbolt.Tx, p Partition, pos position) error {
	raw, err := json.Marshal(pos)
	if err != nil {
		return err
	}
	return tx.Bucket(positionsBucket).Put([]byte(p.String()), raw)
}
