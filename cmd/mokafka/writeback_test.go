package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/company"

	"github.com/rs/zerolog"
)

// writer is a running write-back on a site with a simulated Moka, and the console
// of those who command.
type writer struct {
	*worker
	*site
	sim *mokasim.Simulator
	own console // the worker's
	me  console // of those who submit
}

// startWriter starts write-back, for the organisation acme, and waits until it is
// ready.
func startWriter(t *testing.T, env map[string]string) *writer {
	t.Helper()
	s := newSite(t)
	s.must("topics", "apply")
	s.must("schemas", "register")
	sim, url := newMoka(t, nil)
	w := &writer{site: s, sim: sim, me: s.with(map[string]string{"MOKA_ORG_ID": "acme", "USER": "hr"})}
	w.own = s.with(map[string]string{
		"MOKA_ORG_ID": "acme", "MOKA_BASE_URL": url, "MOKA_API_KEY": devAPIKey, "OPS_ADDR": "127.0.0.1:0",
		"WRITEBACK_STATE_DIR": t.TempDir(), "MOKA_QUOTA_PER_MINUTE": "6000", "WRITEBACK_QUOTA_PER_MINUTE": "6000",
		"WRITEBACK_BACKOFF": "10ms", "WRITEBACK_AUTH_PAUSE": "200ms", "WRITEBACK_GRACE": "100ms", "WRITEBACK_MAX_ATTEMPTS": "2",
	})
	for name, value := range env {
		w.own.env[name] = value
	}
	w.begin()
	return w
}

func (w *writer) begin() {
	w.site.t.Helper()
	w.worker = &worker{process: w.own.start("writeback")}
	w.ops = w.worker.listens("health and metrics are served")
}

func (w *writer) whenReady() {
	w.site.t.Helper()
	eventually(w.site.t, func() bool {
		select {
		case <-w.done:
			w.site.t.Fatalf("ended with status %d", w.status)
		default:
		}
		return w.answers("/readyz") == http.StatusOK
	}, "readiness")
}

// applicant is an open application without an offer in the stage of that name.
func (w *writer) applicant(stage string, not ...int64) company.Truth {
	w.site.t.Helper()
next:
	for _, a := range w.sim.Truths(0, 1000) {
		if a.Archived || a.StageName != stage || a.OfferStatus != "" {
			continue
		}
		for _, n := range not {
			if a.ApplicationID == n {
				continue next
			}
		}
		return a
	}
	w.site.t.Fatalf("nobody is in the stage %s", stage)
	return company.Truth{}
}

// submits submits a command, with --json, and returns what came of it.
func (w *writer) submits(status int, args ...string) receipt {
	w.site.t.Helper()
	got := w.me.run(append([]string{"submit"}, append(args, "--json")...)...)
	if got.status != status {
		w.site.t.Fatalf("submit %v: status %d, want %d\nout: %s\nerr: %s", args, got.status, status, got.out, got.err)
	}
	var r receipt
	if err := json.Unmarshal([]byte(got.out), &r); err != nil {
		w.site.t.Fatalf("submit %v: %v\nout: %s\nerr: %s", args, err, got.out, got.err)
	}
	return r
}

// becomes wants the outcome of a result.
func (r receipt) becomes(t *testing.T, outcome string) {
	t.Helper()
	if r.Outcome == nil || string(*r.Outcome) != outcome {
		got, _ := json.Marshal(r)
		t.Errorf("want %s: %s", outcome, got)
	}
}

func id(n int64) string { return fmt.Sprint(n) }

// TestWriteback: a command that somebody submits takes effect in Moka once, and is
// answered; the event that shows the effect names it, and one that shows what a
// person did names nobody.
func TestWriteback(t *testing.T) {
	t.Parallel()
	w := startWriter(t, nil)
	w.whenReady()
	c := w.workerConsole()
	for name, value := range map[string]string{
		"POLL_APPLICATIONS": "v2", "MOKA_BASE_URL": w.own.env["MOKA_BASE_URL"], "MOKA_API_KEY": devAPIKey, "MOKA_QUOTA_PER_MINUTE": "6000",
		"POLL_APPLICATIONS_INTERVAL": "1s", "POLL_APPLICATIONS_IDLE_INTERVAL": "1s",
	} {
		c.env[name] = value
	}
	ingest := c.startWorker()
	ingest.ready()

	ours := w.applicant("初筛")
	theirs := w.applicant("初筛", ours.ApplicationID)
	for _, a := range []company.Truth{ours, theirs} { // known before anything is done
		if _, err := w.sim.Do(t.Context(), mokasim.Human{Act: "remark", ApplicationID: a.ApplicationID}); err != nil {
			t.Fatal(err)
		}
		w.sees(a.ApplicationID, "CREATED")
	}
	got := w.submits(exitDone, "move-stage", "--application", id(ours.ApplicationID), "--stage", "面试", "--wait")
	got.becomes(t, "APPLIED")
	if string(got.Before) != fmt.Sprintf(`{"id":%d,"name":"初筛"}`, ours.StageID) || string(got.After) != fmt.Sprintf(`{"id":%d,"name":"面试"}`, ours.StageID+2) {
		t.Errorf("before %s, after %s", got.Before, got.After)
	}
	if now, _ := w.sim.Truth(ours.ApplicationID); now.StageName != "面试" {
		t.Errorf("the application is in %s", now.StageName)
	}
	if _, err := w.sim.Do(t.Context(), mokasim.Human{Act: "move", ApplicationID: theirs.ApplicationID, StageID: theirs.StageID + 2}); err != nil {
		t.Fatal(err)
	}
	if cause := w.sees(ours.ApplicationID, "STAGE_MOVED"); cause != got.CommandID {
		t.Errorf("the move names the command %q, want %s", cause, got.CommandID)
	}
	if cause := w.sees(theirs.ApplicationID, "STAGE_MOVED"); cause != "" {
		t.Errorf("what a person did names the command %q", cause)
	}

	so := w.submits(exitDone, "move-stage", "--application", id(ours.ApplicationID), "--stage", "面试", "--wait")
	so.becomes(t, "ALREADY_APPLIED")
	if string(so.After) != string(got.After) {
		t.Errorf("what was so already is told as %s, want %s", so.After, got.After)
	}

	// The same id again: known, and nothing is sent.
	again := w.submits(exitDone, "move-stage", "--application", id(ours.ApplicationID), "--stage", "面试", "--wait", "--id", got.CommandID)
	again.becomes(t, "APPLIED")
	if again.Offset != nil {
		t.Error("it was sent again")
	}
	other := w.me.run("submit", "move-stage", "--application", id(ours.ApplicationID), "--stage", "初筛", "--id", got.CommandID)
	if other.status != exitFailed {
		t.Errorf("the id for something else: status %d", other.status)
	}
	contains(t, other.err, "was used before, for something else (move_stage, APPLIED): nothing is sent")

	// Refused by the worker, and by Moka.
	text := w.me.run("submit", "move-stage", "--application", id(ours.ApplicationID), "--stage", "没有", "--wait")
	if text.status != exitFailed {
		t.Errorf("a stage that there is not: status %d", text.status)
	}
	contains(t, text.out, "REJECTED", "reason    the job has no stage of that name (没有)", "it is     面试 (")
	ingest.end()
	w.worker.end()
	contains(t, w.worker.err.String(), `"message":"write-back works"`, `"message":"write-back ended in order"`)

	// Nobody carries it out: it stays, and the next worker does.
	late := w.me.run("submit", "move-stage", "--application", id(theirs.ApplicationID), "--stage", "初筛", "--wait", "--timeout", "100ms", "--id", "late")
	if late.status != exitFailed {
		t.Errorf("without a worker: status %d", late.status)
	}
	contains(t, late.err, "no result within 100ms (no 'mokafka writeback' runs", "The command stays in the topic", "tail results --from earliest --key late")
	w.begin()
	w.whenReady()
	eventually(t, func() bool { now, _ := w.sim.Truth(theirs.ApplicationID); return now.StageName == "初筛" }, "the late command")
	w.worker.end()
}

// sees waits for an event of an application, and returns the command that it names
// as its cause, in its headers and in its source alike.
func (w *writer) sees(application int64, kind string) (cause string) {
	w.site.t.Helper()
	eventually(w.site.t, func() bool {
		for _, l := range lines(w.site.t, w.site.must("tail", "candidates", "--json", "--exit-at-end", "--key", fmt.Sprintf("acme:app:%d", application))) {
			var e struct {
				Type   string
				Source struct {
					CommandID *string `json:"command_id"`
				}
			}
			if err := json.Unmarshal(l.Value, &e); err != nil {
				w.site.t.Fatal(err)
			}
			if e.Type == kind {
				cause, _ = l.Headers["ce_causationid"].(string)
				if got := e.Source.CommandID; got == nil && cause != "" || got != nil && *got != cause {
					w.site.t.Errorf("the header names %q, the source %v", cause, got)
				}
				return true
			}
		}
		return false
	}, "%s of application %d", kind, application)
	return cause
}

// TestWritebackWithAWrongKey: it is not ready before any command came, commands
// wait, and the right key has them carried out.
func TestWritebackWithAWrongKey(t *testing.T) {
	t.Parallel()
	w := startWriter(t, map[string]string{"MOKA_API_KEY": "wrong-key"})
	w.shows(&w.worker.err, "Moka does not accept the credentials (MOKA_API_KEY")
	if status := w.answers("/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz with a wrong key: %d", status)
	}
	a := w.applicant("初筛")
	w.submits(exitDone, "move-stage", "--application", id(a.ApplicationID), "--stage", "面试", "--id", "patient")
	w.shows(&w.worker.err, "Moka does not take the key")
	w.worker.end()
	w.own.env["MOKA_API_KEY"] = devAPIKey
	w.begin()
	w.whenReady()
	eventually(t, func() bool { now, _ := w.sim.Truth(a.ApplicationID); return now.StageName == "面试" }, "the command that waited")

	w.sim.API().Revoke(true)
	w.submits(exitDone, "move-stage", "--application", id(a.ApplicationID), "--stage", "初筛", "--id", "again")
	eventually(t, func() bool { return w.answers("/readyz") == http.StatusServiceUnavailable }, "unreadiness")
	w.sim.API().Revoke(false)
	w.whenReady()
	eventually(t, func() bool { now, _ := w.sim.Truth(a.ApplicationID); return now.StageName == "初筛" }, "the key to be tried again")
	w.worker.end()
}

// TestWritebackRefuses: it does not start where something is missing.
func TestWritebackRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.with(map[string]string{"MOKA_ORG_ID": "acme", "MOKA_API_KEY": "k", "OPS_ADDR": "127.0.0.1:0", "WRITEBACK_STATE_DIR": t.TempDir()})
	contains(t, c.run("writeback").err, "topics are missing", "run 'mokafka topics apply' first")
	nobody, _ := deadAddr(t)
	c.env["KAFKA_BROKERS"], c.env["START_TIMEOUT"] = nobody, "1s"
	got := c.run("writeback")
	if got.status != exitFailed {
		t.Errorf("status %d", got.status)
	}
	contains(t, got.err, "write-back waits for Kafka and the schema registry", "given up after 1s (START_TIMEOUT)")
}

// TestParked: what failed parks its application; release and drop end that.
func TestParked(t *testing.T) {
	t.Parallel()
	w := startWriter(t, nil)
	w.whenReady()
	contains(t, w.me.must("parked", "list"), "nothing is parked")
	if _, err := w.sim.API().Order(api.Fault{Endpoint: "PUT /v1/applications/move_application_stage", Kind: api.FaultError, Status: 503}); err != nil {
		t.Fatal(err)
	}
	a := w.applicant("初筛")
	app := id(a.ApplicationID)
	w.submits(exitFailed, "move-stage", "--application", app, "--stage", "面试", "--wait", "--id", "first").becomes(t, "FAILED")
	w.submits(exitFailed, "move-stage", "--application", app, "--stage", "面试", "--wait", "--id", "second").becomes(t, "PARKED")
	text := w.me.run("submit", "move-stage", "--application", app, "--stage", "面试", "--wait", "--id", "second")
	contains(t, text.out, "PARKED", "waits: command first of the same application failed", "mokafka parked list")

	key := "acme:app:" + app
	contains(t, w.me.must("parked", "list"), key, "first", "2 attempts came to nothing", "mokafka parked release")
	contains(t, w.me.must("parked", "list", "--json"), `"key": "`+key+`"`, `"id": "second"`)
	contains(t, w.me.must("parked", "release", "--application", app, "--dry-run"), "1 command would be carried out, in this order:\n  second\n")
	if got := w.me.run("parked", "drop", "--key", key); got.status != exitFailed {
		t.Errorf("drop without a word: status %d", got.status)
	}
	contains(t, w.me.must("parked", "list"), key)

	w.sim.API().Clear(0)
	contains(t, w.me.must("parked", "release", "--application", app), "1 command will be carried out", "said so to the worker")
	eventually(t, func() bool { now, _ := w.sim.Truth(a.ApplicationID); return now.StageName == "面试" }, "what waited to be carried out")
	eventually(t, func() bool { return w.me.must("parked", "list") == "nothing is parked\n" }, "the end of the parking")

	if _, err := w.sim.API().Order(api.Fault{Endpoint: "PUT /v1/applications/move_application_stage", Kind: api.FaultError, Status: 503}); err != nil {
		t.Fatal(err)
	}
	w.submits(exitFailed, "move-stage", "--application", app, "--stage", "初筛", "--wait", "--id", "third").becomes(t, "FAILED")
	w.submits(exitFailed, "move-stage", "--application", app, "--stage", "初筛", "--wait", "--id", "fourth").becomes(t, "PARKED")
	contains(t, w.me.runWith("y\n", "parked", "drop", "--application", app).out, "1 command will be given up (FAILED):\n  fourth\n")
	eventually(t, func() bool { return w.me.must("parked", "list") == "nothing is parked\n" }, "the end of the parking")
	w.submits(exitFailed, "move-stage", "--application", app, "--stage", "初筛", "--wait", "--id", "fourth").becomes(t, "FAILED")
	got := w.me.run("parked", "release", "--application", app)
	if got.status != exitFailed {
		t.Errorf("release of what is not parked: status %d", got.status)
	}
	contains(t, got.err, key+" is not parked")
	w.worker.end()
}

// TestKeyProof: what tells that Moka takes the key, and what does not.
func TestKeyProof(t *testing.T) {
	for _, c := range []struct {
		err   error
		ready bool
	}{
		{nil, true},
		{&moka.Error{Kind: moka.KindNotFound}, true},
		{&moka.Error{Kind: moka.KindRefused}, true},
		{&moka.Error{Kind: moka.KindAuth}, false},
		{&moka.Error{Kind: moka.KindTransient}, false},
		{&moka.Error{Kind: moka.KindProtocol}, false},
		{errors.New("no network"), false},
	} {
		asked := make(chan struct{}, 100)
		p := &keyProof{pause: time.Hour, log: zerolog.Nop(), ask: func(context.Context) error { asked <- struct{}{}; return c.err }}
		if p.ready() == nil {
			t.Error("ready before Moka was asked")
		}
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error)
		go func() { done <- p.run(ctx) }()
		<-asked
		eventually(t, func() bool { return p.state.Load() != nil }, "an answer")
		if got := p.ready() == nil; got != c.ready {
			t.Errorf("%v: ready %t", c.err, got)
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
