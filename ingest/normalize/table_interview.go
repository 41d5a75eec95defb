package normalize

import (
	"time"

	"github.com/mokafka/mokafka/schemas"
)

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

// interviewItem reads one of interviewInfo of v2/data/ehrApplications, which has
// the interviewers only with their feedback.
var interviewItem = recordOf[schemas.Interview](map[string]row{
	"groupId":               text("group_id"),
	"noInterview":           boolean("without_interview"),
	"interviewType":         enum("type", interviewTypes),
	"status":                enum("status", interviewStatuses),
	"attendStatus":          enum("attendance", attendanceStatuses),
	"candidateAttendStatus": enum("attendance", attendanceStatuses),
	"signInStatus":          text("sign_in_status"),
	"participated":          text("participation"),
	"jobType":               text("video_package"),
	"roundId":               long("round_id"),
	"roundName":             text("round_name"),
	"roundEnglishName":      text("round_english_name"),
	"startTime":             instant("starts_at"),
	"endTime":               instant("ends_at"),
	"duration":              integer("duration_minutes"),
	"createAt":              instant("created_at"),
	"locationId":            long("location.id"),
	"locationCountry":       text("location.country"),
	"locationCityId":        long("location.city_id"),
	"locationAddress":       text("location.address"),
	"locationInfo":          anything("location.info"),
	"meetingRoomId":         long("meeting_room_id"),
	"meetingRoomName":       text("meeting_room_name"),
	"stageId":               long("stage_id"),
	"stageName":             text("stage_name"),
	"cancelReason":          text("cancel_reason"),
	"interviewArranger":     object("arranger", person),
	"interviewerFeedbacks":  list("feedbacks", interviewerFeedback),
	"satisfactionRecord":    object("satisfaction", satisfactionRecord),
	"interviewFeedbackUrl":  text("feedback_url"),
})

// interviewListed reads an item of v1/interviews, but for its candidates. The
// list is made for people: it names the persons and the place by words alone,
// and phone numbers begin with the country ("+86 ..."), unlike elsewhere.
var interviewListed = recordOf[schemas.Interview](map[string]row{
	"type":         enum("type", interviewTypes),
	"status":       enum("status", interviewStatuses),
	"startTime":    instant("starts_at"),
	"endTime":      instant("ends_at"),
	"duration":     integer("duration_minutes"),
	"createdAt":    instant("created_at"),
	"jobTitle":     text("job_title"),
	"stageName":    text("stage_name"),
	"theme":        text("theme"),
	"address":      objectOrText("location", location, "address"),
	"roomId":       long("meeting_room_id"),
	"roomName":     text("meeting_room_name"),
	"hr":           object("arranger", person),
	"interviewers": list("interviewers", interviewer),
})

// longestInterview is a year, in minutes; Moka plans three hours at most.
const longestInterview = 366 * 24 * 60

// endOf is when an interview ends that begins at start; false where that is no
// time.
func endOf(start time.Time, minutes int32) (time.Time, bool) {
	end, ok := inRange(start.Add(time.Duration(minutes) * time.Minute))
	return end, ok && 0 <= minutes && minutes <= longestInterview
}
