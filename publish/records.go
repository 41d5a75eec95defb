package publish

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// ErrTooLarge says that a record is larger than its topic takes. Trying again
// does not help.
var ErrTooLarge = errors.New("the record is larger than its topic takes")

// Records builds the records of the topics. It is immutable and safe for
// concurrent use. Its errors are permanent: the same value fails again.
type Records struct {
	enc        *Encoder
	topics     Topics
	schemaBase string
	scratch    *sync.Pool // of *[]byte
}

// NewRecords returns a builder that frames with enc, which must be prepared by
// the first use. registryURL is where consumers find the schemas; a user and
// password in it stay out of the records, and if it is empty or not an address,
// ce_dataschema is left out.
func NewRecords(enc *Encoder, topics Topics, registryURL string) *Records {
	return &Records{
		enc: enc, topics: topics, schemaBase: schemaBase(registryURL),
		scratch: &sync.Pool{New: func() any { return new([]byte) }},
	}
}

// Topics are the names the records are built for.
func (r *Records) Topics() Topics { return r.topics }

// Event builds the record of an event of any family: a *schemas.CandidateEvent,
// *schemas.OfferEvent, *schemas.InterviewEvent or *schemas.HeadcountEvent. Its
// key is the root; its headers are those of a CloudEvent. causation is the
// write-back command that caused it, "" where there is none or it is not known.
// Text in the event must be valid UTF-8.
func (r *Records) Event(event any, causation string) (*kgo.Record, error) {
	meta, ok := metaOf(event)
	if !ok {
		return nil, fmt.Errorf("build an event record: %T is not a pointer to an event", event)
	}
	topic := r.topics.Events(meta.family)
	rec, err := r.build(topic, meta.root, event)
	if err != nil {
		return nil, err
	}
	id, _ := r.enc.ID(topic)
	rec.Headers = meta.cloudEvent(r.schemaBase, id, causation)
	return rec, r.fits(rec)
}

// State builds the record of an entity's latest version: v is the family's, a
// *schemas.CandidateState and so on, key its entity key, and partition that of
// its root, which is the partition of the journal it was derived from. Text in v
// must be valid UTF-8.
func (r *Records) State(f Family, partition int32, key string, v any) (*kgo.Record, error) {
	rec, err := r.build(r.topics.State(f), key, v)
	if err != nil {
		return nil, err
	}
	rec.Partition = partition
	return rec, r.fits(rec)
}

// Tombstone builds the record that has the state topic forget an entity. Key
// and partition are as for State.
func (r *Records) Tombstone(f Family, partition int32, key string) *kgo.Record {
	return &kgo.Record{Topic: r.topics.State(f), Partition: partition, Key: []byte(key)}
}

// JournalEntry builds the record of a journal entry, keyed by the root of the
// application or else the headcount it names. An entry that names neither is
// keyed by its webhook, or else by itself. Text that is not valid UTF-8 is
// replaced; the body stays as it is.
func (r *Records) JournalEntry(e *schemas.JournalEntry) (*kgo.Record, error) {
	clean := *e
	for _, s := range []*string{&clean.EntryID, &clean.OrgID, &clean.Endpoint, &clean.ContentType} {
		*s = schemas.ValidText(*s)
	}
	clean.Event, clean.WebhookID = validPtr(e.Event), validPtr(e.WebhookID)
	rec, err := r.build(r.topics.Journal(), journalKey(&clean), &clean)
	if err != nil {
		return nil, err
	}
	return rec, r.fits(rec)
}

func journalKey(e *schemas.JournalEntry) string {
	switch {
	case e.ApplicationID != nil:
		return Root(e.OrgID, *e.ApplicationID)
	case e.HeadcountID != nil:
		return HeadcountRoot(e.OrgID, *e.HeadcountID)
	case e.WebhookID != nil:
		return WebhookKey(e.OrgID, *e.WebhookID)
	}
	return e.OrgID + ":entry:" + e.EntryID
}

// Checkpoint builds the record of a feed's cursor. Its partition is the
// organisation's, Partition(org, n).
func (r *Records) Checkpoint(partition int32, c *schemas.Checkpoint) (*kgo.Record, error) {
	rec, err := r.build(r.topics.Checkpoints(), CheckpointKey(c.OrgID, c.Feed), c)
	if err != nil {
		return nil, err
	}
	rec.Partition = partition
	return rec, r.fits(rec)
}

// RefetchFeed is the name of the checkpoint that asks poll to fetch an
// application now: "refetch:<id>".
func RefetchFeed(applicationID int64) string {
	return refetchPrefix + strconv.FormatInt(applicationID, 10)
}

// RefetchedIn reads a name of RefetchFeed; it takes the ids that Moka has, which
// are positive.
func RefetchedIn(feed string) (applicationID int64, ok bool) {
	text, ok := strings.CutPrefix(feed, refetchPrefix)
	if !ok {
		return 0, false
	}
	id, err := strconv.ParseInt(text, 10, 64)
	return id, err == nil && id > 0
}

const refetchPrefix = "refetch:"

// Refetch builds the record that asks poll to fetch an application, for a topic
// of so many partitions. now is when it is asked. Whoever has fetched it writes
// a tombstone in its place.
func (r *Records) Refetch(partitions int, org string, applicationID int64, now time.Time) (*kgo.Record, error) {
	return r.Checkpoint(Partition(org, partitions), &schemas.Checkpoint{
		OrgID: org, Feed: RefetchFeed(applicationID), LastID: &applicationID, SavedAt: now,
	})
}

// DeadLetter builds the record of a dead letter, keyed as the record it is
// about, or by nothing. Text that is not valid UTF-8 is replaced; the body stays
// as it is. To write one, see DeadLetters.
func (r *Records) DeadLetter(l *schemas.DeadLetter) (*kgo.Record, error) {
	clean := *l
	for _, s := range []*string{&clean.ID, &clean.ErrorClass, &clean.ErrorText, &clean.ContentType} {
		*s = schemas.ValidText(*s)
	}
	clean.OrgID, clean.Endpoint, clean.Key = validPtr(l.OrgID), validPtr(l.Endpoint), validPtr(l.Key)
	clean.Headers = make(map[string][]byte, len(l.Headers))
	for name, value := range l.Headers {
		clean.Headers[schemas.ValidText(name)] = value
	}
	rec, err := r.build(r.topics.DeadLetters(), "", &clean)
	if err != nil {
		return nil, err
	}
	if clean.Key != nil {
		rec.Key = []byte(*clean.Key)
	}
	return rec, r.fits(rec)
}

// build frames v. An empty key means none. The value is framed in a buffer that
// was grown before and copied out at its size: values differ by two orders of
// magnitude, and each guess would be wrong for most.
func (r *Records) build(topic, key string, v any) (*kgo.Record, error) {
	scratch := r.scratch.Get().(*[]byte)
	defer r.scratch.Put(scratch)
	framed, err := r.enc.Append((*scratch)[:0], topic, v)
	if err != nil {
		return nil, err
	}
	value := bytes.Clone(framed)
	if *scratch = framed; cap(framed) > maxScratch {
		*scratch = nil
	}
	rec := &kgo.Record{Topic: topic, Value: value}
	if key != "" {
		rec.Key = []byte(key)
	}
	return rec, nil
}

// maxScratch is what a buffer may keep between records.
const maxScratch = 256 << 10

// envelope is more than a batch of one record adds to what the record holds.
const envelope = 1 << 10

// fits refuses a record that the client or a broker would refuse, before
// anything else of its group is written.
func (r *Records) fits(rec *kgo.Record) error {
	size := len(rec.Key) + len(rec.Value) + envelope
	for _, h := range rec.Headers {
		size += len(h.Key) + len(h.Value)
	}
	if most := int(r.topics.maxBatch(rec.Topic)); size > most {
		return fmt.Errorf("build a record for %s: %w (%d bytes of %d)", rec.Topic, ErrTooLarge, size, most)
	}
	return nil
}

func validPtr(s *string) *string {
	if s == nil {
		return nil
	}
	valid := schemas.ValidText(*s)
	return &valid
}
