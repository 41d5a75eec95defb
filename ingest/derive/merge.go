package derive

import (
	"reflect"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// identity names the fields that say which entity it is. Every feed may fill
// them in, and none empties them.
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
func (m *model) merge(before any, claims []schemas.Claim, obs *normalize.Observation) (any, map[string]bool) {
	seen := reflect.ValueOf(obs.Entity).Elem()
	rec := m.types[seen.Type()]
	after := reflect.New(seen.Type())
	if before != nil {
		after.Elem().Set(reflect.ValueOf(before).Elem())
	}
	owners := make([]*schemas.Claim, len(rec.fields))
	for i := range claims {
		for _, name := range claims[i].Fields {
			if at, ok := rec.byName[name]; ok {
				owners[at] = &claims[i]
			}
		}
	}
	taken := make(map[string]bool, len(obs.Carries)+1)
	take := func(name string) {
		at, ok := rec.byName[name]
		if !ok || !mayTake(obs, owners[at]) {
			return
		}
		f := rec.fields[at].index
		after.Elem().Field(f).Set(seen.Field(f))
		taken[name] = true
	}
	for _, name := range obs.Carries {
		take(name)
	}
	take("extra")
	for _, f := range rec.fields {
		if v := seen.Field(f.index); identity(f.name) && !v.IsZero() {
			after.Elem().Field(f.index).Set(v)
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
