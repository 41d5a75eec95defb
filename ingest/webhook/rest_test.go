package webhook_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// TestPublishIsWhatTheDoorWants is settled by the compiler.
func TestPublishIsWhatTheDoorWants(*testing.T) {
	var _ webhook.Journal = (*publish.Journal)(nil)
	var _ webhook.DeadLetters = (*publish.DeadLetters)(nil)
}

func signedRequest(t testing.TB, body []byte) *http.Request {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, endpoint+"?sign="+webhook.Sign(testKey, body), bytes.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

// TestUnreadableIsADeadLetterFirst: the answer to what is authentic and cannot
// be taken goes out after its bytes are safe, and is 503 where they are not.
func TestUnreadableIsADeadLetterFirst(t *testing.T) {
	h := open(t)
	seen := map[string]string{}
	for body, class := range map[string]string{
		`{"id":`: "not_json", `[]`: "not_json", `payload=1`: "not_json", ``: "not_json",
		`{"id":"1"}`: "no_event",
		`{"id":"1","event":"pushCandidate","data":{}}`:                                             "no_application",
		`{"id":"1","event":"deleteInterviewsInfo","data":{"applicationIds":[]}}`:                   "no_application",
		`{"id":"1","event":"pushCandidate"}`:                                                       "no_application",
		`{"id":"1","event":"pushCandidate","data":{"applicationId":[1,2]}}`:                        "no_application",
		`{"id":"1","event":"pushCandidate","data":{"applicationId":"+5"}}`:                         "no_application",
		`{"id":"1","event":"updateInterviewsInfo","data":{"applicationIds":[1` + manyIDs() + `]}}`: "too_many_applications",
	} {
		wantAnswer(t, h.push([]byte(body)), http.StatusUnprocessableEntity)
		got := h.letters.take()
		if len(got) != 1 {
			t.Errorf("%s: %d dead letters", body, len(got))
			continue
		}
		org, door := "demo", "webhook/rest"
		want := schemas.DeadLetter{
			ID: got[0].ID, Stage: schemas.DeadLetterStageWebhook, ErrorClass: class, ErrorText: got[0].ErrorText,
			OccurredAt: at, Attempts: 1, OrgID: &org, Endpoint: &door, ContentType: "application/json", Body: []byte(body),
		}
		if diff := cmp.Diff(want, got[0]); diff != "" || got[0].ErrorText == "" {
			t.Errorf("%s: dead letter (-want +got)\n%s", body, diff)
		}
		if other, ok := seen[got[0].ID]; ok {
			t.Errorf("%q and %q are one dead letter", body, other)
		}
		seen[got[0].ID] = body
		h.push([]byte(body))
		if again := h.letters.take(); len(again) != 1 || again[0].ID != got[0].ID {
			t.Errorf("%s: sent again, it is another dead letter", body)
		}
		h.letters.fail = publish.ErrUnavailable
		wantAnswer(t, h.push([]byte(body)), http.StatusServiceUnavailable)
		h.letters.fail = nil
	}
	h.wantNothingKept(t)
}

func TestTooLargeForTheJournalIsADeadLetter(t *testing.T) {
	h := open(t)
	h.journal.fail = func(context.Context) error { return publish.ErrTooLarge }
	wantAnswer(t, h.push(pushSample(t)), http.StatusRequestEntityTooLarge)
	if got := h.letters.take(); len(got) != 1 || got[0].ErrorClass != "too_large" || !bytes.Equal(got[0].Body, pushSample(t)) {
		t.Errorf("dead letters %+v", got)
	}
}

// TestTooLargeForAllItsApplications: a body of which the journal would take one,
// but not one for each application, is not told to come again for ever.
func TestTooLargeForAllItsApplications(t *testing.T) {
	h := open(t)
	body := func(size int) []byte {
		head := `{"id":"1","event":"updateInterviewsInfo","data":{"applicationIds":[1,2,3,4,5,6,7,8],"x":"`
		return []byte(head + strings.Repeat("y", size-len(head)-len(`"}}`)) + `"}}`)
	}
	fits, over := body(4<<20), body(4<<20+1)
	wantAnswer(t, h.push(fits), http.StatusOK)
	if got := h.journal.take(); len(got) != 8 {
		t.Errorf("%d entries, want 8", len(got))
	}
	wantAnswer(t, h.push(over), http.StatusRequestEntityTooLarge)
	if got := h.letters.take(); len(got) != 1 || got[0].ErrorClass != "too_large" || !bytes.Equal(got[0].Body, over) {
		t.Errorf("%d dead letters", len(got))
	}
	h.wantNothingKept(t)
}

// TestNoAcceptanceWithoutTheJournal: whatever it says that is not nil.
func TestNoAcceptanceWithoutTheJournal(t *testing.T) {
	for err, want := range map[error]int{
		publish.ErrBusy:          http.StatusTooManyRequests,
		publish.ErrUnavailable:   http.StatusServiceUnavailable,
		context.DeadlineExceeded: http.StatusServiceUnavailable,
		errors.New("broken"):     http.StatusServiceUnavailable,
	} {
		h := open(t)
		h.journal.fail = func(context.Context) error { return fmt.Errorf("append: %w", err) }
		w := h.push(pushSample(t))
		wantAnswer(t, w, want)
		if w.Header().Get("Retry-After") == "" {
			t.Errorf("%v: no Retry-After", err)
		}
		h.wantNothingKept(t)
		h.journal.fail = nil
		wantAnswer(t, h.push(pushSample(t)), http.StatusOK) // it recovers by itself
	}
}

// TestAnswerIsInTime: the journal is given a deadline.
func TestAnswerIsInTime(t *testing.T) {
	h := open(t, "WEBHOOK_ANSWER_TIMEOUT=50ms")
	h.journal.fail = func(ctx context.Context) error {
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", publish.ErrUnavailable, ctx.Err())
		case <-time.After(10 * time.Second):
			return errors.New("no deadline")
		}
	}
	start := time.Now()
	wantAnswer(t, h.push(pushSample(t)), http.StatusServiceUnavailable)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("answered after %s", took)
	}
}

// TestClientWhoHangsUpTakesNothingBack: what is begun is ended.
func TestClientWhoHangsUpTakesNothingBack(t *testing.T) {
	h := open(t)
	ctx, hangUp := context.WithCancel(context.Background())
	h.journal.fail = func(ctx context.Context) error {
		hangUp()
		return ctx.Err()
	}
	wantAnswer(t, h.do(signedRequest(t, pushSample(t)).WithContext(ctx)), http.StatusOK)
	if got := h.journal.take(); len(got) != 1 {
		t.Errorf("%d entries", len(got))
	}
}

func TestRequestsInFlightAreBounded(t *testing.T) {
	h := open(t, "WEBHOOK_MAX_IN_FLIGHT=2")
	inside, leave := make(chan struct{}), make(chan struct{})
	h.journal.fail = func(context.Context) error {
		inside <- struct{}{}
		<-leave
		return nil
	}
	done := make(chan int)
	for range 2 {
		go func() { done <- h.push(pushSample(t)).Code }()
		<-inside
	}
	h.wantMetric(t, "mokafka_webhook_in_flight_requests", `
		# HELP mokafka_webhook_in_flight_requests Requests being worked on.
		# TYPE mokafka_webhook_in_flight_requests gauge
		mokafka_webhook_in_flight_requests 2
	`)
	w := h.push(pushSample(t))
	wantAnswer(t, w, http.StatusTooManyRequests)
	if w.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
	close(leave)
	for range 2 {
		if code := <-done; code != http.StatusOK {
			t.Errorf("status %d", code)
		}
	}
	h.journal.fail = nil
	wantAnswer(t, h.push(pushSample(t)), http.StatusOK)
	if got := h.journal.take(); len(got) != 3 {
		t.Errorf("%d entries, want 3", len(got))
	}
}

func TestBodyLimit(t *testing.T) {
	body := pushSample(t)
	for _, one := range []struct {
		name   string
		limit  int
		length int64 // announced
		want   int
	}{
		{"as large as may be", len(body), int64(len(body)), http.StatusOK},
		{"as large as may be, not announced", len(body), -1, http.StatusOK},
		{"larger", len(body) - 1, int64(len(body)), http.StatusRequestEntityTooLarge},
		{"larger, not announced", len(body) - 1, -1, http.StatusRequestEntityTooLarge},
		{"announced as huge", 10 << 20, 1 << 40, http.StatusRequestEntityTooLarge},
	} {
		h := open(t, fmt.Sprintf("WEBHOOK_MAX_BODY=%d", one.limit))
		r := signedRequest(t, body)
		r.ContentLength = one.length
		w := h.do(r)
		wantAnswer(t, w, one.want)
		if got := h.journal.take(); (one.want == http.StatusOK) != (len(got) == 1 && bytes.Equal(got[0].Body, body)) {
			t.Errorf("%s: journaled %d entries", one.name, len(got))
		}
		h.wantNothingKept(t)
	}
}

// TestLargeBody arrives in pieces, announced or not.
func TestLargeBody(t *testing.T) {
	body := []byte(`{"id":"1","event":"pushCandidate","data":{"applicationId":1,"x":"` + strings.Repeat("y", 10<<20-100) + `"}}`)
	for _, length := range []int64{int64(len(body)), -1} {
		h := open(t)
		r := signedRequest(t, body)
		r.ContentLength = length
		r.Body = io.NopCloser(pieces{bytes.NewReader(body)})
		wantAnswer(t, h.do(r), http.StatusOK)
		if got := h.journal.take(); len(got) != 1 || !bytes.Equal(got[0].Body, body) {
			t.Error("the body was journaled otherwise")
		}
	}
}

// pieces reads at most 10,000 bytes at a time.
type pieces struct{ r io.Reader }

func (p pieces) Read(b []byte) (int, error) { return p.r.Read(b[:min(len(b), 10_000)]) }

func TestMemoryOfBodiesIsBounded(t *testing.T) {
	body := []byte(`{"id":"1","event":"pushCandidate","data":{"applicationId":1,"x":"` + strings.Repeat("y", 200_000) + `"}}`)
	h := open(t, "WEBHOOK_MAX_BODY=300000", "WEBHOOK_MAX_IN_FLIGHT_BYTES=300000")
	inside, leave := make(chan struct{}), make(chan struct{})
	h.journal.fail = func(context.Context) error {
		inside <- struct{}{}
		<-leave
		return nil
	}
	done := make(chan int)
	go func() { done <- h.push(body).Code }()
	<-inside
	wantAnswer(t, h.push(body), http.StatusTooManyRequests)
	// An announcement takes no room.
	r := signedRequest(t, []byte(`{}`))
	r.ContentLength = 300_000
	r.Body = io.NopCloser(strings.NewReader(`{}`))
	wantAnswer(t, h.do(r), http.StatusUnprocessableEntity)

	close(leave)
	if code := <-done; code != http.StatusOK {
		t.Errorf("status %d", code)
	}
	h.wantMetric(t, "mokafka_webhook_in_flight_body_bytes", `
		# HELP mokafka_webhook_in_flight_body_bytes Memory that their bodies take.
		# TYPE mokafka_webhook_in_flight_body_bytes gauge
		mokafka_webhook_in_flight_body_bytes 0
	`)
}

// TestReadingTheUnsignedTakesRoom: what is signed as it was sent needs none beside
// its own; to look for other forms of the signature, much.
func TestReadingTheUnsignedTakesRoom(t *testing.T) {
	body := []byte(`{"id":"1","event":"pushCandidate","data":{"applicationId":1,"x":"` + strings.Repeat("y", 50_000) + `"}}`)
	spaced := append([]byte(" "), body...)
	h := open(t, "WEBHOOK_MAX_BODY=100000", "WEBHOOK_MAX_IN_FLIGHT_BYTES=300000")
	inside, leave := make(chan struct{}), make(chan struct{})
	var entered atomic.Bool
	h.journal.fail = func(context.Context) error {
		if entered.CompareAndSwap(false, true) {
			close(inside)
			<-leave
		}
		return nil
	}
	done := make(chan int)
	go func() { done <- h.push(body).Code }()
	<-inside
	for range 2 {
		wantAnswer(t, h.post(body, strings.Repeat("0", 64)), http.StatusTooManyRequests)
		wantAnswer(t, h.post(spaced, webhook.Sign(testKey, body)), http.StatusTooManyRequests)
		wantAnswer(t, h.post(body, "x"), http.StatusUnauthorized) // nothing to look for
	}
	close(leave)
	if code := <-done; code != http.StatusOK {
		t.Errorf("status %d", code)
	}
	for range 2 {
		wantAnswer(t, h.post(body, strings.Repeat("0", 64)), http.StatusUnauthorized)
		wantAnswer(t, h.post(spaced, webhook.Sign(testKey, body)), http.StatusOK)
	}
	h.wantMetric(t, "mokafka_webhook_in_flight_body_bytes", `
		# HELP mokafka_webhook_in_flight_body_bytes Memory that their bodies take.
		# TYPE mokafka_webhook_in_flight_body_bytes gauge
		mokafka_webhook_in_flight_body_bytes 0
	`)
}

func TestBodyCutOff(t *testing.T) {
	h := open(t)
	r := signedRequest(t, pushSample(t))
	r.Body = io.NopCloser(io.MultiReader(strings.NewReader(`{"id":`), broken{}))
	wantAnswer(t, h.do(r), http.StatusBadRequest)
	h.wantNothingKept(t)
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestOtherMethods(t *testing.T) {
	h := open(t)
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodOptions} {
		r := signedRequest(t, pushSample(t))
		r.Method = method
		w := h.do(r)
		wantAnswer(t, w, http.StatusMethodNotAllowed)
		if w.Header().Get("Allow") != http.MethodPost {
			t.Errorf("%s: Allow is %q", method, w.Header().Get("Allow"))
		}
	}
	h.wantNothingKept(t)
}

// TestPanicStaysWithItsRequest, and its value is not logged.
func TestPanicStaysWithItsRequest(t *testing.T) {
	h := open(t)
	h.journal.fail = func(context.Context) error { panic("邵旭冬") }
	wantAnswer(t, h.push(pushSample(t)), http.StatusInternalServerError)
	if log := h.log.String(); !strings.Contains(log, "a webhook request failed") || strings.Contains(log, "邵旭冬") {
		t.Errorf("log: %s", log)
	}
	h.journal.fail = nil
	wantAnswer(t, h.push(pushSample(t)), http.StatusOK)
}

func TestFurtherDoors(t *testing.T) {
	h := openWith(t, map[string]http.Handler{
		"POST /webhooks/moka/soap": http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) }),
	})
	if w := h.do(httptest.NewRequest(http.MethodPost, "/webhooks/moka/soap", nil)); w.Code != http.StatusTeapot {
		t.Errorf("status %d", w.Code)
	}
	wantAnswer(t, h.push(pushSample(t)), http.StatusOK)
}
