package moka_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

func read(t *testing.T, c *moka.Client) error {
	t.Helper()
	_, err := c.Headcounts(t.Context(), moka.ClassIncremental, moka.FeedQuery{Next: "x"})
	return err
}

func write(t *testing.T, c *moka.Client) error {
	t.Helper()
	return c.MarkRejected(t.Context(), 7, moka.RejectedParams{})
}

// hijack takes the connection over from the HTTP server.
func hijack(t *testing.T, w http.ResponseWriter) net.Conn {
	t.Helper()
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		t.Error(err)
		return nil
	}
	return conn
}

// flood sends a body that never ends, and counts what was taken of it.
func flood(taken *atomic.Int64, announce bool) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if announce {
			w.Header().Set("Content-Length", "2147483648")
		}
		chunk := bytes.Repeat([]byte(`{"data":[`), 1<<12)
		for {
			n, err := w.Write(chunk)
			taken.Add(int64(n))
			if err != nil {
				return
			}
		}
	}
}

// What is too large is not read: not 2 GB that are announced, and of what never
// ends no more than is allowed.
func TestLargeAnswers(t *testing.T) {
	for _, announce := range []bool{true, false} {
		var taken atomic.Int64
		s := serve(t, flood(&taken, announce))
		c := client(t, s.URL)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		wantKind(t, read(t, c), moka.KindProtocol)
		wantKind(t, write(t, c), moka.KindAmbiguous)
		runtime.ReadMemStats(&after)
		s.Close() // the floods have ended
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 256<<20 {
			t.Errorf("announced %v: %d bytes were allocated", announce, grown)
		}
		const buffers = 16 << 20
		if n := taken.Load(); n > 2<<20+buffers {
			t.Errorf("announced %v: %d bytes were taken", announce, n)
		}
	}
}

func TestDecompressedAnswersAreBounded(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	if _, err := io.Copy(z, io.LimitReader(zeros{}, 64<<20)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		_, _ = w.Write(packed.Bytes())
	})
	wantKind(t, read(t, client(t, s.URL)), moka.KindProtocol)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A body of just the allowed size is read.
func TestLargestAnswer(t *testing.T) {
	body := `{"data":[]` + strings.Repeat(" ", 100) + `}`
	cfg := config(serve(t, says(200, body)).URL)
	cfg.MaxBody = int64(len(body))
	if err := read(t, newClient(t, cfg, deps())); err != nil {
		t.Error(err)
	}
	cfg.MaxBody--
	wantKind(t, read(t, newClient(t, cfg, deps())), moka.KindProtocol)
}

// A server that accepts and then says nothing, or stops in the middle.
func TestHangs(t *testing.T) {
	for name, begin := range map[string]string{"at once": "", "in the body": `{"data":[`} {
		t.Run(name, func(t *testing.T) {
			over := make(chan struct{})
			s := serve(t, func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, begin)
				if begin != "" {
					_ = http.NewResponseController(w).Flush()
				}
				select {
				case <-over:
				case <-r.Context().Done():
				}
			})
			t.Cleanup(func() { close(over) })
			cfg := config(s.URL)
			cfg.Timeout = 50 * time.Millisecond
			c := newClient(t, cfg, deps())
			wantKind(t, read(t, c), moka.KindTransient)
			err := write(t, c)
			wantKind(t, err, moka.KindAmbiguous)
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if n := len(s.seen()); n != 2 {
				t.Errorf("%d calls", n)
			}
		})
	}
}

// The connection ends before, within or in place of the answer.
func TestConnectionsThatEnd(t *testing.T) {
	for name, said := range map[string]string{
		"before":  "",
		"within":  "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"success\":true",
		"headers": "HTTP/1.1 200 OK\r\nContent-Le",
		"chunk":   "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nff\r\n{\"success\":true",
		"no HTTP": "张三 13800138000\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
				if conn := hijack(t, w); conn != nil {
					_, _ = io.WriteString(conn, said)
					_ = conn.Close()
				}
			})
			c := client(t, s.URL)
			for i, err := range []error{read(t, c), write(t, c)} {
				wantKind(t, err, []moka.Kind{moka.KindTransient, moka.KindAmbiguous}[i])
				if strings.Contains(err.Error(), "张三") || strings.Contains(err.Error(), "138001") {
					t.Errorf("it repeats what was said: %v", err)
				}
			}
			if n := len(s.seen()); n != 2 {
				t.Errorf("%d calls, want one each", n)
			}
		})
	}
}

// A kept connection that the server closed: a read may be sent again, a write
// that found out only after sending may not.
func TestStaleConnections(t *testing.T) {
	var writes atomic.Int64
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPut {
			says(200, `{"data":[]}`)(w, r)
			return
		}
		writes.Add(1)
		_ = hijack(t, w).Close()
	})
	c := client(t, s.URL)
	for range 20 {
		if err := read(t, c); err != nil {
			t.Fatal(err)
		}
		wantKind(t, write(t, c), moka.KindAmbiguous)
	}
	if n := writes.Load(); n != 20 {
		t.Errorf("20 writes came %d times", n)
	}
}

// Where no connection comes about, nothing happened.
func TestNobodyListens(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "http://" + l.Addr().String()
	l.Close()
	c := client(t, url)
	wantKind(t, read(t, c), moka.KindTransient)
	wantKind(t, write(t, c), moka.KindTransient)
}

// untrusted is the address of a server with a certificate that nobody vouches for.
func untrusted(t *testing.T) string {
	t.Helper()
	s := httptest.NewTLSServer(http.NotFoundHandler())
	settings := s.TLS.Clone()
	s.Close()
	l, err := tls.Listen("tcp", "127.0.0.1:0", settings)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(io.Discard, conn) // shakes hands, and hears that it is not trusted
			conn.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	return "https://" + l.Addr().String()
}

// A certificate that nobody vouches for, and a server without TLS.
func TestTLS(t *testing.T) {
	plain := serve(t, says(200, `{"success":true}`))
	for name, url := range map[string]string{"untrusted": untrusted(t), "plain": strings.Replace(plain.URL, "http:", "https:", 1)} {
		t.Run(name, func(t *testing.T) {
			c := client(t, url)
			wantKind(t, read(t, c), moka.KindProtocol)
			wantKind(t, write(t, c), moka.KindProtocol)
		})
	}
}

// Redirects are not followed, so the key goes nowhere else.
func TestRedirects(t *testing.T) {
	elsewhere := serve(t, says(200, `{"data":[]}`))
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, elsewhere.URL+"/x", http.StatusTemporaryRedirect)
	})
	c := client(t, s.URL)
	wantKind(t, read(t, c), moka.KindProtocol)
	wantKind(t, write(t, c), moka.KindAmbiguous)
	if n := len(elsewhere.seen()); n != 0 {
		t.Errorf("%d calls went elsewhere", n)
	}
}

// blind carries requests and tells nobody how far they came.
type blind struct{ err error }

func (b blind) RoundTrip(*http.Request) (*http.Response, error) { return nil, b.err }

func TestTransportThatTellsNothing(t *testing.T) {
	d := deps()
	d.Transport = blind{errors.New("who knows")}
	wantKind(t, write(t, newClient(t, config("http://127.0.0.1:1"), d)), moka.KindAmbiguous)
}
