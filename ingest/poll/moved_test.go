package poll_test

import (
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/poll"
)

// Rows that come by when they were moved may have been updated at any time since:
// the cursor goes by what they come by. An empty page that asks for itself is the
// end.
func TestMovedRowsUpdatedLater(t *testing.T) {
	cfg := config()
	cfg.Applications = poll.ApplicationsMoved
	h := newHouse(t, cfg, t.TempDir(), 600)
	defer h.index.Close()
	h.account.pageSize = 2
	h.live(t, time.Minute)
	var all []*row
	for id := int64(1); id <= 8; id++ {
		h.clock.pass(time.Hour)
		r := h.account.change(id, false, 0)
		r.moved = h.clock.now
		all = append(all, r)
	}
	for i, r := range all {
		r.updated = h.clock.now.Add(time.Duration(i-20) * time.Second)
	}
	for len(h.topic.entries) < 2 {
		_, wake, err := h.engine.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.clock.now = later(h.clock.now, wake)
	}
	h.lead(t) // killed in the middle of the pass
	calls := h.account.calls
	h.live(t, 5*time.Minute)
	for _, r := range all {
		if h.journaled(r) != 1 {
			t.Errorf("application %d is in the journal %d times, wanted once", r.id, h.journaled(r))
		}
	}
	if n := h.account.calls - calls; n > 90 {
		t.Errorf("%d calls in five minutes for eight rows", n)
	}
	r := h.account.change(9, false, 0)
	r.moved = h.clock.now
	h.live(t, 30*time.Second)
	if h.journaled(r) != 1 {
		t.Errorf("what moved after an empty page is journaled %d times, wanted once", h.journaled(r))
	}
}

// A state topic does not show the interviews ahead, and so can't say that an
// application that was looked at is not hot.
func TestTopicTakesNobodyOutWhoWasSeen(t *testing.T) {
	x, err := poll.OpenIndex(t.TempDir(), "boot")
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	hot := func() (n int) {
		if err := x.Hot(func(int64, time.Time) { n++ }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	follow := func(s poll.Sighting) {
		if err := x.Follow("states/0", 1, []poll.Sighting{s}); err != nil {
			t.Fatal(err)
		}
	}
	follow(poll.Sighting{ID: 7, Hot: true})
	follow(poll.Sighting{ID: 7})
	if hot() != 0 {
		t.Error("what only the topic told is hot no more, and stays in the set")
	}
	if err := x.Note([]poll.Sighting{{ID: 7, At: start, Hot: true}}, nil); err != nil {
		t.Fatal(err)
	}
	follow(poll.Sighting{ID: 7})
	if hot() != 1 {
		t.Error("the topic took one out that was seen to be hot")
	}
	// A look that began before the last one does not take it out of the index.
	if err := x.Note([]poll.Sighting{{ID: 7, At: start.Add(-time.Second), Gone: true}}, nil); err != nil {
		t.Fatal(err)
	}
	if known, err := x.Knows(poll.Applications, 7); !known || err != nil {
		t.Errorf("known: %t, %v, after a look that began before it was seen", known, err)
	}
	// Other topics, another index.
	if err := x.Belong("org/2"); err != nil || hot() != 0 {
		t.Errorf("%d left of other topics, %v", hot(), err)
	}
}
