package specimen

import (
	"context"
	"fmt"
	"reflect"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// registryURL is where the examples have their schemas.
const registryURL = "https://registry.example.com"

// Source gives out the schemas that the records were written with; it is a
// schemas.SchemaSource.
type Source map[int]schemas.RegisteredSchema

// Fetch finds a schema by its id.
func (s Source) Fetch(_ context.Context, id int) (schemas.RegisteredSchema, error) {
	found, ok := s[id]
	if !ok {
		return found, fmt.Errorf("schema %d: %w", id, schemas.ErrUnknownSchema)
	}
	return found, nil
}

// Records returns one record of each topic of cfg's catalogue, by its topic, and
// where their schemas are. cfg must be valid.
func Records(cfg publish.TopicConfig) (map[string]*kgo.Record, Source, error) {
	m, err := newMaker(cfg)
	if err != nil {
		return nil, nil, err
	}
	for _, part := range []func() error{m.story, m.letter, m.cursor, m.command} {
		if err := part(); err != nil {
			return nil, nil, err
		}
	}
	return m.made, m.source, nil
}

type maker struct {
	cfg     publish.TopicConfig
	topics  publish.Topics
	source  Source
	records *publish.Records
	decider *derive.Decider
	made    map[string]*kgo.Record
}

func newMaker(cfg publish.TopicConfig) (*maker, error) {
	codec, err := schemas.NewCodec()
	if err != nil {
		return nil, err
	}
	m := &maker{cfg: cfg, topics: cfg.Topics(), source: Source{}, made: map[string]*kgo.Record{}}
	enc := publish.NewEncoder(codec)
	for i, spec := range publish.Catalogue(cfg) {
		registered, err := registered(codec.Bundle(), spec.Record, 101+i)
		if err != nil {
			return nil, err
		}
		m.source[registered.ID] = registered
		enc.Use(spec.Name, spec.Record, registered.ID)
	}
	m.records = publish.NewRecords(enc, m.topics, registryURL)
	m.decider, err = derive.NewDecider(codec.Bundle())
	return m, err
}

func registered(b avsc.Bundle, record string, id int) (schemas.RegisteredSchema, error) {
	names, err := b.Ordered(record)
	s := schemas.RegisteredSchema{ID: id}
	for _, name := range names {
		s.Texts = append(s.Texts, b[name])
	}
	return s, err
}

// keep makes rec the example of its topic, with an offset and a time.
func (m *maker) keep(rec *kgo.Record, root string, offset int64, at time.Time) {
	rec.Partition, rec.Offset, rec.Timestamp = publish.Partition(root, m.cfg.Partitions), offset, at
	m.made[rec.Topic] = rec
}

// story makes the journal, the events and the states: of each topic the last
// record that the looks lead to.
func (m *maker) story() error {
	known := memory{}
	for i, l := range looks() {
		e, err := l.entry()
		if err != nil {
			return err
		}
		rec, err := m.records.JournalEntry(e)
		if err != nil {
			return err
		}
		root, offset := string(rec.Key), int64(4000+i)
		if l.channel == schemas.ChannelWebhook { // the shortest
			m.keep(rec, root, offset, l.at)
		}
		steps, err := known.tell(m.decider, e, publish.Partition(root, m.cfg.Partitions), offset)
		if err != nil {
			return fmt.Errorf("derive %s: %w", l.sample, err)
		}
		for _, s := range steps {
			if err := m.step(s, root, offset, l.at); err != nil {
				return err
			}
		}
	}
	return nil
}

// step keeps what one step comes to, where it is a look at what the topic is an
// example of.
func (m *maker) step(s derive.Step, root string, offset int64, at time.Time) error {
	if !m.chosen(s) {
		return nil
	}
	at = at.Add(40 * time.Millisecond)
	for _, ev := range s.Outcome.Events {
		rec, err := m.records.Event(ev.Value, ev.Causation)
		if err != nil {
			return err
		}
		m.keep(rec, root, offset-2880, at)
	}
	partition := publish.Partition(root, m.cfg.Partitions)
	rec, err := m.records.State(s.Family, partition, s.Key, s.Outcome.State)
	if err != nil {
		return err
	}
	m.keep(rec, root, offset-1735, at)
	return nil
}

// chosen tells whether a step is to be an example: a change of what was known, or
// of an interview the first sight in a webhook.
func (m *maker) chosen(s derive.Step) bool {
	if len(s.Outcome.Events) == 0 || s.Outcome.State == nil {
		return false
	}
	if s.Family == publish.Interviews {
		return s.Observed.Feed == schemas.FeedWebhookInterview
	}
	before := reflect.ValueOf(s.Outcome.Events[0].Value).Elem().FieldByName("Before")
	return !before.IsNil()
}
