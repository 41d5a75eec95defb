package company

import (
	"iter"
	"time"
)

// Truth is the present state of one application, to compare with what others
// have learned of it.
type Truth struct {
	ApplicationID int64            `json:"applicationId"`
	CandidateID   int64            `json:"candidateId"`
	JobID         string           `json:"jobId"`
	StageID       int64            `json:"stageId"`
	StageName     string           `json:"stageName"`
	Archived      bool             `json:"archived"` // true of the hired as well
	ArchivedAt    *time.Time       `json:"archivedAt,omitempty"`
	ArchiveReason string           `json:"archiveReason,omitempty"`
	Hired         bool             `json:"hired"`
	HiredAt       *time.Time       `json:"hiredAt,omitempty"`
	HiredFor      int64            `json:"hiredForHeadcountId,omitempty"`
	Regular       bool             `json:"regular,omitempty"`
	Resigned      bool             `json:"resigned,omitempty"`
	OfferStatus   string           `json:"offerStatus,omitempty"`   // "": no offer
	OfferApproval string           `json:"offerApproval,omitempty"` //
	Interviews    []InterviewTruth `json:"interviews"`              // oldest first
	CreatedAt     time.Time        `json:"createdAt"`
	MovedAt       time.Time        `json:"movedAt"`
	UpdatedAt     time.Time        `json:"updatedAt"`
}

// InterviewTruth is one appointment of an application.
type InterviewTruth struct {
	ID        int64     `json:"id"`
	Type      int       `json:"type"`
	Status    string    `json:"status"` // open, finished, cancelled
	Round     int       `json:"round"`
	Start     time.Time `json:"start"`
	End       time.Time `json:"end"`
	Feedbacks int       `json:"feedbacks"` // on this application
}

// HeadcountTruth is the present state of one headcount.
type HeadcountTruth struct {
	ID        int64     `json:"id"`
	Number    string    `json:"number"`
	Status    string    `json:"status"`
	Need      int       `json:"need"`
	Used      int       `json:"used"`
	JobIDs    []string  `json:"jobIds"`
	UpdatedAt time.Time `json:"updatedAt"`
}

// Truths are those of all applications behind an id, by id.
func (c *Company) Truths(after int64) iter.Seq[Truth] {
	return func(yield func(Truth) bool) {
		for app := range c.Applications(after) {
			if !yield(app.Truth()) {
				return
			}
		}
	}
}

// Truth of the application as it is. Times are UTC.
func (a *Application) Truth() Truth {
	truth := Truth{
		ApplicationID: a.ID, CandidateID: a.Candidate.ID, JobID: a.Job.ID, StageID: a.Stage.ID, StageName: a.Stage.Name,
		Archived: !a.Open(), Hired: !a.HiredAt.IsZero(), HiredFor: a.Work.HeadcountID,
		Regular: !a.Work.RegularAt.IsZero(), Resigned: a.Work.Resignation != nil, Interviews: []InterviewTruth{},
		CreatedAt: a.CreatedAt.UTC(), MovedAt: a.MovedAt.UTC(), UpdatedAt: a.UpdatedAt.UTC(),
	}
	if archive := a.Archived(); archive != nil {
		at := archive.At.UTC()
		truth.ArchivedAt, truth.ArchiveReason = &at, archive.Reason.Name
	}
	if truth.Hired {
		at := a.HiredAt.UTC()
		truth.HiredAt = &at
	}
	if a.Offer != nil {
		truth.OfferStatus, truth.OfferApproval = a.Offer.Status, a.Offer.Approval
	}
	for _, meeting := range a.Meetings {
		for _, interview := range meeting.Of(a) {
			truth.Interviews = append(truth.Interviews, InterviewTruth{
				ID: interview.ID, Type: meeting.Type, Status: meeting.Status, Round: meeting.Round,
				Start: interview.Start.UTC(), End: interview.End.UTC(), Feedbacks: len(interview.On(a)),
			})
		}
	}
	return truth
}

// Truth of the headcount as it is.
func (h *Headcount) Truth() HeadcountTruth {
	truth := HeadcountTruth{
		ID: h.ID, Number: h.Number, Status: h.Status, Need: h.Need, Used: h.Used, JobIDs: []string{}, UpdatedAt: h.UpdatedAt.UTC(),
	}
	for _, job := range h.Jobs {
		truth.JobIDs = append(truth.JobIDs, job.ID)
	}
	return truth
}

// Of are the meeting's interviews that an application takes part in.
func (m *Meeting) Of(app *Application) []*Interview {
	var its []*Interview
	for _, interview := range m.Interviews {
		for _, one := range interview.Applications {
			if one.ID == app.ID {
				its = append(its, interview)
			}
		}
	}
	return its
}

// On are the interview's verdicts on an application.
func (i *Interview) On(app *Application) []Verdict {
	var its []Verdict
	for _, verdict := range i.Verdicts {
		if verdict.Application.ID == app.ID {
			its = append(its, verdict)
		}
	}
	return its
}
