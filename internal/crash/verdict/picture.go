package verdict

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/crash/replica"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Event is one event, as far as it is judged.
type Event struct {
	Entity  string // the key of its state
	ID      string
	Type    string
	Op      schemas.Operation
	Version int64
	Source  schemas.EventSource
	Read    time.Time // observed_at
	Changed []string
	Before  any // pointers to the entity, nil for none
	After   any
}

// Picture is what is in the topics.
type Picture struct {
	Events  map[string][]Event // by entity, in order
	States  map[string]any     // by key: the entity, nil for a deletion that is known
	IDs     map[string]int     // how often each event is there
	Letters []*schemas.DeadLetter
	// Candidates are the events of candidates, all of them.
	Candidates []*schemas.CandidateEvent
	Total      int
}

// Reader reads topics.
type Reader struct {
	Client  *kgo.Client
	Topics  publish.Topics
	Decoder *schemas.Decoder
}

// Look reads the events, states and dead letters that are there now.
func (r Reader) Look(ctx context.Context) (*Picture, error) {
	p := &Picture{Events: map[string][]Event{}, States: map[string]any{}, IDs: map[string]int{}}
	for _, family := range publish.Families() {
		err := r.each(ctx, r.Topics.Events(family), func(_ string, value any) error { return p.event(value) })
		if err != nil {
			return nil, err
		}
		if err := r.each(ctx, r.Topics.State(family), p.state); err != nil {
			return nil, err
		}
	}
	return p, r.each(ctx, r.Topics.DeadLetters(), func(_ string, value any) error {
		if letter, ok := value.(*schemas.DeadLetter); ok {
			p.Letters = append(p.Letters, letter)
		}
		return nil
	})
}

// each reads a topic: nil is a tombstone.
func (r Reader) each(ctx context.Context, topic string, do func(key string, value any) error) error {
	records, err := replica.Read(ctx, r.Client, topic)
	if err != nil {
		return err
	}
	for _, rec := range records {
		var value any
		if rec.Value != nil {
			if value, err = r.Decoder.Decode(ctx, rec.Value); err != nil {
				return fmt.Errorf("%s/%d@%d: %w", topic, rec.Partition, rec.Offset, err)
			}
		}
		if err := do(string(rec.Key), value); err != nil {
			return fmt.Errorf("%s/%d@%d: %w", topic, rec.Partition, rec.Offset, err)
		}
	}
	return nil
}

func (p *Picture) event(value any) error {
	var e Event
	switch ev := value.(type) {
	case *schemas.CandidateEvent:
		e = Event{
			Entity: publish.CandidateKey(ev.OrgID, ev.ApplicationID), ID: ev.EventID, Type: string(ev.Type), Op: ev.Op, Version: ev.Version, Source: ev.Source,
			Read: ev.ObservedAt, Changed: ev.ChangedFields, Before: orNil(ev.Before), After: orNil(ev.After),
		}
		p.Candidates = append(p.Candidates, ev)
	case *schemas.OfferEvent:
		e = Event{
			Entity: publish.OfferKey(ev.OrgID, ev.ApplicationID), ID: ev.EventID, Type: string(ev.Type), Op: ev.Op, Version: ev.Version, Source: ev.Source,
			Read: ev.ObservedAt, Changed: ev.ChangedFields, Before: orNil(ev.Before), After: orNil(ev.After),
		}
	case *schemas.InterviewEvent:
		e = Event{
			Entity: publish.InterviewKey(ev.OrgID, ev.ApplicationID, ev.InterviewID), ID: ev.EventID, Type: string(ev.Type), Op: ev.Op, Version: ev.Version, Source: ev.Source,
			Read: ev.ObservedAt, Changed: ev.ChangedFields, Before: orNil(ev.Before), After: orNil(ev.After),
		}
	case *schemas.HeadcountEvent:
		e = Event{
			Entity: publish.HeadcountKey(ev.OrgID, ev.HeadcountID), ID: ev.EventID, Type: string(ev.Type), Op: ev.Op, Version: ev.Version, Source: ev.Source,
			Read: ev.ObservedAt, Changed: ev.ChangedFields, Before: orNil(ev.Before), After: orNil(ev.After),
		}
	default:
		return fmt.Errorf("%T is no event", value)
	}
	p.Events[e.Entity] = append(p.Events[e.Entity], e)
	p.IDs[e.ID]++
	p.Total++
	return nil
}

func (p *Picture) state(key string, value any) error {
	switch s := value.(type) {
	case nil:
		delete(p.States, key)
	case *schemas.CandidateState:
		p.States[key] = orNil(s.Entity)
	case *schemas.OfferState:
		p.States[key] = orNil(s.Entity)
	case *schemas.InterviewState:
		p.States[key] = orNil(s.Entity)
	case *schemas.HeadcountState:
		p.States[key] = orNil(s.Entity)
	default:
		return fmt.Errorf("%T is no state", value)
	}
	return nil
}

func orNil[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}
