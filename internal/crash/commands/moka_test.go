package commands_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// lateMost is how long after a broken connection Moka of the trial still carries
// a write out.
const lateMost = 300 * time.Millisecond

// seen is one call of Moka's API, as it was seen on the wire.
type seen struct {
	worker string
	write  bool
	about  string  // what a write is about: app:ID, hc:ID, hc:number:N
	ids    []int64 // applications that a read asked for
	// begin is when it arrived, end when it was answered, or carried out.
	begin, end time.Time
	// answered: a read was told of what it asked for; a write was carried out.
	answered bool
}

// simulated is a Moka whose calls are written down.
type simulated struct {
	*mokasim.Simulator
	url    string
	next   http.Handler
	later  sync.WaitGroup
	stages map[string]int64 // by name
	order  []int64          // in the pipeline's order
	reason int64

	mu    sync.Mutex
	calls []*seen
	late  float64 // how often a write is carried out after its connection broke
	lots  *rand.Rand
}

// newMoka starts a Moka that stands still until it is told otherwise.
func newMoka(t *testing.T, seed uint64) *simulated {
	t.Helper()
	cfg := mokasim.DefaultConfig()
	cfg.Seed, cfg.Pace, cfg.OrgID, cfg.APIKey = seed, 0, org, apiKey
	cfg.QuotaPerMinute, cfg.HeadcountWritesPerMinute = 0, 0
	cfg.Latency, cfg.LatencyJitter = 6*time.Millisecond, 4*time.Millisecond
	sim := mokasim.New(cfg, mokasim.Deps{})
	if err := sim.Open(); err != nil {
		t.Fatal(err)
	}
	m := &simulated{Simulator: sim, next: sim.Handler(), lots: rand.New(rand.NewPCG(seed, 7)), stages: map[string]int64{}}
	if err := sim.Act(func(c *company.Company, _ time.Time) error {
		for _, s := range c.Stages() {
			m.stages[s.Name] = s.ID
			m.order = append(m.order, s.ID)
		}
		m.reason = c.Reasons()[0].ID
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(m)
	m.url = server.URL
	t.Cleanup(func() {
		server.CloseClientConnections()
		server.Close()
		m.later.Wait()
		sim.Close()
	})
	return m
}

// ServeHTTP lets a call through, numbered, and writes down when it was at work.
func (m *simulated) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // whoever called is gone
	}
	call := &seen{worker: r.Header.Get(workerHeader), begin: time.Now()}
	call.about, call.write = about(r, body)
	if !call.write {
		call.ids = asked(body)
	}
	m.mu.Lock()
	m.calls = append(m.calls, call)
	number := len(m.calls) - 1
	late := call.write && m.lots.Float64() < m.late
	after := time.Duration(m.lots.Int64N(int64(lateMost)))
	m.mu.Unlock()

	again := r.Clone(r.Context())
	again.Body = io.NopCloser(bytes.NewReader(body))
	again.Header.Set("X-Request-Id", strconv.Itoa(number))
	if late {
		m.later.Add(1)
		defer func() {
			go func() {
				defer m.later.Done()
				defer m.over(call, true)
				defer func() { _ = recover() }() // a fault breaks off what is broken off
				<-time.After(after)
				ctx, cancel := context.WithTimeout(context.Background(), lateMost/3) // where it is to hang as well
				defer cancel()
				m.next.ServeHTTP(httptest.NewRecorder(), again.WithContext(ctx))
			}()
		}()
		panic(http.ErrAbortHandler)
	}
	status := &dataWriter{ResponseWriter: w}
	defer func() { m.over(call, status.told) }()
	m.next.ServeHTTP(status, again)
}

func (m *simulated) over(call *seen, answered bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	call.end, call.answered = time.Now(), answered
}

// dataWriter sees whether whole data were told: not a refusal, nor half of them.
type dataWriter struct {
	http.ResponseWriter
	told bool
}

func (w *dataWriter) Write(p []byte) (int, error) {
	w.told = json.Valid(p) && bytes.Contains(p, []byte(`"data"`))
	return w.ResponseWriter.Write(p)
}

func (w *dataWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// about says what a call writes to; false for a read.
func about(r *http.Request, body []byte) (string, bool) {
	path := strings.TrimPrefix(r.URL.Path, api.Prefix)
	parts := strings.Split(strings.Trim(path, "/"), "/")
	switch {
	case strings.HasPrefix(path, "/v1/headcount") && r.Method == http.MethodPost && path == "/v1/headcount":
		var b struct {
			Number string `json:"number"`
		}
		_ = json.Unmarshal(body, &b)
		return "hc:number:" + b.Number, true
	case strings.HasPrefix(path, "/v1/headcount/") && r.Method != http.MethodGet:
		return "hc:" + parts[len(parts)-1], true
	case r.Method != http.MethodPut:
		return "", false
	case r.URL.Query().Has("applicationId"):
		return "app:" + r.URL.Query().Get("applicationId"), true
	case len(parts) == 4:
		return "app:" + parts[2], true
	}
	var b struct {
		ApplicationID json.Number `json:"applicationId"`
	}
	_ = json.Unmarshal(body, &b)
	return "app:" + b.ApplicationID.String(), true
}

// asked are the applications that a read is about.
func asked(body []byte) []int64 {
	var b struct {
		IDs []json.Number `json:"applicationIds"`
	}
	_ = json.Unmarshal(body, &b)
	var ids []int64
	for _, n := range b.IDs {
		if id, err := n.Int64(); err == nil {
			ids = append(ids, id)
		}
	}
	return ids
}

// seenCalls are all calls, in their order. No call may be under way.
func (m *simulated) seenCalls() []*seen {
	m.later.Wait()
	m.mu.Lock()
	defer m.mu.Unlock()
	return append([]*seen(nil), m.calls...)
}

// misbehave orders mistakes for good; p is the probability of most of them.
func (m *simulated) misbehave(t *testing.T, p float64) {
	t.Helper()
	m.mu.Lock()
	m.late = p
	m.mu.Unlock()
	for _, f := range []api.Fault{
		{Endpoint: "writes", Kind: api.FaultErrorAfter, Probability: p},
		{Endpoint: "writes", Kind: api.FaultResetAfter, Probability: p},
		{Endpoint: "writes", Kind: api.FaultReset, Probability: p},
		{Endpoint: "writes", Kind: api.FaultError, Probability: p},
		{Endpoint: "writes", Kind: api.FaultHang, Probability: p / 2, For: api.Duration(2 * callTimeout)},
		{Endpoint: "writes", Kind: api.FaultHangAfter, Probability: p, For: api.Duration(2 * callTimeout)},
		{Endpoint: "writes", Kind: api.FaultTruncated, Probability: p / 2},
		{Endpoint: "writes", Kind: api.FaultHTML, Probability: p / 2, Status: http.StatusBadGateway},
		{Kind: api.FaultQuota, Probability: p / 2},
		{Kind: api.FaultQuota, Probability: p / 4, Form: api.RefuseMessage},
		{Kind: api.FaultUnauthorized, Probability: p / 8},
		{Endpoint: "reads", Kind: api.FaultReset, Probability: p / 2},
		{Endpoint: "reads", Kind: api.FaultError, Probability: p / 2},
		{Endpoint: "reads", Kind: api.FaultHang, Probability: p / 8, For: api.Duration(2 * callTimeout)},
		{Endpoint: "reads", Kind: api.FaultTruncated, Probability: p / 4},
	} {
		if _, err := m.API().Order(f); err != nil {
			t.Fatal(err)
		}
	}
}

// human has somebody in the company do something; false where the company says
// that it can't be done.
func (m *simulated) human(t *testing.T, do mokasim.Human) bool {
	t.Helper()
	_, err := m.Do(context.WithoutCancel(t.Context()), do)
	return err == nil
}

// applicants makes n applications, every other with an offer that was sent.
func (m *simulated) applicants(t *testing.T, n int) []int64 {
	t.Helper()
	known := map[int64]bool{}
	for _, truth := range m.Truths(0, 100_000) {
		known[truth.ApplicationID] = true
	}
	if !m.human(t, mokasim.Human{Act: "apply", Count: n}) {
		t.Fatal("nobody can apply")
	}
	var ids []int64
	for _, truth := range m.Truths(0, 100_000) {
		if !known[truth.ApplicationID] {
			ids = append(ids, truth.ApplicationID)
		}
	}
	for i, id := range ids {
		if i%2 == 0 {
			continue
		}
		for _, act := range []string{"offer_create", "offer_approve", "offer_send"} {
			if !m.human(t, mokasim.Human{Act: act, ApplicationID: id}) {
				t.Fatalf("%s: refused", act)
			}
		}
	}
	return ids
}

// effects are all writes that Moka accepted.
func (m *simulated) effects(t *testing.T) []api.Effect {
	t.Helper()
	all, total, forgotten := m.API().Effects(0, 1_000_000)
	if forgotten > 0 || total != uint64(len(all)) {
		t.Fatalf("the log has %d of %d effects", len(all), total)
	}
	return all
}

// entries are all changes of the company.
func (m *simulated) entries(t *testing.T) []mokasim.Entry {
	t.Helper()
	all, total, forgotten := m.Entries(0, 1_000_000)
	if forgotten > 0 || total != uint64(len(all)) {
		t.Fatalf("the log has %d of %d changes", len(all), total)
	}
	return all
}
