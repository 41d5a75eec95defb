package poll_test

import (
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

// goneHeadcount tells whether a headcount was called deleted.
func (h *house) goneHeadcount(id int64) bool {
	for _, e := range h.topic.entries {
		if e.Event != nil && *e.Event == "gone" && e.HeadcountID != nil && *e.HeadcountID == id {
			return true
		}
	}
	return false
}

func sweptHouse(t *testing.T) *house {
	t.Helper()
	cfg := config()
	cfg.SweepEvery, cfg.HeadcountsInterval = 24*time.Hour, time.Minute
	h := newHouse(t, cfg, t.TempDir(), 60)
	t.Cleanup(func() { h.closeIndex(t) })
	h.account.hcs[5], h.account.hcs[6] = h.clock.now, h.clock.now
	h.live(t, time.Hour)
	return h
}

// A headcount that the list leaves out, and that can be read, is not deleted; what
// it became is told.
func TestListThatLeavesOneOutDeletesNothing(t *testing.T) {
	t.Parallel()
	h := sweptHouse(t)
	before := h.details(5)
	h.account.unlisted = map[int64]bool{5: true}
	h.account.hcs[5] = h.clock.now.Add(-48 * time.Hour) // changed, and no feed of news shows it
	delete(h.account.hcs, 6)
	h.live(t, 60*time.Hour)
	if h.goneHeadcount(5) {
		t.Error("a headcount that can be read was called deleted")
	}
	if h.details(5) == before {
		t.Error("what was read of it was not journaled")
	}
	if !h.goneHeadcount(6) {
		t.Error("the headcount that is gone was not called deleted")
	}
}

// Where Moka answers with errors for one that is not there, the list is believed.
func TestErrorsForOneThatIsNotThere(t *testing.T) {
	t.Parallel()
	for name, kind := range map[string]moka.Kind{"an error of its own": moka.KindTransient, "a refusal": moka.KindRefused} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := sweptHouse(t)
			h.account.nobody = kind
			delete(h.account.hcs, 6)
			h.live(t, 60*time.Hour)
			if !h.goneHeadcount(6) {
				t.Error("the headcount that is gone was not called deleted")
			}
			if h.goneHeadcount(5) {
				t.Error("one that is there was called deleted")
			}
		})
	}
}
