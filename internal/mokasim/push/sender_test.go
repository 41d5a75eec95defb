package push_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/mokasim/payload"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// eager is a clock whose waits are over at once; it remembers them.
type eager struct{ waits []time.Duration }

func (*eager) Now() time.Time { return time.Unix(1505296287, 0) }

func (e *eager) After(d time.Duration) <-chan time.Time {
	e.waits = append(e.waits, d)
	over := make(chan time.Time, 1)
	over <- e.Now()
	return over
}

func sender(t *testing.T, target string, clock push.Clock) *push.Sender {
	t.Helper()
	parsed, err := url.Parse(target)
	if err != nil {
		t.Fatal(err)
	}
	s := push.NewSender(push.Config{URL: parsed, Backoff: time.Second, Timeout: 5 * time.Second, InsecureTLS: true}, clock)
	t.Cleanup(s.Close)
	return s
}

func seal(t *testing.T, event string) push.Message {
	t.Helper()
	one := webhook()
	one.Event = event
	message, err := keys.Seal(one, push.Manner{})
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func TestRequest(t *testing.T) {
	var got *http.Request
	var body []byte
	server := httptest.NewTLSServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { // self-signed
		got = r
		body, _ = io.ReadAll(r.Body)
	}))
	defer server.Close()
	message := seal(t, payload.PushCandidate)
	record := sender(t, server.URL+"/webhooks/moka?org=demo", &eager{}).Send(t.Context(), message, 0)
	if record.Outcome != push.Delivered || record.Status != 200 {
		t.Fatalf("%+v", record)
	}
	if got.Method != http.MethodPost || got.URL.Path != "/webhooks/moka" || got.Header.Get("Content-Type") != "application/json" {
		t.Errorf("%s %s %v", got.Method, got.URL, got.Header)
	}
	if got.URL.Query().Get("org") != "demo" || got.URL.Query().Get("sign") != push.Sign("qwer", body) {
		t.Errorf("query %s does not sign the bytes received", got.URL.RawQuery)
	}
}

func TestJudgement(t *testing.T) {
	for name, test := range map[string]struct {
		event, answer   string
		status          int
		outcome, shown  string
		pc              string
		wantsRepetition bool
	}{
		"2xx":                      {payload.PushCandidate, ``, 204, push.Delivered, "", "", false},
		"2xx, msg not shown":       {payload.PushCandidate, `{"code":0,"msg":"ok"}`, 200, push.Delivered, "", "", false},
		"redirect of the browser":  {payload.PushCandidate, `{"redirectUrl":{"pcUrl":"https://ehr.example/1","mobileUrl":""}}`, 200, push.Delivered, "", "https://ehr.example/1", false},
		"odd redirectUrl":          {payload.PushCandidate, `{"redirectUrl":[]}`, 200, push.Delivered, "", "", false},
		"4xx with msg":             {payload.PushCandidate, `{"msg":"数据有误"}`, 422, push.Refused, "数据有误", "", false},
		"4xx without":              {payload.PushCandidate, `no JSON`, 401, push.Refused, "导入失败", "", false},
		"msg is no text":           {payload.PushCandidate, `{"msg":{"a":1}}`, 400, push.Refused, "导入失败", "", false},
		"3xx is not followed":      {payload.PushCandidate, ``, 302, push.Refused, "导入失败", "", false},
		"5xx":                      {payload.PushCandidate, `{"msg":"系统繁忙"}`, 503, push.Refused, "系统繁忙", "", true},
		"interview, code 0":        {payload.CreateInterviewsInfo, `{"code":0,"msg":"","data":{}}`, 200, push.Delivered, "", "", false},
		"interview, no code":       {payload.UpdateInterviewsInfo, `{}`, 200, push.Refused, "导入失败", "", false},
		"interview, code not zero": {payload.DeleteInterviewsInfo, `{"code":1,"msg":"没有此面试"}`, 200, push.Refused, "没有此面试", "", false},
		"interview, code as text":  {payload.DeleteInterviewsInfo, `{"code":"0"}`, 200, push.Refused, "导入失败", "", false},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Location", "/elsewhere")
				w.WriteHeader(test.status)
				_, _ = io.WriteString(w, test.answer)
			}))
			defer server.Close()
			clock := &eager{}
			record := sender(t, server.URL, clock).Send(t.Context(), seal(t, test.event), 2)
			if record.Outcome != test.outcome || record.Shown != test.shown || record.Status != test.status || record.Answer != test.answer {
				t.Errorf("%+v", record)
			}
			var pc string
			if record.Redirect != nil {
				pc = record.Redirect.PC
			}
			if pc != test.pc {
				t.Errorf("the browser goes to %q, want %q", pc, test.pc)
			}
			attempts := 1
			if test.wantsRepetition {
				attempts = 3
			}
			if len(record.Attempts) != attempts {
				t.Errorf("%d attempts, want %d", len(record.Attempts), attempts)
			}
		})
	}
}

func TestRepetitionUntilItWorks(t *testing.T) {
	var bodies, signs []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		bodies, signs = append(bodies, string(body)), append(signs, r.URL.Query().Get("sign"))
		if len(bodies) < 3 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	clock := &eager{}
	record := sender(t, server.URL, clock).Send(t.Context(), seal(t, payload.PushCandidate), 5)
	if record.Outcome != push.Delivered || len(record.Attempts) != 3 || record.Attempts[0].Status != 500 {
		t.Errorf("%+v", record)
	}
	if bodies[0] != bodies[2] || signs[0] != signs[2] {
		t.Error("a repetition differs from the first attempt")
	}
	if len(clock.waits) != 2 || clock.waits[0] != time.Second || clock.waits[1] != 2*time.Second {
		t.Errorf("waited %v", clock.waits)
	}
}

func TestNoAnswer(t *testing.T) {
	const gone = "127.0.0.1:1" // nobody listens there
	message := seal(t, payload.PushCandidate)
	record := sender(t, "http://"+gone, &eager{}).Send(t.Context(), message, 1)
	if record.Outcome != push.Failed || len(record.Attempts) != 2 || record.Shown == "" || record.Status != 0 {
		t.Errorf("%+v", record)
	}
	text, err := json.Marshal(record)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), message.Sign) || strings.Contains(string(text), "sign=") {
		t.Errorf("the record shows the signature: %s", text)
	}
}

func TestTimeOutAndAbandonment(t *testing.T) {
	arrived, release := make(chan struct{}, 4), make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-release
	}))
	defer server.Close()
	defer close(release)
	target, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	impatient := push.NewSender(push.Config{URL: target, Timeout: 50 * time.Millisecond}, &eager{})
	defer impatient.Close()
	record := impatient.Send(t.Context(), seal(t, payload.PushCandidate), 1)
	if record.Outcome != push.Failed || len(record.Attempts) != 2 || !record.Attempts[0].TimedOut {
		t.Errorf("%+v", record)
	}
	<-arrived
	<-arrived

	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		<-arrived
		cancel()
	}()
	record = sender(t, server.URL, &eager{}).Send(ctx, seal(t, payload.PushCandidate), 3)
	if record.Outcome != push.Abandoned || len(record.Attempts) != 1 {
		t.Errorf("%+v", record)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	history := push.NewHistory(3)
	for range 100 {
		history.Add(push.Record{Outcome: push.Refused, Attempts: make([]push.Attempt, 2)})
	}
	last, totals := history.Last(50)
	if len(last) != 3 || last[0].Seq != 98 || last[2].Seq != 100 {
		t.Errorf("remembers %+v", last)
	}
	if want := (push.Totals{Pushes: 100, Requests: 200, Refused: 100}); totals != want {
		t.Errorf("totals %+v", totals)
	}
}
