package company_test

import (
	"math"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// What sleeps is made up the same every time, in the order of its times, within
// the years before the company's story, and many at the same instant.
func TestSleepers(t *testing.T) {
	settings := company.Settings{Seed: 9, Applications: 3_000}
	c, twin := company.Found(settings, start, nil), company.Found(settings, start, nil)
	together, closed := map[time.Time]int{}, 0
	var last company.Truth
	count := 0
	for truth := range c.Truths(0) {
		if count++; count > 3_000 {
			break
		}
		if diff := cmp.Diff(truth, twin.Application(truth.ApplicationID).Truth()); diff != "" {
			t.Fatalf("made up anew, it differs:\n%s", diff)
		}
		if truth.ApplicationID <= last.ApplicationID || truth.UpdatedAt.Before(last.UpdatedAt) {
			t.Fatalf("%d of %s follows %d of %s", truth.ApplicationID, truth.UpdatedAt, last.ApplicationID, last.UpdatedAt)
		}
		if truth.UpdatedAt.Before(start.AddDate(-3, 0, 0)) || truth.UpdatedAt.After(start.AddDate(0, 0, -30)) || truth.CreatedAt.After(truth.MovedAt) {
			t.Fatalf("lived at a strange time: %+v", truth)
		}
		together[truth.UpdatedAt]++
		if truth.Archived {
			closed++
		}
		last = truth
	}
	most := 0
	for _, many := range together {
		most = max(most, many)
	}
	if most <= 20 || most > 32 || closed < 2_800 || closed == 3_000 {
		t.Errorf("%d at the same instant, %d closed", most, closed)
	}
}

// Both orders by time show every application once, whether it sleeps or not.
func TestOrdersByTime(t *testing.T) {
	c := company.Found(company.Settings{Seed: 2, Applications: 500, KeepClosed: 50}, start, nil)
	for n := range 3_000 {
		c.Step(start.Add(time.Duration(n/3) * time.Second)) // three at an instant
	}
	var want []int64
	for truth := range c.Truths(0) {
		want = append(want, truth.ApplicationID)
	}
	if census := c.Census(); len(want) != census.Asleep+census.Open+census.Closed || census.Asleep == 500 {
		t.Fatalf("%d applications, the census says %+v", len(want), census)
	}
	check := func(name string, got []*company.Application, at func(*company.Application) time.Time) {
		t.Helper()
		if !slices.IsSortedFunc(got, func(a, b *company.Application) int {
			if order := at(a).Compare(at(b)); order != 0 {
				return order
			}
			return int(a.ID - b.ID)
		}) {
			t.Errorf("%s is not in order", name)
		}
		var ids []int64
		for _, app := range got {
			ids = append(ids, app.ID)
		}
		slices.Sort(ids)
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("%s shows others:\n%s", name, diff)
		}
	}
	moved := func(app *company.Application) time.Time { return app.MovedAt }
	check("the order of updates", slices.Collect(c.ByUpdate(time.Time{}, 0)), func(app *company.Application) time.Time { return app.UpdatedAt })
	check("the order of moves", slices.Collect(c.ByMove(time.Time{}, 0)), moved)
	back := slices.Collect(c.ByMoveBack(start.AddDate(1, 0, 0), math.MaxInt64))
	slices.Reverse(back)
	check("the order of moves, back to front,", back, moved)
}

// Quiet changes are told and do not move updatedAt; which are, does not change
// the story.
func TestQuietChanges(t *testing.T) {
	story := func(share float64) (kinds []company.Kind, quiet int) {
		c := company.Found(company.Settings{Seed: 5, QuietShare: share}, start, func(change company.Change) {
			kinds = append(kinds, change.Kind)
			for _, app := range change.Applications {
				if change.Quiet == app.UpdatedAt.Equal(change.At) {
					t.Fatalf("%s at %s (quiet: %v) left updatedAt at %s", change.Kind, change.At, change.Quiet, app.UpdatedAt)
				}
			}
			if change.Quiet {
				quiet++
			}
		})
		for n := range 1_000 {
			c.Step(start.Add(time.Duration(n+1) * time.Minute))
		}
		return kinds, quiet
	}
	loud, none := story(0)
	half, some := story(0.5)
	if diff := cmp.Diff(loud, half); diff != "" {
		t.Errorf("the story differs:\n%s", diff)
	}
	if none != 0 || some < 100 {
		t.Errorf("%d changes are quiet at 0, %d of %d at a half", none, some, len(half))
	}
}

// Memory of a large company that has lived for a while, in MB.
func BenchmarkLargeCompany(b *testing.B) {
	var before, after runtime.MemStats
	for b.Loop() {
		runtime.GC()
		runtime.ReadMemStats(&before)
		c := company.Found(company.Settings{Seed: 1, Applications: 200_000}, start, nil)
		for n := range 20_000 {
			c.Step(start.Add(time.Duration(n) * time.Second))
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/(1<<20), "MB")
		b.ReportMetric(float64(c.Census().Asleep), "asleep")
		runtime.KeepAlive(c)
	}
}
