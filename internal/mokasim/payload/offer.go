package payload

import (
	"fmt"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

type offer struct {
	Status         string       `json:"status"`    // table
	CreatedAt      string       `json:"createdAt"` // table
	ApprovalStatus string       `json:"approvalStatus"`
	Salary         int          `json:"salaryNumber"`
	CheckIn        string       `json:"checkinDate"`
	Location       string       `json:"location"`
	Creator        offerCreator `json:"creator"`
	FinishedAt     *string      `json:"finishedAt"`
	CustomFields   []namedValue `json:"customFields"`
	Headcount      *headcount   `json:"hcInfo"`
	Rank           offerRank    `json:"jobRankInfo"`
	Department     string       `json:"departmentName"`
	Code           int          `json:"departmentCode"`
	ParentCode     int          `json:"parentDepartmentCode"`
	DepartmentPath string       `json:"departmentPath"`
	LastSentAt     *string      `json:"offerLastSentAt"`
}

type offerCreator struct {
	Name  string `json:"name"`
	Email string `json:"email"`
}

type offerRank struct {
	Level int     `json:"level"`
	Name  string  `json:"name"`
	Type  *string `json:"type"`
}

// offerOf is null for an application without an offer.
func offerOf(app *company.Application) *offer {
	its, job := app.Offer, app.Job
	if its == nil {
		return nil
	}
	shown := &offer{
		Status: its.Status, CreatedAt: iso(its.CreatedAt), ApprovalStatus: its.Approval, Salary: its.Salary,
		// "2018-5-3": the sample's date has no leading zeros.
		CheckIn:  fmt.Sprintf("%d-%d-%d", its.CheckIn.Year(), its.CheckIn.Month(), its.CheckIn.Day()),
		Location: its.Location, Creator: offerCreator{its.Creator.Name, its.Creator.Email},
		FinishedAt:   isoOrNil(its.FinishedAt),
		CustomFields: []namedValue{{"职级", its.Grade}, {"签约形式", "线上 & 线下"}},
		Rank:         offerRank{Level: its.Rank.Level, Name: its.Rank.Name},
		Department:   job.Department.Name, Code: job.Department.Code, ParentCode: job.Department.ParentCode,
		DepartmentPath: job.Department.Path, LastSentAt: isoOrNil(its.SentAt),
	}
	if h := its.Headcount; h != nil {
		shown.Headcount = &headcount{h.ID, h.Number, h.Name, h.Status}
	}
	return shown
}

// headcountsOf are those of a job, never null.
func headcountsOf(job *company.Job) []headcount {
	all := []headcount{}
	for _, h := range job.Headcounts {
		all = append(all, headcount{h.ID, h.Number, h.Name, h.Status})
	}
	return all
}
