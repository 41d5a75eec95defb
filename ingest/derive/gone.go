package derive

import (
	"maps"
	"slices"
	"strings"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// leftOf are the offer and the interviews that are known of an application which
// is gone: they are gone as well, by the same read. Their order is that of their
// keys.
func (f *draft) leftOf(c *schemas.Candidate, gone *normalize.Observation) ([]normalize.Observation, error) {
	left := func(entity normalize.Entity) normalize.Observation {
		obs := *gone
		obs.Entity = entity
		return obs
	}
	var all []normalize.Observation
	offer := publish.OfferKey(c.OrgID, c.ApplicationID)
	keys, err := f.keysOf(publish.Offers, offer)
	if err != nil {
		return nil, err
	}
	if slices.Contains(keys, offer) {
		all = append(all, left(&schemas.Offer{OrgID: c.OrgID, ApplicationID: c.ApplicationID, CandidateID: c.CandidateID}))
	}
	prefix := publish.InterviewKey(c.OrgID, c.ApplicationID, "")
	if keys, err = f.keysOf(publish.Interviews, prefix); err != nil {
		return nil, err
	}
	for _, key := range keys {
		all = append(all, left(&schemas.Interview{
			OrgID: c.OrgID, ApplicationID: c.ApplicationID, CandidateID: c.CandidateID, InterviewID: strings.TrimPrefix(key, prefix),
		}))
	}
	return all, nil
}

// keysOf are the keys of a family that begin with prefix and have a state, in
// the local copy or in this transaction, sorted.
func (f *draft) keysOf(family publish.Family, prefix string) ([]string, error) {
	found := map[string]bool{}
	p := state.Partition{Topic: f.topics.State(family), Partition: f.partition}
	err := f.store.Keys(p, prefix, func(key string) error {
		found[key] = true
		return nil
	})
	if err != nil {
		return nil, err
	}
	for _, decided := range []map[entityKey]version{f.pending, f.decided} {
		for k, v := range decided {
			if k.family == family && strings.HasPrefix(k.key, prefix) {
				found[k.key] = v.value != nil
			}
		}
	}
	maps.DeleteFunc(found, func(_ string, there bool) bool { return !there })
	return slices.Sorted(maps.Keys(found)), nil
}
