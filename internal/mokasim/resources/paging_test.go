package resources_test

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/payload"
	"github.com/mokafka/mokafka/internal/mokasim/resources"
)

// world is a company and what an onlooker has written down of it: when each
// application was last updated and moved.
type world struct {
	c              *company.Company
	now            time.Time
	updated, moved map[int64]time.Time
}

func newWorld(seed uint64, sleepers int) *world {
	w := &world{now: start, updated: map[int64]time.Time{}, moved: map[int64]time.Time{}}
	w.c = company.Found(company.Settings{Seed: seed, Applications: sleepers, KeepClosed: 60}, start, func(change company.Change) {
		for _, app := range change.Applications {
			if w.updated[app.ID] = change.At; change.Kind == company.ApplicationReceived || change.Kind == company.StageMoved {
				w.moved[app.ID] = change.At
			}
			if change.Kind == company.ApplicationDeleted {
				delete(w.updated, app.ID)
				delete(w.moved, app.ID)
			}
		}
	})
	for app := range w.c.Applications(0) {
		w.updated[app.ID], w.moved[app.ID] = app.UpdatedAt, app.MovedAt
	}
	return w
}

// live lets some things happen, often several at the same instant.
func (w *world) live(t *rapid.T) {
	for range rapid.IntRange(0, 6).Draw(t, "changes") {
		w.now = w.now.Add(rapid.SampledFrom([]time.Duration{0, 0, 0, time.Second, time.Minute}).Draw(t, "later"))
		if rapid.IntRange(0, 9).Draw(t, "bulk") == 0 {
			w.c.Bulk(rapid.IntRange(2, 45).Draw(t, "many"), w.now)
			continue
		}
		w.c.Step(w.now)
	}
}

func (w *world) view() resources.View { return view(w.c, w.now) }

// row of a feed, as a reader decodes it.
type row struct {
	ID int64
	At time.Time
}

func v2Page(t *rapid.T, answer resources.Answer) (rows []row, next string) {
	var page struct {
		Code int
		Data []struct {
			BasicInfo struct {
				ApplicationID int64     `json:"applicationId"`
				UpdatedAt     time.Time `json:"updatedAt"`
			} `json:"basicInfo"`
		}
		Next string
	}
	decode(t, answer, &page)
	if page.Code != 200 {
		t.Fatalf("code %d", page.Code)
	}
	for _, item := range page.Data {
		rows = append(rows, row{item.BasicInfo.ApplicationID, item.BasicInfo.UpdatedAt})
	}
	return rows, page.Next
}

func decode(t *rapid.T, answer resources.Answer, into any) {
	body, err := payload.Stringify(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(body, into); err != nil {
		t.Fatalf("%.200s: %v", body, err)
	}
}

func byTime(a, b row) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID)) }

// Whoever walks the pages of the window feed while the company lives sees every
// application that was in the window when the walk began and still exists; rows
// ascend, and each is what the onlooker wrote down.
func TestWalkUnderChange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64Range(0, 50).Draw(t, "seed"), rapid.SampledFrom([]int{0, 0, 60}).Draw(t, "sleepers"))
		for range rapid.IntRange(0, 10).Draw(t, "before") {
			w.live(t)
		}
		from := start.Add(-time.Duration(rapid.IntRange(-60, 60*24*900).Draw(t, "back")) * time.Minute)
		wanted := map[int64]bool{}
		for id, at := range w.updated {
			wanted[id] = !at.Before(from)
		}
		q := resources.ApplicationsQuery{UpdatedFrom: from, Limit: rapid.SampledFrom([]int{5, 20, 20, 25}).Draw(t, "limit")}
		last := row{}
		for pages := 0; ; pages++ {
			rows, next := v2Page(t, w.view().Applications(q))
			if len(rows) > 20 {
				t.Fatalf("a page of %d", len(rows))
			}
			for _, one := range rows {
				if !w.updated[one.ID].Equal(one.At) {
					t.Fatalf("application %d is shown as of %s, it is of %s", one.ID, one.At, w.updated[one.ID])
				}
				if byTime(last, one) >= 0 {
					t.Fatalf("%v follows %v", one, last)
				}
				delete(wanted, one.ID)
				last = one
			}
			if next == "" {
				break
			}
			q.Next = next
			if pages < 8 { // else life may go faster than the walk for ever
				w.live(t)
			}
		}
		for id, was := range wanted {
			if _, exists := w.updated[id]; was && exists {
				t.Errorf("application %d was in the window and never shown", id)
			}
		}
	})
}

// A walk while nothing happens shows exactly what is in the window.
func TestWindowIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64Range(0, 50).Draw(t, "seed"), 60)
		for range rapid.IntRange(0, 10).Draw(t, "before") {
			w.live(t)
		}
		until := w.now.Add(-time.Duration(rapid.IntRange(0, 60*24*900).Draw(t, "ago")) * time.Minute)
		from := until.Add(-time.Duration(rapid.IntRange(0, 60*24*500).Draw(t, "long")) * time.Minute)
		var want, got []row
		for id, at := range w.updated {
			if !at.Before(from) && !at.After(until) {
				want = append(want, row{id, at.UTC()})
			}
		}
		slices.SortFunc(want, byTime)
		q := resources.ApplicationsQuery{UpdatedFrom: from, UpdatedUntil: until}
		for {
			rows, next := v2Page(t, w.view().Applications(q))
			got = append(got, rows...)
			if q.Next = next; next == "" {
				break
			}
		}
		if diff := gocmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
	})
}

// A marking feed returns each application once for each time it was last moved,
// whatever happens between its pages; reqType=all keeps returning it.
func TestMarkingFeed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := newWorld(rapid.Uint64Range(0, 50).Draw(t, "seed"), 30)
		returned := map[int64]time.Time{}
		read := func() int {
			var page struct {
				Data []struct {
					ApplicationID int64     `json:"applicationId"`
					MovedAt       time.Time `json:"moved_at"`
				}
			}
			if rapid.Bool().Draw(t, "paged") {
				decode(t, w.view().MovedApplications(resources.MovedQuery{From: start.AddDate(-5, 0, 0)}), &page)
			} else {
				decode(t, w.view().MarkedApplications(resources.MovedQuery{}), &page.Data)
			}
			for _, item := range page.Data {
				if returned[item.ApplicationID].Equal(item.MovedAt) {
					t.Fatalf("application %d, moved %s, is returned again", item.ApplicationID, item.MovedAt)
				}
				if !w.moved[item.ApplicationID].Equal(item.MovedAt) {
					t.Fatalf("application %d is shown as moved %s, it was %s", item.ApplicationID, item.MovedAt, w.moved[item.ApplicationID])
				}
				returned[item.ApplicationID] = item.MovedAt
			}
			return len(page.Data)
		}
		for range rapid.IntRange(0, 10).Draw(t, "reads") {
			w.live(t)
			read()
		}
		for read() > 0 {
		}
		for id, at := range w.moved {
			if !returned[id].Equal(at) {
				t.Fatalf("application %d, moved %s, was never returned", id, at)
			}
		}
		all := map[int64]time.Time{}
		for q := (resources.MovedQuery{From: start.AddDate(-5, 0, 0), ReqType: "all"}); ; {
			var page struct {
				Data []struct {
					ApplicationID int64     `json:"applicationId"`
					MovedAt       time.Time `json:"moved_at"`
				}
				Next string
			}
			decode(t, w.view().MovedApplications(q), &page)
			for _, item := range page.Data {
				all[item.ApplicationID] = item.MovedAt
			}
			if q.Next = page.Next; page.Next == "" {
				break
			}
		}
		if !maps.EqualFunc(all, w.moved, time.Time.Equal) {
			t.Fatalf("reqType=all returned %d of %d", len(all), len(w.moved))
		}
	})
}

// The page border falls among applications of the same instant.
func TestEqualTimestampsAcrossAPageBorder(t *testing.T) {
	c := company.Found(company.Settings{Seed: 4}, start, nil)
	for n := range 200 {
		c.Step(start.Add(time.Duration(n) * time.Second))
	}
	at := start.Add(time.Hour)
	c.Bulk(45, at)
	q, seen := resources.ApplicationsQuery{UpdatedFrom: at, UpdatedUntil: at}, map[int64]int{}
	pages := 0
	for {
		pages++
		var page struct {
			Data []struct{ BasicInfo struct{ ApplicationID int64 } }
			Next string
		}
		if err := json.Unmarshal(text(t, view(c, at).Applications(q)), &page); err != nil {
			t.Fatal(err)
		}
		for _, item := range page.Data {
			seen[item.BasicInfo.ApplicationID]++
		}
		if q.Next = page.Next; page.Next == "" {
			break
		}
		place, err := base64.StdEncoding.DecodeString(page.Next)
		if err != nil || !strings.Contains(string(place), `"nextUpdateAt":"2026-03-02T10:00:00","orgId":"demo"`) {
			t.Errorf("next is %s (%v)", place, err)
		}
	}
	if pages < 2 || len(seen) < 21 {
		t.Errorf("%d applications on %d pages, want several pages of one instant", len(seen), pages)
	}
	for id, times := range seen {
		if times != 1 {
			t.Errorf("application %d is shown %d times", id, times)
		}
	}
}
