package resources

import (
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// The v1 feeds of applications show person, application, job and offer side by
// side in one flat object, each feed with some keys of its own.

// flatPerson are the keys that begin an item of both.
func (r *reading) flatPerson(app *company.Application) object {
	who := app.Candidate
	info := personal(who)
	value := func(key string) any {
		for _, m := range info {
			if m.key == key {
				return m.value
			}
		}
		return nil
	}
	item := object{}
	for _, key := range []string{"name", "phone", "email", "gender", "birthYear"} {
		item = append(item, member{key, value(key)})
	}
	item = append(item, member{"birthDate", iso(who.Born)})
	for _, key := range []string{"nationality", "experience", "ethnic", "certificateType", "citizenId", "nativePlace", "location"} {
		item = append(item, member{key, value(key)})
	}
	item = append(item, object{{"source", app.Source}, {"sourceType", 2}}...)
	for _, key := range []string{"academicDegree", "lastSpeciality", "married"} {
		item = append(item, member{key, value(key)})
	}
	item = append(item, object{
		{"jobCommitment", app.Job.Commitment}, {"hireMode", 1}, {"departmentCode", strconv.Itoa(app.Job.Department.Code)},
		{"parentDepartmentCode", strconv.Itoa(app.Job.Department.ParentCode)}, {"resumeKey", who.ResumeKey},
	}...)
	return append(item, object{
		{"stageName", app.Stage.Name},
		{"nativePlaceCode", value("nativePlaceCode")}, {"nationalityCode", 3}, {"genderCode", value("genderCode")},
		{"academicDegreeCode", value("academicDegreeCode")}, {"ethnicCode", 2},
	}...)
}

func flatJob(its *company.Job) object {
	return object{
		{"title", its.Title}, {"department", its.Department.Name}, {"departmentCode", strconv.Itoa(its.Department.Code)},
		{"parentDepartmentCode", strconv.Itoa(its.Department.ParentCode)}, {"competencyType", its.Competency},
		{"departmentPath", its.Department.Path}, {"jobId", its.ID},
		{"customFields", []object{{{"name", "职位-年月"}, {"value", its.OpenedAt.Format("2006-01")}}}},
	}
}

func flatManager(its *company.Employee) object {
	return object{{"name", its.Name}, {"email", its.Email}, {"phone", its.Phone}, {"employeeId", its.Number}}
}

// flatResume are the lists of the resume; their ids are numbers here.
func flatResume(who *company.Candidate) (learnt, worked []object) {
	learnt, worked = []object{}, []object{}
	for n, its := range who.Education {
		learnt = append(learnt, object{
			{"id", who.ID*10 + int64(n)}, {"startDate", its.From}, {"endDate", its.To}, {"school", its.School},
			{"speciality", its.Major}, {"academicDegree", its.Degree}, {"startTime", seconds(its.From)}, {"endTime", seconds(its.To)}, {"now", false},
		})
	}
	for n, its := range who.Work {
		worked = append(worked, object{
			{"id", who.ID*10 + int64(n)}, {"startDate", its.From}, {"endDate", its.To}, {"company", its.Company}, {"title", its.Title},
			{"startTime", seconds(its.From)}, {"endTime", seconds(its.To)}, {"now", its.To == ""},
			{"underlingNumber", strconv.Itoa(its.Reporting)},
		})
	}
	return learnt, worked
}

func flatProjects(who *company.Candidate) []object {
	made := []object{}
	for _, its := range who.Projects {
		made = append(made, object{
			{"startDate", its.From}, {"endDate", its.To}, {"projectName", its.Name}, {"title", its.Title},
			{"projectDescript", its.Summary}, {"responsibilities", its.Duties}, {"startTime", seconds(its.From)},
			{"endTime", seconds(its.To)}, {"now", false},
		})
	}
	return made
}

func flatFields(who *company.Candidate) []object {
	return []object{
		{{"codes", ""}, {"name", "擅长技能"}, {"value", who.Skills[0]}, {"section", "basicInfo"}},
		{{"name", "身高"}, {"value", strconv.Itoa(who.Height)}, {"section", "basicInfo"}, {"index", 0}},
	}
}

// flatRelations are referrer to offer. The feeds of moved applications show no
// statuses, neither the headcounts' nor the offer's.
func (r *reading) flatRelations(app *company.Application, statuses bool) object {
	headcounts, ranks := []object{}, []object{}
	for _, h := range app.Job.Headcounts {
		its := object{{"id", r.id(h.ID)}, {"number", h.Number}, {"name", h.Name}}
		if statuses {
			its = append(its, member{"status", h.Status})
		}
		headcounts = append(headcounts, its)
	}
	for _, rank := range app.Job.Ranks {
		ranks = append(ranks, object{{"name", rank.Name}, {"type", rank.Type}, {"level", rank.Level}})
	}
	var referrer any
	if its := app.Referrer; its != nil {
		referrer = object{{"name", its.Name}, {"email", its.Email}, {"phone", its.Phone}, {"number", its.Number}}
	}
	return object{
		{"referrer", referrer}, {"headcountInfo", r.list(headcounts)}, {"jobRanksInfo", r.list(ranks)}, {"offer", r.flatOffer(app, statuses)},
	}
}

func (r *reading) flatOffer(app *company.Application, statuses bool) any {
	its, department := app.Offer, app.Job.Department
	if its == nil {
		return nil
	}
	offer := object{}
	if statuses {
		offer = object{{"createdAt", iso(its.CreatedAt)}, {"status", its.Status}, {"approvalStatus", its.Approval}}
	}
	offer = append(offer, object{
		{"salaryNumber", its.Salary}, {"checkinDate", iso(its.CheckIn)}, {"location", its.Location},
		{"creator", object{{"name", its.Creator.Name}, {"email", its.Creator.Email}}},
		{"finishedAt", isoOrNil(its.FinishedAt)}, {"customFields", []object{{{"name", "职级"}, {"value", its.Grade}}}},
	}...)
	if statuses {
		var headcount any
		if h := its.Headcount; h != nil {
			headcount = object{{"id", r.id(h.ID)}, {"number", h.Number}, {"name", h.Name}, {"status", h.Status}}
		}
		offer = append(offer, object{
			{"hcInfo", headcount}, {"jobRankInfo", object{{"level", its.Rank.Level}, {"name", its.Rank.Name}, {"type", its.Rank.Type}}},
		}...)
	}
	return append(offer, object{
		{"departmentName", department.Name}, {"departmentCode", department.Code}, {"parentDepartmentCode", department.ParentCode},
		{"departmentPath", department.Path}, {"offerLastSentAt", isoOrNil(its.SentAt)},
	}...)
}

// moved is an item of the feeds of moved applications, which return no links.
func (r *reading) moved(app *company.Application) object {
	learnt, worked := flatResume(app.Candidate)
	item := object{{"applicationId", r.id(app.ID)}, {"candidateId", r.id(app.Candidate.ID)}, {"moved_at", iso(app.MovedAt)}}
	item = append(item, r.flatPerson(app)...)
	item = append(item, object{
		{"job", flatJob(app.Job)}, {"jobManager", flatManager(app.Job.Manager)}, {"resumeUrl", ""},
		{"educationInfo", r.list(learnt)}, {"experienceInfo", r.list(worked)}, {"awardInfo", []object{}}, {"customFields", flatFields(app.Candidate)},
	}...)
	item = append(item, r.flatRelations(app, false)...)
	return append(item, object{
		{"projectInfo", flatProjects(app.Candidate)}, {"languageInfo", []object{{{"language", "英语"}, {"level", app.Candidate.English}}}},
		{"stageType", r.stageType(app.Stage)}, {"invitationUpdateStatus", 0},
	}...)
}

// flat is an item of v1/data/ehrApplications.
func (r *reading) flat(app *company.Application) object {
	learnt, worked := flatResume(app.Candidate)
	item := object{{"applicationId", r.id(app.ID)}, {"candidateId", r.id(app.Candidate.ID)}, {"created_at", iso(app.CreatedAt)}}
	item = append(item, r.flatPerson(app)...)
	item = append(item, object{
		{"sourceList", []object{{{"name", "招聘渠道"}, {"isBuiltin", true}}, {{"id", sourceID(app.Source)}, {"name", app.Source}, {"isBuiltin", true}}}},
		{"lastCompany", lastOf(app.Candidate, func(w company.Work) string { return w.Company })},
		{"campus_site_id", 0}, {"campus_site_name", nil},
		{"job", flatJob(app.Job)}, {"jobManager", flatManager(app.Job.Manager)},
		{"officeweb365Url", r.signed("preview", app.ID, time.Hour)}, {"officeweb365PrintUrl", r.signed("preview-print", app.ID, time.Hour)},
		{"resumePdfMeta", nil}, {"portraitUrl", nil}, {"resumeUrl", r.signed("resume", app.ID, time.Hour)},
		{"educationInfo", r.list(learnt)}, {"experienceInfo", r.list(worked)}, {"awardInfo", []object{}},
		{"customFields", flatFields(app.Candidate)}, {"interviewers", r.flatInterviewers(app)},
		{"interviewFeedbackUrl", r.signed("feedback", app.ID, time.Hour)},
	}...)
	item = append(item, r.flatRelations(app, true)...)
	return append(item, object{
		{"attachments", []object{{{"name", "附件1"}, {"size", 1024}, {"url", r.signed("attachment", app.ID, time.Hour)}}}},
		{"examReportLinks", []object{}}, {"examAttachments", []object{}},
		{"ehrCandidateExternalLink", "https://cdn.moka.example/forward/candidate/info?access_token=" + r.token("external", app.ID)},
		{"invitationUpdateStatus", 0},
	}...)
}

// flatInterviewers has an entry for each interviewer of each interview, in the
// Chinese words of the v1 document.
func (r *reading) flatInterviewers(app *company.Application) []object {
	all := []object{}
	for _, meeting := range app.Meetings {
		for _, interview := range meeting.Of(app) {
			for _, who := range interview.Interviewers {
				all = append(all, r.flatInterviewer(app, meeting, interview, who))
			}
		}
	}
	return all
}

func (r *reading) flatInterviewer(app *company.Application, meeting *company.Meeting, interview *company.Interview, who *company.Employee) object {
	status, participated := "未结束", "面试未进行"
	switch meeting.Status {
	case company.MeetingFinished:
		status, participated = "已结束", "未填写反馈"
	case company.MeetingCancelled:
		status = "已取消"
	}
	its := object{
		{"name", who.Name}, {"email", who.Email}, {"phone", who.Phone}, {"id", r.id(interview.ID)}, {"groupId", digest("group", interview.ID)},
		{"attendStatus", "候选人未反馈"}, {"cancelReason", nil}, {"status", status}, {"round", meeting.Round}, {"roundName", meeting.RoundName},
		{"startTime", iso(interview.Start)}, {"createdAt", iso(meeting.CreatedAt)},
	}
	for _, verdict := range interview.On(app) {
		if verdict.By == who {
			return append(its, object{
				{"participated", "已填写反馈"}, {"resultName", resultName(verdict)}, {"resultType", resultType(verdict)},
				{"feedback", verdict.Text}, {"resultTime", iso(verdict.At)},
			}...)
		}
	}
	return append(its, object{{"participated", participated}, {"resultName", nil}, {"resultType", nil}, {"feedback", nil}, {"resultTime", nil}}...)
}
