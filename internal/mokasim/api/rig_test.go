package api_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/company"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var founded = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// handClock moves only when told to; whoever waits for it waits until then.
type handClock struct {
	mu    sync.Mutex
	now   time.Time
	waits chan time.Duration // what was waited for, as it begins
	due   []wait
}

type wait struct {
	at   time.Time
	over chan time.Time
}

func newHandClock() *handClock {
	return &handClock{now: founded, waits: make(chan time.Duration, 1_000)}
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) After(d time.Duration) <-chan time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	over := make(chan time.Time, 1)
	c.due = append(c.due, wait{c.now.Add(d), over})
	c.waits <- d
	return over
}

func (c *handClock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
	rest := c.due[:0]
	for _, one := range c.due {
		if one.at.After(c.now) {
			rest = append(rest, one)
			continue
		}
		one.over <- c.now
	}
	c.due = rest
}

// rig is the API over a company, served on loopback.
type rig struct {
	t       *testing.T
	clock   *handClock
	mu      sync.Mutex
	company *company.Company
	changes []company.Change
	api     *api.Server
	server  *httptest.Server
	key     string
}

const key = "the-key"

// newRig serves a company without quota; configure may be nil.
func newRig(t *testing.T, configure func(*api.Config)) *rig {
	t.Helper()
	r := &rig{t: t, clock: newHandClock(), key: key}
	r.company = company.New(1, founded, func(change company.Change) { r.changes = append(r.changes, change) })
	cfg := api.Config{OrgID: "demo", Seed: 1, APIKey: key, ClientID: "the-client", ClientSecret: "the-secret", Effects: 1_000}
	if configure != nil {
		configure(&cfg)
	}
	r.api = api.New(cfg, api.Deps{Clock: r.clock, Act: func(do func(*company.Company, time.Time) error) error {
		r.mu.Lock()
		defer r.mu.Unlock()
		return do(r.company, r.clock.Now())
	}})
	r.server = httptest.NewServer(r.api)
	t.Cleanup(r.server.Close)
	return r
}

// said is an answer as it came over the wire.
type said struct {
	status int
	header http.Header
	body   string
	err    error // of the call, or of reading its answer
}

func (r *rig) request(ctx context.Context, method, path, body string) *http.Request {
	r.t.Helper()
	request, err := http.NewRequestWithContext(ctx, method, r.server.URL+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	if r.key != "" {
		request.SetBasicAuth(r.key, "")
	}
	return request
}

func send(request *http.Request) said {
	response, err := http.DefaultTransport.RoundTrip(request)
	if err != nil {
		return said{err: err}
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	return said{response.StatusCode, response.Header, string(text), err}
}

// call calls a path below /api-platform.
func (r *rig) call(method, path, body string) said {
	r.t.Helper()
	return send(r.request(r.t.Context(), method, "/api-platform"+path, body))
}

// want calls and compares the whole answer.
func (r *rig) want(method, path, body string, status int, answer string) {
	r.t.Helper()
	got := r.call(method, path, body)
	if got.err != nil || got.status != status || got.body != answer {
		r.t.Errorf("%s %s %s\n got %d %s %v\nwant %d %s", method, path, body, got.status, got.body, got.err, status, answer)
	}
}

// find is the id of an application that suits.
func (r *rig) find(suits func(*company.Application) bool) int64 {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for app := range r.company.Applications(0) {
		if suits(app) {
			return app.ID
		}
	}
	r.t.Fatal("no application suits")
	return 0
}

func (r *rig) app(id int64) *company.Application {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.company.Application(id)
}

// order lets somebody in the company do something.
func (r *rig) order(do func(company.Commands) error) {
	r.t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := do(r.company.By("HR", r.clock.Now())); err != nil {
		r.t.Fatal(err)
	}
}

// stage is a stage's id by type.
func (r *rig) stage(kind int) int64 {
	for _, stage := range r.company.Stages() {
		if stage.Type == kind {
			return stage.ID
		}
	}
	r.t.Fatalf("no stage has type %d", kind)
	return 0
}

func (r *rig) effects() []api.Effect {
	page, _, _ := r.api.Effects(0, 1_000)
	return page
}

// last is the last effect, of which there must be as many as said.
func (r *rig) last(count int) api.Effect {
	r.t.Helper()
	all := r.effects()
	if len(all) != count {
		r.t.Fatalf("%d effects, want %d: %+v", len(all), count, all)
	}
	return all[count-1]
}

func open(app *company.Application) bool { return app.Open() }
