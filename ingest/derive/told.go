package derive

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Told is what an event says, whatever its family.
type Told struct {
	Family publish.Family
	// Key is the entity's, and Root that of its application or headcount.
	Key, Root string
	EventID   string
	Kind      string
	Op        schemas.Operation
	Version   int64
	// OccurredAt is nil where Moka gave none.
	OccurredAt *time.Time
	ObservedAt time.Time
	// Source is the event's own: who changes it changes the event.
	Source  *schemas.EventSource
	Changed []string
	// Before and After are pointers to the entity, or nil.
	Before, After any

	transition *schemas.StageTransition
}

// Read reads a pointer to an event of any family.
func Read(event any) (Told, error) {
	switch e := event.(type) {
	case *schemas.CandidateEvent:
		key := publish.CandidateKey(e.OrgID, e.ApplicationID)
		return Told{
			Family: publish.Candidates, Key: key, Root: publish.Root(e.OrgID, e.ApplicationID), EventID: e.EventID, Kind: string(e.Type),
			Op: e.Op, Version: e.Version, OccurredAt: e.OccurredAt, ObservedAt: e.ObservedAt, Source: &e.Source,
			Changed: e.ChangedFields, Before: some(e.Before), After: some(e.After), transition: e.Transition,
		}, nil
	case *schemas.OfferEvent:
		return Told{
			Family: publish.Offers, Key: publish.OfferKey(e.OrgID, e.ApplicationID), Root: publish.Root(e.OrgID, e.ApplicationID),
			EventID: e.EventID, Kind: string(e.Type), Op: e.Op, Version: e.Version, OccurredAt: e.OccurredAt, ObservedAt: e.ObservedAt,
			Source: &e.Source, Changed: e.ChangedFields, Before: some(e.Before), After: some(e.After),
		}, nil
	case *schemas.InterviewEvent:
		return Told{
			Family: publish.Interviews, Key: publish.InterviewKey(e.OrgID, e.ApplicationID, e.InterviewID), Root: publish.Root(e.OrgID, e.ApplicationID),
			EventID: e.EventID, Kind: string(e.Type), Op: e.Op, Version: e.Version, OccurredAt: e.OccurredAt, ObservedAt: e.ObservedAt,
			Source: &e.Source, Changed: e.ChangedFields, Before: some(e.Before), After: some(e.After),
		}, nil
	case *schemas.HeadcountEvent:
		key := publish.HeadcountKey(e.OrgID, e.HeadcountID)
		return Told{
			Family: publish.Headcounts, Key: key, Root: publish.HeadcountRoot(e.OrgID, e.HeadcountID),
			EventID: e.EventID, Kind: string(e.Type), Op: e.Op, Version: e.Version, OccurredAt: e.OccurredAt, ObservedAt: e.ObservedAt,
			Source: &e.Source, Changed: e.ChangedFields, Before: some(e.Before), After: some(e.After),
		}, nil
	default:
		return Told{}, fmt.Errorf("%T is not an event", event)
	}
}

// NewEvent returns a pointer to an empty event of the family, to decode into.
func NewEvent(f publish.Family) any {
	switch f {
	case publish.Candidates:
		return new(schemas.CandidateEvent)
	case publish.Offers:
		return new(schemas.OfferEvent)
	case publish.Interviews:
		return new(schemas.InterviewEvent)
	default:
		return new(schemas.HeadcountEvent)
	}
}

// some keeps a nil pointer from becoming something.
func some[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}

// Differences names what two events of one entity tell otherwise, as the schema
// names its fields: type, after.stage.name. It leaves out their ids and versions,
// the channel, the revision and the place in the journal; and the time of the
// version before, which moves without an event.
func (d *Decider) Differences(one, other Told) []string {
	var out []string
	note := func(differs bool, field string) {
		if differs {
			out = append(out, field)
		}
	}
	note(one.Kind != other.Kind, "type")
	note(one.Op != other.Op, "op")
	note(!sameTime(one.OccurredAt, other.OccurredAt), "occurred_at")
	note(!slices.Equal(one.Changed, other.Changed), "changed_fields")
	for _, field := range d.differ(one.Before, other.Before, "before") {
		note(field != "before.updated_at", field)
	}
	out = append(out, d.differ(one.After, other.After, "after")...)
	note(!reflect.DeepEqual(one.transition, other.transition), "transition")
	note(!reflect.DeepEqual(one.Source.CommandID, other.Source.CommandID), "source.command_id")
	note(!reflect.DeepEqual(one.Source.Operator, other.Source.Operator), "source.operator")
	return out
}

func (d *Decider) differ(a, b any, name string) []string {
	if a == nil || b == nil {
		if (a == nil) != (b == nil) {
			return []string{name}
		}
		return nil
	}
	fields := d.model.Changed(a, b)
	for i := range fields {
		fields[i] = name + "." + fields[i]
	}
	return fields
}

func sameTime(a, b *time.Time) bool {
	if a == nil || b == nil {
		return a == b
	}
	return a.Equal(*b)
}

// top is the field of the entity that a dotted name begins with.
func top(field string) string {
	name, _, _ := strings.Cut(field, ".")
	return name
}
