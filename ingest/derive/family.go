package derive

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// family gives the decisions of one kind of entity their types.
type family interface {
	// identify returns the family and the entity's key; the root of the key is
	// its application, or itself.
	identify(entity any) (publish.Family, string)
	// last reads a pointer to the family's state; nil is nothing known.
	last(state any) (last, error)
	// kind names the most telling change.
	kind(s *step) string
	event(s *step, kind string, origin Origin) any
	state(next *last, fingerprint string) any
}

func familyOf(entity any) (family, error) {
	switch entity.(type) {
	case *schemas.Candidate:
		return candidates{}, nil
	case *schemas.Offer:
		return offers{}, nil
	case *schemas.Interview:
		return interviews{}, nil
	case *schemas.Headcount:
		return headcounts{}, nil
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

func wrongState(state any) error { return fmt.Errorf("%T is not the state of the entity", state) }

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

func pointerOrNil[T any](v any) *T {
	p, ok := v.(*T)
	if !ok {
		return nil
	}
	return p
}
