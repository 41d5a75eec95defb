package main

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/schemas"
)

// TestBackfill: what is asked for, that there is one at a time, and its end, with
// nobody there who polls.
func TestBackfill(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("topics", "apply")
	s.must("schemas", "register")
	s.env["MOKA_ORG_ID"] = "acme"
	got := s.run("backfill", "--feed", "all", "--since", "2025-01-01", "--dry-run")
	contains(t, got.out, "would ask for applications from 2025-01-01T00:00:00+08:00 to ", "would ask for feedbacks")
	contains(t, got.err, "no ingest polls acme at the moment (the group "+s.cfg.Prefix+"-poll-acme has no members)")
	contains(t, s.run("backfill", "--feed", "all").err, "no backfill of all runs: say --since when, to begin one")

	s.must("backfill", "--feed", "interviews", "--since", "2025-01-01", "--until", "2025-01-31", "--detach")
	s.must("backfill", "--feed", "applications", "--since", "2025-01-01", "--detach")
	d := s.desk()
	cursors := d.must(t)
	if c := cursors["backfill:interviews"]; !c.RangeEnd.Equal(time.Date(2025, 1, 31, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("--until includes its day in Beijing: %s", c.RangeEnd)
	}
	second := s.run("backfill", "--feed", "all", "--since", "2025-01-01")
	if second.status != exitFailed || second.out != "" {
		t.Errorf("status %d, said %q", second.status, second.out)
	}
	contains(t, second.err, "a backfill of applications, interviews runs already: follow it with 'mokafka backfill --feed all', or end it with --cancel")

	// A slice of it that was read is forgotten with it.
	slice := *cursors["backfill:applications"]
	slice.Feed += "/2025-01-01T00:00:00Z"
	d.put(t, &slice)
	contains(t, s.must("backfill", "--feed", "applications", "--cancel", "--dry-run"), "would end the backfill of applications")
	contains(t, s.must("backfill", "--feed", "applications", "--cancel"), "ended the backfill of applications")
	for feed := range d.must(t) {
		if strings.HasPrefix(feed, "backfill:applications") {
			t.Errorf("%s is left", feed)
		}
	}
	contains(t, s.run("backfill", "--feed", "applications", "--cancel").err, "no backfill of applications runs")
}

// TestBackfillIsFollowed: progress comes from the checkpoints of whoever polls,
// and leaving does not end it.
func TestBackfillIsFollowed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("topics", "apply")
	s.must("schemas", "register")
	s.env["MOKA_ORG_ID"] = "acme"
	p := s.start("backfill", "--feed", "applications", "--since", "2025-01-01T00:00:00Z", "--until", "2025-01-05T00:00:00Z")
	p.shows(&p.out, "applications not begun yet")
	p.end()
	contains(t, p.out.String(), "it goes on without you: follow it with 'mokafka backfill --feed applications'")

	d := s.desk()
	request := d.must(t)["backfill:applications"]
	begun, day := time.Now(), request.RangeStart.AddDate(0, 0, 1)
	request.StartedAt, request.Items = &begun, 17
	d.put(t, request)
	slice := schemas.Checkpoint{
		Feed: request.Feed + "/x", WindowStart: request.RangeStart, WindowEnd: request.RangeEnd, UpdatedAt: &day, SavedAt: begun,
	}
	d.put(t, &slice)
	p = s.start("backfill", "--feed", "applications", "--json")
	p.shows(&p.out, `{"feed":"applications","items":17,"progress":0.25,"completed":false}`)
	request.Completed, request.Items = true, 40
	d.put(t, request)
	p.wants(exitDone)
	out := strings.Split(strings.TrimSpace(p.out.String()), "\n")
	var last progress
	if err := json.Unmarshal([]byte(out[len(out)-1]), &last); err != nil || !last.completed() || last.items() != 40 {
		t.Errorf("%v: %+v", err, last)
	}
}

// TestPace: the end is estimated from the way behind.
func TestPace(t *testing.T) {
	var l pace
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	at := func(minutes int, items int64, share float64) progress {
		p := progress{At: start.Add(time.Duration(minutes) * time.Minute), Feeds: []leg{{Feed: "applications", Items: items, Progress: share, begun: true}}}
		l.add(&p)
		return p
	}
	if p := at(0, 1000, 0.1); p.PerMinute != 0 || p.EndsAt != nil {
		t.Errorf("at first %+v", p)
	}
	p := at(2, 1600, 0.2)
	if p.PerMinute != 300 || !p.EndsAt.Equal(start.Add(18*time.Minute)) {
		t.Errorf("%+v", p)
	}
	if want := "applications 20%, 1600 read · 300 a minute · done in about 16 min"; p.String() != want {
		t.Errorf("%q, want %q", p, want)
	}
	if p := at(20, 1600, 0.2); p.PerMinute != 0 || p.EndsAt != nil {
		t.Errorf("while nothing comes: %+v", p)
	}
}

func TestBackfillRanges(t *testing.T) {
	now := time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct{ feed, since, until, want string }{
		{"applications", "2026-03-01", "", "2026-02-28T16:00:00Z to 2026-03-10T12:00:00Z"},
		{"applications", "2026-03-01", "2026-03-01", "2026-02-28T16:00:00Z to 2026-03-01T16:00:00Z"},
		{"applications", "2026-03-01T08:00:00Z", "2026-03-20", "2026-03-01T08:00:00Z to 2026-03-10T12:00:00Z"},
		{"interviews", "2026-03-01", "2026-03-20", "2026-02-28T16:00:00Z to 2026-03-20T16:00:00Z"},
		{"interviews", "2026-03-01", "2036-03-20", "--until: 2036-03-20 is more than a year ahead"},
		{"applications", "2026-03-05", "2026-03-01", "--until: 2026-03-01 is not after --since 2026-03-05"},
		{"applications", "2026-02-30", "", `--since: "2026-02-30" is not a date`},
		{"applications", "0206-02-20", "", "--since: 0206-02-20 is before there was a Moka"},
		{"applications", "2026-04-01", "", "--since: 2026-04-01 is not in the past"},
		{"applications", "2026-03-01", "soon", `--until: "soon" is not a date`},
	} {
		s, err := spanOf(backfillOptions{feed: c.feed, since: c.since, until: c.until}, nil, now)
		got := s.since.UTC().Format(time.RFC3339) + " to " + s.until.UTC().Format(time.RFC3339)
		if err != nil {
			got = err.Error()
		}
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s from %q until %q: %s, want %s", c.feed, c.since, c.until, got, c.want)
		}
	}
}

// desk is one on the site's checkpoints.
func (s *site) desk() *desk {
	s.t.Helper()
	p := s.program(nil, nil, nil)
	var o organisation
	if err := p.environment().read(o.rooms()...); err != nil {
		s.t.Fatal(err)
	}
	d, err := p.openDesk(s.t.Context(), o, attemptTimeout)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(d.client.Close)
	return d
}

func (d *desk) must(t *testing.T) map[string]*schemas.Checkpoint {
	t.Helper()
	all, err := d.list(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func (d *desk) put(t *testing.T, c *schemas.Checkpoint) {
	t.Helper()
	if err := checkpoint.Put(t.Context(), d.client, d.table, c); err != nil {
		t.Fatal(err)
	}
}

// TestDevPolls: what Moka never pushes is in the feed, and the past is known from
// the start.
func TestDevPolls(t *testing.T) {
	t.Parallel()
	d := startDev(t, nil, "--pace", "50ms")
	contains(t, d.out.String(), "Moka's API", "key dev-api-key", "reading the company's past…")
	d.shows(&d.out, "candidates  stage_moved  ")
	d.shows(&d.out, " → ")
	d.shows(&d.out, "offers      ")
	d.env["MOKA_ORG_ID"] = ""
	out := d.must("backfill", "--feed", "all", "--since", "2024-01-01")
	for _, feed := range poll.BackfillFeeds() {
		contains(t, out, feed+" done, ")
	}
	contains(t, d.must("tail", "candidates", "--from", "earliest", "--exit-at-end"), "  snapshot  ")
	d.end()
}
