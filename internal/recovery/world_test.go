package recovery_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// world is a company that lives on a clock of its own, and what several feeds say
// of it, as journal entries in the order in which they come.
type world struct {
	t       testing.TB
	sim     *mokasim.Simulator
	client  *moka.Client
	entries []*schemas.JournalEntry
	all     []*schemas.JournalEntry // ever taken
	polled  time.Time

	mu  sync.Mutex
	now time.Time
}

func (w *world) Now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

// After implements mokasim.Clock: nothing waits here.
func (w *world) After(time.Duration) <-chan time.Time {
	over := make(chan time.Time, 1)
	over <- w.Now()
	return over
}

// RoundTrip brings a call to the company.
func (w *world) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := req.Clone(req.Context())
	if sent.Body == nil {
		sent.Body = http.NoBody
	}
	sent.RequestURI = req.URL.RequestURI()
	rec := httptest.NewRecorder()
	w.sim.API().ServeHTTP(rec, sent)
	out := rec.Result()
	out.Request = req
	return out, nil
}

func newWorld(t testing.TB, seed uint64, applications int) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)}
	w.polled = w.now
	door := httptest.NewServer(http.HandlerFunc(w.push))
	t.Cleanup(door.Close)
	cfg := mokasim.DefaultConfig()
	cfg.Seed, cfg.Applications, cfg.ChangesPerDay, cfg.QuotaPerMinute = seed, applications, 50_000, 0
	cfg.WebhookURL, cfg.SigningKey, cfg.Encrypt = door.URL, "key", false
	w.sim = mokasim.New(cfg, mokasim.Deps{Clock: w})
	if err := w.sim.Open(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.sim.Close)
	var err error
	w.client, err = moka.New(moka.Config{
		BaseURL: "http://127.0.0.1/api-platform", APIKey: "dev-api-key", Timeout: time.Minute, MaxBody: 64 << 20,
	}, moka.Deps{
		Transport: w, Gate: poll.Ungated(), Attempts: 1, Now: w.Now, Jitter: func() float64 { return 0.5 },
		Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() },
		Log:   zerolog.Nop(), Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// push takes a webhook.
func (w *world) push(rw http.ResponseWriter, req *http.Request) {
	var body bytes.Buffer
	if _, err := io.Copy(&body, req.Body); err != nil {
		w.t.Error(err)
	}
	env, err := webhook.ReadEnvelope(body.Bytes(), nil)
	if err != nil {
		w.t.Error(err)
	}
	for _, id := range env.Applications {
		at := env.TriggeredAt
		w.entries = append(w.entries, &schemas.JournalEntry{
			EntryID: "wh:" + env.ID + ":" + publish.Root("demo", id), OrgID: "demo", Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest",
			Event: &env.Event, WebhookID: &env.ID, ApplicationID: &id, TriggeredAt: &at, ReceivedAt: w.Now(),
			ContentType: "application/json", Body: body.Bytes(),
		})
	}
	fmt.Fprint(rw, `{"code":0,"msg":"ok"}`)
}

// live lets the company live for a while, and polls what has changed.
func (w *world) live(d time.Duration) {
	w.t.Helper()
	w.mu.Lock()
	w.now = w.now.Add(d)
	w.mu.Unlock()
	if _, err := w.sim.LiveUntil(w.t.Context(), w.Now()); err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.now = w.now.Add(time.Second)
	w.mu.Unlock()
	w.poll(schemas.ChannelPoll, w.polled.Add(-time.Second))
	w.polled = w.Now()
}

// poll reads what was updated since.
func (w *world) poll(channel schemas.Channel, since time.Time) {
	w.t.Helper()
	for next := ""; ; {
		page, err := w.client.Applications(w.t.Context(), moka.ClassIncremental, moka.ApplicationsQuery{UpdatedFrom: since, UpdatedUntil: w.Now(), Next: next})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, item := range page.Items {
			w.item(channel, "v2/data/ehrApplications", item, true)
		}
		if next = page.Next; next == "" {
			break
		}
	}
	page, err := w.client.Headcounts(w.t.Context(), moka.ClassIncremental, moka.FeedQuery{From: since})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, item := range page.Items {
		if item.UpdatedAt.Before(since) {
			continue
		}
		w.item(channel, "v1/data/headcounts", item, false)
		detail, _, err := w.client.Headcount(w.t.Context(), moka.ClassIncremental, item.ID)
		if err == nil {
			detail.UpdatedAt = item.UpdatedAt
			w.item(channel, "v1/headcount", detail, false)
		}
	}
	day := w.Now()
	page, err = w.client.Interviews(w.t.Context(), moka.ClassHotSet, moka.InterviewsQuery{CreatedFrom: day.Add(-24 * time.Hour), CreatedUntil: day})
	if err != nil {
		w.t.Fatal(err)
	}
	for i, item := range page.Items {
		if i%5 == 0 {
			w.item(channel, "v1/interviews", item, true)
		}
	}
}

func (w *world) item(channel schemas.Channel, endpoint string, item moka.Item, application bool) {
	ids := item.ApplicationIDs
	if !application {
		ids = []int64{item.ID}
	}
	for _, id := range ids {
		e := &schemas.JournalEntry{
			EntryID: fmt.Sprintf("poll:%s:%d:%d:%d:%d", endpoint, id, item.UpdatedAt.UnixMilli(), w.Now().UnixMilli(), len(w.entries)),
			OrgID:   "demo", Channel: channel, Endpoint: endpoint, ReceivedAt: w.Now(), ContentType: "application/json", Body: bytes.Clone(item.Body),
		}
		if !item.UpdatedAt.IsZero() {
			at := item.UpdatedAt
			e.UpdatedAt = &at
		}
		if application {
			e.ApplicationID = &id
		} else {
			e.HeadcountID = &id
		}
		w.entries = append(w.entries, e)
	}
}

// take are the entries since the last time.
func (w *world) take() []*schemas.JournalEntry {
	taken := w.entries
	w.entries, w.all = nil, append(w.all, taken...)
	return taken
}
