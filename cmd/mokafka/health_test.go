package main

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/ops"
)

// TestHealth: what the health check of a container says of each answer.
func TestHealth(t *testing.T) {
	var trouble error
	port, err := ops.New(ops.Config{Addr: ":0"}, prometheus.NewRegistry(), zerolog.Nop(),
		ops.Check{Name: "kafka", Ready: func(context.Context) error { return nil }},
		ops.Check{Name: "poll", Ready: func(context.Context) error { return trouble }})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(port.Handler())
	defer server.Close()
	at := strings.TrimPrefix(server.URL, "http://")
	c := console{t, map[string]string{"OPS_ADDR": at}}
	var b strings.Builder
	types := func(status int, args ...string) {
		t.Helper()
		got := c.run(args...)
		if got.status != status {
			t.Errorf("mokafka %s: status %d, want %d\n%s%s", strings.Join(args, " "), got.status, status, got.out, got.err)
		}
		b.WriteString("$ mokafka " + strings.Join(args, " ") + "\n" + got.out)
		if got.err != "" {
			b.WriteString("! " + got.err)
		}
	}
	types(exitDone, "health")
	types(exitDone, "health", "--ready")
	trouble = ops.Degraded(errors.New("Moka does not accept the credentials"))
	types(exitDone, "health", "--ready")
	types(exitFailed, "health", "--ready", "--check", "poll")
	trouble = errors.New("not joined")
	types(exitDone, "health")
	types(exitFailed, "health", "--ready")
	types(exitFailed, "health", "--ready", "--check", "door")
	types(exitDone, "health", "--url", server.URL+"/healthz")
	types(exitFailed, "health", "--url", server.URL+"/elsewhere")
	types(exitWrong, "health", "--url", "nonsense")
	types(exitWrong, "health", "--check", "poll")
	types(exitWrong, "health", "--ready", "--url", server.URL)
	golden(t, "health.txt", strings.ReplaceAll(b.String(), at, "127.0.0.1:9090"))
}

// TestHealthOfNobody: where nothing listens, and where a worker listens everywhere.
func TestHealthOfNobody(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	at := strings.TrimPrefix(server.URL, "http://127.0.0.1")
	c := console{t, map[string]string{"OPS_ADDR": at}} // :port
	if got := c.run("health"); got.status != exitFailed || !strings.Contains(got.err, "404") {
		t.Errorf("asked :port: status %d, %s", got.status, got.err)
	}
	c.env["OPS_ADDR"] = "0.0.0.0" + at
	if got := c.run("health"); got.status != exitFailed || !strings.Contains(got.err, "404") {
		t.Errorf("asked 0.0.0.0: status %d, %s", got.status, got.err)
	}
	server.Close()
	if got := c.run("health"); got.status != exitFailed || !strings.Contains(got.err, "nothing answers") {
		t.Errorf("nobody there: status %d, %s", got.status, got.err)
	}
}
