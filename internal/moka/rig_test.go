package moka_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

const testKey = "k3y-that-nobody-may-see-anywhere"

// call is a request as the server saw it.
type call struct {
	Method, Path, Query, Body, Auth string
}

// server is a Moka whose answers a test decides.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	calls []call
}

func serve(t *testing.T, answer http.HandlerFunc) *server {
	t.Helper()
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Errorf("read a request: %v", err)
		}
		s.mu.Lock()
		s.calls = append(s.calls, call{r.Method, r.URL.Path, r.URL.RawQuery, string(body), r.Header.Get("Authorization")})
		s.mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) seen() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]call(nil), s.calls...)
}

// says answers everything with a status and a body.
func says(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}

func sample(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", "samples", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func config(url string) moka.Config {
	return moka.Config{BaseURL: url + "/api-platform", APIKey: testKey, Timeout: 5 * time.Second, MaxBody: 1 << 20}
}

// naps counts sleeps without sleeping.
type naps struct {
	mu    sync.Mutex
	slept []time.Duration
}

func (n *naps) sleep(ctx context.Context, d time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.slept = append(n.slept, d)
	return ctx.Err()
}

func (n *naps) all() []time.Duration {
	n.mu.Lock()
	defer n.mu.Unlock()
	return append([]time.Duration(nil), n.slept...)
}

func deps() moka.Deps {
	return moka.Deps{Attempts: 1, Sleep: (&naps{}).sleep, Jitter: func() float64 { return 0.5 }}
}

func newClient(t testing.TB, cfg moka.Config, d moka.Deps) *moka.Client {
	t.Helper()
	c, err := moka.New(cfg, d)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdle)
	return c
}

func client(t testing.TB, url string) *moka.Client {
	t.Helper()
	return newClient(t, config(url), deps())
}

func wantKind(t *testing.T, err error, want moka.Kind) {
	t.Helper()
	if got := moka.KindOf(err); got != want {
		t.Fatalf("got %v (%v), want %v", got, err, want)
	}
}

func ptr[T any](v T) *T { return &v }
