package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/mokasim/api"
)

func (r *rig) fault(fault api.Fault) int {
	r.t.Helper()
	id, err := r.api.Order(fault)
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

// move is a write: to another stage each time.
func (r *rig) move() (path string, id int64) {
	r.t.Helper()
	id = r.find(open)
	to := r.stage(200)
	if r.app(id).Stage.ID == to {
		to = r.stage(100)
	}
	return fmt.Sprintf("/v1/applications/move_application_stage?applicationId=%d&stageId=%d", id, to), id
}

// What each fault does to a write: the answer, and whether it took effect.
func TestFaultsOfWrites(t *testing.T) {
	for kind, want := range map[api.FaultKind]struct {
		effect bool
		ok     func(said) bool
	}{
		api.FaultError:        {false, func(got said) bool { return got.status == 500 && strings.Contains(got.body, "系统异常") }},
		api.FaultUnauthorized: {false, func(got said) bool { return got.status == 500 && got.body == unknown }},
		api.FaultQuota:        {false, func(got said) bool { return got.status == 429 && got.header.Get("Retry-After") == "" }},
		api.FaultReset:        {false, wasReset},
		api.FaultErrorAfter:   {true, func(got said) bool { return got.status == 500 }},
		api.FaultResetAfter:   {true, wasReset},
		api.FaultTruncated:    {true, func(got said) bool { return got.status == 200 && got.body == `{"code":0,"ms` }},
		api.FaultCut:          {true, func(got said) bool { return got.status == 200 && errors.Is(got.err, io.ErrUnexpectedEOF) }},
		api.FaultHTML: {true, func(got said) bool {
			return got.status == 200 && strings.Contains(got.header.Get("Content-Type"), "html")
		}},
	} {
		t.Run(string(kind), func(t *testing.T) {
			r := newRig(t, nil)
			path, id := r.move()
			before := r.app(id).Stage.ID
			r.fault(api.Fault{Endpoint: "PUT /v1/applications/*", Kind: kind, Calls: 1})
			if got := r.call(put, path, ""); !want.ok(got) {
				t.Errorf("%d %q %v", got.status, got.body, got.err)
			}
			if moved := r.app(id).Stage.ID != before; moved != want.effect || len(r.effects()) == 1 != want.effect {
				t.Errorf("took effect: %t, %+v", moved, r.effects())
			}
			if want.effect && r.effects()[0].Fault != kind {
				t.Errorf("the effect names %q", r.effects()[0].Fault)
			}
			// Once means once.
			if got := r.call(put, path, ""); got.status != 200 || got.body != `{"code":0,"msg":"Success"}` {
				t.Errorf("the next call: %d %s %v", got.status, got.body, got.err)
			}
			if list := r.api.Faults(); len(list) != 1 || !list[0].Over || list[0].Fired != 1 || list[0].Matched != 1 {
				t.Errorf("%+v", list)
			}
		})
	}
}

func wasReset(got said) bool {
	return errors.Is(got.err, syscall.ECONNRESET) || errors.Is(got.err, io.EOF)
}

func TestHangsEndWhenTheCallerHangsUp(t *testing.T) {
	for kind, effect := range map[api.FaultKind]bool{api.FaultHang: false, api.FaultHangAfter: true} {
		r := newRig(t, nil)
		path, _ := r.move()
		r.fault(api.Fault{Endpoint: "writes", Kind: kind})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan said, 1)
		request := r.request(ctx, put, "/api-platform"+path, "")
		go func() { done <- send(request) }()
		if held := <-r.clock.waits; held != 5*time.Minute {
			t.Errorf("hangs for %s", held)
		}
		if (len(r.effects()) == 1) != effect {
			t.Errorf("%s: %v", kind, r.effects())
		}
		cancel()
		if got := <-done; !errors.Is(got.err, context.Canceled) {
			t.Errorf("%s answers %d %v", kind, got.status, got.err)
		}
		r.server.Close() // waits for handlers: the hang has ended
	}
}

func TestHangsEndAtTheirTime(t *testing.T) {
	r := newRig(t, nil)
	path, _ := r.move()
	r.fault(api.Fault{Kind: api.FaultHang, For: api.Duration(time.Second)})
	done := make(chan said, 1)
	request := r.request(t.Context(), put, "/api-platform"+path, "")
	go func() { done <- send(request) }()
	if held := <-r.clock.waits; held != time.Second {
		t.Errorf("hangs for %s", held)
	}
	r.clock.advance(time.Second)
	if got := <-done; !errors.Is(got.err, io.EOF) {
		t.Errorf("%d %v", got.status, got.err)
	}
}

func TestEndlessBody(t *testing.T) {
	r := newRig(t, nil)
	r.fault(api.Fault{Endpoint: "reads", Kind: api.FaultEndless})
	response, err := http.DefaultTransport.RoundTrip(r.request(t.Context(), http.MethodGet, "/api-platform/v1/archiveReasons", ""))
	if err != nil {
		t.Fatal(err)
	}
	if n, err := io.CopyN(io.Discard, response.Body, 8<<20); err != nil {
		t.Errorf("ended after %d: %v", n, err)
	}
	_ = response.Body.Close()
	r.server.Close() // waits for handlers: hanging up ended it
}

func TestSlowBody(t *testing.T) {
	r := newRig(t, nil)
	r.fault(api.Fault{Kind: api.FaultSlow, For: api.Duration(20 * time.Second)})
	done := make(chan said, 1)
	request := r.request(t.Context(), http.MethodGet, "/api-platform/v1/archiveReasons", "")
	go func() { done <- send(request) }()
	for range 19 {
		if pause := <-r.clock.waits; pause != time.Second {
			t.Errorf("pauses for %s", pause)
		}
		r.clock.advance(time.Second)
	}
	r.api.Clear(0)
	if got, want := <-done, r.call(http.MethodGet, "/v1/archiveReasons", ""); got.body != want.body || got.err != nil {
		t.Errorf("%q %v", got.body, got.err)
	}
}

func TestDuplicateRows(t *testing.T) {
	r := newRig(t, nil)
	rows := func(path string) int {
		t.Helper()
		var whole struct{ Data, Headcounts []json.RawMessage }
		got := r.call(http.MethodGet, path, "")
		if json.Unmarshal([]byte(got.body), &whole) == nil {
			return len(whole.Data) + len(whole.Headcounts)
		}
		var list []json.RawMessage
		if err := json.Unmarshal([]byte(got.body), &list); err != nil {
			t.Fatalf("%s: %s", path, got.body)
		}
		return len(list)
	}
	for _, path := range []string{"/v1/archiveReasons", "/v1/headcount/minimal_headcounts", "/v1/data/job_stages?jobId=" + r.company.Headcounts()[0].Jobs[0].ID} {
		before := rows(path)
		id := r.fault(api.Fault{Kind: api.FaultDuplicateRows})
		if after := rows(path); before == 0 || after != 2*before {
			t.Errorf("%s has %d rows, then %d", path, before, after)
		}
		r.api.Clear(id)
	}
}

func TestSameNextForEver(t *testing.T) {
	r := newRig(t, nil)
	r.fault(api.Fault{Endpoint: "/v2/data/ehrApplications", Kind: api.FaultSameNext})
	next := func(body string) string {
		t.Helper()
		var page struct{ Next string }
		got := r.call(http.MethodPost, "/v2/data/ehrApplications", body)
		if err := json.Unmarshal([]byte(got.body), &page); err != nil || got.status != 200 {
			t.Fatalf("%d %.300s %v", got.status, got.body, err)
		}
		return page.Next
	}
	first := next(`{"limit":2}`)
	if first == "" {
		t.Fatal("a first page without a next")
	}
	for range 5 {
		if again := next(fmt.Sprintf(`{"limit":2,"next":%q}`, first)); again != first {
			t.Fatalf("next is %q, asked with %q", again, first)
		}
	}
}

func TestFaultsByProbabilityRepeat(t *testing.T) {
	story := func(seed uint64) string {
		r := newRig(t, func(cfg *api.Config) { cfg.Seed = seed })
		r.fault(api.Fault{Endpoint: "/v1/arch*", Kind: api.FaultError, Probability: 0.3, Status: 503})
		r.fault(api.Fault{Endpoint: "GET /v1/archiveReasons", Kind: api.FaultHTML, Calls: 10, Probability: 0.5})
		var told strings.Builder
		for range 100 {
			got := r.call(http.MethodGet, "/v1/archiveReasons", "")
			switch {
			case got.status == 503:
				told.WriteByte('e')
			case strings.HasPrefix(got.body, "<html>"):
				told.WriteByte('h')
			default:
				told.WriteByte('.')
			}
		}
		return told.String()
	}
	first := story(1)
	if diff := cmp.Diff(first, story(1)); diff != "" {
		t.Errorf("the same seed: %s", diff)
	}
	if errors, pages := strings.Count(first, "e"), strings.Count(first, "h"); errors < 15 || errors > 45 || pages != 10 {
		t.Errorf("%d errors and %d pages: %s", errors, pages, first)
	}
	if first == story(2) {
		t.Error("another seed, the same lots")
	}
}

func TestFaultsCoverWhatTheySay(t *testing.T) {
	for pattern, covered := range map[string]bool{
		"":                               true,
		"*":                              true,
		"writes":                         true,
		"reads":                          false,
		"/v1/applications/*/hired":       true,
		"put /v1/applications/*/hired":   true,
		"POST /v1/applications/*/hired":  false,
		"/v1/applications/*/rejected":    false,
		"/v1/applications/*":             true,
		"*/hired":                        true,
		"*applications*h*d":              true,
		"/v1/applications/7/hired":       true,
		"/v1/applications/7":             false,
		"/api-platform/v1/applications*": true,
		"*hired*hired":                   false,
	} {
		r := newRig(t, nil)
		r.fault(api.Fault{Endpoint: pattern, Kind: api.FaultError, Status: 599})
		if got := r.call(put, "/v1/applications/7/hired", "{}"); (got.status == 599) != covered {
			t.Errorf("%q: %d", pattern, got.status)
		}
	}
}

func TestFaultsAreNotForCallsRefusedBefore(t *testing.T) {
	r := newRig(t, func(cfg *api.Config) { cfg.PerMinute = 1 })
	r.call(http.MethodGet, "/v1/archiveReasons", "")
	r.fault(api.Fault{Kind: api.FaultError, Calls: 1})
	r.call(http.MethodGet, "/nowhere", "")
	r.key = "wrong"
	r.call(http.MethodGet, "/v1/archiveReasons", "")
	r.key = key
	r.call(http.MethodGet, "/v1/archiveReasons", "")
	if list := r.api.Faults(); list[0].Matched != 0 {
		t.Errorf("%+v", list)
	}
}

func TestWrongFaults(t *testing.T) {
	r := newRig(t, nil)
	for _, fault := range []api.Fault{
		{}, {Kind: "other"}, {Kind: api.FaultError, Calls: -1}, {Kind: api.FaultError, Probability: 1.5}, {Kind: api.FaultError, Status: 42},
		{Kind: api.FaultQuota, Form: "other"}, {Kind: api.FaultQuota, RetryAfter: -1}, {Kind: api.FaultHang, For: -1},
	} {
		if _, err := r.api.Order(fault); err == nil {
			t.Errorf("%+v was taken", fault)
		}
	}
	if len(r.api.Faults()) != 0 || r.api.Clear(1) != 0 {
		t.Error("there are faults")
	}
}

// In process there is no connection to reset: the handler panics as net/http
// documents.
func TestInProcess(t *testing.T) {
	r := newRig(t, nil)
	recorder := httptest.NewRecorder()
	r.api.ServeHTTP(recorder, r.request(t.Context(), http.MethodGet, "/api-platform/v1/archiveReasons", ""))
	if recorder.Code != http.StatusOK {
		t.Errorf("%d %s", recorder.Code, recorder.Body)
	}
	r.fault(api.Fault{Kind: api.FaultResetAfter})
	defer func() {
		if recovered, _ := recover().(error); !errors.Is(recovered, http.ErrAbortHandler) {
			t.Errorf("recovered %v", recovered)
		}
	}()
	path, _ := r.move()
	r.api.ServeHTTP(httptest.NewRecorder(), r.request(t.Context(), put, "/api-platform"+path, ""))
	t.Error("a reset call returned")
}
