package writeback_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// other is a command about application 1, or a headcount.
func (r *rig) other(action func(*schemas.WritebackCommand)) *schemas.WritebackCommand {
	c := r.move(1, 1)
	instead(action)(c)
	return c
}

func (r *rig) onHeadcount(h schemas.ChangeHeadcount) *schemas.WritebackCommand {
	return r.other(func(c *schemas.WritebackCommand) { c.ApplicationID, c.ChangeHeadcount = nil, &h })
}

func TestEveryActionReachesMoka(t *testing.T) {
	m := newFakeMoka(1, 2, 3, 4)
	r := newRig(t, m)
	fake := func(operation schemas.FakeOfferOperation, id *string, parameters string) *schemas.WritebackCommand {
		return r.other(func(c *schemas.WritebackCommand) {
			c.FakeOffer = &schemas.FakeOffer{Operation: operation, FakeOfferID: id, ParametersJSON: &parameters}
		})
	}
	create := fake(schemas.FakeOfferOperationCreate, nil, somebody)
	approve := r.other(func(c *schemas.WritebackCommand) {
		c.SetOfferApproval = &schemas.SetOfferApproval{Decision: schemas.OfferApprovalDecisionDenied}
	})
	resign := r.other(func(c *schemas.WritebackCommand) {
		kind := schemas.ResignationKindDismissed
		c.MarkResigned = &schemas.MarkResigned{Reason: ptr("世界那么大"), Kind: &kind, JobName: ptr("工程师")}
	})
	hired := fake(schemas.FakeOfferOperationHired, nil, somebody)
	hired.ApplicationID = ptr(int64(2))
	rejected := fake(schemas.FakeOfferOperationReject, ptr("x"), `{"operator":{"name":"x"},"archiveReasonId":132}`)
	rejected.ApplicationID = ptr(int64(3))
	gaveUp := r.other(func(c *schemas.WritebackCommand) { c.MarkRejected = &schemas.MarkRejected{ReasonID: ptr(int64(132))} })
	gaveUp.ApplicationID = ptr(int64(4))
	all := []*schemas.WritebackCommand{
		create, fake(schemas.FakeOfferOperationAccept, ptr("x"), somebody), fake(schemas.FakeOfferOperationDelete, ptr("x"), somebody),
		approve, r.other(func(c *schemas.WritebackCommand) { c.MarkRegular = &schemas.MarkRegular{Undo: true} }), resign, hired, rejected, gaveUp,
	}
	r.send(all...)
	r.worker("one")
	r.caughtUp()
	for _, c := range all {
		r.outcome(c.CommandID, schemas.WritebackOutcomeApplied)
	}
	if got := r.last(create.CommandID); text(got.FakeOfferID) != "gesk7uO58DZeThxx" {
		t.Errorf("the fake offer's id is %q", text(got.FakeOfferID))
	}
	var first, others []string
	for _, e := range m.log() {
		if e.app == 1 {
			first = append(first, e.what)
		} else {
			others = append(others, fmt.Sprint(e.app, " ", e.what))
		}
	}
	want := []string{"create by 李明", "accept x", "delete x", "approval 2", "regular false", "resigned 世界那么大 2 true 工程师"}
	if !slices.Equal(first, want) {
		t.Errorf("application 1: %q, want %q", first, want)
	}
	slices.Sort(others)
	if want := []string{"2 hired", "3 rejected", "4 rejected"}; !slices.Equal(others, want) {
		t.Errorf("others: %q, want %q", others, want)
	}
}

func TestHeadcountsAreReadBackToo(t *testing.T) {
	m := newFakeMoka()
	faults := []fault{lostAnswer, lostRequest, fine, lostAnswer}
	m.next = func(int64) fault {
		what := faults[0]
		if faults = faults[1:]; len(faults) == 0 {
			faults = []fault{fine}
		}
		return what
	}
	r := newRig(t, m)
	id := ptr(int64(77))
	create := r.onHeadcount(schemas.ChangeHeadcount{Operation: schemas.HeadcountOperationCreate,
		ParametersJSON: ptr(`{"number":"HC-1","jobName":"工程师","needNumber":2}`)})
	r.send(create)
	r.worker("one")
	r.caughtUp()
	if got := r.outcome(create.CommandID, schemas.WritebackOutcomeApplied); got.CreatedID == nil || *got.CreatedID != 77 {
		t.Errorf("created %v", got.CreatedID)
	}
	<-time.After(time.Second) // Moka's times may be cut to the second
	update := r.onHeadcount(schemas.ChangeHeadcount{Operation: schemas.HeadcountOperationUpdate, HeadcountID: id, ParametersJSON: ptr(`{"jobName":"测试"}`)})
	remove := r.onHeadcount(schemas.ChangeHeadcount{Operation: schemas.HeadcountOperationDelete, HeadcountID: id})
	again := r.onHeadcount(schemas.ChangeHeadcount{Operation: schemas.HeadcountOperationDelete, HeadcountID: id})
	r.send(update, remove, again)
	r.caughtUp()
	if got := r.outcome(update.CommandID, schemas.WritebackOutcomeApplied); text(got.Before) != `{"jobName":"工程师"}` {
		t.Errorf("before: %s", text(got.Before))
	}
	r.outcome(remove.CommandID, schemas.WritebackOutcomeApplied)
	r.outcome(again.CommandID, schemas.WritebackOutcomeAlreadyApplied)
	var got []string
	for _, e := range m.log() {
		got = append(got, e.what)
	}
	if want := []string{"created", "updated", "deleted"}; !slices.Equal(got, want) {
		t.Errorf("Moka saw %v, want %v", got, want)
	}
}
