package derive

import (
	"slices"
	"time"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// rank orders feeds by how much they tell: where two disagree on a field, the
// richer API read outranks the older one, which outranks the webhook.
func rank(f schemas.Feed) int {
	switch f {
	case schemas.FeedEhrApplicationsV2, schemas.FeedHeadcountDetail:
		return 4
	case schemas.FeedEhrApplicationsV1, schemas.FeedHeadcountFeed:
		return 3
	case schemas.FeedInterviewList, schemas.FeedFeedbackFeed:
		return 2
	case schemas.FeedWebhookInterview, schemas.FeedWebhookPush:
		return 1
	default:
		return 0
	}
}

// isWebhook tells feeds whose version is the time they were triggered, in whole
// seconds: within one second the order of the journal decides.
func isWebhook(f schemas.Feed) bool {
	return f == schemas.FeedWebhookPush || f == schemas.FeedWebhookInterview
}

// order compares the version of an observation with that of its feed's claim:
// negative when the observation is older.
func order(obs *normalize.Observation, c *schemas.Claim) int {
	if obs.UpdatedAt != nil && c.UpdatedAt != nil {
		if n := obs.UpdatedAt.Compare(*c.UpdatedAt); n != 0 {
			return n
		}
		if isWebhook(obs.Feed) {
			return 0
		}
	}
	return obs.ReadAt.Compare(c.ReadAt)
}

func claimOf(claims []schemas.Claim, f schemas.Feed) *schemas.Claim {
	for i := range claims {
		if claims[i].Feed == f {
			return &claims[i]
		}
	}
	return nil
}

// judge says whether an observation may be looked at, given what is known.
func judge(prev *last, obs *normalize.Observation, entryID string) Verdict {
	if c := claimOf(prev.claims, obs.Feed); c != nil {
		n := order(obs, c)
		if n < 0 {
			return Stale
		}
		if n == 0 && slices.Contains(c.EntryIds, entryID) {
			return Duplicate
		}
		return Changed
	}
	// What another feed read before the deletion was known is no news of a
	// deleted entity.
	if prev.deletedAt != nil && !obs.ReadAt.After(latestRead(prev.claims)) {
		return Stale
	}
	return Changed
}

func latestRead(claims []schemas.Claim) time.Time {
	var t time.Time
	for i := range claims {
		if claims[i].ReadAt.After(t) {
			t = claims[i].ReadAt
		}
	}
	return t
}

// advance returns the claims after an observation that took the named fields:
// its feed's claim has the new version, and no other feed has the fields. The
// given claims are not changed.
func advance(claims []schemas.Claim, obs *normalize.Observation, entryID string, taken map[string]bool) []schemas.Claim {
	out := make([]schemas.Claim, 0, len(claims)+1)
	mine := schemas.Claim{
		Feed: obs.Feed, UpdatedAt: obs.UpdatedAt, ReadAt: obs.ReadAt,
		EntryIds: []string{entryID}, Fields: make([]string, 0, len(taken)),
	}
	for i := range claims {
		c := claims[i]
		if c.Feed != obs.Feed {
			c.Fields = slices.DeleteFunc(slices.Clone(c.Fields), func(f string) bool { return taken[f] })
			out = append(out, c)
			continue
		}
		for _, f := range c.Fields {
			if !taken[f] {
				mine.Fields = append(mine.Fields, f)
			}
		}
		if order(obs, &c) == 0 {
			mine.EntryIds = append(slices.Clone(c.EntryIds), entryID)
			mine.ReadAt = later(c.ReadAt, obs.ReadAt)
		}
	}
	for f := range taken {
		mine.Fields = append(mine.Fields, f)
	}
	slices.Sort(mine.Fields)
	return append(out, mine)
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
