package resources

import (
	"net/http"
	"strconv"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

const headcountPage = 20

// Headcount answers GET v1/headcount/{id}. What Moka says of an id that is not
// there is not documented; here 404 with a message.
func (v View) Headcount(id int64) Answer {
	h := v.Company.Headcount(id)
	if h == nil {
		return Answer{http.StatusNotFound, object{{"success", false}, {"errorMessage", "招聘需求不存在"}}}
	}
	return found(object{{"headcount", v.reading().headcount(h)}})
}

// Headcounts answers GET v1/headcounts: pages of 20 in the order of their ids.
// The sample shows a page of one, as the object under "headcount"; a page of
// several, or of none, is an array under the same key.
func (v View) Headcounts(q HeadcountsQuery) Answer {
	r, skip := v.reading(), (max(q.Page, 1)-1)*headcountPage
	items := []object{}
	for _, h := range v.Company.Headcounts() {
		switch {
		case q.HireMode == 2, q.Status != "" && q.Status != h.Status:
		case skip > 0:
			skip--
		case len(items) < headcountPage:
			items = append(items, r.headcount(h))
		}
	}
	if len(items) == 1 {
		return found(object{{"headcount", items[0]}})
	}
	return found(object{{"headcount", items}})
}

// MinimalHeadcounts answers GET v1/headcount/minimal_headcounts: all of them.
func (v View) MinimalHeadcounts(hireMode int) Answer {
	r, items := v.reading(), []object{}
	for _, h := range v.Company.Headcounts() {
		if hireMode == 2 {
			break
		}
		items = append(items, object{
			{"id", r.id(h.ID)}, {"number", h.Number}, {"status", h.Status}, {"jobName", h.Name}, {"needNumber", h.Need},
			{"departmentId", 200_030_000 + h.Department.Code}, {"departmentCode", strconv.Itoa(h.Department.Code)},
			{"ownerId", r.id(h.Owner.ID)}, {"orgId", v.OrgID},
		})
	}
	return found(object{{"headcounts", items}})
}

// HeadcountCount answers GET v1/headcount_status/count; a status that none has
// is left out.
func (v View) HeadcountCount(hireMode int) Answer {
	counts := map[string]int{}
	for _, h := range v.Company.Headcounts() {
		if hireMode != 2 {
			counts[h.Status]++
		}
	}
	return found(object{{"statusCount", counts}})
}

// headcount is a headcount in full, in the order of the documented sample.
func (r *reading) headcount(h *company.Headcount) object {
	var managers []any
	var emails, numbers []string
	for _, who := range h.Managers {
		managers, emails, numbers = append(managers, r.id(who.ID)), append(emails, who.Email), append(numbers, who.Number)
	}
	jobs, ranks := []object{}, []object{}
	for _, job := range h.Jobs {
		jobs = append(jobs, object{{"id", job.ID}, {"title", job.Title}})
	}
	for n, rank := range h.Ranks {
		ranks = append(ranks, object{{"id", n + 1}, {"name", rank.Name}, {"type", rank.Type}, {"level", rank.Level}, {"hcId", h.ID}})
	}
	addresses := []object{}
	if room := h.Room; room != nil {
		addresses = append(addresses, object{
			{"id", room.AddressID}, {"country", room.Country}, {"province", nil}, {"area", nil}, {"address", room.Address},
		})
	}
	return object{
		{"id", r.id(h.ID)}, {"number", h.Number}, {"jobName", h.Name}, {"type", h.Type}, {"needNumber", h.Need},
		{"departmentId", 200_030_000 + h.Department.Code}, {"departmentCode", strconv.Itoa(h.Department.Code)},
		{"commitment", h.Commitment}, {"ownerId", r.id(h.Owner.ID)}, {"managerIds", managers}, {"description", orNil(h.Description)},
		{"status", h.Status}, {"creatorId", r.id(h.Creator.ID)}, {"hireMode", 1}, {"orgId", r.OrgID},
		{"createdAt", iso(h.CreatedAt)}, {"updatedAt", iso(h.UpdatedAt)}, {"startDate", isoOrNil(h.StartDate)}, {"completeDate", isoOrNil(h.FinishBy)},
		{"connectedJobIds", jobIDs(h)}, {"connectedJobs", jobs}, {"usedNumber", h.Used}, {"remainNumber", h.Remaining()},
		{"customData", object{{"1", "123"}, {"2", "222"}}},
		{"ownerEmail", h.Owner.Email}, {"managerEmails", emails}, {"managerEmployeeIds", numbers},
		{"addressInfo", addresses}, {"jobPriority", []object{{{"id", 14}, {"name", "紧急招聘"}, {"isBuiltin", 1}}}}, {"jobRanks", ranks},
	}
}
