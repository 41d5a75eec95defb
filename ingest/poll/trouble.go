package poll

import (
	"errors"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

const (
	firstPause = time.Second
	longPause  = 2 * time.Minute
	authPause  = 30 * time.Second
	// refusedPause is for a feed that Moka refuses while it accepts others.
	refusedPause = 10 * time.Minute
)

// failed has a feed rest after trouble, longer each time, or all of them where
// the trouble concerns all.
func (e *Engine) failed(now time.Time, f feed, err error) {
	var refusal *moka.Error
	errors.As(err, &refusal)
	h := e.hand(f)
	switch kind := moka.KindOf(err); kind {
	case moka.KindQuota:
		// Not the feed's fault: it is its turn again when calls are allowed.
		e.deps.Budget.Refused(now, refusal.RetryAfter)
		e.deps.Metrics.failed(f.name(), "quota")
		return
	case moka.KindAuth:
		own := e.lastOK.After(h.refused) && !h.refused.IsZero()
		h.refused = now
		if own {
			// Moka has accepted others since: the account may not have this interface.
			break
		}
		if e.trouble == nil {
			e.deps.Log.Error().Err(err).Msg("Moka does not accept the credentials: polling pauses; check MOKA_API_KEY, or MOKA_CLIENT_ID and MOKA_CLIENT_SECRET")
		}
		e.trouble = err
		e.paused = now.Add(authPause)
		e.deps.Metrics.failed(f.name(), "auth")
		return
	default:
		e.deps.Budget.Accepted(now)
	}
	f.failed(now, err)
	h.pause = min(max(firstPause, 2*h.pause), longPause)
	if moka.KindOf(err) == moka.KindAuth {
		h.pause = refusedPause
	}
	h.rest = now.Add(time.Duration(float64(h.pause) * (0.5 + e.deps.Jitter()/2)))
	e.deps.Metrics.failed(f.name(), classOf(err))
	e.deps.Log.Warn().Err(err).Str("feed", f.name()).Dur("pause", h.rest.Sub(now)).Msg("a feed of Moka's rests after trouble")
}

func classOf(err error) string {
	if errors.Is(err, errCircle) {
		return "circle"
	}
	if kind := moka.KindOf(err); kind != 0 {
		return kind.String()
	}
	return "other"
}

// update takes what others wrote: a hint, a request, a reset.
func (e *Engine) update(now time.Time, u checkpoint.Update) {
	if u.Checkpoint == nil {
		delete(e.cursors, u.Feed)
	} else {
		e.cursors[u.Feed] = u.Checkpoint
	}
	switch id, hint := applicationIn(u.Feed); {
	case hint:
		if u.Checkpoint != nil {
			e.refetch.ask(id, u.Checkpoint.SavedAt, now)
			e.main.hurry(now)
		}
	case isRequest(u.Feed):
		e.dropJobs(func(j *job) bool { return j.request.Feed == u.Feed })
		if u.Checkpoint != nil {
			e.cursors[u.Feed] = u.Checkpoint
		}
		e.startJobs(now)
	case !strings.Contains(u.Feed, "/"):
		for _, f := range e.fixed {
			if f.name() == u.Feed {
				e.resets[u.Feed] = true
				e.reset(now, f)
			}
		}
	}
}

// reset has a feed begin anew at a cursor that was set from outside, once no call
// of it is under way.
func (e *Engine) reset(now time.Time, f feed) {
	r, ok := f.(interface {
		restore(time.Time, *schemas.Checkpoint)
	})
	if !ok || !e.resets[f.name()] || e.hand(f).busy {
		return
	}
	delete(e.resets, f.name())
	r.restore(now, e.cursors[f.name()])
	e.deps.Log.Info().Str("feed", f.name()).Msg("the cursor of a feed was set from outside")
}

// startJobs begins the backfills that were asked for and do not run.
func (e *Engine) startJobs(now time.Time) {
	for _, r := range requests(e.cursors) {
		running := false
		for _, j := range e.jobs {
			running = running || j.request.Feed == r.Feed
		}
		if running {
			continue
		}
		j, err := newJob(r, e.cursors, e.refetch.lookup, e.slow, now)
		if err != nil {
			e.deps.Log.Error().Err(err).Msg("a request for a backfill can't be read")
			continue
		}
		e.jobs = append(e.jobs, j)
		e.deps.Log.Info().Str("feed", r.Feed).Int("slices", len(j.slices)).Int64("items", j.items).Msg("a backfill goes on")
	}
}

func (e *Engine) dropJobs(which func(*job) bool) {
	kept := e.jobs[:0]
	for _, j := range e.jobs {
		if which(j) {
			delete(e.cursors, j.request.Feed)
			for _, s := range j.slices {
				delete(e.cursors, s.label)
			}
			continue
		}
		kept = append(kept, j)
	}
	e.jobs = kept
}

// Trouble is what keeps all feeds from working: nil while Moka accepts the
// credentials and has answered at least once.
func (e *Engine) Trouble() error {
	switch {
	case e.trouble != nil:
		return e.trouble
	case !e.worked:
		return errors.New("Moka has not answered yet")
	}
	return nil
}
