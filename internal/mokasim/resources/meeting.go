package resources

import (
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// The words of the samples for interviews; the webhooks have numbers instead.
func interviewType(kind int) string {
	switch kind {
	case company.Group:
		return "Group interview"
	case company.Phone:
		return "Phone interview"
	case company.Video:
		return "Video interview"
	case company.Sequential:
		return "Sequential interview"
	default:
		return "On-site interview"
	}
}

func interviewStatus(status string) string {
	switch status {
	case company.MeetingFinished:
		return "Finished"
	case company.MeetingCancelled:
		return "Cancelled"
	default:
		return "unfinished"
	}
}

func attendance(meeting *company.Meeting) string {
	if meeting.Status == company.MeetingFinished {
		return "Accepted"
	}
	return "No feedback"
}

func round(n int) string { return []string{"1st round", "2nd round", "Final round"}[n-1] }

func minutes(interview *company.Interview) int {
	return int(interview.End.Sub(interview.Start) / time.Minute)
}

// interviewInfo are an application's interviews, the cancelled ones as well.
// groupInterviewId is the webhooks' event_id and the list's groupId; which of
// them agree is not documented.
func (r *reading) interviewInfo(app *company.Application) any {
	var all []object
	for _, meeting := range app.Meetings {
		for _, interview := range meeting.Of(app) {
			all = append(all, r.interview(app, meeting, interview))
		}
	}
	return r.list(all)
}

func (r *reading) interview(app *company.Application, meeting *company.Meeting, interview *company.Interview) object {
	var placeID, cityID, country, address, roomID, roomName any
	if room := interview.Room; room != nil {
		placeID, cityID, country, address, roomID, roomName = r.id(room.AddressID), room.CityID, room.Country, room.Address, r.id(room.ID), room.Name
	}
	return object{
		{"noInterview", false},
		{"applicationId", r.id(app.ID)},
		{"groupInterviewId", r.id(interview.ID)},
		{"groupId", digest("group", interview.ID)},
		{"status", interviewStatus(meeting.Status)},
		{"candidateAttendStatus", attendance(meeting)},
		{"interviewType", interviewType(meeting.Type)},
		{"jobType", "0"},
		{"locationId", placeID},
		{"roundId", meeting.Round},
		{"roundName", meeting.RoundName},
		{"roundEnglishName", round(meeting.Round)},
		{"createAt", iso(meeting.CreatedAt)},
		{"startTime", iso(interview.Start)},
		{"duration", minutes(interview)},
		{"interviewFeedbackUrl", r.signed("feedback", app.ID, time.Hour)},
		{"locationCityId", cityID},
		{"locationCountry", country},
		{"locationAddress", address},
		{"stageId", r.id(r.Company.Stages()[2].ID)},
		{"cancelReason", nil},
		{"signInStatus", nil},
		{"locationInfo", nil},
		{"meetingRoomId", roomID},
		{"meetingRoomName", roomName},
		{"interviewArranger", person(meeting.Creator)},
		{"interviewerFeedbacks", r.interviewerFeedbacks(app, meeting, interview)},
	}
}

// interviewerFeedbacks has an entry for each interviewer, whether or not the
// feedback is there.
func (r *reading) interviewerFeedbacks(app *company.Application, meeting *company.Meeting, interview *company.Interview) any {
	given := interview.On(app)
	var all []object
	for _, who := range interview.Interviewers {
		its := object{{"interviewer", object{
			{"phone", who.Phone}, {"name", who.Name}, {"employeeId", who.Number}, {"id", r.id(who.ID)}, {"email", who.Email},
		}}}
		verdict := company.Verdict{}
		for _, one := range given {
			if one.By == who {
				verdict = one
			}
		}
		switch {
		case verdict.By != nil:
			its = append(its, object{
				{"participated", "已填写反馈"}, {"resultName", resultName(verdict)}, {"resultType", resultType(verdict)},
				{"feedback", verdict.Text}, {"feedbackTime", iso(verdict.At)}, {"feedbackTemplateResult", evaluation(verdict)}, {"items", nil},
			}...)
		default:
			participated := "未填写反馈"
			if meeting.Status != company.MeetingFinished {
				participated = "未进行面试"
			}
			its = append(its, object{
				{"participated", participated}, {"resultName", nil}, {"resultType", nil}, {"feedback", nil},
				{"feedbackTemplateResult", nil}, {"items", nil},
			}...)
		}
		all = append(all, its)
	}
	return r.list(all)
}

func resultName(verdict company.Verdict) string {
	if verdict.Good {
		return "满意"
	}
	return "不满意"
}

func resultType(verdict company.Verdict) int {
	if verdict.Good {
		return 1
	}
	return 0
}

// evaluation is the form of the v2 sample: a scored module and a described one.
func evaluation(verdict company.Verdict) object {
	scored := object{
		{"arrangeType", 0}, {"description", ""}, {"isRequired", false}, {"needReason", true}, {"reason", verdict.Text},
		{"result", verdict.Score}, {"scoreType", 10}, {"title", "技术深度"}, {"type", 1},
	}
	return object{
		{"description", "通用"},
		{"id", 410_004_382},
		{"items", []object{{
			{"calcScoreType", "total"}, {"description", ""}, {"resultScore", verdict.Score}, {"subjects", []object{scored}}, {"title", "专业能力"},
		}}},
		{"name", "通用评价表"},
		{"totalWeightScore", 0},
		{"version", "1.0"},
	}
}
