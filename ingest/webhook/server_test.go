package webhook_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// running is a door that serves on a port of its own.
type running struct {
	*house
	addr string
	stop context.CancelFunc
	done chan error
}

// patience bounds what should happen at once.
const patience = 10 * time.Second

func run(t *testing.T, env ...string) *running {
	t.Helper()
	ctx, stop := context.WithCancel(context.Background())
	r := &running{house: open(t, env...), stop: stop, done: make(chan error, 1)}
	go func() { r.done <- r.server.Run(ctx) }()
	select {
	case <-r.server.Ready():
	case err := <-r.done:
		stop()
		t.Fatal(err)
	}
	r.addr = r.server.Addr().String()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-r.done:
			t.Logf("Run returned %v", err)
		case <-time.After(patience):
			t.Error("Run does not end")
		}
	})
	return r
}

// ended waits for Run, and lets the cleanup see the end too.
func (r *running) ended(t *testing.T) error {
	t.Helper()
	select {
	case err := <-r.done:
		r.done <- err
		return err
	case <-time.After(patience):
		t.Fatal("Run does not end")
		return nil
	}
}

// dial opens a connection that gives up in time.
func (r *running) dial(t *testing.T) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", r.addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if err := c.SetDeadline(time.Now().Add(patience)); err != nil {
		t.Fatal(err)
	}
	return c
}

func requestHead(body []byte) string {
	return fmt.Sprintf("POST %s?sign=%s HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n",
		endpoint, webhook.Sign(testKey, body), len(body))
}

func status(t *testing.T, c net.Conn) int {
	t.Helper()
	resp, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

func TestServes(t *testing.T) {
	r := run(t)
	body := pushSample(t)
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	for range 2 { // on one connection
		resp, err := client.Post("http://"+r.addr+endpoint+"?sign="+webhook.Sign(testKey, body), "application/json", bytes.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
			t.Errorf("status %d, %v", resp.StatusCode, err)
		}
		resp.Body.Close()
	}
	if got := r.journal.take(); len(got) != 2 {
		t.Errorf("%d entries", len(got))
	}
	r.stop()
	if err := r.ended(t); err != nil {
		t.Error(err)
	}
	if _, err := net.Dial("tcp", r.addr); err == nil {
		t.Error("it still listens")
	}
}

// TestSlowClients are cut off, whichever part they take their time over.
func TestSlowClients(t *testing.T) {
	body := pushSample(t)
	t.Run("headers", func(t *testing.T) {
		c := run(t, "WEBHOOK_HEADER_TIMEOUT=100ms").dial(t)
		if _, err := io.WriteString(c, "POST /webhooks/moka HTTP/1.1\r\nHost: x\r\nX-A: "); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(c); err != nil || strings.HasPrefix(string(rest), "HTTP/1.1 200") {
			t.Errorf("%q, %v", rest, err)
		}
	})
	t.Run("body", func(t *testing.T) {
		c := run(t, "WEBHOOK_READ_TIMEOUT=200ms").dial(t)
		if _, err := io.WriteString(c, requestHead(body)+string(body[:100])); err != nil {
			t.Fatal(err)
		}
		if got := status(t, c); got != http.StatusRequestTimeout {
			t.Errorf("status %d", got)
		}
		if _, err := io.Copy(io.Discard, c); err != nil {
			t.Errorf("the connection stays open: %v", err)
		}
	})
	t.Run("next request", func(t *testing.T) {
		c := run(t, "WEBHOOK_IDLE_TIMEOUT=100ms").dial(t)
		if _, err := io.WriteString(c, requestHead(body)+string(body)); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(c); err != nil || !strings.HasPrefix(string(rest), "HTTP/1.1 200") {
			t.Errorf("%q, %v", rest, err)
		}
	})
}

func TestLargeHeadersAreRefused(t *testing.T) {
	r := run(t, "WEBHOOK_MAX_HEADER=2048")
	c := r.dial(t)
	if _, err := io.WriteString(c, "POST /webhooks/moka HTTP/1.1\r\nHost: x\r\nX-A: "+strings.Repeat("a", 16<<10)+"\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got := status(t, c); got != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("status %d", got)
	}
}

// TestTooLargeBodyIsAnsweredBeforeItIsSent, and the connection not kept for it.
func TestTooLargeBodyIsAnsweredBeforeItIsSent(t *testing.T) {
	r := run(t)
	c := r.dial(t)
	if _, err := io.WriteString(c, "POST /webhooks/moka HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	if got := status(t, c); got != http.StatusRequestEntityTooLarge {
		t.Errorf("status %d", got)
	}
}

// TestDrain: what is in flight when Run is told to end is answered.
func TestDrain(t *testing.T) {
	r := run(t)
	inside, leave := make(chan struct{}), make(chan struct{})
	r.journal.fail = func(context.Context) error {
		close(inside)
		<-leave
		return nil
	}
	c, body := r.dial(t), pushSample(t)
	if _, err := io.WriteString(c, requestHead(body)+string(body)); err != nil {
		t.Fatal(err)
	}
	<-inside
	r.stop()
	for { // until nobody is let in any more
		c, err := net.DialTimeout("tcp", r.addr, patience)
		if err != nil {
			break
		}
		c.Close()
	}
	select {
	case err := <-r.done:
		t.Fatalf("Run ended with a request in flight: %v", err)
	default:
	}
	close(leave)
	if got := status(t, c); got != http.StatusOK {
		t.Errorf("status %d", got)
	}
	if err := r.ended(t); err != nil {
		t.Error(err)
	}
	if got := r.journal.take(); len(got) != 1 {
		t.Errorf("%d entries", len(got))
	}
}

// TestDrainIsBounded: who does not end is cut off, and Run says so.
func TestDrainIsBounded(t *testing.T) {
	r := run(t, "WEBHOOK_ANSWER_TIMEOUT=50ms", "WEBHOOK_DRAIN_TIMEOUT=100ms")
	c, body := r.dial(t), pushSample(t)
	head := strings.Replace(requestHead(body), "Host: x", "Host: x\r\nExpect: 100-continue", 1)
	if _, err := io.WriteString(c, head); err != nil {
		t.Fatal(err)
	}
	if got := status(t, c); got != http.StatusContinue { // said when the door begins to read
		t.Fatalf("status %d", got)
	}
	r.stop()
	if err := r.ended(t); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Run returned %v", err)
	}
	r.wantNothingKept(t)
}

func TestRunSaysWhyItCannotListen(t *testing.T) {
	r := run(t)
	second := open(t, "WEBHOOK_ADDR="+r.addr)
	if err := second.server.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "listen for webhooks") {
		t.Errorf("Run returned %v", err)
	}
	if second.server.Addr() != nil {
		t.Error("it says it listens")
	}
}

func TestNewSaysWhatIsMissing(t *testing.T) {
	_, err := webhook.New(webhook.Config{}, webhook.Deps{})
	if err == nil {
		t.Fatal("nothing is missing")
	}
	for _, want := range []string{"WEBHOOK_ADDR", "WEBHOOK_SIGNING_KEYS", "organisation", "journal", "dead letters", "metrics"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%v: does not name %s", err, want)
		}
	}
	h := open(t)
	_, err = webhook.New(config(t), webhook.Deps{OrgID: "demo", Journal: h.journal, DeadLetters: h.letters, Metrics: h.metrics})
	if dup := (prometheus.AlreadyRegisteredError{}); !errors.As(err, &dup) {
		t.Errorf("a second door on the same registry: %v", err)
	}
}
