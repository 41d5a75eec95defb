package company

import (
	"slices"
	"strconv"
	"time"
)

const rounds = 3

// advanceMeeting does what is next for a meeting that is still to take place.
func (c *Company) advanceMeeting(meeting *Meeting, now time.Time) {
	switch dice := c.rng.IntN(10); {
	case dice < 3:
		c.reschedule(meeting, now)
	case dice < 4:
		c.cancel(meeting, now)
	default:
		c.finish(meeting, now)
	}
}

// advanceInterviews does what is next for an application in the interview stage
// that has no meeting ahead.
func (c *Company) advanceInterviews(app *Application, now time.Time) {
	switch done := app.Finished(); {
	case app.unjudged() != nil:
		c.judge(app.unjudged(), now)
	case done > 0 && !passed(app), len(app.Meetings) == MaxMeetings: // nobody is met for ever
		c.archive(app, now)
	case done >= 2 && (done >= rounds || c.rng.IntN(2) == 0):
		c.move(app, c.stages[stageOffer], now)
	default:
		c.arrange(app, now)
	}
}

// passed reports whether the last finished meeting went well for the application.
func passed(app *Application) bool {
	good, bad := 0, 0
	for _, meeting := range app.Meetings {
		if meeting.Status != MeetingFinished {
			continue
		}
		good, bad = 0, 0
		for _, interview := range meeting.Interviews {
			for _, verdict := range interview.Verdicts {
				switch {
				case verdict.Application != app:
				case verdict.Good:
					good++
				default:
					bad++
				}
			}
		}
	}
	return good >= bad
}

// arrange makes a meeting for an application, sometimes together with others
// that wait for one in the same stage.
func (c *Company) arrange(app *Application, now time.Time) *Meeting {
	apps := []*Application{app}
	kind := []int{OnSite, OnSite, Phone, Video, Group, Sequential}[c.rng.IntN(6)]
	if kind == Group || kind == Sequential {
		apps = append(apps, c.waiting(app, 1+c.rng.IntN(3))...)
		if len(apps) == 1 {
			kind = OnSite
		}
	}
	round := min(app.Finished()+1, rounds)
	meeting := &Meeting{
		Type: kind, Status: MeetingOpen, CreatedAt: now, Creator: c.employee(),
		Round: round, RoundName: []string{"初试", "复试", "终试"}[round-1],
	}
	start := c.slot(now)
	if kind == Sequential {
		for _, one := range apps {
			interview := c.appoint(kind, start, one)
			meeting.Interviews = append(meeting.Interviews, interview)
			start = interview.End
		}
	} else {
		meeting.Interviews = []*Interview{c.appoint(kind, start, apps...)}
	}
	for _, one := range apps {
		if len(one.Meetings) == MaxMeetings { // somebody insists: see Perform
			one.Meetings = slices.Delete(one.Meetings, 0, 1)
		}
		one.Meetings = append(one.Meetings, meeting)
	}
	c.tellAll(now, InterviewArranged, apps, Change{Meeting: meeting, Field: FieldInterviewStatus, Is: MeetingOpen})
	return meeting
}

func (c *Company) appoint(kind int, start time.Time, apps ...*Application) *Interview {
	c.meetings++
	interview := &Interview{
		ID: c.base + 80_000 + c.meetings, Applications: apps, Start: start,
		End: start.Add(time.Duration(1+c.rng.IntN(3)) * 30 * time.Minute), Interviewers: []*Employee{c.employee()},
	}
	if second := c.employee(); second != interview.Interviewers[0] {
		interview.Interviewers = append(interview.Interviewers, second)
	}
	if kind != Phone && kind != Video {
		interview.Room = c.rooms[c.rng.IntN(len(c.rooms))]
	}
	return interview
}

// waiting finds others in the interview stage without an open meeting.
func (c *Company) waiting(app *Application, most int) []*Application {
	var found []*Application
	for _, other := range c.open {
		if len(found) < most && other != app && other.Stage == c.stages[stageInterview] &&
			other.OpenMeeting() == nil && len(other.Meetings) < MaxMeetings {
			found = append(found, other)
		}
	}
	return found
}

func (c *Company) reschedule(meeting *Meeting, now time.Time) {
	from := meeting.begins()
	shift := c.slot(now).Sub(meeting.Interviews[0].Start)
	if shift == 0 {
		shift = time.Hour
	}
	for _, interview := range meeting.Interviews {
		interview.Start, interview.End = interview.Start.Add(shift), interview.End.Add(shift)
		if interview.Room != nil {
			interview.Room = c.rooms[c.rng.IntN(len(c.rooms))]
		}
	}
	c.tellAll(now, InterviewUpdated, meeting.Applications(), Change{
		Meeting: meeting, Field: FieldInterviewTime, Was: from, Is: meeting.begins(),
	})
}

func (c *Company) cancel(meeting *Meeting, now time.Time) {
	meeting.Status = MeetingCancelled
	c.tellAll(now, InterviewCancelled, meeting.Applications(), Change{
		Meeting: meeting, From: MeetingOpen, To: MeetingCancelled, Field: FieldInterviewStatus, Was: MeetingOpen, Is: MeetingCancelled,
	})
}

// finish ends a meeting. Two times in three the interviewers have filled in
// their forms by then.
func (c *Company) finish(meeting *Meeting, now time.Time) {
	meeting.Status = MeetingFinished
	if c.rng.IntN(3) > 0 {
		c.verdicts(meeting, now)
	}
	c.tellAll(now, InterviewFinished, meeting.Applications(), Change{
		Meeting: meeting, From: MeetingOpen, To: MeetingFinished, Field: FieldInterviewStatus, Was: MeetingOpen, Is: MeetingFinished,
	})
}

// judge lets the interviewers of a finished meeting give their feedback.
func (c *Company) judge(meeting *Meeting, now time.Time) {
	count := c.verdicts(meeting, now)
	c.tellAll(now, FeedbackGiven, meeting.Applications(), Change{
		Meeting: meeting, Field: FieldFeedback, Was: "0", Is: strconv.Itoa(count),
	})
}

func (c *Company) verdicts(meeting *Meeting, now time.Time) (count int) {
	for _, interview := range meeting.Interviews {
		for _, app := range interview.Applications {
			for _, by := range interview.Interviewers {
				score := 4 + c.rng.IntN(7)
				verdict := Verdict{Application: app, By: by, At: now, Score: score, Good: score >= 6, Text: "沟通顺畅,水平尚可"}
				if verdict.Good {
					verdict.Text = "基础扎实,经验匹配,建议继续"
				}
				interview.Verdicts = append(interview.Verdicts, verdict)
				count++
			}
		}
	}
	return count
}

// unjudged is a meeting that took place and that nobody has given feedback on,
// or nil.
func (a *Application) unjudged() *Meeting {
	for _, meeting := range a.Meetings {
		if meeting.Status == MeetingFinished && len(meeting.Interviews[0].Verdicts) == 0 {
			return meeting
		}
	}
	return nil
}

// begins is the start of the first interview, in words.
func (m *Meeting) begins() string { return m.Interviews[0].Start.UTC().Format(time.RFC3339) }

// slot is a full hour of a working day's office hours in Beijing (UTC+8), one
// to five days ahead.
func (c *Company) slot(now time.Time) time.Time {
	local := now.In(time.FixedZone("Asia/Shanghai", 8*3600)).AddDate(0, 0, 1+c.rng.IntN(5))
	for local.Weekday() == time.Saturday || local.Weekday() == time.Sunday {
		local = local.AddDate(0, 0, 1)
	}
	return time.Date(local.Year(), local.Month(), local.Day(), 9+c.rng.IntN(9), 0, 0, 0, local.Location()).UTC()
}
