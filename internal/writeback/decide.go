package writeback

import (
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// Verdict is what is to be done about a command now.
type Verdict uint8

// The verdicts.
const (
	// Apply: announce the write and make it.
	Apply Verdict = iota + 1
	// Settled: the ledger has the outcome; there is nothing to do.
	Settled
	// Reused: the id was used for something else; the first result stands.
	Reused
	// Applied: an earlier write was seen to have happened.
	Applied
	// AlreadyApplied: what is wanted is so, and not by this command.
	AlreadyApplied
	// Reject: with Reason.
	Reject
	// Expire: expires_at has passed.
	Expire
	// Wait until Decision.Until: an earlier write may still be under way.
	Wait
	// Read Moka, and decide again.
	Read
	// Unclear: an earlier write may have happened, and no reading can tell.
	Unclear
)

// String is the verdict in logs and tests.
func (v Verdict) String() string {
	names := [...]string{
		"none", "apply", "settled", "reused", "applied", "already applied", "reject", "expire", "wait", "read", "unclear",
	}
	if int(v) < len(names) {
		return names[v]
	}
	return "unknown"
}

// Case is what a decision is made from.
type Case struct {
	Request *Request
	// Entry is the ledger's, nil where it has none. PARKED counts as none: who
	// asks has released it.
	Entry *schemas.WritebackResult
	// View is what Moka showed last, nil where it was not read.
	View *View
	// Own are the changes that commands made to the same application.
	Own []Change
	// Now is the time. Fresh is Config.Fresh.
	Now   time.Time
	Fresh time.Duration
}

// Decision is a verdict with its reasons.
type Decision struct {
	Verdict Verdict
	// Reason is for people, in results.
	Reason string
	// Until is when Wait ends.
	Until time.Time
}

// Decide says what is to be done. It is pure: the same case gives the same
// decision.
func Decide(c Case) Decision {
	pending := false
	if e := c.Entry; e != nil {
		if e.ParameterHash != c.Request.Hash {
			return Decision{Verdict: Reused, Reason: "the command id was used before, with other parameters"}
		}
		switch e.Outcome {
		case schemas.WritebackOutcomePending:
			pending = true
		case schemas.WritebackOutcomeParked:
		default:
			return Decision{Verdict: Settled}
		}
	}
	if pending {
		if d, done := afterIntent(c); done {
			return d
		}
	}
	if until := c.Request.Command.ExpiresAt; until != nil && !c.Now.Before(*until) {
		return Decision{Verdict: Expire, Reason: "it expired " + moment(*until)}
	}
	if c.View == nil {
		if c.mayGoUnread(pending) {
			return Decision{Verdict: Apply}
		}
		return Decision{Verdict: Read}
	}
	return c.judge()
}

// afterIntent settles what an earlier intent left open. done is false where the
// write was seen not to have happened.
func afterIntent(c Case) (d Decision, done bool) {
	settles := c.Now // an intent without the time is not one of ours; then what is read now counts
	if until := c.Entry.UnsettledUntil; until != nil {
		settles = *until
	}
	if c.Now.Before(settles) {
		return Decision{Verdict: Wait, Until: settles}, true
	}
	act := c.Request.act
	if act.certainty() == blind {
		return Decision{Verdict: Unclear, Reason: "a write may have happened, and Moka shows its effect in no reading"}, true
	}
	if c.View == nil || c.View.ReadAt.Before(settles) {
		return Decision{Verdict: Read}, true
	}
	began := c.Entry.RequestedAt
	if c.Entry.StartedAt != nil {
		began = *c.Entry.StartedAt
	}
	if act.inForce(c.View) || act.since(c.View, began, baselineOf(c.Entry)) {
		return Decision{Verdict: Applied, Reason: "seen when Moka was read back"}, true
	}
	if act.certainty() == positive {
		return Decision{Verdict: Unclear, Reason: "a write may have happened, and what Moka shows does not tell"}, true
	}
	return Decision{}, false
}

// mayGoUnread tells whether the command is one that Config.Fresh lets through.
func (c Case) mayGoUnread(pending bool) bool {
	cmd := c.Request.Command
	if id, number := c.Request.act.headcount(); id == 0 && number != "" {
		return !pending // a headcount to be created: there is nothing to read yet
	}
	if move, ok := c.Request.act.(*moveStage); ok && move.to == 0 {
		return false
	}
	return !pending && cmd.ExpectedStageID == nil && cmd.ExpectedOfferStatus == nil &&
		c.Now.Sub(cmd.RequestedAt) < c.Fresh
}

// judge decides by what Moka shows.
func (c Case) judge() Decision {
	v, act, cmd := c.View, c.Request.act, c.Request.Command
	reject := func(reason string) Decision { return Decision{Verdict: Reject, Reason: reason} }
	if !v.Found {
		return reject("Moka knows no such application")
	}
	if act.inForce(v) {
		return Decision{Verdict: AlreadyApplied, Reason: "it was so already"}
	}
	// Whoever asks from the future is asking now.
	asked := cmd.RequestedAt
	if asked.After(c.Now) {
		asked = c.Now
	}
	if why := act.superseded(v, asked, c.Own); why != "" {
		return reject("superseded: " + why + ", after the command was requested")
	}
	if want := cmd.ExpectedStageID; want != nil && v.StageID != *want {
		return reject("precondition: the application is in stage " + number(v.StageID) + ", not in " + number(*want))
	}
	if want := cmd.ExpectedOfferStatus; want != nil && offerStatusOf(v) != *want {
		return reject("precondition: the offer is " + string(offerStatusOf(v)) + ", not " + string(*want))
	}
	if why := act.blocked(v); why != "" {
		return reject(why)
	}
	return Decision{Verdict: Apply}
}

func offerStatusOf(v *View) schemas.OfferStatus {
	if v.Offer == nil {
		return schemas.OfferStatusNotCreated
	}
	return v.Offer.Status
}

// Refused decides about a write that Moka refused with reason, by what it shows
// after it. open tells that an earlier write may have happened.
func Refused(c Case, reason string, open bool) Decision {
	if v := c.View; v != nil && v.Found && c.Request.act.inForce(v) {
		if open {
			return Decision{Verdict: Applied, Reason: "seen when Moka was read back"}
		}
		return Decision{Verdict: AlreadyApplied, Reason: "it was so already: " + reason}
	}
	return Decision{Verdict: Reject, Reason: reason}
}
