package normalize

import "github.com/mokafka/mokafka/schemas"

var location = recordOf[schemas.InterviewLocation](map[string]row{
	"id":      long("id"),
	"country": text("country"),
	"cityId":  long("city_id"),
	"address": text("address"),
})

var interviewer = recordOf[schemas.Interviewer](map[string]row{
	"id":             long("id"),
	"name":           text("name"),
	"email":          text("email"),
	"phone":          text("phone"),
	"number":         text("employee_number"),
	"employeeId":     text("employee_id"),
	"interviewerUrl": text("invitation_url"),
})

var interviewee = recordOf[schemas.Interviewee](map[string]row{
	"id":             long("candidate_id"),
	"applicationId":  long("application_id"),
	"name":           text("name"),
	"email":          text("email"),
	"phone":          text("phone"),
	"jobId":          text("job_id"),
	"jobTitle":       text("job_title"),
	"status":         enum("attendance", attendanceStatuses),
	"groupId":        text("group_id"),
	"intervieweeUrl": text("invitation_url"),
})

// arrangement reads data of the interview webhooks, which holds for each of its
// interviews.
var arrangement = recordOf[schemas.Interview](map[string]row{
	"applicationIds": longs("batch_application_ids"),
	"interviewType":  enum("type", interviewTypes),
	"createTime":     instant("created_at"),
	"creator":        object("arranger", person),
})

// interview reads one of data.interviews. What arrangement reads may stand here
// as well, and counts more. Keys that only other feeds are documented to have,
// such as status, are left out.
var interview = recordOf[schemas.Interview](map[string]row{
	"applicationIds": longs("interview_application_ids"),
	"interviewType":  enum("type", interviewTypes),
	"roundId":        long("round_id"),
	"roundName":      text("round_name"),
	"startTime":      instant("starts_at"),
	"endTime":        instant("ends_at"),
	"createTime":     instant("created_at"),
	"address":        objectOrText("location", location, "address"),
	"roomId":         long("meeting_room_id"),
	"roomName":       text("meeting_room_name"),
	"creator":        object("arranger", person),
	"interviewerIds": longs("interviewer_ids"),
	"interviewer":    list("interviewers", interviewer),
	"interviewee":    list("interviewees", interviewee),
})
