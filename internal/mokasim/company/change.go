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
	FeedbackGiven       Kind = "feedback_given"
	ApplicationRestored Kind = "application_restored" // taken out of the archive
	ApplicationDeleted  Kind = "application_deleted"
	MadeRegular         Kind = "made_regular"
	Resigned            Kind = "resigned"
	HeadcountOpened     Kind = "headcount_opened"
	HeadcountChanged    Kind = "headcount_changed"
	HeadcountFilled     Kind = "headcount_filled" // as many were hired as needed
	HeadcountClosed     Kind = "headcount_closed" // suspended, or its time ran out
	HeadcountDeleted    Kind = "headcount_deleted"
)

// Fields that changes speak of, and the words of their values.
const (
	FieldStage           = "stage"            // stage ids
	FieldArchived        = "archived"         // true, false
	FieldHired           = "hired"            // true, false
	FieldEmployment      = "employment"       // hired, regular, resigned
	FieldOfferStatus     = "offer_status"     // pending, sent, accepted, rejected; "" before there is one
	FieldOfferApproval   = "offer_approval"   // UNINITIATED …
	FieldInterviewStatus = "interview_status" // open, finished, cancelled; "" before there is one
	FieldInterviewTime   = "interview_time"   // of the meeting's first interview, RFC 3339 in UTC
	FieldFeedback        = "feedback"         // how many there are of the meeting
	FieldHeadcountStatus = "headcount_status" // unstart, ongoing, suspend, complete, timeout; "" before there is one
	FieldHeadcountNeed   = "headcount_need"   // how many are wanted
	FieldExists          = "exists"           // true, false
)

// Change is one thing the company did.
type Change struct {
	Seq          uint64         // from 1, without gaps
	At           time.Time      // as the act was told
	Kind         Kind           //
	Applications []*Application // several for a meeting of several; empty for the headcount kinds alone
	Meeting      *Meeting       // for the interview kinds, else nil
	Headcount    *Headcount     // for the headcount kinds, and the one that a hiring used; else nil
	From, To     string         // stage names, statuses or a reason, where the kind has them
	Field        string         // what changed, one of the Field constants; "" for a remark, a push
	Was, Is      string         // its values before and after
	Quiet        bool           // the applications' UpdatedAt did not move
	Operator     string         // who ordered it: OperatorAPI, or a name; empty: the company's own life
}

// tell stamps the applications of a change and hands it to the observer.
func (c *Company) tell(now time.Time, kind Kind, app *Application, change Change) {
	c.tellAll(now, kind, []*Application{app}, change)
}

func (c *Company) tellAll(now time.Time, kind Kind, apps []*Application, change Change) {
	c.seq++
	change.Seq, change.At, change.Kind, change.Applications = c.seq, now, kind, apps
	change.Quiet = canBeQuiet(kind) && c.settings.QuietShare > 0 && c.quiet.Float64() < c.settings.QuietShare
	if change.Operator == "" {
		change.Operator = c.operator
	}
	if !change.Quiet {
		for _, app := range apps {
			app.UpdatedAt = now
		}
	}
	for _, app := range apps {
		c.reindex(app)
	}
	if change.Headcount != nil {
		change.Headcount.UpdatedAt = now
	}
	c.observe(change)
}

// canBeQuiet are the kinds of which Moka does not document that they move the
// application's updatedAt.
func canBeQuiet(kind Kind) bool {
	switch kind {
	case OfferCreated, OfferApprovalMoved, OfferSentOut, OfferAnswered,
		InterviewArranged, InterviewUpdated, InterviewCancelled, InterviewFinished, FeedbackGiven:
		return true
	default:
		return false
	}
}
