package normalize

import "github.com/mokafka/mokafka/schemas"

var feedbackSubject = recordOf[schemas.FeedbackSubject](map[string]row{
	"type":        integer("type"),
	"title":       text("title"),
	"description": text("description"),
	"result":      anything("result"),
	"reason":      text("reason"),
	"options":     texts("options"),
	"ratio":       double("ratio"),
	"weight":      integer("weight"),
	"scoreType":   integer("score_type"),
	"arrangeType": integer("arrange_type"),
	"isRequired":  boolean("is_required"),
	"needReason":  boolean("needs_reason"),
	"key":         text("key"),
})

var feedbackSection = recordOf[schemas.FeedbackSection](map[string]row{
	"type":          integer("type"),
	"title":         text("title"),
	"description":   text("description"),
	"result":        anything("result"),
	"resultScore":   double("result_score"),
	"calcScoreType": text("calc_score_type"),
	"scoreType":     integer("score_type"),
	"needReason":    boolean("needs_reason"),
	"subjects":      list("subjects", feedbackSubject),
	"key":           text("key"),
})

var feedbackForm = recordOf[schemas.FeedbackForm](map[string]row{
	"id":               long("id"),
	"name":             text("name"),
	"description":      text("description"),
	"version":          text("version"),
	"totalWeightScore": double("total_weight_score"),
	"items":            list("sections", feedbackSection),
})

// pushedInterview reads interviewers of pushCandidate: the interviewer, the
// interview and the feedback in one flat object.
var pushedInterview = recordOf[schemas.PushedInterview](map[string]row{
	"name":                   text("interviewer.name"),
	"email":                  text("interviewer.email"),
	"phone":                  text("interviewer.phone"),
	"number":                 text("interviewer.employee_number"),
	"employeeId":             text("interviewer.employee_id"),
	"id":                     text("interview_id"),
	"groupId":                text("group_id"),
	"interviewType":          enum("type", interviewTypes),
	"attendStatus":           enum("attendance", attendanceStatuses),
	"cancelReason":           text("cancel_reason"),
	"status":                 enum("status", interviewStatuses),
	"round":                  integer("round"),
	"roundName":              text("round_name"),
	"roundOtherName":         anything("round_names"),
	"startTime":              instant("starts_at"),
	"createdAt":              instant("created_at"),
	"locationCountry":        text("location.country"),
	"locationCityId":         long("location.city_id"),
	"locationAddress":        text("location.address"),
	"result":                 integer("result"),
	"participated":           text("feedback.participation"),
	"resultName":             text("feedback.result_name"),
	"resultType":             integer("feedback.result_type"),
	"resultTime":             instant("feedback.feedback_at"),
	"feedback":               text("feedback.feedback"),
	"feedbackTemplateResult": objectOrList("feedback.form", feedbackForm, list("sections", feedbackSection)),
})

// interviewerFeedback reads one of interviewerFeedbacks of an interview.
var interviewerFeedback = recordOf[schemas.InterviewerFeedback](map[string]row{
	"interviewer":            object("interviewer", person),
	"participated":           text("participation"),
	"resultName":             text("result_name"),
	"resultType":             integer("result_type"),
	"feedback":               text("feedback"),
	"feedbackTime":           instant("feedback_at"),
	"totalWeightScore":       text("total_weight_score"),
	"feedbackTemplateResult": objectOrList("form", feedbackForm, list("sections", feedbackSection)),
	"items":                  anything("items"),
	"feedbackId":             long("feedback_id"),
})

// feedbackGiven and feedbackInterview read an item of
// v1/data/interviewer_feedbacks: the feedback, and the interview it is of.
var feedbackGiven = recordOf[schemas.InterviewerFeedback](map[string]row{
	"interviewerName":        text("interviewer.name"),
	"interviewerEmail":       text("interviewer.email"),
	"resultName":             text("result_name"),
	"resultType":             integer("result_type"),
	"feedback":               text("feedback"),
	"feedbackTemplateResult": objectOrList("form", feedbackForm, list("sections", feedbackSection)),
})

var feedbackInterview = recordOf[schemas.Interview](map[string]row{
	"round":         long("round_id"),
	"interviewType": enum("type", interviewTypes),
})

var satisfactionRecord = recordOf[schemas.SatisfactionRecord](map[string]row{
	"sendTime":               instant("sent_at"),
	"isAnonymous":            boolean("is_anonymous"),
	"content":                anything("content"),
	"satisfactionDimensions": list("dimensions", satisfactionDimension),
})

var satisfactionDimension = recordOf[schemas.SatisfactionDimension](map[string]row{
	"name":  text("name"),
	"value": anything("value"),
})
