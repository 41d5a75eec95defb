package resources

import "github.com/mokafka/mokafka/internal/mokasim/company"

// jobInfo is the job of an item of the v2 feed, with its headcounts.
func (r *reading) jobInfo(its *company.Job) object {
	var headcounts, ranks []object
	for _, h := range its.Headcounts {
		headcounts = append(headcounts, object{
			{"customFields", []object{}}, {"id", r.id(h.ID)}, {"jobId", its.ID}, {"name", h.Name}, {"number", h.Number}, {"status", h.Status},
		})
	}
	for _, rank := range its.Ranks {
		ranks = append(ranks, object{{"level", rank.Level}, {"name", rank.Name}, {"type", rank.Type}})
	}
	department := r.department(its.Department)
	return object{
		{"id", its.ID},
		{"headcountInfo", r.list(headcounts)},
		{"mjCode", its.Code},
		{"jobRanksInfo", r.list(ranks)},
		{"hireMode", 1},
		{"title", its.Title},
		{"commitment", its.Commitment},
		{"number", nil},
		{"status", "open"},
		{"attributeId", nil},
		{"attributeName", nil},
		{"label", nil},
		{"category", nil},
		{"competencyType", its.Competency}, // table
		{"jobDescription", its.Description},
		{"openedAt", iso(its.OpenedAt)},
		{"campusSiteIds", r.asText([]int64{})},
		{"campusSites", []object{}},
		{"finishedAt", nil},
		{"completeTime", iso(its.FinishBy)}, // table
		{"department", object{{"info", department}, {"name", its.Department.Name}, {"parentId", nil}}},
		{"stores", []object{}},
		{"customFields", []object{{{"name", "职位-年月"}, {"value", its.OpenedAt.Format("2006-01")}}}},
		{"jobManager", person(its.Manager)},
		{"jobAssistants", []object{}},
		{"jobHiringManagers", []object{}},
		{"jobInterviewers", []object{}},
	}
}
