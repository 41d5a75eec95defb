package poll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Lease is the right to poll an organisation, and where what was read goes;
// *checkpoint.Lease is one.
type Lease interface {
	// Cursors are all checkpoints of the organisation by feed, as the lease began.
	Cursors() map[string]*schemas.Checkpoint
	// Updates are those that others wrote since.
	Updates() <-chan checkpoint.Update
	// Commit makes all of it durable, or nothing.
	Commit(ctx context.Context, entries []*schemas.JournalEntry, cursors []*schemas.Checkpoint, gone []string) error
}

// Letters writes dead letters; *publish.DeadLetters does.
type Letters interface {
	Put(ctx context.Context, letter schemas.DeadLetter) error
}

// EngineDeps are what an Engine works with.
type EngineDeps struct {
	API     API
	Lease   Lease
	Letters Letters
	Index   *Index
	// Budget is asked for each call; it belongs to the engine alone.
	Budget *moka.Budget
	OrgID  string
	Model  *content.Model
	// Normalize is read as derive reads it, or fingerprints are of another thing.
	Normalize normalize.Options
	Now       func() time.Time
	// Jitter is uniform in 0 to 1.
	Jitter  func() float64
	Log     zerolog.Logger
	Metrics *Metrics
	// Tracer makes a span of what is committed together, which its entries name; nil
	// makes none.
	Tracer *publish.Tracer
}

// Engine runs the feeds of one lease. Its methods are for one goroutine; calls
// to Moka alone are made in others.
type Engine struct {
	cfg    Config
	deps   EngineDeps
	mapper mapper

	refetch *refetch
	main    *series
	hot     *hotSet
	recheck *recheck
	brake   *brake
	slow    *details
	fixed   []feed
	jobs    []*job
	cursors map[string]*schemas.Checkpoint
	// first are checkpoints that the first commit writes.
	first  []*schemas.Checkpoint
	hands  map[string]*hand
	resets map[string]bool

	counted  time.Time // when to count what is known
	reload   time.Time // when to look into the index for more of the hot set
	underWay int
	paused   time.Time // until then, for all feeds
	trouble  error     // of authentication
	worked   bool
	lastOK   time.Time // of any feed
}

// hand is how the engine holds a feed: busy while a call is under way, resting
// after trouble.
type hand struct {
	busy   bool
	rest   time.Time
	pause  time.Duration
	lastOK time.Time
	// refused is when Moka last did not accept the credentials for it.
	refused time.Time
}

// task is a call that is to be made.
type task struct {
	feed feed
	call call
}

// result is what came of a task.
type result struct {
	task   task
	answer answer
	err    error
	// requests is how many the call came to, by the client's gate; 0 where nobody
	// counted.
	requests int
}

// NewEngine takes up the feeds where the lease's cursors say. It fails only if
// the index can't be read.
func NewEngine(cfg Config, deps EngineDeps) (*Engine, error) {
	now := deps.Now()
	l := lookup{v2: cfg.Applications == ApplicationsV2}
	e := &Engine{
		cfg: cfg, deps: deps, cursors: deps.Lease.Cursors(), hands: map[string]*hand{}, resets: map[string]bool{},
		mapper: mapper{org: deps.OrgID, opts: deps.Normalize, model: deps.Model, index: deps.Index},
		main:   applications(cfg, deps.OrgID), hot: newHotSet(l, cfg.HotSetMinAge),
		brake: &brake{limit: cfg.GoneLimit},
		slow:  newDetails("backfill_details", moka.ClassBackfill, schemas.ChannelBackfill, deps.Index),
	}
	e.refetch, e.recheck = newRefetch(l, e.hot.oldest), newRecheck(cfg.GoneAfter, l, e.brake)
	all := newSweep(deps.OrgID, cfg.SweepEvery, knownKind{deps.Index, Applications}, l)
	all.restore(now, e.cursors[sweepFeed])
	if e.cursors[sweepFeed] == nil && cfg.SweepEvery > 0 {
		// Or the first would be put off at every restart.
		e.first = append(e.first, all.checkpoint(now, 0, 0, true))
	}
	e.main.restore(now, e.cursors[e.main.label])
	e.fixed = append([]feed{e.refetch, e.main, e.hot, e.recheck, all, e.slow}, e.others(now)...)
	for feed, c := range e.cursors {
		if id, ok := applicationIn(feed); ok {
			e.refetch.ask(id, c.SavedAt, now)
		}
	}
	e.startJobs(now)
	err := errors.Join(
		e.takeOver(now),
		deps.Index.Hot(func(id int64, seen time.Time) { e.hot.saw(id, true, seen) }),
		deps.Index.Missed(e.recheck.miss),
	)
	if err != nil {
		return nil, fmt.Errorf("read the poll index: %w", err)
	}
	return e, nil
}

// others are the feeds that are not about applications.
func (e *Engine) others(now time.Time) []feed {
	cfg, org, x := e.cfg, e.deps.OrgID, e.deps.Index
	var all []feed
	if cfg.HeadcountsInterval > 0 {
		quick := newDetails("headcount_details", moka.ClassIncremental, schemas.ChannelPoll, x)
		s := headcounts(cfg, org, quick)
		s.restore(now, e.cursors[s.label])
		lists := newHeadcountSweep(org, cfg.SweepEvery, cfg.GoneAfter, knownKind{x, Headcounts}, quick, e.brake)
		lists.restore(now, e.cursors[headcountSweepFeed])
		all = append(all, quick, s, lists)
	}
	if cfg.InterviewsInterval > 0 {
		all = append(all, &calendar{
			label: "interviews", rank: moka.ClassHotSet, channel: schemas.ChannelPoll, interval: cfg.InterviewsInterval,
			past: cfg.InterviewsPast, ahead: cfg.InterviewsAhead, zone: zoneOf(e.deps.Normalize),
		})
	}
	if cfg.FeedbacksInterval > 0 {
		s := feedbacks(cfg, org)
		s.restore(now, e.cursors[s.label])
		all = append(all, s)
	}
	return all
}

// zoneOf is where Moka's days begin.
func zoneOf(o normalize.Options) *time.Location {
	if o.Location != nil {
		return o.Location
	}
	return time.FixedZone("Beijing", 8*60*60)
}

// feeds are all of the moment.
func (e *Engine) feeds() []feed {
	all := slices.Clone(e.fixed)
	for _, j := range e.jobs {
		all = append(all, j.active()...)
	}
	return all
}

func (e *Engine) hand(f feed) *hand {
	h := e.hands[f.name()]
	if h == nil {
		h = &hand{}
		e.hands[f.name()] = h
	}
	return h
}

// next picks the call to make now, if there is one, else says when to ask again
// at the latest.
func (e *Engine) next(now time.Time) (*task, time.Time) {
	wake := now.Add(time.Minute)
	if e.underWay >= e.cfg.Parallel {
		return nil, wake
	}
	if now.Before(e.paused) {
		return nil, e.paused
	}
	if !now.Before(e.reload) {
		e.reload = now.Add(10 * time.Second)
		// What the follower found; without the index the engine does not get far.
		_ = e.deps.Index.Hot(func(id int64, seen time.Time) { e.hot.saw(id, true, seen) })
		e.count(now)
	}
	// Of each class the feed that has waited longest.
	ready := map[moka.Class]feed{}
	since := map[moka.Class]time.Time{}
	for _, f := range e.feeds() {
		h := e.hand(f)
		if h.busy {
			continue
		}
		at, wants := f.due(now)
		if !wants {
			continue
		}
		if at = later(at, h.rest); at.After(now) {
			wake = earlier(wake, at)
			continue
		}
		waiting := later(later(at, h.lastOK), h.refused)
		if _, taken := ready[f.class()]; !taken || waiting.Before(since[f.class()]) {
			ready[f.class()], since[f.class()] = f, waiting
		}
	}
	if len(ready) == 0 {
		return nil, wake
	}
	classes := make([]moka.Class, 0, len(ready))
	for class := range ready {
		classes = append(classes, class)
	}
	class, ok, at := e.deps.Budget.Pick(now, classes...)
	if !ok {
		return nil, earlier(wake, at)
	}
	f := ready[class]
	e.hand(f).busy = true
	e.underWay++
	return &task{feed: f, call: f.begin(now)}, now
}

// finish takes what came of a call: it makes the news durable, and moves the
// feed on. It fails only with trouble that ends the lease.
func (e *Engine) finish(ctx context.Context, r result) error {
	now, h := e.deps.Now(), e.hand(r.task.feed)
	h.busy = false
	e.underWay--
	e.deps.Budget.Charge(now, r.requests-1) // one was asked for
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if s, ok := r.task.feed.(*slice); ok && !slices.Contains(e.jobs, s.job) {
		return nil // it was called off meanwhile
	}
	if e.resets[r.task.feed.name()] {
		// What it read belongs to the cursor before, and would be saved over the one
		// that was set.
		e.reset(now, r.task.feed)
		return nil
	}
	defer e.reset(now, r.task.feed)
	if c, ok := r.task.feed.(interface{ check(answer) error }); ok && r.err == nil {
		r.err = c.check(r.answer)
	}
	if r.err != nil {
		e.failed(now, r.task.feed, r.err)
		return e.giveUp(ctx, r.task.feed)
	}
	e.deps.Budget.Accepted(now)
	e.main.least = breath(e.deps.Budget.PerMinute(now))
	if err := e.take(ctx, now, r); err != nil {
		return err
	}
	h.pause, h.rest, h.lastOK, e.lastOK = 0, time.Time{}, now, now
	e.trouble, e.worked = nil, true
	e.deps.Metrics.succeeded(r.task.feed.name(), now)
	return nil
}

// breath is the shortest pause between two passes over the applications with so
// many calls a minute: they come before the hot set, and are to leave it more
// than half of the calls. What does not move updatedAt is seen there alone.
func breath(perMinute float64) time.Duration {
	const share = 0.4
	return time.Duration(float64(time.Minute) / max(share*perMinute, 0.1))
}

// take makes an answer durable: first in Kafka, then in the index, then in memory.
func (e *Engine) take(ctx context.Context, now time.Time, r result) error {
	out := r.task.feed.done(now, r.answer)
	n := news{marks: map[string]mark{}}
	for _, f := range out.found {
		if err := e.mapper.take(&n, f); err != nil {
			return err
		}
	}
	if err := e.deps.Index.doubt(n.doubtful); err != nil {
		return err
	}
	if err := e.commit(ctx, &n, &out); err != nil {
		return fmt.Errorf("write what %s showed: %w", r.task.feed.name(), err)
	}
	for key, fingerprint := range out.notes {
		n.marks[key] = mark{fingerprint: fingerprint}
	}
	if err := e.deps.Index.note(n.sightings, n.marks, n.forgotten); err != nil {
		return err
	}
	t := &tally{journaled: len(n.entries)}
	if out.then != nil {
		out.then(t)
	}
	e.remember(n.sightings)
	for _, id := range t.missing {
		e.recheck.miss(id, now)
		if err := e.deps.Index.Miss(id, now); err != nil {
			return fmt.Errorf("write the poll index: %w", err)
		}
	}
	if n := e.brake.tell(); n > 0 {
		e.deps.Metrics.held.Add(float64(n))
		e.deps.Log.Error().Int("entities", n).Int("limit", e.cfg.GoneLimit).
			Msg("more entities are gone from Moka than a day may take: they are not called deleted; look whether the key still sees all, or raise POLL_GONE_LIMIT")
	}
	e.dropJobs(func(j *job) bool {
		if j.request.Completed {
			e.deps.Log.Info().Str("feed", j.request.Feed).Int64("items", j.items).Msg("the backfill is complete")
		}
		return j.request.Completed
	})
	e.deps.Metrics.took(r.task.feed.name(), len(out.found), n.entries, e)
	return nil
}

// remember has the hot set and the recheck know what was seen.
func (e *Engine) remember(sightings []Sighting) {
	for _, s := range sightings {
		if s.Kind != Applications || s.Partial {
			continue
		}
		e.hot.saw(s.ID, s.Hot && !s.Gone, s.At)
		e.recheck.found(s.ID)
	}
}
