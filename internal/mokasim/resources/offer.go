package resources

import (
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// offerInfo is null for an application without an offer. offerHistoryList has an
// entry for each time it was sent.
func (r *reading) offerInfo(app *company.Application, q ApplicationsQuery) any {
	its := app.Offer
	if its == nil {
		return nil
	}
	var attachment any
	if q.OfferAttachment {
		attachment = r.signed("offer", app.ID, time.Hour)
	}
	var sent []object
	for _, answer := range its.Answers {
		var how any
		if answer.How != 0 {
			how = answer.How
		}
		sent = append(sent, object{
			{"sentAt", iso(answer.SentAt)},
			{"sentUser", object{
				{"number", answer.By.Number}, {"phone", answer.By.Phone}, {"name", answer.By.Name},
				{"employeeId", answer.By.Number}, {"id", r.id(answer.By.ID)}, {"email", answer.By.Email},
			}},
			{"status", answer.Status},
			{"operationType", how},
		})
	}
	return object{
		{"applicationId", r.id(app.ID)},
		{"status", its.Status},
		{"approvalStatus", its.Approval},
		{"createdAt", iso(its.CreatedAt)}, // table
		{"checkinDate", iso(its.CheckIn)},
		{"salaryNumber", strconv.Itoa(its.Salary)},
		{"locationString", its.Location},
		{"jobRankLevel", its.Rank.Level},
		{"jobRankName", its.Rank.Name},
		{"dutyLevelName", ""},
		{"salaryType", 3},
		{"offerAttachmentUrl", attachment},
		{"finishedAt", isoOrNil(its.FinishedAt)},
		{"jobRankType", its.Rank.Type},
		{"creator", person(its.Creator)},
		{"hcInfo", r.offered(its.Headcount)},
		{"department", r.department(app.Job.Department)},
		{"offerHistoryList", r.list(sent)},
		{"customFields", []object{{{"name", "职级"}, {"value", its.Grade}, {"codes", nil}, {"code", nil}}}},
	}
}

// offered is the headcount that an offer names; null for none.
func (r *reading) offered(h *company.Headcount) any {
	if h == nil {
		return nil
	}
	manager := object{{"name", h.Owner.Name}, {"employeeId", h.Owner.Number}, {"id", r.id(h.Owner.ID)}, {"email", h.Owner.Email}}
	return object{
		{"id", r.id(h.ID)}, {"name", h.Name}, {"number", h.Number}, {"status", h.Status}, {"manager", manager}, {"department", nil},
	}
}

func (r *reading) department(its *company.Department) object {
	return object{
		{"departmentName", its.Name}, {"departmentPath", its.Path}, {"id", departmentID(its)},
		{"departmentCode", strconv.Itoa(its.Code)}, {"parentAPICode", strconv.Itoa(its.ParentCode)},
	}
}

// departmentID in Moka, as text.
func departmentID(its *company.Department) string { return strconv.Itoa(200_030_000 + its.Code) }
