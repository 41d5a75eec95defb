package load_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/bench/load"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// numbered makes requests that differ.
type numbered struct{ n atomic.Int64 }

func (s *numbered) AppendRequest(dst []byte) []byte {
	return fmt.Appendf(dst, "POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", s.n.Add(1))
}

func serve(t *testing.T, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.Listener.Addr().String()
}

func TestCountsWhatIsAnsweredInTheWindow(t *testing.T) {
	var served, begun, measured atomic.Int64
	addr := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if string(body) != "hi" {
			t.Errorf("the body is %q", body)
		}
		if served.Add(1)%4 == 0 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		_, _ = io.WriteString(w, "an answer")
	})
	r, err := load.Run(t.Context(), load.Plan{
		Addr: addr, Connections: 4, WarmUp: 50 * time.Millisecond, Measure: 200 * time.Millisecond,
		Begun: func() { begun.Store(served.Load()) },
		Ended: func() { measured.Store(served.Load() - begun.Load()) },
	}, &numbered{})
	if err != nil {
		t.Fatal(err)
	}
	all := r.Answered + r.Refused[503]
	if begun.Load() == 0 || all == 0 || r.Latencies.Count() != r.Answered {
		t.Fatalf("%d in the warm-up, %d measured, %d latencies", begun.Load(), all, r.Latencies.Count())
	}
	// The server's count may differ by what is under way at both ends, and by
	// what passes while Begun and Ended run.
	if off := all - measured.Load(); off < -all/2-8 || off > all/2+8 {
		t.Errorf("counted %d, the server %d", all, measured.Load())
	}
	if share := float64(r.Refused[503]) / float64(all); share < 0.2 || share > 0.3 {
		t.Errorf("%v of the requests are said to be refused, a quarter was", share)
	}
	if r.Rate() != float64(r.Answered)/0.2 {
		t.Errorf("rate %v of %d in 200 ms", r.Rate(), r.Answered)
	}
}

func TestBrokenConnectionIsAnError(t *testing.T) {
	addr := serve(t, func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	if _, err := load.Run(t.Context(), load.Plan{Addr: addr, Connections: 2, Measure: 50 * time.Millisecond}, &numbered{}); err == nil {
		t.Error("no error")
	}
}

func TestDoneContextEndsAtOnce(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	why := errors.New("enough")
	addr := serve(t, func(http.ResponseWriter, *http.Request) { cancel(why) })
	start := time.Now()
	_, err := load.Run(ctx, load.Plan{Addr: addr, Connections: 2, Measure: 30 * time.Second}, &numbered{})
	if !errors.Is(err, why) || time.Since(start) > 10*time.Second {
		t.Errorf("after %s: %v", time.Since(start), err)
	}
}

func TestOnlyLoopbackIsATarget(t *testing.T) {
	for _, addr := range []string{"192.0.2.1:80", "example.com:80", "localhost:80", "127.0.0.1", ""} {
		p := load.Plan{Addr: addr, Connections: 1, Measure: time.Second}
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "Addr") {
			t.Errorf("%q: %v", addr, err)
		}
	}
	if err := (load.Plan{Addr: "[::1]:80", Connections: 1, Measure: time.Second}).Validate(); err != nil {
		t.Error(err)
	}
}

func TestReadsAnswers(t *testing.T) {
	for text, want := range map[string]int{
		"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok":         200,
		"HTTP/1.1 503 \r\nContent-length:0\r\nX: y\r\n\r\n":      503,
		"HTTP/1.1 200 OK\r\n\r\n":                                0,
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0": 0,
		"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok":         0,
		"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n":          0,
		"HTTP/1.1 429 X\r\nConnection: close\r\n\r\n":            0,
		"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n":           0,
		"HTTP/1.1\r\n":      0,
		"HTTP/1.1 2x0 \r\n": 0,
		"":                  0,
	} {
		status, err := load.ReadAnswer(bufio.NewReader(strings.NewReader(text)))
		if status != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v", text, status, err)
		}
	}
}
