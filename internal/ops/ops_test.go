package ops_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/sethvargo/go-envconfig"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/ops"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// start runs a port on loopback and returns its address.
func start(t *testing.T, cfg ops.Config, checks ...ops.Check) string {
	t.Helper()
	cfg.Addr = "127.0.0.1:0"
	reg, err := ops.NewRegistry("v1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	s, err := ops.New(cfg, reg, zerolog.Nop(), checks...)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	select {
	case <-s.Ready():
	case err := <-ended:
		ended <- err
		t.Fatalf("Run ended at once: %v", err)
	}
	return "http://" + s.Addr().String()
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestHealthDoesNotAskTheChecks(t *testing.T) {
	base := start(t, ops.Config{}, ops.Check{Name: "kafka", Ready: func(context.Context) error { return errors.New("gone") }})
	if status, body := get(t, base+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d %s", status, body)
	}
}

func TestReadinessNamesWhatIsNotReady(t *testing.T) {
	trouble := errors.New("no broker answers")
	base := start(t, ops.Config{},
		ops.Check{Name: "kafka", Ready: func(context.Context) error { return trouble }},
		ops.Check{Name: "derive", Ready: func(context.Context) error { return nil }})
	status, body := get(t, base+"/readyz")
	var got ops.Readiness
	if err := json.Unmarshal([]byte(body), &got); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	want := ops.Readiness{Checks: []ops.Result{
		{Name: "kafka", Error: "no broker answers"}, {Name: "derive", Ready: true},
	}}
	if diff := cmp.Diff(want, got); status != http.StatusServiceUnavailable || diff != "" {
		t.Errorf("status %d, answer (-want +got):\n%s", status, diff)
	}
	trouble = nil
	if status, body := get(t, base+"/readyz"); status != http.StatusOK || !strings.Contains(body, `"ready":true`) {
		t.Errorf("when all is well: %d %s", status, body)
	}
}

// TestDegradedStaysInService: and whoever asks for the check alone hears of it.
func TestDegradedStaysInService(t *testing.T) {
	trouble := ops.Degraded(errors.New("the key was revoked"))
	base := start(t, ops.Config{},
		ops.Check{Name: "poll", Ready: func(context.Context) error { return trouble }},
		ops.Check{Name: "kafka", Ready: func(context.Context) error { return nil }})
	asked := func(path string, wantStatus int, want ops.Readiness) {
		t.Helper()
		status, body := get(t, base+path)
		var got ops.Readiness
		if err := json.Unmarshal([]byte(body), &got); err != nil {
			t.Fatalf("%v: %s", err, body)
		}
		if diff := cmp.Diff(want, got); status != wantStatus || diff != "" {
			t.Errorf("%s: %d, want %d (-want +got):\n%s", path, status, wantStatus, diff)
		}
	}
	bad, good := ops.Result{Name: "poll", Ready: true, Degraded: true, Error: "the key was revoked"}, ops.Result{Name: "kafka", Ready: true}
	asked("/readyz", http.StatusOK, ops.Readiness{Ready: true, Degraded: true, Checks: []ops.Result{bad, good}})
	asked("/readyz/poll", http.StatusServiceUnavailable, ops.Readiness{Ready: true, Degraded: true, Checks: []ops.Result{bad}})
	asked("/readyz/kafka", http.StatusOK, ops.Readiness{Ready: true, Checks: []ops.Result{good}})
	if status, _ := get(t, base+"/readyz/other"); status != http.StatusNotFound {
		t.Errorf("a check that there is not: %d", status)
	}
	trouble = ops.Degraded(nil)
	asked("/readyz/poll", http.StatusOK, ops.Readiness{Ready: true, Checks: []ops.Result{{Name: "poll", Ready: true}}})
}

func TestChecksMayComeLater(t *testing.T) {
	s, err := ops.New(ops.Config{Addr: ":0"}, prometheus.NewRegistry(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	answer := func() int {
		rec := &recorder{header: http.Header{}}
		req, _ := http.NewRequestWithContext(t.Context(), http.MethodGet, "/readyz", nil)
		s.Handler().ServeHTTP(rec, req)
		return rec.status
	}
	if got := answer(); got != http.StatusOK {
		t.Errorf("without checks: %d", got)
	}
	s.Require(ops.Check{Name: "derive", Ready: func(context.Context) error { return errors.New("not yet") }})
	if got := answer(); got != http.StatusServiceUnavailable {
		t.Errorf("with a check that fails: %d", got)
	}
}

type recorder struct {
	header http.Header
	status int
}

func (r *recorder) Header() http.Header         { return r.header }
func (r *recorder) Write(b []byte) (int, error) { return len(b), nil }
func (r *recorder) WriteHeader(status int)      { r.status = status }

// TestSlowChecksCountAsFailed: a probe gets its answer in time even when a check
// ignores its context.
func TestSlowChecksCountAsFailed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		got := ops.Ask(t.Context(), []ops.Check{
			{Name: "deaf", Ready: func(context.Context) error { <-release; return nil }},
			{Name: "quick", Ready: func(context.Context) error { return nil }},
		})
		close(release)
		want := ops.Readiness{Checks: []ops.Result{
			{Name: "deaf", Error: "no answer within 2s"}, {Name: "quick", Ready: true},
		}}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestMetrics(t *testing.T) {
	base := start(t, ops.Config{})
	_, body := get(t, base+"/metrics")
	for _, want := range []string{`mokafka_build_info{version="v1.2.3"} 1`, "go_goroutines", "process_start_time_seconds"} {
		if !strings.Contains(body, want) {
			t.Errorf("/metrics lacks %s", want)
		}
	}
}

func TestProfilesOnlyWhenAskedFor(t *testing.T) {
	if status, _ := get(t, start(t, ops.Config{})+"/debug/pprof/"); status != http.StatusNotFound {
		t.Errorf("not asked for: %d", status)
	}
	base := start(t, ops.Config{Pprof: true})
	if status, _ := get(t, base+"/debug/pprof/goroutine?debug=1"); status != http.StatusOK {
		t.Errorf("asked for: %d", status)
	}
}

func TestRunFailsOnATakenPort(t *testing.T) {
	l, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	s, err := ops.New(ops.Config{Addr: l.Addr().String()}, prometheus.NewRegistry(), zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "ops port") {
		t.Errorf("Run on a taken port: %v", err)
	}
}

func TestConfigNamesItsVariable(t *testing.T) {
	_, err := ops.New(ops.Config{Addr: "9090"}, prometheus.NewRegistry(), zerolog.Nop())
	if err == nil || !strings.Contains(err.Error(), "OPS_ADDR") {
		t.Errorf("%v", err)
	}
}

// TestPortIsOnLoopbackUnlessToldOtherwise: it asks for no credentials, and profiles
// show what is in memory.
func TestPortIsOnLoopbackUnlessToldOtherwise(t *testing.T) {
	var cfg ops.Config
	err := envconfig.ProcessWith(t.Context(), &envconfig.Config{Target: &cfg, Lookuper: envconfig.MapLookuper(nil)})
	if err != nil {
		t.Fatal(err)
	}
	host, _, err := net.SplitHostPort(cfg.Addr)
	if ip := net.ParseIP(host); err != nil || !ip.IsLoopback() {
		t.Errorf("the port is at %s: %v", cfg.Addr, err)
	}
	if cfg.Pprof {
		t.Error("profiles are served without being asked for")
	}
}
