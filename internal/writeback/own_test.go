package writeback_test

import (
	"strings"
	"testing"

	"github.com/mokafka/mokafka/schemas"
)

// Rejecting an offer archives the application: that is a command's doing, not
// people's, for the command behind it.
func TestARejectedOfferIsNoWordOfPeople(t *testing.T) {
	m := newFakeMoka(1)
	r := newRig(t, m)
	reject := r.other(func(c *schemas.WritebackCommand) { c.SetOfferStatus = &schemas.SetOfferStatus{ReasonID: ptr(int64(132))} })
	move := r.move(1, 5)
	r.send(reject, move)
	r.worker("one")
	r.caughtUp()
	r.outcome(reject.CommandID, schemas.WritebackOutcomeApplied)
	got := r.outcome(move.CommandID, schemas.WritebackOutcomeRejected)
	if strings.Contains(text(got.Reason), "superseded") || !strings.Contains(text(got.Reason), "该申请已归档") {
		t.Errorf("refused as %q", text(got.Reason))
	}
}
