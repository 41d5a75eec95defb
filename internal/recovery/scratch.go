package recovery

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"go.etcd.io/bbolt"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// The buckets of a scratch file. The keys of pasts, firsts and states are an
// entityName; those of told, derived and lives begin with an offset.
var (
	// basesBucket has what events came to before the first entry that is there, and
	// pastsBucket before the range.
	basesBucket = []byte("bases")
	pastsBucket = []byte("pasts")
	// firstsBucket has the first event of an entity within the range or after it.
	firstsBucket = []byte("firsts")
	// toldBucket has the events that tell of entries of the range.
	toldBucket = []byte("told")
	// statesBucket is what entities are as the journal is gone through, empty of
	// those that are forgotten; seenBucket are those of them that the range has
	// changed, and lookedBucket those it is about.
	statesBucket = []byte("states")
	seenBucket   = []byte("seen")
	lookedBucket = []byte("looked")
	// comparedBucket are the entities of an entry that were compared with what was
	// told of them; of an entry of a replay, the entry.
	comparedBucket = []byte("compared")
	// repairedBucket are the ids of the events that replays have told already.
	repairedBucket = []byte("repaired")
	// latestBucket has the last entry of the range that showed an entity, by feed.
	latestBucket = []byte("latest")
	// derivedBucket has the events that the entries of the range come to.
	derivedBucket = []byte("derived")
	// againBucket has the entries that correct states, livesBucket the ids of the
	// events by which derive will tell of it, and correctedBucket what they become.
	againBucket     = []byte("again")
	livesBucket     = []byte("lives")
	correctedBucket = []byte("corrected")
)

// scratch is what a replay keeps of a partition, in a file, since it may be larger
// than memory. It is thrown away at the end.
type scratch struct {
	db    *bbolt.DB
	codec *schemas.Codec
}

func openScratch(dir string, partition int32, codec *schemas.Codec) (*scratch, error) {
	db, err := bbolt.Open(filepath.Join(dir, fmt.Sprintf("%d.db", partition)), 0o600, &bbolt.Options{
		NoSync: true, NoFreelistSync: true, FreelistType: bbolt.FreelistMapType,
	})
	if err != nil {
		return nil, fmt.Errorf("open the scratch state: %w", err)
	}
	s := &scratch{db: db, codec: codec}
	err = s.update(func(tx *bbolt.Tx) error {
		for _, name := range [][]byte{
			basesBucket, pastsBucket, firstsBucket, toldBucket, statesBucket, seenBucket, lookedBucket, comparedBucket, repairedBucket,
			latestBucket, derivedBucket, againBucket, livesBucket, correctedBucket,
		} {
			if _, err := tx.CreateBucketIfNotExists(name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return s, nil
}

func (s *scratch) close() error {
	if err := s.db.Close(); err != nil {
		return fmt.Errorf("close the scratch state: %w", err)
	}
	return nil
}

func (s *scratch) update(fn func(*bbolt.Tx) error) error {
	if err := s.db.Update(fn); err != nil {
		return fmt.Errorf("write the scratch state: %w", err)
	}
	return nil
}

func (s *scratch) view(fn func(*bbolt.Tx) error) error {
	if err := s.db.View(fn); err != nil {
		return fmt.Errorf("read the scratch state: %w", err)
	}
	return nil
}

// entityName names an entity among all families.
func entityName(family publish.Family, key string) []byte {
	return append([]byte{byte(family)}, key...)
}

// at is the key of something about an entry.
func at(offset int64, more ...[]byte) []byte {
	return append(binary.BigEndian.AppendUint64(nil, uint64(offset)), bytes.Join(more, nil)...)
}

func offsetIn(key []byte) int64 { return int64(binary.BigEndian.Uint64(key)) }

const placeSize = 4 + 8 + 4 + 8

func appendPlace(b []byte, p derive.Place) []byte {
	b = binary.BigEndian.AppendUint32(b, uint32(p.Journal))
	b = binary.BigEndian.AppendUint64(b, uint64(p.Offset))
	b = binary.BigEndian.AppendUint32(b, uint32(p.Revision))
	return binary.BigEndian.AppendUint64(b, uint64(p.Version))
}

func placeIn(b []byte) derive.Place {
	return derive.Place{
		Journal: int32(binary.BigEndian.Uint32(b)), Offset: int64(binary.BigEndian.Uint64(b[4:])),
		Revision: int32(binary.BigEndian.Uint32(b[12:])), Version: int64(binary.BigEndian.Uint64(b[16:])),
	}
}

// past reads what the events of an entity came to.
func (s *scratch) past(b *bbolt.Bucket, family publish.Family, name []byte) (derive.Past, error) {
	raw := b.Get(name)
	if raw == nil {
		return derive.Past{}, nil
	}
	state := derive.NewState(family)
	if err := s.codec.Unmarshal(slices.Clone(raw[placeSize:]), state); err != nil {
		return derive.Past{}, fmt.Errorf("read what an entity was: %w", err)
	}
	return derive.Past{State: state, At: placeIn(raw)}, nil
}

func (s *scratch) putPast(b *bbolt.Bucket, name []byte, p derive.Past) error {
	raw, err := s.codec.Append(appendPlace(nil, p.At), p.State)
	if err != nil {
		return fmt.Errorf("keep what an entity was: %w", err)
	}
	return b.Put(name, raw)
}

// event reads an event after its place.
func (s *scratch) event(family publish.Family, raw []byte) (derive.Told, error) {
	event := derive.NewEvent(family)
	if err := s.codec.Unmarshal(slices.Clone(raw), event); err != nil {
		return derive.Told{}, fmt.Errorf("read an event: %w", err)
	}
	return derive.Read(event)
}

// each calls fn for each key of a bucket that begins with prefix, in order, until
// it fails.
func each(b *bbolt.Bucket, prefix []byte, fn func(k, v []byte) error) error {
	c := b.Cursor()
	for k, v := c.Seek(prefix); k != nil && bytes.HasPrefix(k, prefix); k, v = c.Next() {
		if err := fn(k, v); err != nil {
			return err
		}
	}
	return nil
}
