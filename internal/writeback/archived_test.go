package writeback_test

import (
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// An application that was archived just before a resignation was announced shows
// no trace of it: only one that was archived anew does.
func TestAnArchiveFromBeforeIsNoResignation(t *testing.T) {
	req := request(t, instead(func(c *schemas.WritebackCommand) { c.MarkResigned = &schemas.MarkResigned{Reason: ptr("x")} }))
	archived := func(at time.Time) *writeback.View {
		return seen(func(v *writeback.View) { v.Archived, v.ArchivedAt = true, at })
	}
	began := at(1)
	intent := &schemas.WritebackResult{
		CommandID: "c", ParameterHash: req.Hash, Outcome: schemas.WritebackOutcomePending, StartedAt: &began,
		UnsettledUntil: ptr(at(50)), Memory: req.Baseline(archived(at(0))),
	}
	for _, c := range []struct {
		name string
		view *writeback.View
		want writeback.Verdict
	}{
		{"as it was", archived(at(0)), writeback.Unclear},
		{"anew", archived(at(2)), writeback.Applied},
		{"no more", seen(nil), writeback.Unclear},
	} {
		got := writeback.Decide(writeback.Case{Request: req, Entry: intent, View: c.view, Now: at(100)})
		if got.Verdict != c.want {
			t.Errorf("%s: %s (%s), want %s", c.name, got.Verdict, got.Reason, c.want)
		}
	}
}
