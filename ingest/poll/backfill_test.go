package poll_test

import (
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/moka"
)

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

// details counts the entries with the details of a headcount.
func (h *house) details(id int64) int {
	n := 0
	for _, e := range h.topic.entries {
		if e.Endpoint == "v1/headcount" && *e.HeadcountID == id {
			n++
		}
	}
	return n
}

// Details that can't be read for days are not forgotten at a restart.
func TestCursorWaitsForDetails(t *testing.T) {
	cfg := config()
	cfg.HeadcountsInterval = time.Minute
	h := newHouse(t, cfg, t.TempDir(), 60)
	defer h.index.Close()
	h.account.poison = 5
	h.account.hcs[5] = h.clock.now
	for hour := range 60 {
		h.account.hcs[int64(6+hour%2)] = h.clock.now
		h.live(t, time.Hour)
	}
	if h.details(6) != 30 || h.details(5) != 0 {
		t.Fatalf("details: %d of 6, wanted 30; %d of 5, wanted none", h.details(6), h.details(5))
	}
	h.account.poison = 0
	h.lead(t)
	h.live(t, 10*time.Minute)
	if h.details(5) != 1 {
		t.Errorf("the details are journaled %d times, wanted once", h.details(5))
	}
}

// A headcount whose details Moka refuses holds no backfill up, and is no secret.
func TestRefusedDetailsEndUpAsALetter(t *testing.T) {
	cfg := config()
	cfg.HeadcountsInterval = time.Minute
	h := newHouse(t, cfg, t.TempDir(), 60)
	defer h.index.Close()
	now := h.clock.now
	h.account.poison, h.account.poisoned = 5, moka.KindRefused
	h.account.hcs[5], h.account.hcs[6] = now.AddDate(0, 0, -20), now.AddDate(0, 0, -10)
	request, err := poll.BackfillRequest("org", "headcounts", now.AddDate(0, 0, -30), now, now)
	if err != nil {
		t.Fatal(err)
	}
	h.topic.write(request)
	h.live(t, time.Hour)
	if c := h.topic.cursors["backfill:headcounts"]; !c.Completed {
		t.Error("the backfill is not complete")
	}
	if h.details(6) != 1 || len(h.letters.all) != 1 {
		t.Errorf("%d entries of the other, %d dead letters: wanted one of each", h.details(6), len(h.letters.all))
	}
	calls := h.account.hcCalls
	h.live(t, time.Hour)
	if h.account.hcCalls != calls {
		t.Errorf("%d calls more for details", h.account.hcCalls-calls)
	}
	h.account.poison, h.account.hcs[5] = 0, h.clock.now
	h.live(t, time.Hour)
	if h.details(5) != 1 {
		t.Errorf("after it changed its details are journaled %d times, wanted once", h.details(5))
	}
}

// A headcount that changes while its details are read is read again.
func TestHeadcountChangesDuringItsCall(t *testing.T) {
	cfg := config()
	cfg.HeadcountsInterval, cfg.SweepEvery = time.Minute, time.Minute
	h := newHouse(t, cfg, t.TempDir(), 600)
	defer h.index.Close()
	h.account.hcs[5] = h.clock.now
	h.account.onDetail = func() {
		// The feed shows the change before the details arrive.
		h.account.onDetail = nil
		h.account.hcs[5] = h.clock.now.Add(time.Second)
		h.account.mu.Unlock()
		defer h.account.mu.Lock()
		h.clock.pass(2 * time.Minute)
		for range 5 {
			if _, _, err := h.engine.Step(t.Context()); err != nil {
				t.Error(err)
			}
		}
	}
	h.live(t, time.Hour)
	if h.details(5) != 2 {
		t.Errorf("the details are journaled %d times, wanted of both versions", h.details(5))
	}
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
		if feed != "applications" && feed != "backfill:applications" && feed != "sweep:applications" && feed != "index" {
			t.Errorf("%s is left over", feed)
		}
	}
	// 200 rows in pages of 3, with a page or two read twice at each of 12 deaths.
	if n := h.account.history; n > 80+12*2*3 {
		t.Errorf("%d calls for 67 pages: it started over", n)
	}
}
