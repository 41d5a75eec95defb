package payload

import "github.com/mokafka/mokafka/internal/mokasim/company"

// feedback is one interviewer's word on the candidate, as pushCandidate shows it.
type feedback struct {
	Name      string         `json:"name"`
	Email     string         `json:"email"`
	Phone     string         `json:"phone"`
	Round     int            `json:"round"`
	RoundName string         `json:"roundName"`
	OtherName map[string]any `json:"roundOtherName"`
	Start     string         `json:"startTime"`
	CreatedAt string         `json:"createdAt"`
	Country   string         `json:"locationCountry,omitempty"`
	CityID    int64          `json:"locationCityId,omitempty"`
	Address   string         `json:"locationAddress,omitempty"`
	Result    string         `json:"resultName"`
	Type      int            `json:"resultType"` // 0 dissatisfied, 1 satisfied
	Text      string         `json:"feedback"`
	Form      []question     `json:"feedbackTemplateResult,omitempty"`
}

// question is one part of the evaluation form: 1 scores, 2 single choice,
// 3 description; 4 (multiple choice) is in the field table only and not used.
type question struct {
	Type        int       `json:"type"`
	Title       string    `json:"title"`
	Description string    `json:"description"`
	CalcType    string    `json:"calcScoreType,omitempty"`
	NeedReason  bool      `json:"needReason,omitempty"`
	Result      *int      `json:"result,omitempty"`
	ScoreType   int       `json:"scoreType,omitempty"`
	Subjects    []subject `json:"subjects"`
}

type subject struct {
	Type        int      `json:"type,omitempty"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Result      any      `json:"result"`
	Options     []string `json:"options,omitempty"`
	Reason      string   `json:"reason"`
}

// feedbacks are the verdicts on an application so far, oldest first; never nil.
// As in the sample, a call has no location, and only the first interviewer of
// an interview fills in the form.
func feedbacks(app *company.Application) []feedback {
	all := []feedback{}
	for _, meeting := range app.Meetings {
		for _, interview := range meeting.Interviews {
			first := true
			for _, verdict := range interview.Verdicts {
				if verdict.Application != app {
					continue
				}
				all = append(all, verdictOf(meeting, interview, verdict, first))
				first = false
			}
		}
	}
	return all
}

func verdictOf(meeting *company.Meeting, interview *company.Interview, verdict company.Verdict, form bool) feedback {
	english := []string{"1st round", "2nd round", "Final round"}[meeting.Round-1]
	entry := feedback{
		Name: verdict.By.Name, Email: verdict.By.Email, Phone: verdict.By.Phone,
		Round: meeting.Round, RoundName: meeting.RoundName,
		OtherName: map[string]any{"en-US": map[string]string{"name": english}},
		Start:     iso(interview.Start), CreatedAt: iso(meeting.CreatedAt),
		Result: "不满意", Text: verdict.Text,
	}
	if verdict.Good {
		entry.Result, entry.Type = "满意", 1
	}
	if room := interview.Room; room != nil {
		entry.Country, entry.CityID, entry.Address = room.Country, room.CityID, room.Address
	}
	if form {
		entry.Form = evaluation(verdict)
	}
	return entry
}

func evaluation(verdict company.Verdict) []question {
	score, choice := verdict.Score, 0
	if verdict.Good {
		choice = 1
	}
	return []question{
		{
			Type: 1, Title: "专业能力", Description: "按 10 分制打分", CalcType: "total", NeedReason: true,
			Result: &score, ScoreType: 10,
			Subjects: []subject{{Type: 1, Title: "技术深度", Description: "原理 & 实践", Result: score, Reason: verdict.Text}},
		},
		{
			Type: 2, Title: "是否推荐", Description: "单选", Result: &choice,
			Subjects: []subject{{
				Title: "是否进入下一轮", Description: "请选择", Result: choice,
				Options: []string{"不推荐", "推荐"}, Reason: verdict.Text,
			}},
		},
		{
			Type: 3, Title: "综合评价", Description: "请描述",
			Subjects: []subject{{Title: "印象", Description: "自由填写", Result: verdict.Text, Reason: verdict.Text}},
		},
	}
}
