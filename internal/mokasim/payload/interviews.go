package payload

import (
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

type interviewsData struct {
	ApplicationIDs []int64     `json:"applicationIds"`
	InterviewType  int         `json:"interviewType"`
	CreateTime     int64       `json:"createTime"` // Unix milliseconds
	Creator        creator     `json:"creator"`
	Interviews     []interview `json:"interviews"`
}

type creator struct {
	ID    string `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Phone string `json:"phone"`
}

type interview struct {
	EventID        string        `json:"event_id"`
	ApplicationIDs []int64       `json:"applicationIds"`
	RoundID        int           `json:"roundId"`
	RoundName      string        `json:"roundName"`
	RoomID         *int64        `json:"roomId"`
	RoomName       *string       `json:"roomName"`
	Address        *address      `json:"address"`
	StartTime      int64         `json:"startTime"` // Unix milliseconds
	EndTime        int64         `json:"endTime"`
	InterviewerIDs []int64       `json:"interviewerIds"`
	Interviewee    []interviewee `json:"interviewee"`
	Interviewer    []interviewer `json:"interviewer"`
}

type address struct {
	ID      int64  `json:"id"`
	Country string `json:"country"`
	CityID  int64  `json:"cityId"`
	Address string `json:"address"`
}

type interviewee struct {
	ID       int64  `json:"id"`
	Name     string `json:"name"`
	Email    string `json:"email"`
	Phone    string `json:"phone"`
	JobID    string `json:"jobId"`
	JobTitle string `json:"jobTitle"`
}

type interviewer struct {
	ID    int64  `json:"id"`
	Name  string `json:"name"`
	Email string `json:"email"`
	Phone string `json:"phone"`
}

func interviews(meeting *company.Meeting) interviewsData {
	by := meeting.Creator
	data := interviewsData{
		InterviewType: meeting.Type, CreateTime: millis(meeting.CreatedAt),
		Creator: creator{strconv.FormatInt(by.ID, 10), by.Name, by.Email, by.Phone},
	}
	for _, one := range meeting.Interviews {
		entry := interview{
			EventID: strconv.FormatInt(one.ID, 10), RoundID: meeting.Round, RoundName: meeting.RoundName,
			StartTime: millis(one.Start), EndTime: millis(one.End),
		}
		if room := one.Room; room != nil {
			entry.RoomID, entry.RoomName = &room.ID, &room.Name
			entry.Address = &address{room.AddressID, room.Country, room.CityID, room.Address}
		}
		for _, app := range one.Applications {
			entry.ApplicationIDs = append(entry.ApplicationIDs, app.ID)
			who := app.Candidate
			entry.Interviewee = append(entry.Interviewee, interviewee{
				who.ID, who.Name, who.Email, who.Phone, app.Job.ID, app.Job.Title,
			})
		}
		for _, who := range one.Interviewers {
			entry.InterviewerIDs = append(entry.InterviewerIDs, who.ID)
			entry.Interviewer = append(entry.Interviewer, interviewer{who.ID, who.Name, who.Email, who.Phone})
		}
		data.ApplicationIDs = append(data.ApplicationIDs, entry.ApplicationIDs...)
		data.Interviews = append(data.Interviews, entry)
	}
	return data
}

func millis(t time.Time) int64 { return t.UnixMilli() }
