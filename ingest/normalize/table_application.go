package normalize

import "github.com/mokafka/mokafka/schemas"

// Records of the application and its job.

var sourceLevel = recordOf[schemas.SourceLevel](map[string]row{
	"id":        long("id"),
	"name":      text("name"),
	"isBuiltin": boolean("built_in"),
})

var stage = recordOf[schemas.Stage](map[string]row{
	"id":   long("id"),
	"name": text("name"),
	"type": enum("type", stageTypes),
})

var pipeline = recordOf[schemas.Candidate](map[string]row{
	"id":   long("pipeline_id"),
	"name": text("pipeline_name"),
})

var assignment = recordOf[schemas.Assignment](map[string]row{
	"assigneeId": long("assignee_id"),
	"assignerId": long("assigner_id"),
	"result":     text("result"),
	"sentAt":     instant("sent_at"),
})

var offerRegistration = recordOf[schemas.Candidate](map[string]row{
	"url": text("offer_registration_url"),
})

// job reads job of pushCandidate and jobInfo of ehrApplications. The former has
// the department as a name with its code and path as siblings, the latter as an
// object.
var job = recordOf[schemas.Job](map[string]row{
	"jobId":                text("id"),
	"id":                   text("id"),
	"mjCode":               text("number"),
	"title":                text("title"),
	"department":           objectOrText("department", department, "name"),
	"departmentCode":       text("department.code"),
	"departmentPath":       text("department.path"),
	"parentDepartmentCode": text("department.parent_code"),
	"competencyType":       text("competency_type"),
	"category":             text("category"),
	"jobDescription":       text("description"),
	"commitment":           text("commitment"),
	"status":               enum("status", jobStatuses),
	"hireMode":             enum("hire_mode", hireModes),
	"number":               integer("vacancies"),
	"jobRanksInfo":         list("ranks", jobRank),
	"headcountInfo":        list("headcounts", headcountRef),
	"customFields":         list("custom_fields", customField),
	"jobManager":           object("manager", person),
	"jobAssistants":        list("assistants", person),
	"jobHiringManagers":    list("hiring_managers", person),
	"jobHiringManager":     list("hiring_managers", person),
	"jobInterviewers":      list("interviewers", person),
	"priorityId":           long("priority_id"),
	"priorityName":         text("priority_name"),
	"attributeId":          long("attribute_id"),
	"attributeName":        text("attribute_name"),
	"label":                text("label"),
	"openedAt":             instant("opened_at"),
	"startTime":            instant("starts_at"),
	"completeTime":         instant("completes_at"),
	"finishedAt":           instant("finished_at"),
	"campusSiteIds":        texts("campus_site_ids"),
	"campusSites":          texts("campus_sites"),
	"stores":               texts("stores"),
})
