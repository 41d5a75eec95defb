package company

import (
	"strings"
	"time"
)

// Standing is what commands change of an application. Two that are equal are
// of an application that no command has changed between.
type Standing struct {
	StageID         int64     `json:"stageId"`
	Stage           string    `json:"stage"`
	Archived        bool      `json:"archived"` // without being hired
	ArchiveReasonID int64     `json:"archiveReasonId,omitempty"`
	TalentPoolID    int64     `json:"talentPoolId,omitempty"`
	HiredAt         time.Time `json:"hiredAt,omitzero"`
	Probation       int       `json:"probation,omitempty"`
	HeadcountID     int64     `json:"headcountId,omitempty"`
	RegularAt       time.Time `json:"regularAt,omitzero"`
	ResignedAt      time.Time `json:"resignedAt,omitzero"`
	Resignation     string    `json:"resignation,omitempty"`
	OfferStatus     string    `json:"offerStatus,omitempty"`
	OfferApproval   string    `json:"offerApproval,omitempty"`
	FakeOffer       string    `json:"fakeOffer,omitempty"` // its status
}

// Standing of an application; false if there is none.
func (c *Company) Standing(id int64) (Standing, bool) {
	app := c.Application(id)
	if app == nil {
		return Standing{}, false
	}
	s := Standing{
		StageID: app.Stage.ID, Stage: app.Stage.Name, HiredAt: app.HiredAt.UTC(), Probation: app.Work.Probation,
		HeadcountID: app.Work.HeadcountID, RegularAt: app.Work.RegularAt.UTC(),
	}
	if app.Archive != nil {
		s.Archived, s.ArchiveReasonID, s.TalentPoolID = true, app.Archive.Reason.ID, app.Archive.TalentPoolID
	}
	if left := app.Work.Resignation; left != nil {
		s.ResignedAt, s.Resignation = left.At.UTC(), left.Detail
	}
	if app.Offer != nil {
		s.OfferStatus, s.OfferApproval = app.Offer.Status, app.Offer.Approval
	}
	if app.Fake != nil {
		s.FakeOffer = app.Fake.Status
	}
	return s, true
}

// HeadcountStanding is what commands change of a headcount.
type HeadcountStanding struct {
	ID             int64     `json:"id"`
	Number         string    `json:"number"`
	Name           string    `json:"name"`
	Type           string    `json:"type"`
	Status         string    `json:"status"`
	Need           int       `json:"need"`
	Used           int       `json:"used"`
	Description    string    `json:"description,omitempty"`
	DepartmentCode int       `json:"departmentCode"`
	Commitment     string    `json:"commitment"`
	Owner          string    `json:"owner"`
	Managers       string    `json:"managers"` // addresses
	Jobs           string    `json:"jobs"`     // ids
	StartDate      time.Time `json:"startDate,omitzero"`
	FinishBy       time.Time `json:"finishBy,omitzero"`
}

// HeadcountStanding of a headcount; false if there is none.
func (c *Company) HeadcountStanding(id int64) (HeadcountStanding, bool) {
	h := c.Headcount(id)
	if h == nil {
		return HeadcountStanding{}, false
	}
	return standingOf(h), true
}

func standingOf(h *Headcount) HeadcountStanding {
	s := HeadcountStanding{
		ID: h.ID, Number: h.Number, Name: h.Name, Type: h.Type, Status: h.Status, Need: h.Need, Used: h.Used,
		Description: h.Description, DepartmentCode: h.Department.Code, Commitment: h.Commitment, Owner: h.Owner.Email,
		StartDate: h.StartDate.UTC(), FinishBy: h.FinishBy.UTC(),
	}
	var managers, jobs []string
	for _, manager := range h.Managers {
		managers = append(managers, manager.Email)
	}
	for _, job := range h.Jobs {
		jobs = append(jobs, job.ID)
	}
	s.Managers, s.Jobs = strings.Join(managers, " "), strings.Join(jobs, " ")
	return s
}
