package poll

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// known are the entities of one kind that the index knows.
type known interface {
	// After lists up to n ids above id, in order, that were last seen before
	// then.
	After(id int64, n int, before time.Time) ([]int64, error)
}

// sweep looks at every known application once in a while.
type sweep struct {
	org      string
	every    time.Duration
	known    known
	lookup   lookup
	started  time.Time // of the pass; zero before the first
	complete bool      // the pass is complete
	last     int64
	items    int64
	// batch are the ids of the next call, looked up ahead.
	batch    []int64
	underway map[int64]bool
	portion
}

const sweepFeed = "sweep:applications"

func newSweep(org string, every time.Duration, k known, l lookup) *sweep {
	return &sweep{org: org, every: every, known: k, lookup: l, underway: map[int64]bool{}, complete: true, portion: newPortion()}
}

func (s *sweep) name() string      { return sweepFeed }
func (s *sweep) class() moka.Class { return moka.ClassSweep }

// restore takes up a pass where it was left. Without one, the first begins one
// interval from now: what is known was just read.
func (s *sweep) restore(now time.Time, c *schemas.Checkpoint) {
	s.started, s.complete = now, true
	if c != nil && c.StartedAt != nil {
		s.started, s.complete, s.items = *c.StartedAt, c.Completed, c.Items
		if c.LastID != nil {
			s.last = *c.LastID
		}
	}
}

func (s *sweep) due(now time.Time) (time.Time, bool) {
	if s.every == 0 {
		return time.Time{}, false
	}
	if s.complete {
		return s.started.Add(s.every), true
	}
	return time.Time{}, true
}

func (s *sweep) begin(now time.Time) call {
	if s.complete {
		s.started, s.complete, s.last, s.items = now, false, 0, 0
	}
	ids, err := s.known.After(s.last, s.size, s.started)
	s.batch = ids
	clear(s.underway)
	for _, id := range ids {
		s.underway[id] = true
	}
	if err != nil || len(ids) == 0 {
		return func(context.Context, API) (answer, error) { return answer{}, err }
	}
	return s.lookup.call(moka.ClassSweep, ids)
}

func (s *sweep) done(now time.Time, a answer) outcome {
	missing := append(absent(s.underway, a.page), s.lost...)
	complete, last, items := len(s.batch) == 0, s.last, s.items+int64(len(s.batch))
	if !complete {
		last = slices.Max(s.batch)
	}
	return outcome{
		found:   pageOf(a.page, s.lookup.endpoint(), schemas.ChannelSweep, false),
		cursors: []*schemas.Checkpoint{s.checkpoint(now, last, items, complete)},
		then: func(t *tally) {
			s.last, s.items, s.complete, s.lost = last, items, complete, nil
			s.worked(s.batch)
			t.missing = append(t.missing, missing...)
		},
	}
}

func (s *sweep) checkpoint(now time.Time, last, items int64, complete bool) *schemas.Checkpoint {
	started := s.started
	return &schemas.Checkpoint{
		OrgID: s.org, Feed: sweepFeed, LastID: &last, Items: items, Completed: complete, StartedAt: &started, SavedAt: now,
	}
}

// failed asks for fewer at once. One that can't be had alone is left to recheck.
func (s *sweep) failed(time.Time, error) {
	if len(s.batch) > 0 && s.portion.failed(s.batch) {
		s.last = s.batch[0]
	}
}

// recheck asks once more for applications that were not there, and calls those
// deleted that are not there again.
type recheck struct {
	after  time.Duration
	lookup lookup
	// missed is when each was not there for the first time.
	missed   map[int64]time.Time
	underway map[int64]bool
	failing  int
	brake    *brake
	// witness is an application that was there; 0 for none.
	witness int64
	portion
}

// errNoWitness says that an answer does not show what is known to be there.
var errNoWitness = errors.New("the answer does not show an application that was there: nothing is called deleted by it")

func newRecheck(after time.Duration, l lookup, b *brake) *recheck {
	return &recheck{after: after, lookup: l, brake: b, missed: map[int64]time.Time{}, underway: map[int64]bool{}, portion: newPortion()}
}

func (r *recheck) name() string      { return "recheck" }
func (r *recheck) class() moka.Class { return moka.ClassSweep }

// miss notes that an application was not there; only the first time counts.
func (r *recheck) miss(id int64, at time.Time) {
	if _, ok := r.missed[id]; !ok {
		r.missed[id] = at
	}
	if id == r.witness {
		r.witness = 0
	}
}

func (r *recheck) found(id int64) {
	delete(r.missed, id)
	r.witness = id
}

func (r *recheck) due(time.Time) (time.Time, bool) {
	var first time.Time
	for _, at := range r.missed {
		if first.IsZero() || at.Before(first) {
			first = at
		}
	}
	return first.Add(r.after), !first.IsZero()
}

func (r *recheck) begin(now time.Time) call {
	clear(r.underway)
	for id, at := range r.missed {
		if len(r.underway) < min(r.size, perCall-1) && now.Sub(at) >= r.after {
			r.underway[id] = true
		}
	}
	ids, witness := slices.Collect(maps.Keys(r.underway)), int64(0)
	if !r.lookup.v2 {
		// Moka documents of this endpoint that it answers with an error where there
		// is nobody, as it does when it is out of order: somebody has to be there.
		witness = r.witness
	}
	// An account need not have the other endpoint, and Moka documents that it
	// answers with an error where there is nobody: it is asked a few times.
	opinion := r.failing < stubborn
	return func(ctx context.Context, api API) (answer, error) {
		var a answer
		var err error
		if a.page, err = r.lookup.page(ctx, api, moka.ClassSweep, withWitness(ids, witness)); err != nil {
			return a, err
		}
		if len(missing([]int64{witness}, a.page)) > 0 && witness != 0 {
			return a, errNoWitness
		}
		left := missing(ids, a.page)
		if len(left) == 0 {
			return a, nil
		}
		// The other endpoint is asked before anything is called deleted: that the
		// first leaves nothing out is not documented.
		a.second, err = lookup{v2: !r.lookup.v2}.page(ctx, api, moka.ClassSweep, left)
		if err != nil && opinion {
			return a, err
		}
		return a, nil
	}
}

func (r *recheck) done(now time.Time, a answer) outcome {
	out := outcome{found: pageOf(a.page, r.lookup.endpoint(), schemas.ChannelSweep, false)}
	held := map[int64]bool{}
	for _, id := range absent(r.underway, a.page) {
		if len(missing([]int64{id}, a.second)) == 0 {
			continue
		}
		if held[id] = !r.brake.allow(now); !held[id] {
			out.found = append(out.found, found{
				endpoint: endpointSweep, channel: schemas.ChannelSweep, gone: true,
				item: moka.Item{ID: id, ApplicationIDs: []int64{id}}, began: a.page.Began,
			})
		}
	}
	ids := slices.Collect(maps.Keys(r.underway))
	out.then = func(*tally) {
		r.failing, r.lost = 0, nil
		r.worked(ids)
		for _, id := range ids {
			delete(r.missed, id)
			if held[id] {
				r.missed[id] = now // to be asked for again
			}
		}
	}
	return out
}

// failed asks for fewer at once, and for those that fail alone later.
func (r *recheck) failed(now time.Time, err error) {
	r.failing++
	if errors.Is(err, errNoWitness) {
		r.witness = 0
	}
	ids := slices.Collect(maps.Keys(r.underway))
	if r.portion.failed(ids) {
		r.missed[ids[0]], r.lost = now, nil
	}
}

func withWitness(ids []int64, witness int64) []int64 {
	if witness == 0 || slices.Contains(ids, witness) {
		return ids
	}
	return append(slices.Clone(ids), witness)
}
