package derive

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// last is what is known of an entity, whatever its family.
type last struct {
	// entity is a pointer to it; nil when it is unknown or was deleted.
	entity      any
	version     int64
	fingerprint string
	eventID     string
	changedAt   time.Time
	deletedAt   *time.Time
	commands    []schemas.PendingCommand
	claims      []schemas.Claim
}

// unknown: nobody has shown the entity yet, nor its deletion. Commands may wait
// for it all the same.
func (l *last) unknown() bool { return l.entity == nil && l.deletedAt == nil }

// nothing: there is nothing to keep.
func (l *last) nothing() bool { return l.unknown() && len(l.commands) == 0 && len(l.claims) == 0 }

// family gives the decisions of one kind of entity their types. Its entities and
// states are pointers to the generated ones.
type family interface {
	// identify returns the family and the entity's key; the root of the key is
	// its application, or itself.
	identify(entity any) (publish.Family, string)
	// last reads a state; nil is nothing known.
	last(state any) (last, error)
	state(next *last) any
	// tell returns what a change comes to: at least one telling.
	tell(m *content.Model, s *step) []telling
	event(s *step, t *telling, origin Origin) any
}

// typed is what the families differ in: E is the entity, S its state.
type typed[E, S any] interface {
	identify(*E) (publish.Family, string)
	// fields points at what a state holds.
	fields(*S) fields[E]
	tell(m *content.Model, s *step, before, after *E) []telling
	event(s *step, t *telling, origin Origin, id, before, after *E) any
}

// fields point at those of a state. That of commands is nil for a family that
// write-back does not touch.
type fields[E any] struct {
	entity               **E
	version              *int64
	fingerprint, eventID *string
	deletedAt            **time.Time
	changedAt            *time.Time
	commands             *[]schemas.PendingCommand
	claims               *[]schemas.Claim
}

// of is the family that T knows the types of.
type of[E, S any, T typed[E, S]] struct{ typed T }

func (f of[E, S, T]) identify(entity any) (publish.Family, string) {
	return f.typed.identify(entity.(*E))
}

func (f of[E, S, T]) last(state any) (last, error) {
	if state == nil {
		return last{}, nil
	}
	s, ok := state.(*S)
	if !ok {
		return last{}, fmt.Errorf("%T is not the state of the entity", state)
	}
	in := f.typed.fields(s)
	l := last{
		version: *in.version, fingerprint: *in.fingerprint, eventID: *in.eventID,
		changedAt: *in.changedAt, deletedAt: *in.deletedAt, claims: *in.claims,
	}
	if *in.entity != nil {
		l.entity = *in.entity
	}
	if in.commands != nil {
		l.commands = *in.commands
	}
	return l, nil
}

func (f of[E, S, T]) state(next *last) any {
	s := new(S)
	in := f.typed.fields(s)
	*in.entity, *in.version, *in.fingerprint, *in.eventID = as[E](next.entity), next.version, next.fingerprint, next.eventID
	*in.deletedAt, *in.changedAt, *in.claims = next.deletedAt, next.changedAt, next.claims
	if in.commands != nil {
		*in.commands = next.commands
	}
	return s
}

func (f of[E, S, T]) tell(m *content.Model, s *step) []telling {
	return f.typed.tell(m, s, as[E](s.before), as[E](s.after))
}

func (f of[E, S, T]) event(s *step, t *telling, origin Origin) any {
	return f.typed.event(s, t, origin, s.obs.Entity.(*E), as[E](t.before), as[E](t.after))
}

func familyOf(entity any) (family, error) {
	switch entity.(type) {
	case *schemas.Candidate:
		return of[schemas.Candidate, schemas.CandidateState, candidates]{}, nil
	case *schemas.Offer:
		return of[schemas.Offer, schemas.OfferState, offers]{}, nil
	case *schemas.Interview:
		return of[schemas.Interview, schemas.InterviewState, interviews]{}, nil
	case *schemas.Headcount:
		return of[schemas.Headcount, schemas.HeadcountState, headcounts]{}, nil
	default:
		return nil, fmt.Errorf("%T is not an entity", entity)
	}
}

// KeyOf returns the entity key of a pointer to an entity, and its family.
func KeyOf(entity any) (publish.Family, string, error) {
	fam, err := familyOf(entity)
	if err != nil {
		return 0, "", err
	}
	family, key := fam.identify(entity)
	return family, key, nil
}

// NewState returns a pointer to an empty state of the family, to decode into.
func NewState(f publish.Family) any {
	switch f {
	case publish.Candidates:
		return new(schemas.CandidateState)
	case publish.Offers:
		return new(schemas.OfferState)
	case publish.Interviews:
		return new(schemas.InterviewState)
	default:
		return new(schemas.HeadcountState)
	}
}

// as is the pointer that v holds, nil if it holds none.
func as[T any](v any) *T {
	p, ok := v.(*T)
	if !ok {
		return nil
	}
	return p
}

// touched tells whether one of the changed fields is the named one or within it.
func touched(changed []string, field string) bool {
	return slices.ContainsFunc(changed, func(c string) bool {
		return c == field || strings.HasPrefix(c, field) && c[len(field)] == '.'
	})
}

// became tells whether a field was given the value just now.
func became[T comparable](before, after *T, value T) bool {
	return after != nil && *after == value && (before == nil || *before != value)
}

// list keeps an absent list from being null on the wire.
func list(changed []string) []string {
	if changed == nil {
		return []string{}
	}
	return changed
}
