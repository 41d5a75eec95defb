package normalize

import "github.com/mokafka/mokafka/schemas"

var offerAttachment = recordOf[schemas.OfferAttachment](map[string]row{
	"name":           text("name"),
	"size":           long("size"),
	"downloadUrl":    text("url"),
	"attachmentType": enum("type", offerAttachmentTypes),
})

var offerSending = recordOf[schemas.OfferSending](map[string]row{
	"sentAt":        instant("sent_at"),
	"sentUser":      object("sent_by", person),
	"status":        enum("status", offerStatuses),
	"operationType": enum("answered_through", offerAnswerChannels),
})

// offer reads offer of pushCandidate and offerInfo of ehrApplications. The
// former has the department's fields beside those of the offer, the latter those
// of the rank.
var offer = recordOf[schemas.Offer](map[string]row{
	"status":                     enum("status", offerStatuses),
	"approvalStatus":             enum("approval_status", approvalStatuses),
	"salaryNumber":               decimal("salary_amount"),
	"salaryType":                 enum("salary_type", salaryTypes),
	"checkinDate":                day("start_date"),
	"location":                   text("location"),
	"locationString":             text("location"),
	"dutyLevelName":              text("duty_level"),
	"jobRankInfo":                object("rank", jobRank),
	"jobRankType":                text("rank.type"),
	"jobRankLevel":               text("rank.level"),
	"jobRankName":                text("rank.name"),
	"department":                 objectOrText("department", department, "name"),
	"departmentName":             text("department.name"),
	"departmentCode":             text("department.code"),
	"departmentPath":             text("department.path"),
	"parentDepartmentCode":       text("department.parent_code"),
	"hcInfo":                     object("headcount", headcountRef),
	"creator":                    object("author", person),
	"createdAt":                  instant("created_at"),
	"finishedAt":                 instant("accepted_at"),
	"offerLastSentAt":            instant("last_sent_at"),
	"offerHistoryList":           list("sendings", offerSending),
	"customFields":               list("custom_fields", customField),
	"attachmentList":             list("attachments", offerAttachment),
	"attachment":                 list("attachments", offerAttachment),
	"offerAttachmentUrl":         text("document_url"),
	"offerAttachmentDownloadUrl": text("document_url"),
})
