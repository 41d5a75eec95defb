package poll_test

import (
	"fmt"
	"path/filepath"
	"strconv"
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
	disks, disk := t.TempDir(), 0
	rapid.Check(t, func(t *rapid.T) {
		// newDisk is where nothing is known yet.
		newDisk := func() string { disk++; return filepath.Join(disks, strconv.Itoa(disk)) }
		h := newHouse(t, config(), newDisk(), 6000)
		defer h.closeIndex(t)
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
				h.closeIndex(t)
				h.open(t, newDisk())
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

// A key whose rights were narrowed sees less; that is not a wave of deletions.
func TestTooManyAreHeldBack(t *testing.T) {
	cfg := config()
	cfg.GoneLimit = 3
	h := newHouse(t, cfg, t.TempDir(), 60)
	defer h.index.Close()
	rows := map[int64]*row{}
	for id := int64(1); id <= 8; id++ {
		rows[id] = h.account.change(id, false, 0)
	}
	h.live(t, time.Minute)
	clear(h.account.rows)
	for id := range rows {
		h.topic.write(&schemas.Checkpoint{OrgID: "org", Feed: fmt.Sprintf("refetch:%d", id), LastID: &id})
	}
	gone := func() int {
		n := 0
		for _, e := range h.topic.entries {
			if e.Endpoint == "sweep" {
				n++
			}
		}
		return n
	}
	h.live(t, 2*time.Hour)
	if gone() != 3 {
		t.Fatalf("%d are called deleted, wanted the 3 that a day may take", gone())
	}
	h.account.rows = rows // they were only out of sight
	h.live(t, 24*time.Hour)
	if gone() != 3 {
		t.Errorf("%d are called deleted though they are there", gone()-3)
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
