package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/sethvargo/go-envconfig"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/schemas"
)

const (
	testKey  = "test-signing-key"
	dataKey  = "0123456789abcdef0123456789ABCDEF"
	dataIV   = "fedcba9876543210"
	endpoint = webhook.RESTPath
)

// house is a door with a journal and dead letters of its own.
type house struct {
	server  *webhook.Server
	journal *journal
	letters *letters
	metrics *prometheus.Registry
	log     *bytes.Buffer
}

// journal remembers what was appended. fail answers for it when set.
type journal struct {
	mu      sync.Mutex
	entries []*schemas.JournalEntry
	fail    func(context.Context) error
}

func (j *journal) Append(ctx context.Context, entries ...*schemas.JournalEntry) error {
	j.mu.Lock()
	fail := j.fail
	j.mu.Unlock()
	if fail != nil {
		if err := fail(ctx); err != nil {
			return err
		}
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entries...)
	return nil
}

// take returns what was appended since it was last asked.
func (j *journal) take() []*schemas.JournalEntry {
	j.mu.Lock()
	defer j.mu.Unlock()
	taken := j.entries
	j.entries = nil
	return taken
}

type letters struct {
	mu   sync.Mutex
	put  []schemas.DeadLetter
	fail error
}

func (l *letters) Put(_ context.Context, letter schemas.DeadLetter) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fail != nil {
		return l.fail
	}
	l.put = append(l.put, letter)
	return nil
}

func (l *letters) take() []schemas.DeadLetter {
	l.mu.Lock()
	defer l.mu.Unlock()
	taken := l.put
	l.put = nil
	return taken
}

// at is the time on the door's clock.
var at = time.Date(2026, 3, 1, 9, 30, 0, 0, time.UTC)

// open opens a door, configured by name=value as by the environment.
func open(t testing.TB, env ...string) *house {
	t.Helper()
	return openWith(t, nil, env...)
}

func openWith(t testing.TB, doors map[string]http.Handler, env ...string) *house {
	t.Helper()
	h := &house{journal: &journal{}, letters: &letters{}, metrics: prometheus.NewRegistry(), log: &bytes.Buffer{}}
	server, err := webhook.New(config(t, env...), webhook.Deps{
		OrgID: "demo", Journal: h.journal, DeadLetters: h.letters, Metrics: h.metrics,
		Log: zerolog.New(zerolog.SyncWriter(h.log)), Now: func() time.Time { return at }, Doors: doors,
	})
	if err != nil {
		t.Fatal(err)
	}
	h.server = server
	return h
}

// config reads the configuration from name=value, over what tests need; an empty
// value unsets the variable.
func config(t testing.TB, env ...string) webhook.Config {
	t.Helper()
	values := map[string]string{"WEBHOOK_SIGNING_KEYS": testKey, "WEBHOOK_ADDR": "127.0.0.1:0"}
	for _, pair := range env {
		name, value, _ := strings.Cut(pair, "=")
		values[name] = value
		if value == "" {
			delete(values, name)
		}
	}
	var cfg webhook.Config
	err := envconfig.ProcessWith(context.Background(), &envconfig.Config{
		Target: &cfg, Lookuper: envconfig.MapLookuper(values),
	})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// encrypting is the configuration for encrypted data.
var encrypting = []string{"WEBHOOK_DATA_KEY=" + dataKey, "WEBHOOK_DATA_IV=" + dataIV}

// post sends a body with a signature.
func (h *house) post(body []byte, sign string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, endpoint+"?sign="+url.QueryEscape(sign), bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return h.do(r)
}

// push sends a body signed as Moka does.
func (h *house) push(body []byte) *httptest.ResponseRecorder {
	return h.post(body, webhook.Sign(testKey, body))
}

func (h *house) do(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.server.Handler().ServeHTTP(w, r)
	return w
}

// reply is an answer as Moka reads it.
type reply struct {
	Code     *int            `json:"code"`
	Msg      string          `json:"msg"`
	Data     json.RawMessage `json:"data"`
	Redirect *struct {
		PC     string `json:"pcUrl"`
		Mobile string `json:"mobileUrl"`
	} `json:"redirectUrl"`
}

// wantAnswer checks the status, and that the answer is fit for both of Moka's
// readers: code 0 and data for success, else another code and a Chinese msg.
func wantAnswer(t testing.TB, w *httptest.ResponseRecorder, status int) reply {
	t.Helper()
	if w.Code != status {
		t.Errorf("status %d, want %d: %s", w.Code, status, w.Body)
	}
	var r reply
	if err := json.Unmarshal(w.Body.Bytes(), &r); err != nil {
		t.Fatalf("the answer is not JSON: %v: %s", err, w.Body)
	}
	chinese := strings.ContainsFunc(r.Msg, func(r rune) bool { return r >= 0x4e00 && r <= 0x9fff })
	switch {
	case r.Code == nil || !chinese:
		t.Errorf("the answer lacks a code or a Chinese msg: %s", w.Body)
	case w.Code/100 == 2 && (*r.Code != 0 || len(r.Data) == 0 || r.Data[0] != '{'):
		t.Errorf("a success wants code 0 and data: %s", w.Body)
	case w.Code/100 != 2 && *r.Code == 0:
		t.Errorf("a failure with code 0: %s", w.Body)
	}
	return r
}

// wantNothingKept checks that nothing was journaled and no letter written.
func (h *house) wantNothingKept(t testing.TB) {
	t.Helper()
	if e, l := h.journal.take(), h.letters.take(); len(e) != 0 || len(l) != 0 {
		t.Errorf("%d journal entries and %d dead letters, want none", len(e), len(l))
	}
}

func sample(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// compact is what JSON.stringify makes of a sample.
func compact(t testing.TB, body []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, body); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func pushSample(t testing.TB) []byte {
	t.Helper()
	return compact(t, sample(t, "webhook_pushCandidate.json"))
}

func interviewSample(t testing.TB) []byte {
	t.Helper()
	return compact(t, sample(t, "webhook_createInterviewsInfo.json"))
}

// encrypted is a body with its data encrypted, and nothing else changed.
func encrypted(t testing.TB, body []byte) []byte {
	t.Helper()
	var env struct {
		Data json.RawMessage `json:"data"`
	}
	if err := json.Unmarshal(body, &env); err != nil {
		t.Fatal(err)
	}
	c, err := webhook.NewDataCipher(dataKey, dataIV)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Replace(body, env.Data, []byte(`"`+c.Seal(env.Data)+`"`), 1)
}
