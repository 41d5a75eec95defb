package derive

import (
	"reflect"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// identity names the fields that say which entity it is, or whose. Where nobody
// speaks for such a field every feed may fill it in, and none empties it.
func identity(field string) bool {
	switch field {
	case "org_id", "application_id", "candidate_id", "interview_id", "headcount_id":
		return true
	default:
		return false
	}
}

// merge lays an observation over what is known: before is a pointer to the
// entity or nil, and is not changed. It returns the entity after it, and the
// top-level fields the observation decided.
func merge(m *content.Model, before any, claims []schemas.Claim, obs *normalize.Observation) (any, map[string]bool) {
	seen := reflect.ValueOf(obs.Entity).Elem()
	rec := m.Record(seen.Type())
	after := reflect.New(seen.Type())
	if before != nil {
		after.Elem().Set(reflect.ValueOf(before).Elem())
	}
	owners := make([]*schemas.Claim, rec.Len())
	for i := range claims {
		for _, name := range claims[i].Fields {
			if at, ok := rec.Index(name); ok {
				owners[at] = &claims[i]
			}
		}
	}
	taken := make(map[string]bool, len(obs.Carries)+1)
	take := func(name string) {
		at, ok := rec.Index(name)
		if !ok || !mayTake(obs, owners[at]) {
			return
		}
		after.Elem().Field(at).Set(seen.Field(at))
		taken[name] = true
	}
	for _, name := range obs.Carries {
		take(name)
	}
	take("extra")
	for at := range rec.Len() {
		name := rec.Name(at)
		if identity(name) && owners[at] == nil && !taken[name] && after.Elem().Field(at).IsZero() {
			after.Elem().Field(at).Set(seen.Field(at))
		}
	}
	return after.Interface(), taken
}

// mayTake says whether an observation may decide a field that owner decided
// last. Its own feed's order was judged before.
func mayTake(obs *normalize.Observation, owner *schemas.Claim) bool {
	if owner == nil || owner.Feed == obs.Feed {
		return true
	}
	return rank(obs.Feed) > rank(owner.Feed) && !obs.ReadAt.Before(owner.ReadAt)
}
