package resources

import (
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// basicInfo is the person and the application of an item of the v2 feed, in the
// order of the documented sample; what the company knows nothing of is null.
func (r *reading) basicInfo(app *company.Application, q ApplicationsQuery) object {
	who := app.Candidate
	var archivedAt, reasonID, reason, detail any
	if archive := app.Archived(); archive != nil {
		archivedAt, reasonID, reason = iso(archive.At), r.id(archive.Reason.ID), archive.Reason.Name
		if archive.Detail != "" {
			detail = archive.Detail
		}
	}
	basic := object{
		{"applicationId", r.id(app.ID)},
		{"campusSiteId", 0},
		{"archived", !app.Open()},
		{"invitationUpdateStatus", 0},
		{"movedAt", iso(app.MovedAt)},
		{"sourceId", r.id(sourceID(app.Source))},
		{"createdAt", iso(app.CreatedAt)},
		{"updatedAt", iso(app.UpdatedAt)},
		{"appliedAt", iso(app.CreatedAt)}, // table
		{"standardResumeUrl", r.signed("standard", app.ID, time.Hour)},
		{"sourceName", app.Source},
		{"ehrCandidateExternalLink", "https://cdn.moka.example/forward/candidate/info?access_token=" + r.token("external", app.ID)},
		{"archivedAt", archivedAt},
		{"archiveReasonId", reasonID},
		{"referrer", person(app.Referrer)},
		{"archiveReasonsDetails", detail},
		{"probation", probation(app)},
	}
	basic = append(basic, r.hiredUnder(app)...)
	basic = append(basic, object{
		{"resumeKey", who.ResumeKey},
		{"resumeUrl", r.signed("resume", app.ID, 48*time.Hour)},
		{"pipelineId", r.id(r.Company.PipelineID())},
		{"stageId", r.id(app.Stage.ID)},
		{"archiveReasons", reason},
		{"talentPoolsList", r.pools(app)},
		{"hireMode", 1},
		{"stage", object{{"name", app.Stage.Name}, {"id", r.id(app.Stage.ID)}, {"type", r.stageType(app.Stage)}}},
		{"operationRecord", nil},
		{"sourceList", sourceList(app.Source)},
		{"attachments", r.attachments(app, q)},
		{"remarks", r.remarks(app)},
		{"owner", person(app.Owner)},
		{"assignments", nil},
		{"operator", person(app.PushedBy)},
	}...)
	return append(append(basic, personal(who)...), r.resume(who, app)...)
}

// hiredUnder is the headcount of a hiring: of one that was deleted, its id.
func (r *reading) hiredUnder(app *company.Application) object {
	var number, name any
	if h := r.Company.Headcount(app.Work.HeadcountID); h != nil {
		number, name = h.Number, h.Name
	}
	return object{{"headcountId", r.id(app.Work.HeadcountID)}, {"headcountNumber", number}, {"headcountName", name}}
}

// probation is null until somebody is hired.
func probation(app *company.Application) any {
	if app.HiredAt.IsZero() {
		return nil
	}
	return app.Work.Probation
}

// stageType is a number, now and then as text: both are in the samples.
func (r *reading) stageType(stage *company.Stage) any { return r.id(int64(stage.Type)) }

func (r *reading) pools(app *company.Application) any {
	if app.Archive == nil {
		return []object{}
	}
	return r.list([]object{{
		{"talentPoolId", r.id(200_000_140)}, {"name", "系统公共人才库"}, {"description", "所有HR权限及以上用户可见,用户可浏览公共人才库中所有候选人"},
	}})
}

// sourceID is the same for the same name.
func sourceID(name string) int64 {
	id := int64(400_000_000)
	for _, c := range name {
		id += int64(c)
	}
	return id
}

// sourceList has three levels, the last of them empty, as in the sample.
func sourceList(name string) []object {
	return []object{
		{{"name", "招聘渠道"}, {"isBuiltin", 1}, {"id", nil}},
		{{"id", sourceID(name)}, {"name", name}, {"isBuiltin", 1}},
		{{"id", nil}, {"name", nil}, {"isBuiltin", nil}},
	}
}

func (r *reading) attachments(app *company.Application, q ApplicationsQuery) any {
	if q.Attachments != nil && !*q.Attachments {
		return []object{}
	}
	return r.list([]object{{
		{"applicationId", r.id(app.ID)}, {"name", "附件<简历>.pdf"}, {"size", 1024 + app.ID%4096}, {"createTime", iso(app.CreatedAt)},
		{"url", r.signed("attachment", app.ID, 24*time.Hour)}, {"type", "CANDIDATE_UPLOAD_ATTACHMENT"},
		{"customFieldId", 1}, {"customFieldName", "上传简历"},
	}})
}

func (r *reading) remarks(app *company.Application) any {
	var all []object
	for _, its := range app.Remarks {
		all = append(all, object{
			{"content", its.Text},
			{"created_at", iso(its.At)},
			{"creator", object{
				{"name", its.By.Name}, {"employeeId", its.By.Number}, {"id", r.id(its.By.ID)}, {"email", its.By.Email}, {"number", its.By.Number},
			}},
			{"is_private", its.Private},
			{"type", "人工填写"},
		})
	}
	return r.list(all)
}

// personal is the person of an item of the v2 feed.
func personal(who *company.Candidate) object {
	gender, code, married := "男", 0, "未婚"
	if who.Female {
		gender, code = "女", 1
	}
	if who.Married {
		married = "已婚"
	}
	learnt := who.Education[0]
	basic := object{
		{"birthYear", who.Born.Year()},
		{"candidateId", who.ID},
		{"sourceType", 2},
		{"name", who.Name},
		{"prefixPhone", "86"}, // table
		{"phone", who.Phone},
		{"email", who.Email},
		{"gender", gender},
		{"birthDate", who.Born.Format("2006-01-02")},
		{"ethnic", who.Ethnic},
		{"certificateType", 1},
		{"citizenId", who.CitizenID},
		{"nationality", "中国"},
		{"nativePlace", who.NativePlace.Name},
		{"experience", who.Experience},
		{"location", who.Location},
		{"lastCompany", lastOf(who, func(w company.Work) string { return w.Company })},
		{"academicDegree", learnt.Degree},
		{"lastSpeciality", learnt.Major},
		{"nativePlaceCode", who.NativePlace.Code},
		{"nationalityCode", 3},
		{"genderCode", code},
		{"academicDegreeCode", learnt.Code},
		{"ethnicCode", 2},
		{"industry", nil}, {"forwardIndustry", nil}, {"lastUpdate", who.CreatedAt.Format("2006-01-02")}, {"startFrom", nil},
		{"skill", who.Skills[0]}, {"awards", nil}, {"personalInterests", nil},
		{"lastWorkedJobTitle", lastOf(who, func(w company.Work) string { return w.Title })},
		{"graduateDate", learnt.To + "-01T00:00:00.000Z"},
		{"salary", "30k"}, {"aimSalary", nil}, {"forwardLocation", who.Location}, {"personal", "踏实 & 自驱\n"},
	}
	for _, key := range []string{"blacklistTags", "blacklistDetail", "personalUrl", "portraitUrl"} {
		basic = append(basic, member{key, nil})
	}
	return append(basic, member{"married", married})
}

func lastOf(who *company.Candidate, of func(company.Work) string) any {
	if len(who.Work) == 0 {
		return nil
	}
	return of(who.Work[0])
}

// resume is the standard resume of an item of the v2 feed. Its ids are text.
func (r *reading) resume(who *company.Candidate, app *company.Application) object {
	id := func(n int) string { return strconv.FormatInt(who.ID*10+int64(n), 10) }
	var learnt, worked, made []object
	for n, its := range who.Education {
		learnt = append(learnt, object{
			{"id", id(n)}, {"startDate", its.From}, {"endDate", its.To}, {"now", false}, {"school", its.School},
			{"speciality", its.Major}, {"academicDegree", its.Degree},
		})
	}
	for n, its := range who.Work {
		worked = append(worked, object{
			{"id", id(n)}, {"startDate", its.From}, {"endDate", its.To}, {"now", its.To == ""}, {"company", its.Company},
			{"title", its.Title}, {"location", who.Location}, {"industry", nil}, {"leader", nil}, {"department", nil}, {"salary", nil},
			{"summary", its.Summary}, {"reasonForLeaving", its.Reason}, {"underlingNumber", strconv.Itoa(its.Reporting)},
			{"type", nil}, {"size", nil},
		})
	}
	for n, its := range who.Projects {
		made = append(made, object{
			{"id", id(n)}, {"startDate", its.From}, {"endDate", its.To}, {"now", false}, {"projectName", its.Name},
			{"title", its.Title}, {"projectDescription", its.Summary}, {"responsibilities", its.Duties},
		})
	}
	return object{
		{"customFields", r.customFields(who, app)},
		{"label", []object{{{"id", 76}, {"label", app.Label}, {"type", 2}}}},
		{"educationInfo", r.list(learnt)},
		{"experienceInfo", r.list(worked)},
		{"awardInfo", []object{}},
		{"projectInfo", r.list(made)},
		{"languageInfo", []object{{
			{"id", id(9)}, {"language", "英语"}, {"level", who.English}, {"listenAndSpeak", who.English}, {"readAndWrite", "良好"},
		}}},
		{"practiceInfo", []object{}},
	}
}

// customFields have values of several types.
func (r *reading) customFields(who *company.Candidate, app *company.Application) []object {
	field := func(name string, value any, kind string) object {
		return object{
			{"name", name}, {"value", value}, {"section", "basicInfo"}, {"index", 0}, {"type", kind},
			{"customFieldId", nil}, {"now", nil}, {"codes", nil}, {"code", nil},
		}
	}
	span := field("实习期", object{{"endDate", who.Education[0].To}, {"startDate", who.Education[0].From}}, "date_group_info")
	span[6].value = false
	return []object{
		field("身高", who.Height, "number_info"),
		field("是否接受出差", who.AcceptTravel, "check_info"),
		field("擅长技能", who.Skills, "multi_select_info"),
		field("预计到岗日期", app.CreatedAt.AddDate(0, 1, 0).Format("2006-01-02"), "day_info"),
		span,
	}
}
