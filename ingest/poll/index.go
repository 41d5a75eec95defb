package poll

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Index is what the poller knows of each entity, in a file beside the local
// state: a fingerprint of what was last journaled for it, when it was seen, and
// whether it is in the hot set. Losing it costs repetitions, never a change: its
// entities come back from the state topics (Follower), and what has no
// fingerprint is journaled once more. It is larger than memory if need be. Safe
// for concurrent use.
type Index struct {
	db *bbolt.DB
}

// Kind tells applications and headcounts apart.
type Kind uint8

// The kinds of entities that have ids of their own.
const (
	Applications Kind = iota
	Headcounts
)

func (k Kind) bucket() []byte {
	if k == Headcounts {
		return []byte("headcounts")
	}
	return []byte("applications")
}

var (
	printsBucket  = []byte("prints")
	hotBucket     = []byte("hot")
	missedBucket  = []byte("missed")
	offsetsBucket = []byte("offsets")
	ownerBucket   = []byte("owner")
	ownerKey      = []byte("owner")
	bootKey       = []byte("boot")
)

// OpenIndex opens or makes the index in dir, which it makes if needed. One that
// can't be read, or that a power cut may have harmed, is begun anew; boot names
// this start of the machine (state.BootID), empty where that is not known. It
// fails when another process has it open.
func OpenIndex(dir, boot string) (*Index, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the directory of the poll index: %w", err)
	}
	path := filepath.Join(dir, "poll.db")
	open := func() (*bbolt.DB, error) {
		return bbolt.Open(path, 0o600, &bbolt.Options{
			Timeout: time.Second, NoSync: true, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType,
		})
	}
	db, err := open()
	if errors.Is(err, bolterrors.ErrTimeout) {
		return nil, fmt.Errorf("open the poll index in %s: another process has it open; give each worker a STATE_DIR of its own", dir)
	}
	if err != nil {
		if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("remove the unreadable poll index: %w", err)
		}
		if db, err = open(); err != nil {
			return nil, fmt.Errorf("open the poll index in %s: %w", dir, err)
		}
	}
	x := &Index{db: db}
	err = db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(ownerBucket)
		if b == nil {
			return emptyIndex(tx)
		}
		// Not closed in order, and the machine was started since.
		if last := b.Get(bootKey); last != nil && (boot == "" || string(last) != boot) {
			return emptyIndex(tx)
		}
		return nil
	})
	if err == nil {
		err = db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(ownerBucket).Put(bootKey, []byte(boot)) })
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("prepare the poll index: %w", err), db.Close())
	}
	return x, nil
}

// Belong empties the index unless it belongs to owner: an organisation, the
// topics that what it knows was written to, and the mapper that read it. What was
// journaled into topics that are gone has to be journaled again.
func (x *Index) Belong(owner string) error {
	err := x.db.Update(func(tx *bbolt.Tx) error {
		b := tx.Bucket(ownerBucket)
		boot := slices.Clone(b.Get(bootKey))
		if string(b.Get(ownerKey)) == owner {
			return nil
		}
		if err := emptyIndex(tx); err != nil {
			return err
		}
		b = tx.Bucket(ownerBucket)
		return errors.Join(b.Put(ownerKey, []byte(owner)), b.Put(bootKey, boot))
	})
	if err != nil {
		return fmt.Errorf("prepare the poll index: %w", err)
	}
	return nil
}

func emptyIndex(tx *bbolt.Tx) error {
	var names [][]byte
	if err := tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
		names = append(names, slices.Clone(name))
		return nil
	}); err != nil {
		return err
	}
	for _, name := range names {
		if err := tx.DeleteBucket(name); err != nil {
			return err
		}
	}
	for _, name := range [][]byte{
		Applications.bucket(), Headcounts.bucket(), printsBucket, hotBucket, missedBucket, offsetsBucket, ownerBucket,
	} {
		if _, err := tx.CreateBucket(name); err != nil {
			return err
		}
	}
	return nil
}

// Close writes everything to disk and closes the file.
func (x *Index) Close() error {
	err := x.db.Sync()
	if err == nil {
		err = x.db.Update(func(tx *bbolt.Tx) error { return tx.Bucket(ownerBucket).Delete(bootKey) })
	}
	if err == nil {
		err = x.db.Sync()
	}
	if err := errors.Join(err, x.db.Close()); err != nil {
		return fmt.Errorf("close the poll index: %w", err)
	}
	return nil
}
