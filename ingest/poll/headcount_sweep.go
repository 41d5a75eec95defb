package poll

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// headcountSweep compares the list of all headcounts with those that are known.
type headcountSweep struct {
	org     string
	every   time.Duration
	after   time.Duration
	known   known
	details *details
	brake   *brake
	nextAt  time.Time
	// absent is when each known one was missing from the list for the first time.
	absent map[int64]time.Time
	// failing counts the passes in a row that came to nothing.
	failing int
}

const headcountSweepFeed = "sweep:headcounts"

func newHeadcountSweep(org string, every, after time.Duration, k known, d *details, b *brake) *headcountSweep {
	return &headcountSweep{org: org, every: every, after: after, known: k, details: d, brake: b, absent: map[int64]time.Time{}}
}

func (s *headcountSweep) name() string      { return headcountSweepFeed }
func (s *headcountSweep) class() moka.Class { return moka.ClassSweep }

func (s *headcountSweep) restore(now time.Time, c *schemas.Checkpoint) {
	s.nextAt = now.Add(s.after)
	if c != nil && c.StartedAt != nil {
		s.nextAt = later(c.StartedAt.Add(s.every), now)
		if !c.Completed { // the second look was still to come
			s.nextAt = now
		}
	}
}

func (s *headcountSweep) due(time.Time) (time.Time, bool) { return s.nextAt, s.every > 0 }

// opinions is how many headcounts a pass asks for one by one; others wait for the
// next.
const opinions = 20

// begin lists all headcounts, and asks for those by id that were missing once
// before: that the list leaves nothing out is not documented. Nor is what Moka
// says of one that is not there; where it fails again and again, the list is
// believed alone.
func (s *headcountSweep) begin(now time.Time) call {
	var suspects []int64
	for _, id := range slices.Sorted(maps.Keys(s.absent)) {
		if now.Sub(s.absent[id]) >= s.after && len(suspects) < opinions {
			suspects = append(suspects, id)
		}
	}
	ask := s.failing < stubborn
	return func(ctx context.Context, api API) (answer, error) {
		page, err := api.MinimalHeadcounts(ctx, moka.ClassSweep)
		a := answer{page: page, denied: map[int64]bool{}}
		if err != nil {
			return a, err
		}
		a.second.Began = page.Began
		for _, id := range missing(suspects, page) {
			item, _, err := api.Headcount(ctx, moka.ClassSweep, id)
			kind := moka.KindOf(err)
			switch {
			case kind == moka.KindNotFound, err != nil && !ask && kind != moka.KindQuota && kind != moka.KindAuth:
				a.denied[id] = true
			case err != nil:
				return a, err
			default:
				item.ID = id
				a.second.Items = append(a.second.Items, item)
			}
		}
		return a, nil
	}
}

func (s *headcountSweep) done(now time.Time, a answer) outcome {
	listed := map[int64]bool{}
	for _, item := range a.page.Items {
		if item.ID > 0 {
			listed[item.ID] = true
		}
	}
	out := outcome{found: pageOf(a.second, endpointHeadcount, schemas.ChannelSweep, true)}
	shown := map[int64]bool{}
	for _, item := range a.second.Items {
		shown[item.ID] = true
	}
	missing := map[int64]time.Time{}
	for from := int64(0); ; {
		ids, err := s.known.After(from, 1000, a.page.Began)
		if err != nil || len(ids) == 0 {
			break
		}
		for _, id := range ids {
			from = id
			if shown[id] {
				continue
			}
			if listed[id] {
				delete(listed, id)
				continue
			}
			first, again := s.absent[id]
			if again && a.denied[id] && s.brake.allow(now) {
				out.found = append(out.found, found{
					endpoint: endpointSweep, channel: schemas.ChannelSweep, gone: true, headcount: true,
					item: moka.Item{ID: id}, began: a.page.Began,
				})
				continue
			}
			if !again {
				first = now
			}
			missing[id] = first
		}
	}
	out.cursors = []*schemas.Checkpoint{{
		OrgID: s.org, Feed: headcountSweepFeed, StartedAt: &now, Items: int64(len(a.page.Items)), Completed: len(missing) == 0, SavedAt: now,
	}}
	out.then = func(*tally) {
		s.absent, s.failing = missing, 0
		s.nextAt = now.Add(s.every)
		if len(missing) > 0 {
			s.nextAt = now.Add(s.after) // a second look, before anything is called deleted
		}
		for id := range listed {
			s.details.want(id, time.Time{}) // nobody told us of it
		}
	}
	return out
}

func (s *headcountSweep) failed(time.Time, error) { s.failing++ }
