package payload

import (
	"strconv"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// resume fills in what the candidate's standard resume holds; its lists are
// never null.
func resume(data *candidateData, who *company.Candidate) {
	data.Education, data.Work, data.Projects = []education{}, []work{}, []project{}
	for _, its := range who.Education {
		data.Education = append(data.Education, education{
			Start: its.From, End: its.To, School: its.School, Major: its.Major, Degree: its.Degree,
		})
	}
	for n, its := range who.Work {
		if n == 0 {
			data.LastCompany = &who.Work[0].Company
			data.ForwardLocation = &who.Location
		}
		data.Work = append(data.Work, work{
			Start: its.From, End: its.To, Now: its.To == "", Company: its.Company, Title: its.Title,
			Summary: its.Summary, Reason: its.Reason, Reporting: strconv.Itoa(its.Reporting),
		})
	}
	for _, its := range who.Projects {
		data.Projects = append(data.Projects, project{
			Start: its.From, End: its.To, Name: its.Name, Title: its.Title, Summary: its.Summary, Duties: its.Duties,
		})
	}
	data.Languages = []language{{Language: "英语", Level: who.English, Speaking: who.English, Writing: "良好"}}
}

// customFields holds every type of value that Moka was seen to use.
func customFields(who *company.Candidate, app *company.Application) []customField {
	yes, no, codes := true, false, "1;3"
	fields := []customField{{Name: "身高", Value: who.Height, Section: "educationInfo"}}
	for n, its := range who.Contacts {
		for _, pair := range [][2]string{
			{"联系人姓名", its.Name}, {"联系人关系", its.Relation}, {"联系人电话", its.Phone}, {"联系人邮箱", its.Email},
		} {
			fields = append(fields, customField{Name: pair[0], Value: pair[1], Section: "紧急联系人", Index: n})
		}
	}
	graduated := who.Education[0].To
	return append(fields,
		customField{Name: "预计到岗日期", Value: iso(app.CreatedAt.AddDate(0, 1, 0)), Now: &no, Section: "basicInfo", Index: 1},
		customField{Name: "实习期", Value: period{who.Education[0].From, graduated}, Now: &yes, Section: "basicInfo", Index: 1},
		customField{Name: "是否接受出差", Value: who.AcceptTravel, Section: "basicInfo"},
		customField{Name: "擅长技能", Value: who.Skills, Section: "basicInfo", Codes: &codes},
	)
}
