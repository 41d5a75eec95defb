package derive

import (
	"slices"
	"time"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// rank orders feeds by how much they tell: where two disagree on a field, the
// richer API read outranks the older one, which outranks the webhook. A sweep
// shows that entities are there or gone, and no field of them.
func rank(f schemas.Feed) int {
	switch f {
	case schemas.FeedEhrApplicationsV2, schemas.FeedHeadcountDetail:
		return 5
	case schemas.FeedEhrApplicationsV1, schemas.FeedHeadcountFeed:
		return 4
	case schemas.FeedMovedApplications:
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
func judge(prev *last, obs *normalize.Observation, entry *schemas.JournalEntry) Verdict {
	c := claimOf(prev.claims, obs.Feed)
	again := repeats(c, entry)
	// What a replay repeats was triggered long ago: of other feeds, too, it is known
	// what they have said since.
	byReading := !isWebhook(obs.Feed) || entry.Channel == schemas.ChannelReplay
	switch {
	case obs.Act == normalize.Gone && byReading:
		if again && !latest(c, entry) {
			return Stale
		}
		return judgeGone(prev, obs, entry)
	case afterGone(prev, obs, byReading, again):
		return Stale
	case c == nil:
		return Changed
	case again && (!latest(c, entry) || prev.entity != nil && len(c.Fields) == 0):
		// Another of the same version came after it, or the entity was deleted since
		// and has come back as others show it.
		return Stale
	case !again && slices.Contains(c.EntryIds, entry.EntryID):
		return Duplicate
	case order(obs, c) < 0:
		return Stale
	default:
		return Changed
	}
}

// repeats tells whether an entry of a replay is one that was applied: then it is
// read anew, and corrects what the mapper made of it then.
func repeats(c *schemas.Claim, entry *schemas.JournalEntry) bool {
	return c != nil && entry.Channel == schemas.ChannelReplay && slices.Contains(c.EntryIds, entry.EntryID)
}

// latest tells whether no entry was applied to the claim after this one.
func latest(c *schemas.Claim, entry *schemas.JournalEntry) bool {
	return c.EntryIds[len(c.EntryIds)-1] == entry.EntryID
}

// judgeGone says whether a read that did not find an entity is news. It is not
// where there is nothing to delete: only of a webhook that tells of a deletion is
// it kept, for it may have overtaken what came before it. Nor is it where the
// entity was seen since: the read had begun before that.
func judgeGone(prev *last, obs *normalize.Observation, entry *schemas.JournalEntry) Verdict {
	c := claimOf(prev.claims, obs.Feed)
	again := repeats(c, entry)
	if c != nil && !again && slices.Contains(c.EntryIds, entry.EntryID) {
		return Duplicate
	}
	if prev.entity == nil {
		return Unchanged
	}
	for i := range prev.claims {
		seen := prev.claims[i].ReadAt
		if seen.After(obs.ReadAt) || !again && seen.Equal(obs.ReadAt) {
			return Stale
		}
	}
	return Changed
}

// afterGone tells whether an observation that shows an entity is older than its
// deletion. What was read before a deletion was known is no news, however new the
// version that it shows. Webhooks are ordered by when Moka triggered them: among
// each other by the claim of their feed, after a read that did not find the
// entity by the clock, where Moka tells when. again says that the very entry is
// read anew: it may have been the one that was taken for a deletion.
func afterGone(prev *last, obs *normalize.Observation, byReading, again bool) bool {
	switch {
	case prev.deletedAt == nil || obs.Act == normalize.Gone:
		return false
	case byReading:
		return obs.ReadAt.Before(*prev.deletedAt) || !again && obs.ReadAt.Equal(*prev.deletedAt)
	}
	sweep := claimOf(prev.claims, schemas.FeedSweep)
	return sweep != nil && sweep.ReadAt.Equal(*prev.deletedAt) &&
		obs.UpdatedAt != nil && obs.UpdatedAt.Before(*prev.deletedAt)
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
		same := order(obs, &c) == 0
		mine.EntryIds = remembered(c.EntryIds, entryID, same)
		if same {
			mine.ReadAt = later(c.ReadAt, obs.ReadAt)
		}
		if mine.UpdatedAt == nil { // a webhook that does not say when it was triggered
			mine.UpdatedAt = c.UpdatedAt
		}
	}
	for f := range taken {
		mine.Fields = append(mine.Fields, f)
	}
	slices.Sort(mine.Fields)
	return append(out, mine)
}

const (
	// entriesOfVersion bounds how many entries of one version are remembered.
	// Moka would have to trigger more webhooks of one entity within a second.
	entriesOfVersion = 256
	// entriesBefore are remembered of the versions before it: enough to know a
	// repeated webhook that does not say when it was triggered.
	entriesBefore = 8
)

// remembered is the list of applied entries with one more, oldest first. One that
// is read anew is there already.
func remembered(entries []string, entry string, sameVersion bool) []string {
	if slices.Contains(entries, entry) {
		return entries
	}
	most := entriesBefore
	if sameVersion {
		most = entriesOfVersion
	}
	from := max(0, len(entries)+1-most)
	return append(slices.Clone(entries[from:]), entry)
}

// disown returns the claims without their fields: nobody decided the fields of
// an entity that is gone.
func disown(claims []schemas.Claim) []schemas.Claim {
	out := slices.Clone(claims)
	for i := range out {
		out[i].Fields = []string{}
	}
	return out
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
