package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/ops"
)

// TestPollingWantsCredentials: unless nothing is polled.
func TestPollingWantsCredentials(t *testing.T) {
	const none = "MOKA_API_KEY is not set, nor MOKA_CLIENT_ID with MOKA_CLIENT_SECRET: polling wants one of them; with POLL_APPLICATIONS=off ingest takes webhooks alone"
	for _, c := range []struct {
		name string
		env  map[string]string
		want []string
	}{
		{"none", map[string]string{"MOKA_API_KEY": ""}, []string{none}},
		{"off", map[string]string{"MOKA_API_KEY": "", "POLL_APPLICATIONS": "off", "MOKA_BASE_URL": "nonsense"}, nil},
		{"a client", map[string]string{"MOKA_API_KEY": "", "MOKA_CLIENT_ID": "c", "MOKA_CLIENT_SECRET": "s"}, nil},
		{"half a client", map[string]string{"MOKA_API_KEY": "", "MOKA_CLIENT_ID": "c"}, []string{"MOKA_CLIENT_SECRET: missing beside MOKA_CLIENT_ID"}},
		{"none, and more", map[string]string{"MOKA_API_KEY": "", "MOKA_BASE_URL": "http://moka.example.com", "POLL_OVERLAP": "-1s"}, []string{
			"POLL_OVERLAP: -1s is not between 0s and 24h0m0s", none, "MOKA_BASE_URL: plain http to moka.example.com would show the key to everybody on the way: use https",
		}},
		{"all is kept", map[string]string{"MOKA_QUOTA_PER_MINUTE": "30", "WRITEBACK_QUOTA_PER_MINUTE": "30"}, []string{
			"WRITEBACK_QUOTA_PER_MINUTE: 30 of MOKA_QUOTA_PER_MINUTE=30 leaves nothing to poll with; 0 keeps none for write-back",
		}},
		{"nothing is kept", map[string]string{"WRITEBACK_QUOTA_PER_MINUTE": "0"}, nil},
		{"a quota of nothing", map[string]string{"MOKA_QUOTA_PER_MINUTE": "0"}, []string{"MOKA_QUOTA_PER_MINUTE: 0 is not between 1 and 60000"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s ingestSettings
			err := environmentOf(t, complete(c.env)).read(s.rooms()...)
			var wrong *wrongUseError
			if err == nil && c.want == nil {
				return
			}
			if !errors.As(err, &wrong) || c.want == nil {
				t.Fatalf("%v", err)
			}
			contains(t, err.Error(), c.want...)
			if n := len(leaves(wrong.err)); n > 0 && strings.Count(err.Error(), "\n") > len(c.want) {
				t.Errorf("more faults than %d: %v", len(c.want), err)
			}
		})
	}
	var s ingestSettings
	if err := environmentOf(t, complete(nil)).read(s.rooms()...); err != nil {
		t.Fatal(err)
	}
	if share := s.Polling.share(); share.PerMinute != 40 || s.Polling.API.BaseURL != mokaURL {
		t.Errorf("polls with %+v at %s", share, s.Polling.API.BaseURL)
	}
}

type poller struct {
	err     error
	leading bool
}

func (p *poller) Ready() error  { return p.err }
func (p *poller) Leading() bool { return p.leading }

// TestPollHealth: before it has worked once, trouble makes the worker unready;
// afterwards it is only degraded.
func TestPollHealth(t *testing.T) {
	refused := errors.New("the key is wrong")
	now := time.Now()
	var p poller
	h := &pollHealth{poller: &p, now: func() time.Time { return now }}
	in := func(err error, leading bool, after time.Duration) (ready, degraded bool) {
		p.err, p.leading = err, leading
		now = now.Add(after)
		got := ops.Ask(t.Context(), []ops.Check{{Name: "poll", Ready: func(context.Context) error { return h.ready() }}})
		return got.Ready, got.Degraded
	}
	for i, step := range []struct {
		err             error
		leading         bool
		after           time.Duration
		ready, degraded bool
	}{
		{err: errors.New("not joined")},
		{err: nil, after: time.Second}, // it looks as if it stood by
		{err: refused, leading: true},  // but it polls
		{err: refused, leading: true, after: standing},
		{err: nil, leading: false, after: time.Second}, // between two leases
		{err: refused, leading: true, after: standing},
		{err: nil, leading: true, ready: true},
		{err: refused, leading: true, ready: true, degraded: true},
		{err: nil, ready: true},
	} {
		if ready, degraded := in(step.err, step.leading, step.after); ready != step.ready || degraded != step.degraded {
			t.Errorf("step %d: ready %t, degraded %t", i, ready, degraded)
		}
	}
	h = &pollHealth{poller: &p, now: func() time.Time { return now }}
	if ready, _ := in(nil, false, 0); ready {
		t.Error("ready before it is known whether it stands by")
	}
	if ready, _ := in(nil, false, standing); !ready {
		t.Error("not ready where it stands by")
	}
	if ready, degraded := in(refused, true, 0); !ready || !degraded {
		t.Error("after it stood by, trouble takes it out of service")
	}
}

// newMoka is a simulated Moka with a company that stands still.
func newMoka(t *testing.T, change func(*mokasim.Config)) (*mokasim.Simulator, string) {
	t.Helper()
	cfg := mokasim.DefaultConfig()
	cfg.Pace, cfg.QuotaPerMinute = 0, 0
	if change != nil {
		change(&cfg)
	}
	sim := mokasim.New(cfg, mokasim.Deps{Log: zerolog.Nop()})
	if err := sim.Open(); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(sim.API())
	t.Cleanup(server.Close)
	return sim, server.URL + "/api-platform"
}

// TestIngestPolls: a wrong key keeps the worker from being ready; the right one
// makes it, and its revocation leaves the door open.
func TestIngestPolls(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("topics", "apply")
	s.must("schemas", "register")
	sim, url := newMoka(t, nil)
	c := s.workerConsole()
	c.env["POLL_APPLICATIONS"], c.env["MOKA_BASE_URL"], c.env["MOKA_API_KEY"] = "v2", url, "wrong"
	c.env["POLL_APPLICATIONS_INTERVAL"], c.env["POLL_APPLICATIONS_IDLE_INTERVAL"] = "1s", "1s"
	w := c.startWorker()
	w.shows(&w.err, "Moka does not accept the credentials")
	if status := w.answers("/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz with a wrong key: %d", status)
	}
	if strings.Contains(w.err.String(), `"wrong"`) {
		t.Error("the key is in the log")
	}
	w.end()

	c.env["MOKA_API_KEY"] = "dev-api-key"
	w = c.startWorker()
	w.ready()
	// A second one stands by, and is as good for webhooks.
	other := s.with(c.env)
	other.env["INGEST_INSTANCE"], other.env["STATE_DIR"] = "host-2", t.TempDir()
	standby := other.startWorker()
	standby.ready()
	if standby.answers("/readyz/poll") != http.StatusOK || strings.Contains(standby.err.String(), "this replica polls Moka") {
		t.Error("the second one does not stand by")
	}
	standby.end()
	sim.API().Revoke(true)
	eventually(t, func() bool { return w.answers("/readyz/poll") == http.StatusServiceUnavailable }, "trouble with the key to show")
	if status := w.answers("/readyz"); status != http.StatusOK {
		t.Errorf("/readyz after the key was revoked: %d", status)
	}
	s.sends("webhook", "send", pushed, "--url", w.url(), "--key", "new")
	s.events("candidates", 1)
	w.end()
}
