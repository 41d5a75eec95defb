package recovery_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/schemas"
)

func TestPlanReset(t *testing.T) {
	now := time.Date(2026, 3, 10, 0, 0, 0, 0, time.UTC)
	ago := func(days int) *time.Time { at := now.AddDate(0, 0, -days); return &at }
	current := []*schemas.Checkpoint{
		{Feed: "applications", UpdatedAt: ago(3)}, {Feed: "sweep:applications"}, {Feed: "backfill:applications"}, {Feed: "refetch:1"},
	}
	for _, c := range []struct {
		feed   string
		to     *time.Time
		then   string
		passes bool
		due    bool // a checkpoint of a sweep that ended long ago
		fails  string
	}{
		{feed: "applications", to: ago(5), then: "2 days are read once more"},
		{feed: "applications", to: ago(3), then: "0 seconds are read once more"},
		{feed: "applications", to: ago(1), then: "NOT read", passes: true},
		{feed: "applications", to: &now, then: "(3 days) is NOT read", passes: true},
		{feed: "applications", then: "begins anew a little before now", passes: true},
		{feed: "headcounts", to: ago(30), then: "(30 days) is read"},
		{feed: "sweep:applications", then: "it begins anew now", due: true},
		{feed: "sweep:headcounts", then: "it begins anew now", due: true},
		{feed: "refetch:1", then: "it begins anew"},
		{feed: "applications", to: ago(-1), fails: "in the future"},
		{feed: "sweep:applications", to: ago(1), fails: "is not a time"},
		{feed: "backfill:applications", fails: "mokafka backfill --cancel"},
		{feed: "headcounts", fails: "the feed has no cursor; there are applications, sweep:applications"},
		{feed: "interview", to: ago(1), fails: "the feed has no cursor"},
	} {
		r, err := recovery.PlanReset(current, c.feed, c.to, now)
		switch {
		case c.fails != "":
			if err == nil || !strings.Contains(err.Error(), c.fails) {
				t.Errorf("%s to %v: %v, want %q", c.feed, c.to, err, c.fails)
			}
		case err != nil || !strings.Contains(r.Then, c.then) || r.PassesOver != c.passes:
			t.Errorf("%s to %v: %+v, %v; want %q", c.feed, c.to, r, err, c.then)
		case c.due:
			if at := r.Checkpoint.StartedAt; at == nil || !r.Checkpoint.Completed || now.Sub(*at) < 366*24*time.Hour {
				t.Errorf("%s: writes %+v", c.feed, r.Checkpoint)
			}
		case (c.to == nil) != (r.Checkpoint == nil), c.to != nil && !r.Checkpoint.UpdatedAt.Equal(*c.to):
			t.Errorf("%s to %v: writes %+v", c.feed, c.to, r.Checkpoint)
		}
	}
	if _, err := recovery.PlanReset(nil, "headcounts", nil, now); !errors.Is(err, recovery.ErrNoCursor) {
		t.Errorf("where there is none: %v", err)
	}
}
