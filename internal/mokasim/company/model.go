package company

import "time"

// Stage is a step of the company's one pipeline.
type Stage struct {
	ID   int64
	Name string
	Type int // Moka documents 100 initial screen, 101 offer, 102 to be onboarded, 2xx the company's own.
}

// Department of the company. Codes are numbers here; Moka shows them as numbers
// in offers and as text in jobs.
type Department struct {
	Name       string
	Code       int
	ParentCode int
	Path       string // from the top, separated by "/"
}

// Employee works in the company: recruiters, interviewers, referrers.
type Employee struct {
	ID     int64
	Name   string
	Email  string
	Phone  string
	Number string
}

// Rank is a job level.
type Rank struct {
	Name  string
	Type  string
	Level int
}

// Job is an open position.
type Job struct {
	ID          string // a UUID
	Title       string
	Description string // HTML, as recruiters paste it
	Competency  string
	Commitment  string
	Department  *Department
	Manager     *Employee
	Code        string       // MJ000001
	Headcounts  []*Headcount // in the order in which they were opened; may be empty
	Ranks       []Rank
	OpenedAt    time.Time
	FinishBy    time.Time
}

// Reason is why an application can be archived.
type Reason struct {
	ID   int64
	Name string
	Type int // 1 the candidate declined, 2 the company did, 3 hired
}

// Archive says why an application was closed without hiring.
type Archive struct {
	At           time.Time
	Reason       Reason
	TalentPoolID int64 // 0: the public one
	Detail       string
}

// Move is one step of an application through the pipeline. From is nil for the
// application's arrival.
type Move struct {
	At   time.Time
	By   *Employee
	From *Stage
	To   *Stage
}

// Remark is a note on an application.
type Remark struct {
	At      time.Time
	By      *Employee
	To      *Employee
	Text    string
	Private bool
}

// Application is one candidate's application for one job.
type Application struct {
	ID        int64
	Candidate *Candidate
	Job       *Job
	Stage     *Stage
	CreatedAt time.Time
	MovedAt   time.Time // when it entered Stage
	UpdatedAt time.Time // of the last change that was not quiet; see Settings
	Moves     []Move
	Owner     *Employee
	Referrer  *Employee // nil: nobody referred the candidate
	Source    string
	Offer     *Offer     // nil: none yet
	Meetings  []*Meeting // in the order in which they were arranged
	Remarks   []Remark
	Label     string
	PushedAt  time.Time // last "Import EHR"; zero: never
	PushedBy  *Employee
	Archive   *Archive   // nil: not archived
	HiredAt   time.Time  // zero: not hired
	Work      Employment // what became of it after hiring
	Fake      *FakeOffer // nil: none
}

// Archived tells since when and why the application is closed, in the words of
// Moka, where hiring archives, too; nil while it is in progress.
func (a *Application) Archived() *Archive {
	if !a.HiredAt.IsZero() {
		return &Archive{At: a.HiredAt, Reason: Reason{ID: 1, Name: "已入职", Type: 3}}
	}
	return a.Archive
}

// Open reports whether the application is still in progress.
func (a *Application) Open() bool { return a.Archive == nil && a.HiredAt.IsZero() }

// OpenMeeting is the meeting that is still to take place, or nil.
func (a *Application) OpenMeeting() *Meeting {
	for i := len(a.Meetings) - 1; i >= 0; i-- {
		if a.Meetings[i].Status == MeetingOpen {
			return a.Meetings[i]
		}
	}
	return nil
}

// Finished counts the rounds that took place.
func (a *Application) Finished() int {
	n := 0
	for _, m := range a.Meetings {
		if m.Status == MeetingFinished {
			n++
		}
	}
	return n
}

// Offer statuses and approval statuses, as Moka documents them.
const (
	OfferPending  = "pending"
	OfferSent     = "sent"
	OfferAccepted = "accepted"
	OfferRejected = "rejected"

	ApprovalUninitiated = "UNINITIATED"
	ApprovalInProgress  = "INPROGRESS"
	ApprovalApproved    = "APPROVED"
	ApprovalRejected    = "REJECTED"
)

// Offer is what the company would pay.
type Offer struct {
	Status     string
	Approval   string
	Salary     int // yuan a month
	CheckIn    time.Time
	Location   string
	Creator    *Employee
	CreatedAt  time.Time
	SentAt     time.Time     // zero: not sent
	FinishedAt time.Time     // zero: not answered
	Headcount  *Headcount    // nil: none
	Answers    []OfferAnswer // oldest first
	Rank       Rank
	Grade      string
}

// OfferAnswer is one sending of an offer and what came of it.
type OfferAnswer struct {
	SentAt time.Time
	By     *Employee
	Status string // OfferPending while nobody answered, OfferAccepted, OfferRejected
	How    int    // 1 the candidate answered, 2 HR marked it, 3 the API did; 0: nobody yet
}

// Interview types, as Moka documents them for its webhooks.
const (
	OnSite     = 1
	Group      = 2
	Phone      = 3
	Video      = 4
	Sequential = 5
)

// Meeting statuses.
const (
	MeetingOpen      = "open"
	MeetingFinished  = "finished"
	MeetingCancelled = "cancelled"
)

// Meeting is what a recruiter arranges with one press of the button: one
// interview, one group interview of several applications, or several
// interviews in a row (sequential).
type Meeting struct {
	Type       int
	Status     string
	CreatedAt  time.Time
	Creator    *Employee
	Round      int
	RoundName  string
	Interviews []*Interview
}

// Applications lists the applications of all the meeting's interviews.
func (m *Meeting) Applications() []*Application {
	var all []*Application
	for _, i := range m.Interviews {
		all = append(all, i.Applications...)
	}
	return all
}

// Room is where people meet; AddressID and the rest are zero for calls.
type Room struct {
	ID        int64
	Name      string
	AddressID int64
	Country   string
	CityID    int64
	Address   string
}

// Interview is one appointment of a meeting.
type Interview struct {
	ID           int64
	Applications []*Application
	Room         *Room // nil: a call
	Start, End   time.Time
	Interviewers []*Employee
	Verdicts     []Verdict // one per application, then per interviewer, once given
}

// Verdict is one interviewer's feedback on one application.
type Verdict struct {
	Application *Application
	By          *Employee
	At          time.Time
	Good        bool
	Score       int // of 10
	Text        string
}
