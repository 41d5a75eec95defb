package moka_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/moka"
)

// Reads are tried again, with full jitter, when that may help.
func TestRetries(t *testing.T) {
	for _, tt := range []struct {
		name   string
		answer func(n int64) (int, string, string) // status, Retry-After, body
		calls  int
		kind   moka.Kind
		slept  []time.Duration
	}{
		{"until it works", func(n int64) (int, string, string) {
			if n < 3 {
				return 502, "", ""
			}
			return 200, "", `{"data":[]}`
		}, 3, 0, []time.Duration{250 * time.Millisecond, 500 * time.Millisecond}},
		{"not for ever", func(int64) (int, string, string) { return 200, "", `{"da` }, 4, moka.KindTransient,
			[]time.Duration{250 * time.Millisecond, 500 * time.Millisecond, time.Second}},
		{"as late as Moka asks", func(n int64) (int, string, string) {
			if n < 2 {
				return 503, "7", ""
			}
			return 200, "", `{"data":[]}`
		}, 2, 0, []time.Duration{7250 * time.Millisecond}},
		{"not if it asks for long", func(int64) (int, string, string) { return 503, "61", "" }, 1, moka.KindTransient, nil},
		{"after a refusal by quota", func(n int64) (int, string, string) {
			if n < 2 {
				return 429, "3", ""
			}
			return 200, "", `{"data":[]}`
		}, 2, 0, []time.Duration{3250 * time.Millisecond}},
		{"not with a wrong key", func(int64) (int, string, string) { return 500, "", `{"msg":"系统中不存在该apiKey"}` }, 1, moka.KindAuth, nil},
		{"not of HTML", func(int64) (int, string, string) { return 200, "", `<html>` }, 1, moka.KindProtocol, nil},
		{"not of a refusal", func(int64) (int, string, string) { return 200, "", `{"code":7}` }, 1, moka.KindRefused, nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var n atomic.Int64
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				status, later, body := tt.answer(n.Add(1))
				if later != "" {
					w.Header().Set("Retry-After", later)
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, body)
			})
			d, slept := deps(), &naps{}
			d.Attempts, d.Sleep = 4, slept.sleep
			c := newClient(t, config(s.URL), d)
			wantKind(t, read(t, c), tt.kind)
			if got := len(s.seen()); got != tt.calls {
				t.Errorf("%d calls, want %d", got, tt.calls)
			}
			if diff := cmp.Diff(tt.slept, slept.all()); diff != "" {
				t.Error(diff)
			}
			if before := n.Load(); tt.kind != 0 && (write(t, c) == nil || n.Load() != before+1) {
				t.Errorf("a write was sent %d times", n.Load()-before)
			}
		})
	}
}

// Connections are used again, also after errors whose answers nobody wants.
func TestConnectionsAreKept(t *testing.T) {
	var opened atomic.Int64
	s := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPut {
			says(500, strings.Repeat("x", 100_000))(w, r)
			return
		}
		says(200, `{"data":[]}`)(w, r)
	}))
	s.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	s.Start()
	t.Cleanup(s.Close)
	c := client(t, s.URL)
	for range 10 {
		if err := read(t, c); err != nil {
			t.Fatal(err)
		}
		wantKind(t, write(t, c), moka.KindAmbiguous)
	}
	if n := opened.Load(); n != 1 {
		t.Errorf("%d connections for 20 calls", n)
	}
}

// A caller that gives up: of a write that was sent nobody knows.
func TestCancellation(t *testing.T) {
	came, over := make(chan struct{}, 2), make(chan struct{})
	s := serve(t, func(http.ResponseWriter, *http.Request) { came <- struct{}{}; <-over })
	t.Cleanup(func() { close(over) })
	d, slept := deps(), &naps{}
	d.Attempts, d.Sleep = 5, slept.sleep
	c := newClient(t, config(s.URL), d)
	for i, do := range []func(context.Context) error{
		func(ctx context.Context) error { _, err := c.ArchiveReasons(ctx, moka.ClassSweep); return err },
		func(ctx context.Context) error { return c.MoveStage(ctx, 1, 2) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { <-came; cancel() }()
		err := do(ctx)
		wantKind(t, err, []moka.Kind{moka.KindTransient, moka.KindAmbiguous}[i])
		if !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		err = do(ctx) // with a context that is over: nothing was sent
		wantKind(t, err, moka.KindTransient)
	}
	if n := len(slept.all()); n != 0 {
		t.Errorf("it slept %d times for who gave up", n)
	}
}

// shut is a gate that stays shut; it counts what it is told.
type shut struct {
	refused  []time.Duration
	accepted int
	asked    []moka.Class
	err      error
}

func (s *shut) Acquire(_ context.Context, class moka.Class) error {
	s.asked = append(s.asked, class)
	return s.err
}
func (s *shut) Refused(d time.Duration) { s.refused = append(s.refused, d) }
func (s *shut) Accepted()               { s.accepted++ }

// Every attempt asks the gate once and tells it what came of it.
func TestGate(t *testing.T) {
	var n atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch n.Add(1) {
		case 1:
			w.Header().Set("Retry-After", "30")
			says(429, "")(w, r)
		case 2:
			says(502, "")(w, r)
		case 3:
			says(600, "")(w, r)
		default:
			says(200, `{"data":[]}`)(w, r)
		}
	})
	d, gate := deps(), &shut{}
	d.Attempts, d.Gate = 4, gate
	c := newClient(t, config(s.URL), d)
	if err := read(t, c); err != nil {
		t.Fatal(err)
	}
	in := moka.ClassIncremental
	if diff := cmp.Diff([]moka.Class{in, in, in, in}, gate.asked); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]time.Duration{30 * time.Second, 0}, gate.refused); diff != "" {
		t.Error(diff)
	}
	if gate.accepted != 2 {
		t.Errorf("%d accepted", gate.accepted)
	}
	gate.err = context.Canceled
	err := write(t, c)
	wantKind(t, err, moka.KindTransient)
	if !errors.Is(err, context.Canceled) || n.Load() != 4 {
		t.Errorf("got %v after %d calls", err, n.Load())
	}
	if last := gate.asked[len(gate.asked)-1]; last != moka.ClassWriteback {
		t.Errorf("a write asked as %v", last)
	}
}

// No error repeats a key, a link or what looks like a person's data.
func TestErrorsAreRedacted(t *testing.T) {
	const token = "a-685ca366-45e8-4025-9825-9840280ecd39"
	for said, want := range map[string]string{
		"候选人 zhang.san@example.com 已存在":               "候选人 [email] 已存在",
		"手机号13800138000重复":                            "手机号[number]重复",
		"phone +86 138-0013-8000 taken":               "phone [number] taken",
		"身份证11010519491231002X有误":                     "身份证[number]有误",
		"护照 E12345678":                                "护照 [number]",
		"see https://x.example/?Signature=abc%2B now": "see [link] now",
		"key " + testKey:                              "key [token]",
		"token " + token:                              "token [token]",
		"两行\n\x00文本":                                  "两行 文本",
		"application 411269930 in 2026-11-22":         "application 411269930 in 2026-11-22",
		strings.Repeat("很长", 200):                     strings.Repeat("很长", 100) + "…",
	} {
		body := fmt.Sprintf(`{"success":false,"errorMessage":%q}`, said)
		body = strings.ReplaceAll(body, `\x00`, `\u0000`)
		err := write(t, client(t, serve(t, says(200, body)).URL))
		got, ok := errors.AsType[*moka.Error](err)
		if !ok || got.Message != want {
			t.Errorf("%q: got %v, want %q", said, err, want)
		}
	}
}
