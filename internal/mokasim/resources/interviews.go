package resources

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

const longestWindow = 31

// window is a range of days in Beijing; the end is exclusive.
type window struct {
	given       bool
	from, until time.Time
}

func windowOf(from, until time.Time) (w window, ok bool) {
	if from.IsZero() && until.IsZero() {
		return window{}, true
	}
	if from.IsZero() || until.IsZero() {
		return window{}, false
	}
	w = window{true, day(from), day(until).AddDate(0, 0, 1)}
	return w, w.until.After(w.from) && !w.until.After(w.from.AddDate(0, 0, longestWindow))
}

func (w window) holds(t time.Time) bool {
	return !w.given || !t.Before(w.from) && t.Before(w.until)
}

// appointment is one interview of a meeting.
type appointment struct {
	meeting   *company.Meeting
	interview *company.Interview
}

// Interviews answers GET v1/interviews: those of some days, both inclusive, by
// their start. Windows of more than 31 days are refused, and so are half-given
// ones. It answers all of them at once.
func (v View) Interviews(q InterviewsQuery) Answer {
	held, heldOK := windowOf(q.From, q.Until)
	made, madeOK := windowOf(q.CreatedFrom, q.CreatedUntil)
	switch {
	case !heldOK || !madeOK:
		return refused(wrongParameter, "时间范围不能超过31天")
	case !held.given && !made.given:
		return refused(missingParameter, "缺少startDate、endDate或createStartDate、createEndDate")
	}
	r, items := v.reading(), []object{}
	if q.HireMode != 2 {
		for _, one := range v.appointments(held, made) {
			items = append(items, r.listed(one))
		}
	}
	return found(object{{"data", items}})
}

func (v View) appointments(held, made window) []appointment {
	var all []appointment
	known := map[int64]bool{}
	collect := func(app *company.Application) {
		for _, meeting := range app.Meetings {
			for _, interview := range meeting.Of(app) {
				if !known[interview.ID] && held.holds(interview.Start) && made.holds(meeting.CreatedAt) {
					known[interview.ID] = true
					all = append(all, appointment{meeting, interview})
				}
			}
		}
	}
	for app := range v.Company.Awake() {
		collect(app)
	}
	// Those asleep met a day after their interview was arranged.
	from, until := held.from, held.until
	if !held.given {
		from, until = made.from, made.until.Add(48*time.Hour)
	}
	for app := range v.Company.SleepersMet(from, until) {
		collect(app)
	}
	slices.SortFunc(all, func(a, b appointment) int {
		return cmp.Or(a.interview.Start.Compare(b.interview.Start), cmp.Compare(a.interview.ID, b.interview.ID))
	})
	return all
}

// listed is an interview in readable words. Empty fields are empty text.
func (r *reading) listed(one appointment) object {
	meeting, interview := one.meeting, one.interview
	first := interview.Applications[0]
	kind := interviewType(meeting.Type)
	titles := []string{}
	candidates := []object{}
	for _, app := range interview.Applications {
		if !r.Company.Exists(app.ID) {
			continue // deleted since
		}
		if !slices.Contains(titles, app.Job.Title) {
			titles = append(titles, app.Job.Title)
		}
		candidates = append(candidates, object{
			{"name", app.Candidate.Name}, {"email", app.Candidate.Email}, {"phone", "+86 " + app.Candidate.Phone},
			{"status", attendance(meeting)}, {"jobTitle", app.Job.Title}, {"applicationId", r.id(app.ID)}, {"groupId", r.id(interview.ID)},
		})
	}
	title := strings.Join(titles, "、")
	var address, roomName string
	var roomID any = ""
	if room := interview.Room; room != nil {
		address, roomID, roomName = room.Address, r.id(room.ID), room.Name
	}
	var interviewers []object
	for _, who := range interview.Interviewers {
		interviewers = append(interviewers, readable(who))
	}
	return object{
		{"id", digest("interview", interview.ID)[:32]}, // an "md5 string"
		{"startTime", iso(interview.Start)},
		{"type", kind},
		{"duration", minutes(interview)},
		{"jobTitle", title},
		{"stageName", first.Stage.Name},
		{"address", address},
		{"theme", title + "-" + kind + "-" + round(meeting.Round)},
		{"status", interviewStatus(meeting.Status)},
		{"createdAt", local(meeting.CreatedAt)},
		{"hr", readable(meeting.Creator)},
		{"candidates", candidates},
		{"interviewers", interviewers},
		{"roomId", roomID},
		{"roomName", roomName},
		{"jobs", []object{{{"mjCode", first.Job.Code}}}},
	}
}

func readable(who *company.Employee) object {
	return object{{"name", who.Name}, {"email", who.Email}, {"phone", "+86 " + who.Phone}}
}
