package resources_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/payload"
	"github.com/mokafka/mokafka/internal/mokasim/resources"
)

// The feeds by next show every row once, however small the pages.
func TestFeedsAreComplete(t *testing.T) {
	c, now := lived(company.Settings{Seed: 6, Applications: 300}, 2_000)
	v := view(c, now)
	old := start.AddDate(-5, 0, 0)
	count := func(ask func(resources.FeedQuery) resources.Answer, key func(map[string]any) string) (rows int) {
		t.Helper()
		seen := map[string]bool{}
		for _, body := range walked(t, func(next string) resources.Answer {
			return ask(resources.FeedQuery{From: old, Next: next, Limit: 7})
		}) {
			var page struct{ Data []map[string]any }
			if err := json.Unmarshal(body, &page); err != nil || len(page.Data) > 7 {
				t.Fatalf("%.200s (%v)", body, err)
			}
			for _, item := range page.Data {
				rows++
				seen[key(item)] = true
			}
		}
		if rows != len(seen) {
			t.Errorf("%d rows, %d different ones", rows, len(seen))
		}
		return rows
	}
	byID := func(item map[string]any) string { return fmt.Sprint(item["id"]) }
	applications, feedbacks := 0, 0
	for truth := range c.Truths(0) {
		applications++
		for _, interview := range truth.Interviews {
			feedbacks += interview.Feedbacks
		}
	}
	if got := count(v.ApplicationFeed, byID); got != applications {
		t.Errorf("%d applications, the company has %d", got, applications)
	}
	if got := count(v.HeadcountFeed, byID); got != len(c.Headcounts()) {
		t.Errorf("%d headcounts, the company has %d", got, len(c.Headcounts()))
	}
	all := func(item map[string]any) string { return fmt.Sprint(item) }
	if got := count(v.FeedbackFeed, all); got != feedbacks {
		t.Errorf("%d feedbacks, the company has %d", got, feedbacks)
	}
}

// v1/data/ehrApplications walks both ways over the same rows.
func TestApplicationsV1BothWays(t *testing.T) {
	c, now := lived(company.Settings{Seed: 6, Applications: 300}, 1_000)
	v := view(c, now)
	ids := func(ascending bool) (ids []int64) {
		q := resources.ApplicationsV1Query{Stage: "all", Ascending: ascending, Limit: 9}
		for {
			var page struct {
				Data []struct{ ApplicationID int64 }
				Next string
			}
			if err := json.Unmarshal(text(t, v.ApplicationsV1(q)), &page); err != nil {
				t.Fatal(err)
			}
			for _, item := range page.Data {
				ids = append(ids, item.ApplicationID)
			}
			if ascending && page.Next == "" {
				t.Fatal("an ascending page has no next")
			}
			if q.Next = page.Next; len(page.Data) == 0 || page.Next == "" {
				return ids
			}
		}
	}
	up, down := ids(true), ids(false)
	slices.Reverse(down)
	if diff := cmp.Diff(up, down); diff != "" || len(up) < 50 {
		t.Errorf("%d rows; upwards and downwards they differ:\n%s", len(up), diff)
	}
	var one struct{ Data []map[string]any }
	if err := json.Unmarshal(text(t, v.ApplicationsV1(resources.ApplicationsV1Query{IDs: []int64{up[0], 5, up[1]}})), &one); err != nil || len(one.Data) != 2 {
		t.Errorf("by ids there are %d (%v)", len(one.Data), err)
	}
}

// Every interview of the days asked for is listed, no other, by its start.
func TestInterviewWindows(t *testing.T) {
	c, now := lived(company.Settings{Seed: 6, Applications: 2_000}, 2_000)
	v := view(c, now)
	for _, first := range []time.Time{start.AddDate(0, 0, -3), start.AddDate(0, -8, 0), start.Add(-10 * time.Hour)} {
		from := time.Date(first.Year(), first.Month(), first.Day(), 0, 0, 0, 0, time.FixedZone("", 8*3600))
		until := from.AddDate(0, 0, 31)
		want := map[string]bool{}
		for truth := range c.Truths(0) {
			for _, interview := range truth.Interviews {
				if !interview.Start.Before(from) && interview.Start.Before(until) {
					want[fmt.Sprint(truth.ApplicationID, " ", interview.ID)] = true
				}
			}
		}
		var page struct {
			Data []struct {
				StartTime  time.Time
				Candidates []struct{ ApplicationID, GroupID int64 }
			}
		}
		// The time of the day does not count.
		answer := v.Interviews(resources.InterviewsQuery{From: from.Add(23 * time.Hour), Until: until.Add(-23 * time.Hour)})
		if err := json.Unmarshal(text(t, answer), &page); err != nil {
			t.Fatal(err)
		}
		got := map[string]bool{}
		last := time.Time{}
		for _, item := range page.Data {
			if item.StartTime.Before(last) {
				t.Fatal("not by start")
			}
			last = item.StartTime
			for _, who := range item.Candidates {
				got[fmt.Sprint(who.ApplicationID, " ", who.GroupID)] = true
			}
		}
		if diff := cmp.Diff(want, got); diff != "" || len(want) < 10 {
			t.Errorf("%d interviews from %s on, but:\n%s", len(want), from, diff)
		}
	}
	for name, q := range map[string]resources.InterviewsQuery{
		"32 days": {From: start, Until: start.AddDate(0, 0, 31)}, "no days": {}, "half": {From: start},
		"back to front": {From: start, Until: start.AddDate(0, 0, -1)},
	} {
		var no struct {
			Code int
			Data any
		}
		if err := json.Unmarshal(text(t, v.Interviews(q)), &no); err != nil || no.Code == 0 || no.Data != nil {
			t.Errorf("%s: %+v (%v)", name, no, err)
		}
	}
}

// A change is invisible to feeds by time for a while, and to nothing else.
func TestVisibilityDelay(t *testing.T) {
	c, now := lived(company.Settings{Seed: 6}, 200)
	c.Bulk(20, now)
	v := view(c, now)
	v.Quirks.VisibleAfter = time.Minute
	shown := func() int {
		var page struct {
			Data []struct{ BasicInfo struct{ ApplicationID int64 } }
		}
		if err := json.Unmarshal(text(t, v.Applications(resources.ApplicationsQuery{UpdatedFrom: now})), &page); err != nil {
			t.Fatal(err)
		}
		return len(page.Data)
	}
	at := shown()
	v.Now = now.Add(30 * time.Second)
	half := shown()
	v.Now = now.Add(time.Minute)
	if after := shown(); at > 2 || half <= at || half >= after || after < 12 {
		t.Errorf("of those just changed %d are shown at once, %d after half a minute, %d after a minute", at, half, after)
	}
	v.Now = now
	var app *company.Application
	for app = range c.ByUpdate(now, 0) {
		break
	}
	var page struct{ Data []any }
	if err := json.Unmarshal(text(t, v.Applications(resources.ApplicationsQuery{IDs: []int64{app.ID}})), &page); err != nil || len(page.Data) != 1 {
		t.Errorf("by id it shows %d (%v)", len(page.Data), err)
	}
}

// With quirks the same things are said, in other types.
func TestQuirks(t *testing.T) {
	c, now := lived(company.Settings{Seed: 6}, 500)
	app := (*company.Application)(nil)
	for one := range c.Awake() {
		if len(one.Job.Headcounts) == 1 || app == nil {
			app = one
		}
	}
	types, links := map[string]map[string]bool{}, map[string]bool{}
	note := func(key string, value any) {
		if types[key] == nil {
			types[key] = map[string]bool{}
		}
		types[key][fmt.Sprintf("%T", value)] = true
	}
	for number := range uint64(200) {
		v := view(c, now)
		v.Number, v.Quirks.Share = number, 0.3
		var page struct{ Data any }
		if err := json.Unmarshal(text(t, v.Applications(resources.ApplicationsQuery{IDs: []int64{app.ID}})), &page); err != nil {
			t.Fatal(err)
		}
		note("data", page.Data)
		item, bare := page.Data.(map[string]any)
		if !bare {
			item = page.Data.([]any)[0].(map[string]any)
		}
		basic := item["basicInfo"].(map[string]any)
		note("applicationId", basic["applicationId"])
		if id, isText := basic["applicationId"].(string); isText && id != strconv.FormatInt(app.ID, 10) {
			t.Fatalf("application %d calls itself %s", app.ID, id)
		}
		note("campusSiteIds", item["jobInfo"].(map[string]any)["campusSiteIds"])
		links[basic["resumeUrl"].(string)] = true
	}
	want := map[string]map[string]bool{
		"data":          {"[]interface {}": true, "map[string]interface {}": true},
		"applicationId": {"float64": true, "string": true},
		"campusSiteIds": {"[]interface {}": true, "string": true},
	}
	if diff := cmp.Diff(want, types); diff != "" {
		t.Error(diff)
	}
	if len(links) != 200 {
		t.Errorf("200 readings gave %d links", len(links))
	}
}

func TestRefusals(t *testing.T) {
	c, now := lived(company.Settings{Seed: 6}, 10)
	v := view(c, now)
	for name, answer := range map[string]resources.Answer{
		"21 ids":         v.Applications(resources.ApplicationsQuery{IDs: make([]int64, 21)}),
		"a strange next": v.Applications(resources.ApplicationsQuery{Next: "eyJ9"}),
		"no stage":       v.ApplicationsV1(resources.ApplicationsV1Query{}),
		"no fromTime":    v.MovedApplications(resources.MovedQuery{}),
		"no such stage":  v.MarkedApplications(resources.MovedQuery{Stage: "nowhere"}),
		"no such type":   v.MovedApplications(resources.MovedQuery{From: start, ReqType: "some"}),
		"next of a feed": v.HeadcountFeed(resources.FeedQuery{Next: "12"}),
		"no beginning":   v.FeedbackFeed(resources.FeedQuery{}),
	} {
		var no struct {
			Code int
			Msg  string
			Data any
		}
		if err := json.Unmarshal(text(t, answer), &no); err != nil || no.Code == 0 || no.Code == 200 || no.Msg == "" || no.Data != nil {
			t.Errorf("%s: %+v (%v)", name, no, err)
		}
	}
	if answer := v.Headcount(5); answer.Status != http.StatusNotFound {
		t.Errorf("a headcount that there is not answers %d", answer.Status)
	}
	if body, err := payload.Stringify(v.JobStages("x").Body); err != nil || string(body) != "[]" {
		t.Errorf("stages of a job that there is not: %s (%v)", body, err)
	}
}

func TestTimes(t *testing.T) {
	want := time.Date(2026, 3, 1, 16, 30, 0, 250e6, time.UTC)
	if got, err := resources.BeijingTime("2026-03-02T00:30:00.250Z"); err != nil || !got.Equal(want) {
		t.Errorf("%s (%v)", got, err)
	}
	for text, want := range map[string]time.Time{
		"2018-1-1":                 time.Date(2017, 12, 31, 16, 0, 0, 0, time.UTC),
		"2018-01-02 10:00:00":      time.Date(2018, 1, 2, 2, 0, 0, 0, time.UTC),
		"2018-01-02T00:00:00.000Z": time.Date(2018, 1, 2, 0, 0, 0, 0, time.UTC),
	} {
		if got, err := resources.Since(text); err != nil || !got.Equal(want) {
			t.Errorf("%s is %s (%v)", text, got, err)
		}
	}
	for _, text := range []string{"", "now", "2018-13-01", "2026-03-02T00:30:00Z"} {
		if _, err := resources.BeijingTime(text); err == nil {
			t.Errorf("%q is taken for a time", text)
		}
	}
}
