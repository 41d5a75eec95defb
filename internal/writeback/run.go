package writeback

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// run carries one command out. Its steps follow Decide.
type run struct {
	*lane
	rec *kgo.Record
	req *Request
	// entry is what the ledger had when the run began, and then what this run
	// wrote into it.
	entry *schemas.WritebackResult
	// settles is the offset that the outcome settles, -1 for a command that waited
	// for an operator: its offset is settled already.
	settles int64
	// waited tells that the command is one of those, and under the offset of the
	// operator's word.
	waited bool
	under  int64

	// open tells that a write may have happened; wasOpen that one ever was.
	open, wasOpen bool
	view          *View
	// ended is the last view with the status of a closed application, which takes a
	// call of its own; nil where none was asked for since the last write.
	ended    *View
	notFound int
	// alone: readings of it failed in company.
	alone    bool
	permits  bool
	attempts int32
	failures int
	// stale counts readings in a row that were too old when they were needed.
	stale int
	// announced is by when the call of an intent that has none yet must begin.
	announced time.Time
	// failing is when readings began to fail.
	failing time.Time
	last    error
	made    receipt
	begun   time.Time // when this run began
	started time.Time // when the first attempt did, in whichever run
	// from is when the first call began that may have had the effect; zero before
	// any.
	from time.Time
}

// carryOut works until the command has an outcome. Its error is errGivenUp, or
// ends the session.
func (r *run) carryOut(ctx context.Context) error {
	if !r.holding.claim(r.req.Command.CommandID) {
		return r.reused(r.rec)
	}
	defer r.holding.unclaim(r.req.Command.CommandID)
	r.begun = r.deps.Now()
	if e := r.entry; e != nil && e.Outcome == schemas.WritebackOutcomePending {
		r.open, r.wasOpen, r.attempts = true, true, e.Attempts
		if e.StartedAt != nil {
			r.started, r.from = *e.StartedAt, *e.StartedAt
		}
		if move, ok := r.req.act.(*moveStage); ok {
			if base := baselineOf(e); base != nil {
				move.to = cmp.Or(move.to, base.To)
			}
		}
	}
	if app := r.req.Command.ApplicationID; app != nil {
		r.reader.sit(*app)
		defer r.reader.leave(*app)
	}
	for {
		if err := ctx.Err(); err != nil {
			return errors.Join(errGivenUp, err)
		}
		done, err := r.step(ctx, Decide(r.facts()))
		if done || err != nil {
			return err
		}
	}
}

// facts are what the next decision is made from.
func (r *run) facts() Case {
	c := Case{
		Request: r.req, View: r.view, Own: r.memory.Own, Now: r.deps.Now(), Fresh: r.cfg.Fresh,
	}
	if r.open {
		c.Entry = r.entry
	}
	return c
}

func (r *run) step(ctx context.Context, d Decision) (done bool, err error) {
	switch d.Verdict {
	case Wait:
		r.view = nil
		return false, r.wait(ctx, d.Until.Sub(r.deps.Now()))
	case Read:
		return r.look(ctx)
	case Apply:
		// Decided with a view from after the time it needed: nothing happened.
		r.open = false
		return r.apply(ctx)
	case Applied:
		return true, r.settle(schemas.WritebackOutcomeApplied, d.Reason, nil)
	case AlreadyApplied:
		return true, r.settle(schemas.WritebackOutcomeAlreadyApplied, d.Reason, nil)
	case Reject:
		if r.view != nil && !r.view.Found && r.notFound < 2 {
			r.view, r.alone = nil, true // what a shared call left out is asked for by itself
			return false, nil
		}
		return true, r.settle(schemas.WritebackOutcomeRejected, d.Reason, nil)
	case Expire:
		return true, r.settle(schemas.WritebackOutcomeExpired, d.Reason, nil)
	case Unclear:
		return true, r.fail(d.Reason, r.last)
	case Settled, Reused:
	}
	return true, fmt.Errorf("carry out a command: the decision %s has no place here", d.Verdict)
}

// look reads Moka.
func (r *run) look(ctx context.Context) (done bool, err error) {
	if err := r.pause.wait(ctx); err != nil {
		return false, err
	}
	view, err := r.see(ctx, r.wasOpen)
	if err == nil {
		r.answered()
		r.view, r.failing, r.alone = view, time.Time{}, false
		if !view.Found {
			r.notFound++
		}
		return false, nil
	}
	return r.unread(ctx, err)
}

// see reads what the action needs. deep asks for the status of an application
// even where it is not archived.
func (r *run) see(ctx context.Context, deep bool) (*View, error) {
	if id, number := r.req.act.headcount(); id != 0 || number != "" {
		v, err := r.reader.headcount(ctx, id, number)
		if err == nil {
			v.AnsweredAt = r.deps.Now()
		}
		return v, err
	}
	app := *r.req.Command.ApplicationID
	v, err := r.reader.application(ctx, app, r.alone)
	if err != nil || !v.Found {
		return v, err
	}
	if known := r.complete(v, deep); known != nil {
		return known, nil
	}
	status, err := r.reader.status(ctx, v.CandidateID, app)
	if err != nil {
		return nil, err
	}
	full := *v
	full.Status = status
	r.ended = &full
	return &full, nil
}

// complete adds what an application ended as, where the action needs it; nil where
// that takes a call. What was told of it is not asked for again while the
// application stands as it did: the wait for that call alone can make a view too
// old to write by.
func (r *run) complete(v *View, deep bool) *View {
	if !r.req.act.needsStatus() || !deep && !v.Archived && v.HiredAt.IsZero() {
		return v
	}
	e := r.ended
	if e == nil || e.Archived != v.Archived || !e.ArchivedAt.Equal(v.ArchivedAt) || !e.HiredAt.Equal(v.HiredAt) || !e.UpdatedAt.Equal(v.UpdatedAt) {
		return nil
	}
	full := *v
	full.Status = e.Status
	return &full
}

// unread judges a reading, or a look-up, that failed.
func (r *run) unread(ctx context.Context, err error) (done bool, _ error) {
	if errors.Is(err, errGivenUp) || ctx.Err() != nil {
		return false, errors.Join(errGivenUp, err)
	}
	switch moka.KindOf(err) {
	case moka.KindAuth:
		r.stopAll(err)
		return false, nil
	case moka.KindQuota:
		return false, r.wait(ctx, r.backoff(0))
	default:
	}
	r.last = err
	now := r.deps.Now()
	if r.failing.IsZero() {
		r.failing = now
	}
	r.alone = true
	// An outage of Moka's is everybody's and fails nobody; trouble that others do
	// not have is this application's own.
	if r.reader.answeredSince(r.failing) || r.reader.answers(ctx) {
		r.failures++
	}
	if r.failures >= r.cfg.MaxAttempts {
		return true, r.fail("Moka could not be read", err)
	}
	r.deps.Log.Warn().Err(err).Str("command_id", r.req.Command.CommandID).Str("action", r.req.Action).
		Msg("Moka could not be read for a command; it is tried again")
	return false, r.wait(ctx, r.backoff(max(1, r.failures)))
}

// stopAll has everything wait for another key.
func (r *run) stopAll(err error) {
	if r.pause.Err() == nil {
		r.deps.Log.Error().Err(err).Msg("Moka does not take the key: nothing is written until it does; no command fails for it")
	}
	r.pause.begin(err)
}

// answered is told that Moka answered and took the key.
func (r *run) answered() {
	if r.pause.end() {
		r.deps.Log.Info().Msg("Moka takes the key again: write-back goes on")
	}
}

// backoff is the pause after the nth failure, with jitter; n is 0 for the
// shortest.
func (r *run) backoff(n int) time.Duration {
	d := r.cfg.Backoff
	for range min(max(0, n-1), 30) {
		d = min(2*d, r.cfg.BackoffMax)
	}
	return d/2 + time.Duration(r.deps.Jitter()*float64(d/2))
}
