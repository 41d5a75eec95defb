package main

import (
	"context"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/schemas"
)

// deskOf is the desk that commands work at.
func (s *site) deskOf() *desk {
	s.t.Helper()
	p := s.program(nil, nil, nil)
	d, err := p.openFlaggedDesk(context.Background(), connectionFlags{timeout: 10 * time.Second})
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(d.client.Close)
	return d
}

func TestCheckpoints(t *testing.T) {
	t.Parallel()
	x := &transcript{site: newSite(t)}
	x.must("topics", "apply")
	x.must("schemas", "register")
	x.types(exitDone, "", "checkpoints", "list")

	d := x.deskOf()
	now := time.Now().UTC().Truncate(time.Second)
	ago := func(d time.Duration) *time.Time { at := now.Add(-d); return &at }
	owner, trouble, id := "ingest-0", "auth: Moka refuses the key", int64(42)
	for _, c := range []*schemas.Checkpoint{
		{Feed: "applications", UpdatedAt: ago(72 * time.Hour), LastID: &id, Items: 1200, Owner: &owner, SavedAt: *ago(30 * time.Minute)},
		{Feed: "headcounts", UpdatedAt: ago(48 * time.Hour), Items: 7, Owner: &owner, Trouble: &trouble, SavedAt: *ago(30 * time.Minute)},
		{Feed: "sweep:applications", LastID: &id, Items: 40, Owner: &owner, SavedAt: *ago(30 * time.Minute)},
		{Feed: "backfill:interviews", RangeStart: ago(720 * time.Hour), SavedAt: *ago(30 * time.Minute)},
		{Feed: "refetch:42", LastID: &id, SavedAt: now},
	} {
		if err := checkpoint.Put(t.Context(), d.client, d.table, c); err != nil {
			t.Fatal(err)
		}
	}
	at := func(d time.Duration) string { return ago(d).Format(time.RFC3339) }
	x.hide(at(72*time.Hour), "72 H AGO", at(48*time.Hour), "48 H AGO", at(96*time.Hour), "96 H AGO", at(-time.Hour), "IN 1 H")
	x.types(exitDone, "", "checkpoints", "list")
	x.unchanged(func() {
		x.types(exitDone, "", "checkpoints", "reset", "--feed", "applications", "--to", at(96*time.Hour), "--dry-run")
		x.types(exitDone, "", "checkpoints", "reset", "--feed", "headcounts", "--dry-run")
		x.types(exitFailed, "n\n", "checkpoints", "reset", "--feed", "applications", "--to", at(48*time.Hour))
		x.types(exitFailed, "n\n", "checkpoints", "reset", "--feed", "applications")
		x.types(exitFailed, "", "checkpoints", "reset", "--feed", "applications", "--to", at(-time.Hour))
		x.types(exitFailed, "", "checkpoints", "reset", "--feed", "sweep:applications", "--to", at(96*time.Hour))
		x.types(exitFailed, "", "checkpoints", "reset", "--feed", "backfill:interviews")
		x.types(exitFailed, "", "checkpoints", "reset", "--feed", "aplications")
		x.types(exitWrong, "", "checkpoints", "reset", "--feed", "applications", "--to", "yesterday")
		x.types(exitWrong, "", "checkpoints", "reset")
	})
	x.types(exitDone, "", "checkpoints", "reset", "--feed", "applications", "--to", at(96*time.Hour))
	x.types(exitDone, "", "checkpoints", "reset", "--feed", "sweep:applications")
	x.golden(t, "checkpoints.txt")

	cursors, err := d.list(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := cursors["applications"]
	if c == nil || c.UpdatedAt == nil || !c.UpdatedAt.Equal(*ago(96 * time.Hour)) || c.LastID != nil || c.Items != 0 {
		t.Errorf("the cursor is %+v", c)
	}
	if sweep := cursors["sweep:applications"]; sweep == nil || !sweep.Completed || sweep.StartedAt.After(*ago(366 * 24 * time.Hour)) {
		t.Errorf("the sweep is not due: %+v", sweep)
	}
	if cursors["headcounts"].Items != 7 || cursors["refetch:42"] == nil {
		t.Errorf("the others are %+v", cursors)
	}
	x.must("checkpoints", "reset", "--feed", "applications", "--to", at(48*time.Hour), "--yes")
	contains(t, x.must("checkpoints", "list", "--json"), `"feed": "applications"`, `"refetches_waiting": 1`, `"trouble": "auth: Moka refuses the key"`)
}
