package writeback

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/trace"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// apply makes one write: looked up, paid for, decided by what was read lately,
// announced. done is false where there is to be another decision.
func (r *run) apply(ctx context.Context) (done bool, err error) {
	if int(r.attempts) >= r.cfg.MaxAttempts {
		return true, r.fail(fmt.Sprintf("%d attempts came to nothing", r.attempts), r.last)
	}
	if err := r.pause.wait(ctx); err != nil {
		return false, err
	}
	why, err := r.resolve(ctx)
	switch {
	case err != nil:
		return r.unread(ctx, err)
	case why != "":
		return true, r.settle(schemas.WritebackOutcomeRejected, why, nil)
	}
	if !r.permits {
		if err := r.permit(ctx, r.req.Command.ChangeHeadcount != nil); err != nil {
			return false, err
		}
		r.permits = true
		r.renew()
		return false, nil // time has passed, and something may have been read: decide again
	}
	if r.outdated() {
		return r.again(ctx)
	}
	if !r.deps.Now().Before(r.announced) {
		if r.announced, err = r.announce(); err != nil {
			return false, err
		}
		if r.outdated() {
			return r.again(ctx) // Kafka took its time; the intent stands
		}
	}
	r.stale = 0
	until := r.announced
	r.announced = time.Time{} // for one call
	return r.call(ctx, until)
}

// outdated tells whether what was read is too old to write by.
func (r *run) outdated() bool {
	return r.view != nil && r.deps.Now().Sub(r.view.AnsweredAt) > r.cfg.ReadMaxAge
}

// again reads what was read too long ago. Where that is too old as well when it is
// needed, it takes longer from a reading to its write than Config.ReadMaxAge allows,
// and Moka is not asked without a pause.
func (r *run) again(ctx context.Context) (done bool, err error) {
	age := r.deps.Now().Sub(r.view.AnsweredAt)
	if r.view, r.stale = nil, r.stale+1; r.stale > 1 {
		r.deps.Log.Warn().Str("command_id", r.req.Command.CommandID).Dur("age", age).Dur("allowed", r.cfg.ReadMaxAge).
			Msg("from what Moka shows to the write by it, it takes longer than WRITEBACK_READ_MAX_AGE: it is read again")
		if err := r.wait(ctx, r.backoff(r.stale-1)); err != nil {
			return false, err
		}
	}
	return r.look(ctx)
}

// renew takes a newer view of the application if there is one.
func (r *run) renew() {
	if r.view == nil || r.req.Command.ApplicationID == nil {
		return
	}
	v := r.reader.latest(*r.req.Command.ApplicationID, r.view.ReadAt)
	if v == nil {
		return
	}
	if v = r.complete(v, r.wasOpen); v != nil { // else it takes another call
		r.view = v
	}
}

// resolve looks up what the command names: the stage among those of the job, the
// reason among the organisation's.
func (r *run) resolve(ctx context.Context) (why string, err error) {
	reason := func(id *int64) (string, error) {
		if id == nil {
			return "", nil
		}
		return r.lookup.reason(ctx, *id)
	}
	switch a := r.req.act.(type) {
	case *moveStage:
		if r.view == nil {
			return "", nil // Config.Fresh: Moka says it
		}
		stage, why, err := r.lookup.stage(ctx, r.view.JobID, a.to, a.toName)
		if err == nil && why == "" {
			a.to, a.toName = stage.ID, stage.Name
		}
		return why, err
	case offerStatus:
		return reason(a.ReasonID)
	case markRejected:
		return reason(a.ReasonID)
	case *fakeOffer:
		if a.reason != 0 {
			return reason(&a.reason)
		}
	}
	return "", nil
}

// announce commits the intent, and returns by when the call must have begun: a
// worker that finds the intent waits until no such call can be under way.
func (r *run) announce() (begin time.Time, err error) {
	for {
		now := r.deps.Now()
		begin = now.Add(r.cfg.TransactionTimeout)
		unsettled := begin.Add(r.cfg.CallTimeout + r.cfg.Grace)
		if r.started.IsZero() {
			r.started = now
		}
		intent := r.result(schemas.WritebackOutcomePending, "")
		intent.Attempts++ // with the one that is about to be made
		intent.UnsettledUntil = &unsettled
		intent.Memory = r.req.Baseline(r.view)
		rec, err := r.deps.Records.Result(r.holding.number, "", intent)
		if err != nil {
			return begin, fmt.Errorf("write the intent of a command: %w", err)
		}
		records := []*kgo.Record{rec}
		if r.entry == nil || r.entry.Outcome != schemas.WritebackOutcomePending {
			said, err := r.tell("intent", schemas.WritebackOutcomePending)
			if err != nil {
				return begin, err
			}
			records = append(records, said...)
		}
		if err := r.write(-1, r.memory, nil, records...); err != nil {
			return begin, err
		}
		r.entry = intent
		if !r.deps.Now().After(begin) {
			return begin, nil
		}
	}
}

// call sends the write and judges what came back. A stop does not cut it short:
// the call is bounded, and what it came to is worth knowing.
func (r *run) call(ctx context.Context, begin time.Time) (done bool, err error) {
	if ctx.Err() != nil {
		return false, errors.Join(errGivenUp, context.Cause(ctx))
	}
	if r.deps.Now().After(begin) {
		return false, nil // the machine stood still: what is under way by this intent would not be waited for
	}
	if until := r.req.Command.ExpiresAt; until != nil && !r.deps.Now().Before(*until) {
		return false, nil // it expired while it was announced
	}
	r.permits = false
	r.from = r.deps.Now() // what was called before was seen to have had no effect
	made, err := r.send(ctx)
	r.count(err)
	if err == nil {
		r.attempts++
		r.answered()
		r.made = made
		return true, r.settle(schemas.WritebackOutcomeApplied, "", nil)
	}
	return r.judge(ctx, err)
}

// judge looks at a write that did not come back as done.
func (r *run) judge(ctx context.Context, err error) (done bool, _ error) {
	kind := moka.KindOf(err)
	r.last, r.view, r.ended = err, nil, nil
	switch kind { // those that say nothing about the command
	case moka.KindAuth:
		r.stopAll(err)
		return false, nil
	case moka.KindQuota:
		r.answered()
		return false, r.wait(ctx, r.backoff(0))
	default:
		r.attempts++
	}
	switch kind {
	case moka.KindRefused, moka.KindNotFound, moka.KindInvalid:
		r.answered()
		return r.refused(ctx, err)
	case moka.KindTransient, moka.KindProtocol:
		r.warn(err, "a write did not happen; it is tried again")
		return false, r.wait(ctx, r.backoff(int(r.attempts)))
	default: // ambiguous, and whatever the client can't name
		// The call has ended here; Moka may yet carry it out.
		until := r.deps.Now().Add(r.cfg.Grace)
		again := *r.entry
		again.UnsettledUntil = &until
		r.entry, r.open, r.wasOpen = &again, true, true
		r.warn(err, "a write may have happened; Moka is read back")
		return false, nil
	}
}

func (r *run) warn(err error, what string) {
	r.deps.Log.Warn().Err(err).Str("command_id", r.req.Command.CommandID).Str("action", r.req.Action).
		Int32("attempts", r.attempts).Msg(what)
}

// send makes the call within its time, and no longer than the holding lets it.
func (r *run) send(ctx context.Context) (receipt, error) {
	ctx, cancel := context.WithTimeout(withPermit(context.WithoutCancel(ctx)), r.cfg.CallTimeout)
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		select {
		case <-r.holding.abandon:
			r.metrics.abandoned.Inc()
			cancel()
		case <-ctx.Done():
		}
	}()
	defer func() { cancel(); <-watching }()
	r.metrics.inFlight.Inc()
	defer r.metrics.inFlight.Dec()
	traced, span := r.deps.Tracer.Begin(ctx, "call Moka", trace.SpanKindClient)
	span.Set("mokafka.action", r.req.Action)
	made, err := send(traced, r.deps.Moka, r.req)
	if err != nil {
		span.Set("error.type", moka.KindOf(err).String())
	}
	span.End(err != nil)
	return made, err
}

func (r *run) count(err error) {
	answer := moka.KindOf(err).String()
	if err == nil {
		answer = "ok"
	}
	r.metrics.calls.WithLabelValues(r.req.Action, answer).Inc()
}

// refused reads Moka once more: it may refuse because what is wanted is so
// already. Where that can't be read, the refusal stands.
func (r *run) refused(ctx context.Context, refusal error) (done bool, err error) {
	said := saidOf(refusal)
	reason := "Moka refused it"
	switch {
	case said.Message != "":
		reason += ": " + said.Message
	case said.Status == 0 && said.Err != nil:
		reason = "it was refused before it was sent: " + said.Err.Error()
	}
	view, err := r.see(ctx, true)
	if errors.Is(err, errGivenUp) {
		return false, err
	}
	c := r.facts()
	if err == nil {
		c.View = view
	}
	outcome := schemas.WritebackOutcomeRejected
	d := Refused(c, reason, r.wasOpen)
	switch d.Verdict {
	case Applied:
		outcome, r.from = schemas.WritebackOutcomeApplied, r.started // by which call, nobody knows
	case AlreadyApplied:
		outcome = schemas.WritebackOutcomeAlreadyApplied
	default:
	}
	return true, r.settle(outcome, d.Reason, said)
}

// saidOf is what Moka said in an error; empty where it said nothing.
func saidOf(err error) *moka.Error {
	if e, ok := errors.AsType[*moka.Error](err); ok {
		return e
	}
	return &moka.Error{}
}
