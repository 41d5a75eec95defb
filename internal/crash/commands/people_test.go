package commands_test

import (
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/schemas"
)

// atHand is how long it takes from Moka's answer to the decision by it, on a
// machine that has much to do.
const atHand = 250 * time.Millisecond

// unavoidable is the time before a write in which nobody sees what people do: one
// reading, what its answer may be old, and the way to Moka.
const unavoidable = callTimeout + readMaxAge + atHand

// overtaken tells whether people did something about what the command is about
// after it was requested and before a time. slack is how coarse Moka's times are.
func (t *tally) overtaken(c *schemas.WritebackCommand, before time.Time, slack time.Duration) bool {
	if c.ApplicationID == nil {
		return false
	}
	for _, e := range t.human[*c.ApplicationID] {
		if !t.mistaken[e.Seq] && e.RealAt.After(c.RequestedAt.Add(-slack)) && e.RealAt.Before(before) && concerns(e.Field, c, slack > 0) {
			return true
		}
	}
	return false
}

// concerns tells whether a change of the field is about what the command wants.
// What closes an application is about everything, but that it can't be written to
// is Moka's to say: it counts as a reason to refuse alone. Moka dates no approval:
// any change may have been one.
func concerns(field string, c *schemas.WritebackCommand, reason bool) bool {
	switch field {
	case "archived", "hired":
		return reason
	case "":
		return reason && c.SetOfferApproval != nil
	case "stage":
		return c.MoveStage != nil || c.MarkHired != nil || c.MarkRejected != nil || reason && c.SetOfferApproval != nil
	case "offer_status":
		return c.SetOfferStatus != nil || reason && c.SetOfferApproval != nil
	}
	return false
}

// sameByPeople marks what people did between the times that is just what the
// command wants: nothing that Moka shows tells it from the command's effect, so
// that it is no word of people for the commands behind it. It tells whether there
// was any.
func (t *tally) sameByPeople(c *schemas.WritebackCommand, from, until time.Time) bool {
	field, value := "offer_status", "accepted"
	switch {
	case c.ApplicationID == nil:
		return false
	case c.MoveStage != nil:
		_, parameters := t.wants(c)
		field, value = "stage", parameters["stageId"]
	case c.SetOfferStatus == nil || !c.SetOfferStatus.Accepted:
		return false
	}
	for _, e := range t.human[*c.ApplicationID] {
		if e.Field == field && e.Is == value && !t.mistaken[e.Seq] && e.RealAt.After(from) && e.RealAt.Before(until) {
			t.mistaken[e.Seq] = true
			return true
		}
	}
	return false
}

// doneByPeople tells whether people did just what the command wants while its own
// write may have happened, and what is wanted is so.
func (t *tally) doneByPeople(c *schemas.WritebackCommand, o *outcome) bool {
	if len(o.intents) == 0 || o.FinishedAt == nil || !strings.HasPrefix(text(o.Reason), "seen when") {
		return false
	}
	return t.sameByPeople(c, o.intents[0].Add(-unavoidable), *o.FinishedAt)
}

// inTime: before the write, Moka was read, and people had not been at it by then.
// A reading counts when it was answered well before the intent, so that it was at
// hand; and whatever Moka was asked when, what people did longer ago than is
// unavoidable must have been seen.
func (t *tally) inTime(e api.Effect, c *schemas.WritebackCommand, o *outcome) {
	call := t.callOf(e)
	if c.ApplicationID == nil || c.MarkRegular != nil || c.MarkResigned != nil || c.SetOfferApproval != nil {
		return // what Moka does not date
	}
	var intent time.Time
	for _, at := range o.intents {
		if at.Before(call.begin) {
			intent = at
		}
	}
	if intent.IsZero() {
		t.deviates("%s: written without an intent before it", c.CommandID)
		return
	}
	known := call.begin.Add(-unavoidable)
	for _, other := range t.calls {
		if other.worker == call.worker && slices.Contains(other.ids, *c.ApplicationID) && other.answered &&
			other.end.Before(intent.Add(-atHand)) && other.begin.After(known) {
			known = other.begin
		}
	}
	// A write that changed nothing: people were there first, by a moment.
	if !t.changedBy(call, *c.ApplicationID) && t.sameByPeople(c, known, call.end) {
		t.sameMoment++
	}
	if t.overtaken(c, known, 0) {
		t.deviates("%s: APPLIED, and people had been at it until %s before%s", c.CommandID, call.begin.Sub(known), t.history(keyOf(c)))
	} else if t.overtaken(c, call.begin, 0) {
		t.unseen++
	}
	if c.ExpiresAt != nil && call.begin.After(c.ExpiresAt.Add(transactionTimeout+callTimeout)) {
		t.deviates("%s: written %s after it expired", c.CommandID, call.begin.Sub(*c.ExpiresAt))
	}
}

// changedBy tells whether Moka's own log has a change of the application by a call.
func (t *tally) changedBy(call *seen, application int64) bool {
	return slices.ContainsFunc(t.byCalls[application], func(at time.Time) bool {
		return !at.Before(call.begin) && !at.After(call.end)
	})
}
