package polling

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/moka"
)

// transport brings calls to the simulated Moka in this process.
type transport struct {
	moka http.Handler
	// pass is called before Moka answers and after, and takes half of the time of
	// a call each.
	pass  func(ctx context.Context) error
	calls int
	bytes int64 // of answers
}

// RoundTrip implements http.RoundTripper.
func (t *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	t.calls++
	if err := t.pass(req.Context()); err != nil {
		return nil, err
	}
	sent := req.Clone(req.Context())
	if sent.Body == nil {
		sent.Body = http.NoBody
	}
	sent.RequestURI = req.URL.RequestURI()
	a := &recorded{header: http.Header{}, status: http.StatusOK}
	t.moka.ServeHTTP(a, sent)
	t.bytes += int64(a.body.Len())
	if err := t.pass(req.Context()); err != nil {
		return nil, err
	}
	return &http.Response{
		Status: http.StatusText(a.status), StatusCode: a.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: a.header, Body: io.NopCloser(&a.body), ContentLength: int64(a.body.Len()), Request: req,
	}, nil
}

// recorded is an answer in memory.
type recorded struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (r *recorded) Header() http.Header         { return r.header }
func (r *recorded) WriteHeader(status int)      { r.status = status }
func (r *recorded) Write(b []byte) (int, error) { return r.body.Write(b) }

// newClient makes a client that reads through a transport, on the clock now.
func newClient(t *transport, now func() time.Time) (*moka.Client, error) {
	return moka.New(moka.Config{ //nolint:gosec // everybody is to know the key
		BaseURL: "http://127.0.0.1/api-platform", APIKey: "dev-api-key", Timeout: time.Minute, MaxBody: 64 << 20,
	}, moka.Deps{
		Transport: t, Gate: poll.Ungated(), Attempts: 1, Now: now, Jitter: func() float64 { return 0.5 },
		Sleep:      func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Log:        zerolog.Nop(),
		Registerer: prometheus.NewRegistry(),
	})
}
