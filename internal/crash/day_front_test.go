package crash_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// front is the way from the replicas to Moka, and from Moka to their doors: it
// counts, knows who polls, and can tell when somebody has just read news.
type front struct {
	moka  http.Handler
	clock clock

	mu      sync.Mutex
	calls   map[string]int // by path
	refused int            // by quota
	last    [replicas]time.Time
	seen    map[string]bool // answers, to tell news

	looks  looks
	trap   atomic.Bool // the next who reads news is told of
	caught chan int
}

func newFront(moka http.Handler, c clock) *front {
	return &front{moka: moka, clock: c, calls: map[string]int{}, seen: map[string]bool{}, caught: make(chan int, 1)}
}

// serve gives a replica an address of Moka of its own.
func (f *front) serve(t *testing.T, replica int) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { f.call(replica, w, r) }))
	t.Cleanup(server.Close)
	return server.URL + "/api-platform"
}

// listed is where applications are read.
const listed = "v2/data/ehrApplications"

// watched is a ResponseWriter that keeps what was answered.
type watched struct {
	http.ResponseWriter
	status int
	body   bytes.Buffer
}

func (w *watched) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *watched) Write(b []byte) (int, error) {
	w.body.Write(b)
	return w.ResponseWriter.Write(b)
}

// Unwrap lets faults reach the connection.
func (w *watched) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (f *front) call(replica int, w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/api-platform/")
	if strings.HasPrefix(path, "v1/headcount/") && !strings.HasSuffix(path, "minimal_headcounts") {
		path = "v1/headcount/{id}"
	}
	f.mu.Lock()
	f.calls[path]++
	f.last[replica] = time.Now()
	f.mu.Unlock()
	out := &watched{ResponseWriter: w, status: http.StatusOK}
	whole, began := false, time.Now()
	var asked []byte
	if path == listed {
		asked, _ = io.ReadAll(r.Body) // the simulator finds out what is wrong with it
		r.Body = io.NopCloser(bytes.NewReader(asked))
	}
	defer func() {
		if whole && path == listed && out.status == http.StatusOK && r.Context().Err() == nil {
			f.looks.take(asked, out.body.Bytes(), began, time.Now(), replica)
		}
		f.mu.Lock()
		defer f.mu.Unlock()
		switch body := out.body.String(); {
		case out.status == http.StatusTooManyRequests || strings.HasPrefix(body, `{"code":600`):
			f.refused++
		case !whole || out.status != http.StatusOK:
		case path == listed && f.news(body) && f.trap.CompareAndSwap(true, false):
			f.caught <- replica
		}
	}()
	f.moka.ServeHTTP(out, r)
	whole = true
}

// news tells whether a page of applications shows a time that none showed before.
// It needs f.mu.
func (f *front) news(body string) bool {
	news := false
	for rest := body; ; {
		_, after, ok := strings.Cut(rest, `"updatedAt":"`)
		if !ok {
			return news
		}
		at, left, _ := strings.Cut(after, `"`)
		rest = left
		if !f.seen[at] {
			f.seen[at], news = true, true
		}
	}
}

// polls is the replica that called last, and when.
func (f *front) polls() (replica int, at time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for n, last := range f.last {
		if last.After(at) {
			replica, at = n, last
		}
	}
	return replica, at
}

// doors takes Moka's webhooks and delivers each to whichever replica takes it.
type doors struct {
	addrs   [replicas]string
	client  *http.Client
	turn    atomic.Int64
	taken   atomic.Int64
	repeats atomic.Int64
	failed  atomic.Int64
}

// doorPatience is how long the replicas may be away before Moka is told so, which
// then tries again.
const doorPatience = 8 * time.Second

func (d *doors) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), doorPatience)
	defer cancel()
	for try := d.turn.Add(1); ctx.Err() == nil; try++ {
		if d.post(ctx, d.addrs[try%replicas], r.URL.RequestURI(), r.Header, body) {
			d.taken.Add(1)
			w.WriteHeader(http.StatusOK)
			return
		}
		d.repeats.Add(1)
		select {
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
	d.failed.Add(1)
	w.WriteHeader(http.StatusServiceUnavailable)
}

func (d *doors) post(ctx context.Context, addr, uri string, header http.Header, body []byte) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addr+uri, bytes.NewReader(body))
	if err != nil {
		return false
	}
	req.Header = header.Clone()
	resp, err := d.client.Do(req)
	if err != nil {
		return false
	}
	_, _ = io.Copy(io.Discard, resp.Body)
	_ = resp.Body.Close()
	return resp.StatusCode >= 200 && resp.StatusCode < 300
}
