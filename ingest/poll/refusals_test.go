package poll_test

import (
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// One application for which Moka refuses the whole call holds up no other.
func TestOneRefusedApplicationHoldsUpNoOther(t *testing.T) {
	cfg := config()
	cfg.SweepEvery = 24 * time.Hour
	h := newHouse(t, cfg, t.TempDir(), 60)
	defer h.index.Close()
	for id := int64(1); id <= 50; id++ {
		h.account.change(id, false, 0).hot = id <= 40
	}
	h.live(t, time.Hour)
	h.account.poison = 7
	t.Run("refetch", func(t *testing.T) {
		for id := int64(1); id <= 40; id++ {
			h.account.change(id, true, 0)
			h.ask(id)
		}
		h.live(t, 5*time.Minute)
		for id := int64(1); id <= 40; id++ {
			if id != 7 {
				h.wantDerived(t, id, "refetch")
			}
		}
		for feed := range h.topic.cursors {
			if strings.HasPrefix(feed, "refetch:") {
				t.Errorf("%s is left", feed)
			}
		}
	})
	t.Run("hot set", func(t *testing.T) {
		for id := int64(1); id <= 40; id++ {
			h.account.change(id, true, 0)
		}
		h.live(t, 20*time.Minute)
		for id := int64(1); id <= 40; id++ {
			if id != 7 {
				h.wantDerived(t, id, "hot set")
			}
		}
	})
	t.Run("sweep", func(t *testing.T) {
		for id := int64(41); id <= 50; id++ {
			h.account.change(id, true, 0)
		}
		h.account.poison = 44
		h.live(t, 26*time.Hour)
		for id := int64(41); id <= 50; id++ {
			if id != 44 {
				h.wantDerived(t, id, "sweep")
			}
		}
		if c := h.topic.cursors["sweep:applications"]; !c.Completed {
			t.Errorf("the sweep is at %d and not complete", *c.LastID)
		}
	})
	t.Run("recheck", func(t *testing.T) {
		for id := int64(11); id <= 40; id++ {
			delete(h.account.rows, id)
		}
		h.account.poison = 17
		h.live(t, time.Hour)
		if n := h.gone(); n != 29 {
			t.Errorf("%d called deleted, wanted 29: all but the one that can't be asked for", n)
		}
		h.account.poison = 0
		h.live(t, time.Hour)
		if n := h.gone(); n != 30 {
			t.Errorf("%d called deleted, wanted all 30", n)
		}
	})
}

// gone counts the applications that were called deleted.
func (h *house) gone() int {
	all := map[int64]bool{}
	for _, e := range h.topic.entries {
		if e.Event != nil && *e.Event == "gone" && e.ApplicationID != nil {
			all[*e.ApplicationID] = true
		}
	}
	return len(all)
}

// Calls are not wasted on what is refused.
func TestRefusalsCostLittle(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	for id := int64(1); id <= 20; id++ {
		h.account.change(id, false, 0)
	}
	h.live(t, time.Hour)
	before := h.account.calls
	h.live(t, time.Hour)
	idle := h.account.calls - before
	h.account.poison = 7
	h.ask(7)
	h.live(t, time.Hour)
	if n := h.account.calls - before - 2*idle; n > 40 {
		t.Errorf("%d calls for an application that is always refused", n)
	}
}

// An account without v2: what is deleted is found, and an outage deletes nothing.
func TestV1FindsDeletions(t *testing.T) {
	cfg := config()
	cfg.Applications = poll.ApplicationsV1
	h := newHouse(t, cfg, t.TempDir(), 60)
	defer h.index.Close()
	h.account.v1 = true
	for id := int64(1); id <= 5; id++ {
		h.account.change(id, false, 0)
		h.ask(id)
	}
	h.live(t, time.Hour)
	for id := int64(1); id <= 5; id++ {
		h.wantDerived(t, id, "refetch by v1")
	}
	// Rows without times: the cursor is when the last pass began.
	h.account.change(2, false, 0)
	h.live(t, 3*time.Minute)
	if c := h.topic.cursors["applications"]; c.UpdatedAt.Before(start.Add(time.Hour)) {
		t.Errorf("the cursor stays at %s", c.UpdatedAt)
	}
	h.account.fail = func(int) error { return &moka.Error{Kind: moka.KindTransient} }
	for id := int64(1); id <= 5; id++ {
		h.ask(id)
	}
	h.live(t, 6*time.Hour)
	if h.gone() != 0 {
		t.Errorf("%d called deleted in an outage", h.gone())
	}
	h.account.fail = nil
	delete(h.account.rows, 3)
	h.ask(3)
	h.live(t, 2*time.Hour)
	if h.gone() != 1 {
		t.Errorf("%d called deleted, wanted the one that is", h.gone())
	}
}

// An interface that the account may not use does not keep the others from working.
func TestForbiddenFeedStarvesNoOther(t *testing.T) {
	cfg := config()
	cfg.HeadcountsInterval = time.Minute
	h := newHouse(t, cfg, t.TempDir(), 60)
	defer h.index.Close()
	h.account.forbidden = true
	h.live(t, 10*time.Minute)
	h.account.change(7, false, 0)
	h.live(t, 30*time.Second)
	h.wantDerived(t, 7, "beside a forbidden feed")
	if err := h.engine.Trouble(); err != nil {
		t.Errorf("in trouble though applications are read: %v", err)
	}
}

// Nothing asks for the details of what has no id.
func TestHeadcountsWithoutId(t *testing.T) {
	cfg := config()
	cfg.HeadcountsInterval, cfg.SweepEvery = time.Minute, 24*time.Hour
	h := newHouse(t, cfg, t.TempDir(), 60)
	defer h.index.Close()
	h.account.hcs[0] = h.clock.now.AddDate(0, 0, -9)
	h.live(t, 2*time.Hour)
	if h.account.hcCalls != 0 {
		t.Errorf("%d calls for the details of headcount 0", h.account.hcCalls)
	}
}

// The first sweep comes, however often the process is started.
func TestSweepInSpiteOfRestarts(t *testing.T) {
	cfg := config()
	cfg.SweepEvery, cfg.HeadcountsInterval = 24*time.Hour, time.Minute
	h := newHouse(t, cfg, t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0)
	h.account.hcs[5], h.account.hcs[6] = h.clock.now, h.clock.now
	h.live(t, time.Hour)
	h.account.change(7, true, 0)
	delete(h.account.hcs, 5)
	for range 60 {
		h.live(t, time.Hour)
		h.lead(t)
	}
	h.wantDerived(t, 7, "changed quietly")
	for _, e := range h.topic.entries {
		if e.Event != nil && e.HeadcountID != nil && *e.HeadcountID == 5 {
			return
		}
	}
	t.Error("the headcount that is gone was not called deleted")
}

// Thousands of rows of the same moment are not read at every pass for ever.
func TestBurstIsNotReadForEver(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 6000)
	defer h.index.Close()
	h.account.pageSize = 20
	h.live(t, time.Hour)
	for id := int64(1); id <= 400; id++ {
		h.account.change(id, false, 0)
	}
	h.live(t, time.Hour)
	before := h.account.asked
	h.live(t, 2*time.Hour)
	if n := h.account.asked - before; n > 0 {
		t.Errorf("%d rows read in two hours in which nothing changed", n)
	}
}

// A request that replaces another is carried out, whole.
func TestBackfillReplaced(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	now := h.clock.now
	for id := int64(1); id <= 100; id++ {
		h.clock.now = now.AddDate(0, 0, -int(id*4))
		h.account.change(id, false, 0)
	}
	h.clock.now = now
	request := func(from, until int) *schemas.Checkpoint {
		t.Helper()
		r, err := poll.BackfillRequest("org", "applications", now.AddDate(0, 0, from), now.AddDate(0, 0, until), h.clock.now)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	h.topic.write(request(-410, -325)) // two slices, the second of five days
	for h.topic.cursors["backfill:applications/"+now.AddDate(0, 0, -330).Format(time.RFC3339)] == nil ||
		!h.topic.cursors["backfill:applications/"+now.AddDate(0, 0, -330).Format(time.RFC3339)].Completed {
		_, wake, err := h.engine.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.clock.now = later(h.clock.now, wake)
	}
	h.topic.write(request(-410, -10))
	h.lead(t)
	h.live(t, time.Hour)
	if c := h.topic.cursors["backfill:applications"]; !c.Completed {
		t.Fatal("the second request is not complete")
	}
	for id := int64(3); id <= 100; id++ {
		h.wantDerived(t, id, "asked for by the second request")
	}
	h.topic.write(request(-30, 1))
	h.live(t, time.Second)
	h.topic.write(request(-31, 1))
	h.live(t, time.Hour)
	if c := h.topic.cursors["backfill:applications"]; !c.Completed || !c.RangeStart.Equal(now.AddDate(0, 0, -31)) {
		t.Errorf("a request that came while another was under way is forgotten: %+v", c)
	}
	h.wantDerived(t, 1, "history")
}
