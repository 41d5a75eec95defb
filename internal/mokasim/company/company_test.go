package company_test

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

var start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// told is the story of a company: one line a change.
func told(seed uint64, steps int) []string {
	var story []string
	c := company.New(seed, start, func(change company.Change) {
		line := fmt.Sprint(change.Seq, change.At, change.Kind, change.From, change.To, change.Field, change.Was, change.Is)
		for _, app := range change.Applications {
			line += fmt.Sprint(app.ID, app.Candidate.Name, app.Candidate.Phone)
		}
		story = append(story, line)
	})
	for n := range steps {
		c.Step(start.Add(time.Duration(n) * time.Minute))
	}
	return story
}

func TestSameSeedSameStory(t *testing.T) {
	first := told(7, 500)
	if len(first) < 500 || len(first) > 520 {
		t.Fatalf("500 steps made %d changes, want one each and what follows from them", len(first))
	}
	if diff := cmp.Diff(first, told(7, 500)); diff != "" {
		t.Errorf("the same seed told another story:\n%s", diff)
	}
	if cmp.Equal(first, told(8, 500)) {
		t.Error("another seed told the same story")
	}
}

// The rules of the house, over several companies for a long time.
func TestLife(t *testing.T) {
	for seed := range uint64(5) {
		kinds := map[company.Kind]int{}
		types := map[int]int{}
		seq := uint64(0)
		c := company.Found(company.Settings{Seed: seed, KeepClosed: 300}, start, func(change company.Change) {
			seq++
			if change.Seq != seq {
				t.Fatalf("change %d has number %d", seq, change.Seq)
			}
			kinds[change.Kind]++
			obey(t, change)
			if change.Kind == company.InterviewArranged {
				types[change.Meeting.Type]++
			}
		})
		if census := c.Census(); census.Open < 10 || census.OpenInterviews == 0 || len(census.Offers) == 0 {
			t.Errorf("seed %d starts without a history: %+v", seed, census)
		}
		for n := range 10_000 {
			c.Step(start.Add(time.Duration(n) * time.Minute))
			if open := c.Census().Open; open > company.MaxOpen {
				t.Fatalf("%d applications are open", open)
			}
		}
		for _, kind := range []company.Kind{
			company.ApplicationReceived, company.StageMoved, company.RemarkAdded, company.ApplicationArchived,
			company.Hired, company.InterviewArranged, company.InterviewUpdated, company.InterviewCancelled,
			company.InterviewFinished, company.OfferCreated, company.OfferApprovalMoved, company.OfferSentOut,
			company.OfferAnswered, company.EHRPushed, company.FeedbackGiven, company.ApplicationRestored,
			company.ApplicationDeleted, company.MadeRegular, company.Resigned, company.HeadcountOpened,
			company.HeadcountChanged, company.HeadcountFilled, company.HeadcountClosed, company.HeadcountDeleted,
		} {
			if kinds[kind] == 0 {
				t.Errorf("seed %d: no %s in 10,000 changes", seed, kind)
			}
		}
		for kind := company.OnSite; kind <= company.Sequential; kind++ {
			if types[kind] == 0 {
				t.Errorf("seed %d: no interview of type %d", seed, kind)
			}
		}
		if closed := c.Census().Closed; closed > 300 || closed < 290 {
			t.Errorf("seed %d keeps %d closed applications, want at most 300", seed, closed)
		}
	}
}

var (
	phone = regexp.MustCompile(`^1860000\d{4}$`)
	order = []string{"初筛", "用人部门筛选", "面试", "沟通offer", "待入职"}
)

func obey(t *testing.T, change company.Change) {
	t.Helper()
	for _, app := range change.Applications {
		who := app.Candidate
		if !phone.MatchString(who.Phone) || !strings.HasSuffix(who.Email, "@example.com") || !strings.HasPrefix(who.CitizenID, "990000") {
			t.Fatalf("candidate %d could be a real person: %s %s %s", who.ID, who.Phone, who.Email, who.CitizenID)
		}
		if !app.UpdatedAt.Equal(change.At) {
			t.Fatalf("%s at %s left updatedAt at %s", change.Kind, change.At, app.UpdatedAt)
		}
		if !app.Open() && app.OpenMeeting() != nil {
			t.Fatalf("application %d is closed with an interview ahead", app.ID)
		}
	}
	switch change.Kind {
	case company.StageMoved:
		if at(change.From) < 0 || at(change.To) < 0 || at(change.From) == at(change.To) {
			t.Fatalf("moved from %q to %q", change.From, change.To)
		}
	case company.InterviewArranged, company.InterviewUpdated:
		interviewOrderly(t, change.Meeting, change.At)
	}
}

func interviewOrderly(t *testing.T, meeting *company.Meeting, now time.Time) {
	t.Helper()
	several := meeting.Type == company.Group || meeting.Type == company.Sequential
	if many := len(meeting.Applications()) > 1; many != several {
		t.Fatalf("interview of type %d with %d applications", meeting.Type, len(meeting.Applications()))
	}
	for _, interview := range meeting.Interviews {
		if !interview.End.After(interview.Start) || !interview.Start.After(now) {
			t.Fatalf("interview from %s to %s, arranged at %s", interview.Start, interview.End, now)
		}
		if call := meeting.Type == company.Phone || meeting.Type == company.Video; call != (interview.Room == nil) {
			t.Fatalf("interview of type %d has room %v", meeting.Type, interview.Room)
		}
	}
}

func at(stage string) int {
	for n, name := range order {
		if name == stage {
			return n
		}
	}
	return -1
}

func TestPerform(t *testing.T) {
	var seen []company.Change
	c := company.New(1, start, func(change company.Change) { seen = append(seen, change) })
	for act, kind := range map[company.Act]company.Kind{
		company.ImportEHR: company.EHRPushed, company.ArrangeInterview: company.InterviewArranged,
		company.UpdateInterview: company.InterviewUpdated, company.CancelInterview: company.InterviewCancelled,
	} {
		for range 50 { // more often than there are interviews to cancel
			seen = nil
			if err := c.Perform(act, 0, start); err != nil {
				t.Fatalf("%s: %v", act, err)
			}
			if last := seen[len(seen)-1]; last.Kind != kind {
				t.Fatalf("%s ended in %s", act, last.Kind)
			}
		}
	}
}

func TestPerformOnOneApplication(t *testing.T) {
	var last company.Change
	c := company.New(1, start, func(change company.Change) { last = change })
	if err := c.Perform(company.ImportEHR, 12, start); !errors.Is(err, company.ErrUnknownApplication) {
		t.Errorf("an unknown application gave %v", err)
	}
	for last.Kind != company.ApplicationReceived {
		c.Step(start)
	}
	id := last.Applications[0].ID
	if err := c.Perform(company.CancelInterview, id, start); err != nil || last.Applications[0].ID != id {
		t.Errorf("cancel for %d: %v, was for %d", id, err, last.Applications[0].ID)
	}
	for last.Kind != company.ApplicationArchived {
		c.Step(start)
	}
	closed := last.Applications[0].ID
	if err := c.Perform(company.ArrangeInterview, closed, start); !errors.Is(err, company.ErrClosedApplication) {
		t.Errorf("an interview for a closed application gave %v", err)
	}
	if err := c.Perform(company.ImportEHR, closed, start); err != nil {
		t.Errorf("pushing a closed application: %v", err)
	}
}

func TestMeetingsAreBounded(t *testing.T) {
	c := company.New(1, start, nil)
	for range 20_000 {
		if err := c.Perform(company.ArrangeInterview, 0, start); err != nil {
			t.Fatal(err)
		}
	}
	var app *company.Application
	for id := int64(0); app == nil; id++ {
		app = c.Application(firstID(t) + id)
		if app != nil && !app.Open() {
			app = nil
		}
	}
	if len(app.Meetings) > company.MaxMeetings {
		t.Errorf("%d meetings of one application are remembered", len(app.Meetings))
	}
}

func firstID(t *testing.T) int64 {
	t.Helper()
	var id int64
	c := company.New(1, start, func(change company.Change) { id = change.Applications[0].ID })
	for id == 0 {
		c.Step(start)
	}
	return id - id%100_000
}
