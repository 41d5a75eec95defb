package poll_test

import (
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// TestNothingIsSkipped drives an engine beside a model of Moka that misbehaves in
// every way its documents leave open, and looks whether any content that was
// there to be seen is missing from the journal.
func TestNothingIsSkipped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "poll")
		if err != nil {
			t.Fatalf("%v", err)
		}
		defer func() { _ = os.RemoveAll(dir) }()
		h := newHouse(t, config(), dir, 6000)
		defer func() { _ = h.index.Close() }()
		h.account.skew = time.Duration(rapid.IntRange(-120, 120).Draw(t, "skew")) * time.Second
		h.account.pageSize = rapid.IntRange(1, 5).Draw(t, "pageSize")
		h.live(t, time.Minute)
		var all []*row
		change := func(paging bool) {
			// Several in the same second: equal updatedAt across the border of a page.
			for range rapid.IntRange(1, 4).Draw(t, "burst") {
				id := rapid.Int64Range(1, 12).Draw(t, "id")
				delay := time.Duration(0)
				if !paging && rapid.IntRange(0, 4).Draw(t, "late") == 0 {
					delay = time.Duration(rapid.IntRange(1, 300).Draw(t, "delay")) * time.Second
				}
				all = append(all, h.account.change(id, false, delay))
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"change": func(*rapid.T) { change(false) },
			"pass":   func(t *rapid.T) { h.live(t, time.Duration(rapid.IntRange(1, 400).Draw(t, "seconds"))*time.Second) },
			"change while paging": func(t *rapid.T) {
				h.account.onPage = func() { h.account.onPage = nil; change(true) }
				h.live(t, 15*time.Second)
			},
			"trouble": func(t *rapid.T) {
				kind := rapid.SampledFrom([]moka.Kind{
					moka.KindTransient, moka.KindProtocol, moka.KindQuota, moka.KindInvalid, moka.KindAuth,
				}).Draw(t, "kind")
				left := rapid.IntRange(1, 6).Draw(t, "calls")
				h.account.fail = func(int) error {
					if left--; left < 0 {
						return nil
					}
					return &moka.Error{Kind: kind}
				}
				h.live(t, time.Minute)
			},
			"killed before the commit": func(t *rapid.T) {
				h.topic.refuse = errCrash
				h.live(t, 15*time.Second)
				h.topic.refuse = nil
			},
			"restarted": func(t *rapid.T) { h.lead(t) },
			"on a new machine": func(t *rapid.T) {
				_ = h.index.Close()
				_ = os.RemoveAll(dir)
				h.open(t, dir)
				h.lead(t)
			},
		})
		h.account.fail = nil
		h.live(t, 20*time.Minute)
		for id, r := range h.account.rows {
			if h.journaled(r) == 0 {
				t.Fatalf("application %d is at content %d, and the journal never had that", id, r.content)
			}
		}
		seenOnce(t, h)
	})
}

// seenOnce looks for content of an application that goes backwards: an older
// version must not be journaled after a newer one, except by a repetition of the
// same read.
func seenOnce(t tester, h *house) {
	t.Helper()
	last := map[int64]time.Time{}
	for _, e := range h.topic.entries {
		if e.ApplicationID == nil {
			continue
		}
		if e.ReceivedAt.Before(last[*e.ApplicationID]) {
			t.Fatalf("application %d: a read of %s is journaled after one of %s", *e.ApplicationID, e.ReceivedAt, last[*e.ApplicationID])
		}
		last[*e.ApplicationID] = e.ReceivedAt
	}
}

func TestUnchangedIsNotJournaledAgain(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	r := h.account.change(7, false, 0)
	h.live(t, 2*time.Hour)
	if n := h.journaled(r); n != 1 {
		t.Errorf("journaled %d times, wanted once", n)
	}
	h.lead(t)
	h.live(t, time.Hour)
	if n := h.journaled(r); n != 1 {
		t.Errorf("journaled %d times after a restart, wanted once", n)
	}
}

func TestQuietChangesAreFoundInTheHotSet(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0).hot = true
	h.account.change(6, false, 0)
	h.live(t, 11*time.Minute)
	h.account.change(8, false, 0)
	h.live(t, 20*time.Minute) // the feed's look-back does not reach 6 and 7 any more
	hot, cold := h.account.change(7, true, 0), h.account.change(6, true, 0)
	h.live(t, 3*time.Minute)
	if h.journaled(hot) != 1 {
		t.Errorf("a change that does not move updatedAt is in the journal %d times, wanted once", h.journaled(hot))
	}
	if h.journaled(cold) != 0 {
		t.Error("the feed itself showed it: this test shows nothing of the hot set")
	}
}

func TestHintsAreFetchedAtOnce(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0)
	h.live(t, 30*time.Minute)
	r := h.account.change(7, true, 0)
	id := int64(7)
	for _, n := range []int64{7, -4} { // a negative one is not Moka's
		h.topic.write(&schemas.Checkpoint{OrgID: "org", Feed: fmt.Sprintf("refetch:%d", n), LastID: &id, SavedAt: h.clock.now})
	}
	h.live(t, time.Second)
	if h.journaled(r) != 1 {
		t.Error("a webhook named the application, and a second later it was not fetched")
	}
	if h.topic.cursors["refetch:7"] != nil {
		t.Error("the hint is still there after it was followed")
	}
}

func TestDeletedOnlyWhenTwiceUnseen(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0)
	h.account.change(8, false, 0)
	h.live(t, time.Minute)
	gone := func(id int64) int {
		n := 0
		for _, e := range h.topic.entries {
			if e.Endpoint == "sweep" && *e.ApplicationID == id {
				n++
			}
		}
		return n
	}
	ask := func(id int64) {
		h.topic.write(&schemas.Checkpoint{OrgID: "org", Feed: fmt.Sprintf("refetch:%d", id), LastID: &id})
	}
	seven, eight := h.account.rows[7], h.account.rows[8]
	delete(h.account.rows, 7)
	delete(h.account.rows, 8)
	ask(7)
	ask(8)
	h.live(t, 9*time.Minute)
	if gone(7)+gone(8) != 0 {
		t.Fatal("called deleted after one look")
	}
	h.account.rows[8] = eight // it was not gone, only not shown
	h.live(t, 5*time.Minute)
	if gone(7) != 1 || gone(8) != 0 {
		t.Fatalf("called deleted: 7 %d times (wanted once), 8 %d times (wanted never)", gone(7), gone(8))
	}
	if known, err := h.index.Knows(poll.Applications, 7); known || err != nil {
		t.Errorf("the index still knows it (%v)", err)
	}
	h.live(t, time.Hour) // out of sight of the feed
	before := h.journaled(seven)
	h.account.rows[7] = seven
	ask(7)
	h.live(t, time.Minute)
	if h.journaled(seven) != before+1 {
		t.Error("what comes back with the same content is no news")
	}
}

func TestOneEndpointAloneDeletesNothing(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0)
	h.live(t, time.Minute)
	h.account.hidden[7] = true
	id := int64(7)
	h.topic.write(&schemas.Checkpoint{OrgID: "org", Feed: "refetch:7", LastID: &id})
	h.live(t, 2*time.Hour)
	for _, e := range h.topic.entries {
		if e.Endpoint == "sweep" {
			t.Fatal("called deleted, though the other endpoint shows it")
		}
	}
}

// A row that carries a time of tomorrow must not take the cursor there.
func TestCursorStaysBehindMokasClock(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.live(t, time.Minute)
	h.account.change(1, false, 0).updated = h.clock.now.Add(24 * time.Hour)
	h.live(t, 10*time.Minute)
	r := h.account.change(2, false, 0)
	h.live(t, 5*time.Minute)
	if h.journaled(r) != 1 {
		t.Errorf("what changed after a row of tomorrow is in the journal %d times, wanted once", h.journaled(r))
	}
}

// Whether the rows ascend is not documented. Where they don't, a pass counts when
// it came to its end.
func TestPagesThatDescend(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	h.account.backward, h.account.pageSize = true, 1
	h.live(t, time.Minute)
	var all []*row
	for id := int64(1); id <= 6; id++ {
		h.clock.now = h.clock.now.Add(time.Hour)
		all = append(all, h.account.change(id, false, 0))
	}
	for len(h.topic.entries) < 2 {
		if _, wake, err := h.engine.Step(t.Context()); err != nil {
			t.Fatal(err)
		} else {
			h.clock.now = later(h.clock.now, wake)
		}
	}
	h.lead(t) // killed in the middle of the pass
	h.live(t, 5*time.Minute)
	for _, r := range all {
		if h.journaled(r) != 1 {
			t.Errorf("application %d is in the journal %d times, wanted once", r.id, h.journaled(r))
		}
	}
}

func TestTokenPastItsLife(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	h.account.pageSize = 1
	h.live(t, time.Minute)
	var all []*row
	for id := int64(1); id <= 6; id++ {
		all = append(all, h.account.change(id, false, 0))
	}
	for len(h.topic.entries) < 2 {
		if _, wake, err := h.engine.Step(t.Context()); err != nil {
			t.Fatal(err)
		} else {
			h.clock.now = later(h.clock.now, wake)
		}
	}
	h.account.expired = true
	h.live(t, 15*time.Second)
	h.account.expired = false
	calls := h.account.calls
	h.live(t, time.Minute)
	for _, r := range all {
		if h.journaled(r) != 1 {
			t.Errorf("application %d is in the journal %d times, wanted once", r.id, h.journaled(r))
		}
	}
	if n := h.account.calls - calls; n > 30 {
		t.Errorf("%d calls to walk six pages anew", n)
	}
}

func TestEndlessChainEnds(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0)
	h.account.circle = true
	h.live(t, 10*time.Minute)
	if h.account.calls > 60 {
		t.Errorf("%d calls in ten minutes to a chain that turns in circles", h.account.calls)
	}
	h.account.circle = false
	r := h.account.change(9, false, 0)
	h.live(t, 5*time.Minute)
	if h.journaled(r) != 1 {
		t.Error("the feed did not go on after the chain was mended")
	}
}

func TestWrongKeyPausesEverything(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	if h.engine.Trouble() == nil {
		t.Error("ready before Moka has ever answered")
	}
	h.account.fail = func(int) error { return &moka.Error{Kind: moka.KindAuth, Endpoint: "x"} }
	h.live(t, 10*time.Minute)
	if h.account.calls > 25 {
		t.Errorf("%d calls in ten minutes with a wrong key", h.account.calls)
	}
	if moka.KindOf(h.engine.Trouble()) != moka.KindAuth {
		t.Errorf("trouble is %v, wanted that of the key", h.engine.Trouble())
	}
	h.account.fail = nil
	h.live(t, time.Minute)
	if h.engine.Trouble() != nil {
		t.Errorf("still in trouble with the right key: %v", h.engine.Trouble())
	}
}

func TestLostLeaseEndsTheEngine(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0)
	lost := errors.New("lost")
	h.topic.refuse = lost
	for range 100 {
		_, wake, err := h.engine.Step(t.Context())
		if errors.Is(err, lost) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		h.clock.now = later(h.clock.now, wake)
	}
	t.Error("the engine goes on without its lease")
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func TestHeadcountDetailsSurviveACrash(t *testing.T) {
	cfg := config()
	cfg.HeadcountsInterval = time.Minute
	dir := t.TempDir()
	h := newHouse(t, cfg, dir, 60)
	h.account.hcs[5] = h.clock.now
	details := func() int {
		n := 0
		for _, e := range h.topic.entries {
			if e.Endpoint == "v1/headcount" && *e.HeadcountID == 5 {
				n++
			}
		}
		return n
	}
	// Until the feed's page is durable, and the details are not.
	for range 100 {
		if _, wake, err := h.engine.Step(t.Context()); err != nil {
			t.Fatal(err)
		} else {
			h.clock.now = later(h.clock.now, wake)
		}
		if len(h.topic.entries) > 0 {
			break
		}
	}
	if details() != 0 || len(h.topic.entries) != 1 {
		t.Fatalf("%d entries, %d of them details: wanted the feed's alone", len(h.topic.entries), details())
	}
	h.lead(t) // killed
	h.live(t, 5*time.Minute)
	if details() != 1 {
		t.Errorf("the details are journaled %d times, wanted once", details())
	}
	calls := h.account.hcCalls
	h.live(t, time.Hour)
	if h.account.hcCalls != calls {
		t.Errorf("details of a headcount that did not change were read %d times more", h.account.hcCalls-calls)
	}
	delete(h.account.hcs, 5)
	h.index.Close()
}

func TestBackfillResumes(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	now := h.clock.now
	for id := int64(1); id <= 200; id++ {
		h.clock.now = now.AddDate(0, 0, -int(id*2))
		h.account.change(id, false, 0)
	}
	h.clock.now = now
	request, err := poll.BackfillRequest("org", "applications", now.AddDate(-2, 0, 0), now, now)
	if err != nil {
		t.Fatal(err)
	}
	h.topic.write(request)
	for range 12 {
		h.live(t, time.Second)
		h.lead(t) // killed again and again
	}
	h.live(t, time.Hour)
	done := h.topic.cursors["backfill:applications"]
	if done == nil || !done.Completed {
		t.Fatalf("the backfill is not complete: %+v", done)
	}
	for id, r := range h.account.rows {
		if h.journaled(r) != 1 {
			t.Errorf("application %d is in the journal %d times, wanted once", id, h.journaled(r))
		}
	}
	for feed := range h.topic.cursors {
		if feed != "applications" && feed != "backfill:applications" && feed != "sweep:applications" {
			t.Errorf("%s is left over", feed)
		}
	}
	// 200 rows in pages of 3, with a page or two read twice at each of 12 deaths.
	if n := h.account.history; n > 80+12*2*3 {
		t.Errorf("%d calls for 67 pages: it started over", n)
	}
}
