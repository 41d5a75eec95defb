package normalize

import "github.com/mokafka/mokafka/schemas"

// The parts of a résumé.

var education = recordOf[schemas.Education](map[string]row{
	"id":             text("id"),
	"startDate":      text("start"),
	"endDate":        text("end"),
	"now":            boolean("now"),
	"school":         text("school"),
	"speciality":     text("major"),
	"academicDegree": text("degree"),
})

var workExperience = recordOf[schemas.WorkExperience](map[string]row{
	"id":               text("id"),
	"startDate":        text("start"),
	"endDate":          text("end"),
	"now":              boolean("now"),
	"company":          text("company"),
	"title":            text("title"),
	"location":         text("location"),
	"industry":         text("industry"),
	"leader":           text("leader"),
	"department":       text("department"),
	"salary":           text("salary"),
	"summary":          text("summary"),
	"reasonForLeaving": text("reason_for_leaving"),
	"underlingNumber":  text("subordinates"),
	"type":             text("company_type"),
	"size":             text("company_size"),
})

var internship = recordOf[schemas.Internship](map[string]row{
	"id":         text("id"),
	"startDate":  text("start"),
	"endDate":    text("end"),
	"now":        boolean("now"),
	"company":    text("company"),
	"title":      text("title"),
	"location":   text("location"),
	"industry":   text("industry"),
	"leader":     text("leader"),
	"department": text("department"),
	"salary":     text("salary"),
	"summary":    text("summary"),
	"type":       text("company_type"),
	"size":       text("company_size"),
})

// pushCandidate has projectDescript, ehrApplications projectDescription.
var project = recordOf[schemas.Project](map[string]row{
	"id":                 text("id"),
	"startDate":          text("start"),
	"endDate":            text("end"),
	"now":                boolean("now"),
	"projectName":        text("name"),
	"title":              text("title"),
	"projectDescript":    text("description"),
	"projectDescription": text("description"),
	"responsibilities":   text("responsibilities"),
})

var award = recordOf[schemas.Award](map[string]row{
	"id":        text("id"),
	"awardDate": text("awarded"),
	"awardName": text("name"),
})

var language = recordOf[schemas.Language](map[string]row{
	"id":             text("id"),
	"language":       text("language"),
	"level":          text("level"),
	"listenAndSpeak": text("listening_speaking"),
	"readAndWrite":   text("reading_writing"),
})

var label = recordOf[schemas.Label](map[string]row{
	"id":    long("id"),
	"label": text("name"),
	"type":  enum("type", labelTypes),
})

var talentPool = recordOf[schemas.TalentPool](map[string]row{
	"talentPoolId": long("id"),
	"name":         text("name"),
	"description":  text("description"),
})

// pushCandidate has is_private and created_at, ehrApplications is documented
// with isPrivate and createdAt.
var remark = recordOf[schemas.Remark](map[string]row{
	"creator":    object("author", person),
	"content":    text("content"),
	"targets":    list("mentions", person),
	"is_private": boolean("is_private"),
	"isPrivate":  boolean("is_private"),
	"type":       text("type"),
	"created_at": instant("created_at"),
	"createdAt":  instant("created_at"),
})

var examFile = recordOf[schemas.ExamFile](map[string]row{
	"name":                 text("name"),
	"attachmentName":       text("name"),
	"surveyAttachmentName": text("name"),
	"url":                  text("url"),
	"attachmentUrl":        text("url"),
	"reportLink":           text("url"),
	"surveyAttachmentsUrl": text("url"),
	"type":                 enum("type", examTypes),
	"result":               text("result"),
	"detailResult":         text("detail_result"),
	"jobId":                text("job_id"),
	"applicationId":        long("application_id"),
})

var survey = recordOf[schemas.Survey](map[string]row{
	"name":                 text("name"),
	"date":                 instant("date"),
	"source":               text("source"),
	"result":               text("result"),
	"url":                  text("url"),
	"surveyAttachmentsUrl": text("url"),
	"attachmentUrl":        text("url"),
	"attachmentName":       text("attachment_name"),
	"surveyAttachmentName": text("attachment_name"),
	"attachments":          list("attachments", examFile),
	"surveyAttachments":    list("attachments", examFile),
	"jobId":                text("job_id"),
	"applicationId":        long("application_id"),
})
