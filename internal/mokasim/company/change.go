package company

import "time"

// Kind names what a change was.
type Kind string

// The kinds of change.
const (
	ApplicationReceived Kind = "application_received"
	StageMoved          Kind = "stage_moved"
	RemarkAdded         Kind = "remark_added"
	ApplicationArchived Kind = "application_archived"
	Hired               Kind = "hired"
	InterviewArranged   Kind = "interview_arranged"
	InterviewUpdated    Kind = "interview_updated"
	InterviewCancelled  Kind = "interview_cancelled"
	InterviewFinished   Kind = "interview_finished"
	OfferCreated        Kind = "offer_created"
	OfferApprovalMoved  Kind = "offer_approval_changed"
	OfferSentOut        Kind = "offer_sent"
	OfferAnswered       Kind = "offer_answered"
	EHRPushed           Kind = "ehr_pushed" // HR pressed "Import EHR"
)

// Change is one thing the company did.
type Change struct {
	Seq          uint64         // from 1, without gaps
	At           time.Time      // as the act was told
	Kind         Kind           //
	Applications []*Application // never empty; several for a meeting of several
	Meeting      *Meeting       // for the interview kinds, else nil
	From, To     string         // stage names, statuses or a reason, where the kind has them
	Operator     string         // who ordered it: OperatorAPI, or a name; empty: the company's own life
}

// tell stamps the applications of a change and hands it to the observer.
func (c *Company) tell(now time.Time, kind Kind, app *Application, change Change) {
	c.tellAll(now, kind, []*Application{app}, change)
}

func (c *Company) tellAll(now time.Time, kind Kind, apps []*Application, change Change) {
	c.seq++
	change.Seq, change.At, change.Kind, change.Applications = c.seq, now, kind, apps
	for _, app := range apps {
		app.UpdatedAt = now
	}
	c.observe(change)
}
