package writeback_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// at is n seconds after the commands of these tests were requested.
func at(n int) time.Time { return epoch.Add(time.Duration(n)*time.Second + time.Millisecond) }

// request makes a valid command of one action and changes it.
func request(t *testing.T, change func(*schemas.WritebackCommand)) *writeback.Request {
	t.Helper()
	req, err := writeback.NewRequest(command(change))
	if err != nil {
		t.Fatal(err)
	}
	return req
}

func command(change func(*schemas.WritebackCommand)) *schemas.WritebackCommand {
	c := &schemas.WritebackCommand{
		CommandID: "c", OrgID: "demo", ApplicationID: ptr(int64(7)), RequestedBy: "t", RequestedAt: epoch,
		MoveStage: &schemas.MoveStage{StageID: ptr(int64(5))},
	}
	if change != nil {
		change(c)
	}
	return c
}

// instead has the command do something else.
func instead(action func(*schemas.WritebackCommand)) func(*schemas.WritebackCommand) {
	return func(c *schemas.WritebackCommand) { c.MoveStage = nil; action(c) }
}

func seen(change func(*writeback.View)) *writeback.View {
	v := &writeback.View{
		ReadAt: at(100), Found: true, CandidateID: 1, JobID: "job", StageID: 3, UpdatedAt: epoch.Add(-time.Hour),
		MovedAt: epoch.Add(-time.Hour), Offer: &writeback.OfferView{Status: schemas.OfferStatusSent, Approval: schemas.ApprovalStatusInProgress},
	}
	if change != nil {
		change(v)
	}
	return v
}

var (
	hire = instead(func(c *schemas.WritebackCommand) {
		c.MarkHired = &schemas.MarkHired{HiredAt: epoch, ProbationMonths: 3}
	})
	take = instead(func(c *schemas.WritebackCommand) { c.SetOfferStatus = &schemas.SetOfferStatus{Accepted: true} })
	okay = instead(func(c *schemas.WritebackCommand) {
		c.SetOfferApproval = &schemas.SetOfferApproval{Decision: schemas.OfferApprovalDecisionApproved}
	})
	giveUp   = instead(func(c *schemas.WritebackCommand) { c.MarkRejected = &schemas.MarkRejected{} })
	regular  = instead(func(c *schemas.WritebackCommand) { c.MarkRegular = &schemas.MarkRegular{} })
	resigned = instead(func(c *schemas.WritebackCommand) { c.MarkResigned = &schemas.MarkResigned{Reason: ptr("x")} })
	rename   = instead(func(c *schemas.WritebackCommand) {
		c.ApplicationID = nil
		c.ChangeHeadcount = &schemas.ChangeHeadcount{
			Operation: schemas.HeadcountOperationUpdate, HeadcountID: ptr(int64(3)), ParametersJSON: ptr(`{"jobName":"工程师"}`),
		}
	})
)

func headcount(updated time.Time, name string) func(*writeback.View) {
	return func(v *writeback.View) {
		v.Headcount = &writeback.HeadcountView{ID: 3, UpdatedAt: updated, Fields: map[string]json.RawMessage{"jobname": json.RawMessage(name)}}
	}
}

func TestDecide(t *testing.T) {
	for name, test := range map[string]struct {
		command func(*schemas.WritebackCommand)
		view    *writeback.View
		own     []writeback.Change
		fresh   time.Duration
		want    writeback.Verdict
		reason  string
	}{
		"nothing was read": {want: writeback.Read},
		"fresh":            {fresh: time.Hour, want: writeback.Apply},
		"fresh, but by name": {command: func(c *schemas.WritebackCommand) { c.MoveStage = &schemas.MoveStage{StageName: ptr("x")} },
			fresh: time.Hour, want: writeback.Read},
		"fresh, with a precondition": {command: func(c *schemas.WritebackCommand) { c.ExpectedStageID = ptr(int64(3)) },
			fresh: time.Hour, want: writeback.Read},
		"expired": {command: func(c *schemas.WritebackCommand) { c.ExpiresAt = ptr(at(100)) }, want: writeback.Expire},
		"in time": {command: func(c *schemas.WritebackCommand) { c.ExpiresAt = ptr(at(101)) }, view: seen(nil), want: writeback.Apply},
		"unknown": {view: &writeback.View{ReadAt: at(100)}, want: writeback.Reject, reason: "no such application"},
		"to do":   {view: seen(nil), want: writeback.Apply},
		"there":   {view: seen(func(v *writeback.View) { v.StageID = 5 }), want: writeback.AlreadyApplied},
		"precondition holds": {command: func(c *schemas.WritebackCommand) {
			c.ExpectedStageID, c.ExpectedOfferStatus = ptr(int64(3)), ptr(schemas.OfferStatusSent)
		}, view: seen(nil), want: writeback.Apply},
		"stage precondition": {command: func(c *schemas.WritebackCommand) { c.ExpectedStageID = ptr(int64(4)) },
			view: seen(nil), want: writeback.Reject, reason: "precondition"},
		"offer precondition": {command: func(c *schemas.WritebackCommand) { c.ExpectedOfferStatus = ptr(schemas.OfferStatusSent) },
			view: seen(func(v *writeback.View) { v.Offer = nil }), want: writeback.Reject, reason: "NOT_CREATED"},
		"moved by people since": {view: seen(func(v *writeback.View) { v.Moves = []writeback.Move{{At: at(1), To: 3}} }),
			want: writeback.Reject, reason: "superseded"},
		"moved by people before": {view: seen(func(v *writeback.View) { v.Moves = []writeback.Move{{At: at(-2), To: 3}} }), want: writeback.Apply},
		"moved by people within the second that Moka names": {view: seen(func(v *writeback.View) {
			v.Moves = []writeback.Move{{At: epoch.Truncate(time.Second), To: 3}}
		}), want: writeback.Reject, reason: "superseded"},
		"moved by us since": {view: seen(func(v *writeback.View) { v.Moves, v.MovedAt = []writeback.Move{{At: at(10), To: 3}}, at(10) }),
			own: []writeback.Change{{Field: "stage.id", Value: "3", From: at(9), Until: at(11)}}, want: writeback.Apply},
		"moved by us since, by a clock just not told from ours": {view: seen(func(v *writeback.View) {
			v.Moves, v.MovedAt = []writeback.Move{{At: at(6), To: 3}}, at(6)
		}), own: []writeback.Change{{Field: "stage.id", Value: "3", From: at(9), Until: at(11)}}, want: writeback.Apply},
		"moved back by people within our time": {view: seen(func(v *writeback.View) {
			v.Moves = []writeback.Move{{At: at(10), To: 3}, {At: at(11), To: 4}, {At: at(12), To: 3}}
		}), own: []writeback.Change{
			{Field: "stage.id", Value: "3", From: at(9), Until: at(11)}, {Field: "stage.id", Value: "4", From: at(10), Until: at(12)},
		}, want: writeback.Reject, reason: "superseded"},
		// Of two moves that may be ours, ours is the one whose time fits.
		"moved by us, and to the same stage again by people soon after": {view: seen(func(v *writeback.View) {
			v.Moves = []writeback.Move{{At: at(1), To: 3}, {At: at(-2), To: 3}}
		}), own: []writeback.Change{{Field: "stage.id", Value: "3", From: at(-2), Until: at(-1)}}, want: writeback.Reject, reason: "superseded"},
		"moved by people, and to the same stage by us soon after": {view: seen(func(v *writeback.View) {
			v.Moves = []writeback.Move{{At: at(-2), To: 3}, {At: at(1), To: 3}}
		}), own: []writeback.Change{{Field: "stage.id", Value: "3", From: at(1), Until: at(2)}}, want: writeback.Apply},
		"moved, and Moka lists no moves": {view: seen(func(v *writeback.View) { v.MovedAt = at(5) }), want: writeback.Reject, reason: "superseded"},
		"archived since": {view: seen(func(v *writeback.View) { v.Archived, v.ArchivedAt = true, at(5) }),
			want: writeback.Reject, reason: "superseded"},
		"archived before": {view: seen(func(v *writeback.View) { v.Archived, v.ArchivedAt = true, at(-5) }),
			want: writeback.Reject, reason: "该申请已归档"},
		"archived, Moka does not say when": {view: seen(func(v *writeback.View) { v.Archived, v.UpdatedAt = true, at(5) }),
			want: writeback.Reject, reason: "superseded"},
		"asked from the future": {command: func(c *schemas.WritebackCommand) { c.RequestedAt = at(10_000) },
			view: seen(func(v *writeback.View) { v.Moves = []writeback.Move{{At: at(101), To: 3}} }), want: writeback.Reject, reason: "superseded"},

		"hire":                  {command: hire, view: seen(nil), want: writeback.Apply},
		"hired":                 {command: hire, view: seen(func(v *writeback.View) { v.Archived, v.Status = true, "hired" }), want: writeback.AlreadyApplied},
		"hire, archived before": {command: hire, view: seen(func(v *writeback.View) { v.Archived, v.Status, v.ArchivedAt = true, "rejected", at(-9) }), want: writeback.Apply},
		"hire, archived since":  {command: hire, view: seen(func(v *writeback.View) { v.Archived, v.Status, v.ArchivedAt = true, "rejected", at(9) }), want: writeback.Reject, reason: "superseded"},
		"hire, moved since":     {command: hire, view: seen(func(v *writeback.View) { v.MovedAt = at(9) }), want: writeback.Reject, reason: "superseded"},

		"accept":         {command: take, view: seen(nil), want: writeback.Apply},
		"accepted":       {command: take, view: seen(func(v *writeback.View) { v.Offer.Status = schemas.OfferStatusAccepted }), want: writeback.AlreadyApplied},
		"refused since":  {command: take, view: seen(func(v *writeback.View) { v.Offer.Status, v.Offer.AnsweredAt = schemas.OfferStatusRejected, at(3) }), want: writeback.Reject, reason: "superseded"},
		"refused before": {command: take, view: seen(func(v *writeback.View) { v.Offer.Status, v.Offer.AnsweredAt = schemas.OfferStatusRejected, at(-3) }), want: writeback.Apply},
		"moved since, and an offer's answer is another thing": {command: take, view: seen(func(v *writeback.View) { v.MovedAt = at(3) }), want: writeback.Apply},

		"refused since, and Moka does not say when": {command: take, view: seen(func(v *writeback.View) {
			v.Offer.Status, v.UpdatedAt = schemas.OfferStatusRejected, at(3)
		}), want: writeback.Reject, reason: "superseded"},
		"archived in that stage": {view: seen(func(v *writeback.View) { v.StageID, v.Archived, v.ArchivedAt = 5, true, at(-5) }),
			want: writeback.Reject, reason: "该申请已归档"},
		"give up, hired before": {command: giveUp, view: seen(func(v *writeback.View) { v.Archived, v.Status, v.ArchivedAt = true, "hired", at(-9) }),
			want: writeback.Apply},
		"denied before": {command: okay, view: seen(func(v *writeback.View) { v.Offer.Approval = schemas.ApprovalStatusRejected }),
			want: writeback.Apply},
		"denied before, and moved by us since": {command: okay, view: seen(func(v *writeback.View) {
			v.Offer.Approval, v.UpdatedAt = schemas.ApprovalStatusRejected, at(3)
		}), own: []writeback.Change{{Field: "stage.id", Value: "3", From: at(2), Until: at(4)}}, want: writeback.Apply},

		"approve":  {command: okay, view: seen(nil), want: writeback.Apply},
		"approved": {command: okay, view: seen(func(v *writeback.View) { v.Offer.Approval = schemas.ApprovalStatusApproved }), want: writeback.AlreadyApplied},
		"denied, and changed since": {command: okay, view: seen(func(v *writeback.View) {
			v.Offer.Approval, v.UpdatedAt = schemas.ApprovalStatusRejected, at(3)
		}), want: writeback.Reject, reason: "superseded"},
		"denied by us": {command: okay, view: seen(func(v *writeback.View) {
			v.Offer.Approval, v.UpdatedAt = schemas.ApprovalStatusRejected, at(3)
		}), own: []writeback.Change{{Field: "approval_status", Value: "REJECTED", From: at(2), Until: at(4)}}, want: writeback.Apply},

		"give up":  {command: giveUp, view: seen(nil), want: writeback.Apply},
		"given up": {command: giveUp, view: seen(func(v *writeback.View) { v.Archived, v.Status = true, "rejected" }), want: writeback.AlreadyApplied},
		"regular":  {command: regular, view: seen(nil), want: writeback.Apply},
		"resign":   {command: resigned, view: seen(func(v *writeback.View) { v.Archived, v.ArchivedAt = true, at(-9) }), want: writeback.Apply},
		"resigned by people": {command: resigned, view: seen(func(v *writeback.View) { v.Archived, v.ArchivedAt = true, at(9) }),
			want: writeback.Reject, reason: "superseded"},

		"headcount":         {command: rename, view: seen(headcount(at(-9), `"测试"`)), want: writeback.Apply},
		"headcount is so":   {command: rename, view: seen(headcount(at(9), `"工程师"`)), want: writeback.AlreadyApplied},
		"headcount changed": {command: rename, view: seen(headcount(at(9), `"测试"`)), want: writeback.Reject, reason: "superseded"},
		"headcount made since": {command: rename, view: seen(func(v *writeback.View) {
			headcount(at(0), `"测试"`)(v)
			v.Headcount.CreatedAt = at(0)
		}), want: writeback.Apply},
		"headcount not there": {command: rename, view: seen(nil), want: writeback.Reject, reason: "no such headcount"},
		"headcount changed by us": {command: rename, view: seen(headcount(at(9), `"测试"`)),
			own: []writeback.Change{{Field: "headcount", From: at(8), Until: at(9)}}, want: writeback.Apply},
	} {
		t.Run(name, func(t *testing.T) {
			d := writeback.Decide(writeback.Case{Request: request(t, test.command), View: test.view, Own: test.own, Now: at(100), Fresh: test.fresh})
			if d.Verdict != test.want || !strings.Contains(d.Reason, test.reason) {
				t.Errorf("decided %s (%s), want %s (…%s…)", d.Verdict, d.Reason, test.want, test.reason)
			}
		})
	}
}

func TestDecideAfterAnIntent(t *testing.T) {
	intent := func(req *writeback.Request) *schemas.WritebackResult {
		return &schemas.WritebackResult{
			Outcome: schemas.WritebackOutcomePending, ParameterHash: req.Hash, StartedAt: ptr(at(10)), UnsettledUntil: ptr(at(50)),
		}
	}
	for name, test := range map[string]struct {
		command func(*schemas.WritebackCommand)
		now     int
		view    *writeback.View
		want    writeback.Verdict
	}{
		"the call may be under way":    {now: 49, view: seen(func(v *writeback.View) { v.ReadAt = at(49) }), want: writeback.Wait},
		"not read since":               {now: 60, view: seen(func(v *writeback.View) { v.ReadAt = at(49) }), want: writeback.Read},
		"not read":                     {now: 60, want: writeback.Read},
		"seen":                         {now: 110, view: seen(func(v *writeback.View) { v.StageID = 5 }), want: writeback.Applied},
		"seen, and moved on by people": {now: 110, view: seen(func(v *writeback.View) { v.Moves = []writeback.Move{{At: at(11), To: 5}, {At: at(30), To: 8}} }), want: writeback.Applied},
		"seen not to have happened":    {now: 110, view: seen(nil), want: writeback.Apply},
		"not, and people moved it":     {now: 110, view: seen(func(v *writeback.View) { v.Moves = []writeback.Move{{At: at(30), To: 8}} }), want: writeback.Reject},
		"not, and expired":             {command: func(c *schemas.WritebackCommand) { c.ExpiresAt = ptr(at(40)) }, now: 110, view: seen(nil), want: writeback.Expire},
		"seen, though expired":         {command: func(c *schemas.WritebackCommand) { c.ExpiresAt = ptr(at(40)) }, now: 110, view: seen(func(v *writeback.View) { v.StageID = 5 }), want: writeback.Applied},
		"to be created, and it is there already": {command: change(schemas.HeadcountOperationCreate, nil, ptr(`{"number":"H1","jobName":"x","needNumber":1}`)),
			now: 110, view: seen(headcount(at(5), `"x"`)), want: writeback.Reject},
		"nothing can show it":               {command: regular, now: 110, want: writeback.Unclear},
		"what shows proves it":              {command: resigned, now: 110, view: seen(func(v *writeback.View) { v.Archived, v.ArchivedAt = true, at(12) }), want: writeback.Applied},
		"what does not show proves nothing": {command: resigned, now: 110, view: seen(nil), want: writeback.Unclear},
		"hired":                             {command: hire, now: 110, view: seen(func(v *writeback.View) { v.Archived, v.Status = true, "hired" }), want: writeback.Applied},
	} {
		t.Run(name, func(t *testing.T) {
			req := request(t, test.command)
			d := writeback.Decide(writeback.Case{Request: req, Entry: intent(req), View: test.view, Now: at(test.now)})
			if d.Verdict != test.want {
				t.Errorf("decided %s (%s), want %s", d.Verdict, d.Reason, test.want)
			}
		})
	}
}

// A refusal of what is so already is no refusal; who made it so depends on whether
// an earlier write may have.
func TestRefusalOfWhatIsSo(t *testing.T) {
	there := seen(func(v *writeback.View) { v.StageID = 5 })
	for _, test := range []struct {
		view *writeback.View
		open bool
		want writeback.Verdict
	}{
		{there, true, writeback.Applied}, {there, false, writeback.AlreadyApplied}, {seen(nil), true, writeback.Reject}, {nil, true, writeback.Reject},
	} {
		if d := writeback.Refused(writeback.Case{Request: request(t, nil), View: test.view}, "no", test.open); d.Verdict != test.want {
			t.Errorf("an earlier write open: %v, decided %s, want %s", test.open, d.Verdict, test.want)
		}
	}
}

func TestLedgerSettlesRepetitions(t *testing.T) {
	req := request(t, nil)
	for _, outcome := range []schemas.WritebackOutcome{
		schemas.WritebackOutcomeApplied, schemas.WritebackOutcomeAlreadyApplied, schemas.WritebackOutcomeRejected,
		schemas.WritebackOutcomeExpired, schemas.WritebackOutcomeFailed,
	} {
		entry := &schemas.WritebackResult{Outcome: outcome, ParameterHash: req.Hash}
		if d := writeback.Decide(writeback.Case{Request: req, Entry: entry, Now: at(1)}); d.Verdict != writeback.Settled {
			t.Errorf("%s again: %s", outcome, d.Verdict)
		}
		entry.ParameterHash = "other"
		if d := writeback.Decide(writeback.Case{Request: req, Entry: entry, Now: at(1)}); d.Verdict != writeback.Reused {
			t.Errorf("%s with other parameters: %s", outcome, d.Verdict)
		}
	}
}
