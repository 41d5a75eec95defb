package derive

import (
	"context"
	"slices"
	"strings"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// leftOf are the offer and the interviews that are known of an application which
// is gone: they are gone as well, by the same read. Their order is that of their
// keys.
func (u *unfolding) leftOf(ctx context.Context, c *schemas.Candidate, gone *normalize.Observation) ([]normalize.Observation, error) {
	left := func(entity normalize.Entity) normalize.Observation {
		obs := *gone
		obs.Entity = entity
		return obs
	}
	var all []normalize.Observation
	offer := publish.OfferKey(c.OrgID, c.ApplicationID)
	keys, err := u.keysOf(ctx, publish.Offers, offer)
	if err != nil {
		return nil, err
	}
	if slices.Contains(keys, offer) {
		all = append(all, left(&schemas.Offer{OrgID: c.OrgID, ApplicationID: c.ApplicationID, CandidateID: c.CandidateID}))
	}
	prefix := publish.InterviewKey(c.OrgID, c.ApplicationID, "")
	if keys, err = u.keysOf(ctx, publish.Interviews, prefix); err != nil {
		return nil, err
	}
	for _, key := range keys {
		all = append(all, left(&schemas.Interview{
			OrgID: c.OrgID, ApplicationID: c.ApplicationID, CandidateID: c.CandidateID, InterviewID: strings.TrimPrefix(key, prefix),
		}))
	}
	return all, nil
}
