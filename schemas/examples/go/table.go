package main

import (
	"encoding/json"
	"fmt"
	"time"

	"go.etcd.io/bbolt"
)

// table, with the events that were acted on, stands for your database. What is in it
// and what Kafka has as our offsets may differ by one batch, never more, and never the
// other way round.
type table struct{ *bbolt.DB }

// row is an application. A deleted one keeps its version, so that nothing older
// brings it back.
type row struct {
	Version int64
	Stage   string
	Deleted bool
}

var (
	candidates = []byte("candidates")
	actedOn    = []byte("acted_on") // what is older than you would ever replay may go
)

func openTable(path string) (*table, error) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("open %s: %w", path, err)
	}
	return &table{db}, db.Update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{candidates, actedOn} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
}

// writing is one local transaction.
type writing struct{ candidates, actedOn *bbolt.Bucket }

func (t *table) update(do func(*writing) error) error {
	return t.Update(func(tx *bbolt.Tx) error {
		return do(&writing{tx.Bucket(candidates), tx.Bucket(actedOn)})
	})
}

// remember tells whether the event is new to us.
func (w *writing) remember(eventID string) (isNew bool, err error) {
	if w.actedOn.Get([]byte(eventID)) != nil {
		return false, nil
	}
	return true, w.actedOn.Put([]byte(eventID), []byte(time.Now().UTC().Format(time.RFC3339)))
}

// put keeps the newest version, whichever topic brings it first.
func (w *writing) put(key string, r row) error {
	var known row
	if raw := w.candidates.Get([]byte(key)); raw != nil {
		if err := json.Unmarshal(raw, &known); err != nil {
			return err
		}
	}
	if r.Version < known.Version {
		return nil
	}
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	return w.candidates.Put([]byte(key), raw)
}

// forget tells whether there was something to forget.
func (w *writing) forget(key string) (known bool, err error) {
	known = w.candidates.Get([]byte(key)) != nil
	return known, w.candidates.Delete([]byte(key))
}

func (t *table) alive() (n int, err error) {
	err = t.View(func(tx *bbolt.Tx) error {
		return tx.Bucket(candidates).ForEach(func(_, raw []byte) error {
			var r row
			if err := json.Unmarshal(raw, &r); err != nil {
				return err
			}
			if !r.Deleted {
				n++
			}
			return nil
		})
	})
	return n, err
}
