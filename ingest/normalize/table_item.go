package normalize

import "github.com/mokafka/mokafka/schemas"

// Records of an item of v2/data/ehrApplications, beside those it has in common
// with pushCandidate.

// applicationItem reads what the item has beside basicInfo. The document leaves
// open whether customAttachmentList stands there or in basicInfo.
var applicationItem = recordOf[schemas.Candidate](map[string]row{
	"jobInfo":                object("job", job),
	"activities":             list("activities", activity),
	"customstyleAttachments": object("application_form", attachment),
	"customAttachmentList":   attachmentsByKey("custom_attachments", attachment),
})

var examInfo = recordOf[schemas.Candidate](map[string]row{
	"exams":   list("exams", exam),
	"surveys": list("surveys", survey),
})

var trialInfo = recordOf[schemas.Candidate](map[string]row{
	"shigongs": list("work_trials", workTrial),
})

var exam = recordOf[schemas.Exam](map[string]row{
	"name":            text("name"),
	"type":            enum("type", examTypes),
	"source":          text("source"),
	"createTime":      instant("created_at"),
	"result":          text("result"),
	"detailResult":    text("detail_result"),
	"examAttachments": list("attachments", examFile),
	"reportLinks":     list("report_links", examFile),
	"jobId":           text("job_id"),
	"applicationId":   long("application_id"),
})

var workTrial = recordOf[schemas.WorkTrial](map[string]row{
	"startTime":      instant("starts_at"),
	"endTime":        instant("ends_at"),
	"location":       text("location"),
	"manager":        object("manager", person),
	"shigongStatus":  text("status"),
	"feedback":       text("feedback"),
	"protocolStatus": text("agreement_status"),
	"signStatus":     text("sign_in_status"),
})

var activity = recordOf[schemas.Activity](map[string]row{
	"type":          enum("type", activityTypes),
	"operator":      object("operator", person),
	"createAt":      instant("at"),
	"createdAt":     instant("at"),
	"fromStageId":   long("from_stage_id"),
	"fromStageName": text("from_stage_name"),
	"toStageId":     long("to_stage_id"),
	"toStageName":   text("to_stage_name"),
	"source":        text("source"),
})
