package mokasim_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/payload"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

const (
	get  = http.MethodGet
	post = http.MethodPost
)

func TestTriggerEachEvent(t *testing.T) {
	target, got := receiver(t, nil)
	r := run(t, config(target), mokasim.Deps{})
	for _, event := range payload.Events() {
		var result mokasim.Triggered
		r.must(post, "/__sim/trigger/"+event, "", &result)
		var last received
		for range len(result.Before) + 1 {
			last = next(t, got)
		}
		sent := result.Pushes[0]
		if sent.Body != last.body || sent.Event != event || sent.Outcome != push.Delivered || sent.Status != 200 || sent.Answer == "" {
			t.Errorf("%s: told of %+v, got %.80s", event, sent, last.body)
		}
		if result.Change.Event != event || result.Change.WebhookID != sent.WebhookID {
			t.Errorf("%s: the change is %+v", event, result.Change)
		}
		if hasRedirect := sent.Redirect != nil; hasRedirect != (event == payload.PushCandidate) {
			t.Errorf("%s: redirect %v", event, sent.Redirect)
		}
	}
}

func TestTriggerForOneApplication(t *testing.T) {
	target, _ := receiver(t, nil)
	r := run(t, config(target), mokasim.Deps{})
	var first mokasim.Triggered
	r.must(post, "/__sim/trigger/pushCandidate", "", &first)
	id := first.Change.ApplicationIDs[0]
	var cancelled mokasim.Triggered
	r.must(post, "/__sim/trigger/deleteInterviewsInfo", fmt.Sprintf(`{"applicationId":%d}`, id), &cancelled)
	if cancelled.Change.ApplicationIDs[0] != id || cancelled.Change.Event != payload.DeleteInterviewsInfo {
		t.Errorf("cancelled %+v", cancelled.Change)
	}
	if len(cancelled.Before) != 1 || cancelled.Before[0].Event != payload.CreateInterviewsInfo || cancelled.Before[0].Outcome != push.Delivered {
		t.Errorf("an application in the offer stage has no interview to cancel; before: %+v", cancelled.Before)
	}
}

func TestTriggerOptions(t *testing.T) {
	target, got := receiver(t, nil)
	cfg := config(target)
	cfg.DataKey, cfg.DataIV, cfg.Encrypt = strings.Repeat("k", 32), strings.Repeat("i", 16), false
	r := run(t, cfg, mokasim.Deps{})
	send := func(options string) (mokasim.Triggered, received) {
		t.Helper()
		var result mokasim.Triggered
		r.must(post, "/__sim/trigger/pushCandidate", options, &result)
		return result, next(t, got)
	}
	if _, one := send(`{"key":"old"}`); one.sign != push.Sign("asdf", []byte(one.body)) {
		t.Error("not signed with the old key")
	}
	if _, one := send(`{"key":"none"}`); one.sign != "" {
		t.Error("signed without a key")
	}
	if result, one := send(`{"tamper":true}`); one.sign == push.Sign("qwer", []byte(one.body)) || !result.Pushes[0].Tampered {
		t.Error("tampering keeps the signature right")
	}
	result, one := send(`{"duplicate":true}`)
	if again := next(t, got); again != one || len(result.Pushes) != 2 || !result.Pushes[1].Duplicate || result.Pushes[0].Duplicate {
		t.Error("the duplicate is not the same bytes again")
	}
	var envelope struct{ Data json.RawMessage }
	_, one = send(`{"encrypted":true}`)
	if err := json.Unmarshal([]byte(one.body), &envelope); err != nil || envelope.Data[0] != '"' || one.sign != push.Sign("qwer", []byte(one.body)) {
		t.Errorf("encrypted as %.150s", one.body)
	}
	if _, one = send(`{"encrypted":true,"signBeforeEncrypted":true}`); one.sign == push.Sign("qwer", []byte(one.body)) {
		t.Error("signed as sent, not before encryption")
	}
	if _, one = send(``); !strings.Contains(one.body, `"data":{`) {
		t.Error("SIM_ENCRYPT=false encrypts")
	}
}

func TestEncryptsByDefaultWithAKey(t *testing.T) {
	target, got := receiver(t, nil)
	cfg := config(target)
	cfg.DataKey, cfg.DataIV = strings.Repeat("k", 32), strings.Repeat("i", 16)
	r := run(t, cfg, mokasim.Deps{})
	r.must(post, "/__sim/trigger/pushCandidate", "", new(mokasim.Triggered))
	if one := next(t, got); strings.Contains(one.body, "applicationId") {
		t.Errorf("pushed in clear: %.150s", one.body)
	}
	r.must(post, "/__sim/trigger/pushCandidate", `{"encrypted":false}`, new(mokasim.Triggered))
	if one := next(t, got); !strings.Contains(one.body, "applicationId") {
		t.Errorf("pushed encrypted: %.150s", one.body)
	}
}

func TestTriggerShowsRefusal(t *testing.T) {
	target, got := receiver(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = w.Write([]byte(`{"msg":"系统繁忙,请稍后再试"}`))
	})
	r := run(t, config(target), mokasim.Deps{})
	var result mokasim.Triggered
	r.must(post, "/__sim/trigger/pushCandidate", `{"retries":1}`, &result)
	if sent := result.Pushes[0]; sent.Outcome != push.Refused || sent.Shown != "系统繁忙,请稍后再试" || len(sent.Attempts) != 2 {
		t.Errorf("%+v", sent)
	}
	next(t, got)
	next(t, got)
	var pushes mokasim.Pushes
	r.must(get, "/__sim/pushes", "", &pushes)
	if len(pushes.Pushes) != 1 || pushes.Pushes[0].Body != "" || pushes.Totals.Refused != 1 || pushes.Totals.Requests != 2 {
		t.Errorf("%+v", pushes)
	}
	r.must(get, "/__sim/pushes?body=true&limit=5", "", &pushes)
	if len(pushes.Pushes) != 1 || pushes.Pushes[0].Body == "" {
		t.Errorf("the body asked for is missing")
	}
}

func TestFaultsAreClear(t *testing.T) {
	target, _ := receiver(t, nil)
	r := run(t, config(target), mokasim.Deps{})
	for _, test := range []struct {
		method, path, body string
		status             int
		says               string
	}{
		{post, "/__sim/trigger/moveStage", "", 404, "pushCandidate, createInterviewsInfo, updateInterviewsInfo, deleteInterviewsInfo"},
		{post, "/__sim/trigger/pushCandidate", `{"applicationId":7}`, 404, "application 7"},
		{post, "/__sim/trigger/pushCandidate", `{"applicationId":-7}`, 400, "negative"},
		{post, "/__sim/trigger/pushCandidate", `{"aplicationId":7}`, 400, "aplicationId"},
		{post, "/__sim/trigger/pushCandidate", `{"applicationId":"7"}`, 400, "applicationId"},
		{post, "/__sim/trigger/pushCandidate", `{}{}`, 400, "goes on"},
		{post, "/__sim/trigger/pushCandidate", `{"retries":21}`, 400, "retries"},
		{post, "/__sim/trigger/pushCandidate", `{"key":"newest"}`, 400, "current, old, wrong or none"},
		{post, "/__sim/trigger/pushCandidate", `{"encrypted":true}`, 409, "SIM_DATA_KEY"},
		{get, "/__sim/trigger/pushCandidate", "", 405, "wants POST"},
		{post, "/__sim/pace", `{"pace":"fast"}`, 400, "500ms"},
		{post, "/__sim/pace", `{"pace":"0s"}`, 400, "/__sim/pause"},
		{post, "/__sim/pace", ``, 400, "pace"},
		{post, "/__sim/status", "", 405, "wants GET"},
		{get, "/__sim/pushes?limit=many", "", 400, "limit"},
		{get, "/__sim/log?after=-1", "", 400, "after"},
		{post, "/__sim/burst", `{}`, 400, "count"},
		{post, "/__sim/burst", `{"count":1,"concurrency":1000}`, 400, "256"},
		{post, "/__sim/burst", `{"count":1,"event":"x"}`, 404, "pushCandidate"},
		{get, "/__sim/", "", 404, "status"},
	} {
		var fault struct{ Error string }
		status := r.call(test.method, test.path, test.body, &fault)
		if status != test.status || !strings.Contains(fault.Error, test.says) {
			t.Errorf("%s %s %s: %d %q, want %d %q", test.method, test.path, test.body, status, fault.Error, test.status, test.says)
		}
	}
	var status mokasim.Status
	r.must(get, "/__sim/status", "", &status)
	if status.Changes != 0 || status.Pushes.Pushes != 0 {
		t.Errorf("a fault changed the company: %+v", status)
	}
	var unknown struct{ Message string }
	if code := r.call(get, "/api-platform/v1/unknown", "", &unknown); code != 404 || unknown.Message != "您访问的页面不存在" {
		t.Errorf("an unknown path: %d %q", code, unknown.Message)
	}
}

func TestWithoutWebhook(t *testing.T) {
	cfg := config("")
	cfg.Pace = time.Second
	clock := newHandClock()
	r := run(t, cfg, mokasim.Deps{Clock: clock})
	var fault struct{ Error string }
	if code := r.call(post, "/__sim/trigger/pushCandidate", "", &fault); code != 409 || !strings.Contains(fault.Error, "SIM_WEBHOOK_URL") {
		t.Errorf("%d %q", code, fault.Error)
	}
	for range 50 {
		clock.tick(t)
	}
	<-clock.waits
	var status mokasim.Status
	r.must(get, "/__sim/status", "", &status)
	if status.Changes != 50 || status.Pushes.Pushes != 0 {
		t.Errorf("the company lives unheard: %+v", status)
	}
}

func TestPace(t *testing.T) {
	target, _ := receiver(t, nil)
	clock := newHandClock()
	r := run(t, config(target), mokasim.Deps{Clock: clock})
	var status mokasim.Status
	r.must(get, "/__sim/status", "", &status)
	if !status.Paused || status.Seed != 1 || status.OrgID != "demo" || status.Company.Open == 0 {
		t.Errorf("%+v", status)
	}
	var tempo mokasim.Tempo
	r.must(post, "/__sim/pace", `{"pace":"500ms"}`, &tempo)
	if tempo.Paused || tempo.Pace != "500ms" {
		t.Errorf("%+v", tempo)
	}
	began := clock.Now()
	for range 200 {
		clock.tick(t)
	}
	<-clock.waits
	if mean := clock.Now().Sub(began) / 200; mean < 400*time.Millisecond || mean > 600*time.Millisecond {
		t.Errorf("mean pace %s, want about 500ms", mean)
	}
	before := logged(r)
	r.must(post, "/__sim/pause", "", &tempo)
	if !tempo.Paused {
		t.Errorf("%+v", tempo)
	}
	clock.waits <- struct{}{} // taken above: the wait that the pause has cut short
	clock.tick(t)
	r.must(post, "/__sim/resume", "", &tempo)
	<-clock.waits // the company waits anew
	if after := logged(r); after != before || tempo.Paused {
		t.Errorf("%d changes before the pause, %d after it", before, after)
	}
	clock.waits <- struct{}{}
	for ticks := 0; logged(r) == before; ticks++ {
		if ticks == 10 {
			t.Fatal("the company does not go on")
		}
		clock.tick(t)
	}
}

// hastyClock pauses the company within each of its waits, which is then over at
// once: the pause and the end of the wait come together.
type hastyClock struct {
	pause func()
	waits chan struct{}
}

func (*hastyClock) Now() time.Time { return time.Unix(1505296287, 0) }

func (c *hastyClock) After(time.Duration) <-chan time.Time {
	c.pause()
	over := make(chan time.Time, 1)
	over <- c.Now()
	c.waits <- struct{}{}
	return over
}

func TestNothingHappensAfterThePauseIsAnswered(t *testing.T) {
	clock := &hastyClock{waits: make(chan struct{}, 100)}
	r := run(t, config(""), mokasim.Deps{Clock: clock})
	clock.pause = func() { r.call(post, "/__sim/pause", "", nil) }
	for range 30 {
		r.must(post, "/__sim/resume", "", new(mokasim.Tempo))
		<-clock.waits
	}
	r.must(post, "/__sim/pause", "", new(mokasim.Tempo))
	if changes := logged(r); changes != 0 {
		t.Errorf("%d changes of a company that was always paused", changes)
	}
}

func logged(r *rig) uint64 {
	var log mokasim.Log
	r.must(get, "/__sim/log", "", &log)
	return log.Total
}

func TestBurst(t *testing.T) {
	target, got := receiver(t, nil)
	r := run(t, config(target), mokasim.Deps{})
	var fired mokasim.Fired
	r.must(post, "/__sim/burst", `{"count":300,"concurrency":8}`, &fired)
	if fired.Pushes != 300 || fired.Outcomes[push.Delivered] != 300 || fired.Statuses["200"] != 300 || fired.Requests != 300 || fired.PerSecond <= 0 {
		t.Errorf("%+v", fired)
	}
	ids := map[string]bool{}
	for range 300 {
		var webhook struct{ ID string }
		if err := json.Unmarshal([]byte(next(t, got).body), &webhook); err != nil {
			t.Fatal(err)
		}
		ids[webhook.ID] = true
	}
	if len(ids) != 300 {
		t.Errorf("%d different webhooks", len(ids))
	}
	r.must(post, "/__sim/burst", `{"count":50,"event":"deleteInterviewsInfo"}`, &fired)
	if fired.Pushes < 50 || fired.Outcomes[push.Delivered] != fired.Pushes {
		t.Errorf("%+v", fired)
	}
	var status mokasim.Status
	r.must(get, "/__sim/status", "", &status)
	if int(status.Pushes.Delivered) != 300+fired.Pushes || int(status.Changes) != 300+fired.Pushes || len(status.LastPush) != 10 {
		t.Errorf("%+v", status)
	}
}

func TestOneBurstAtATime(t *testing.T) {
	release := make(chan struct{})
	target, got := receiver(t, func(http.ResponseWriter, *http.Request) { <-release })
	r := run(t, config(target), mokasim.Deps{})
	first := make(chan int, 1)
	go func() { first <- r.call(post, "/__sim/burst", `{"count":2}`, nil) }()
	next(t, got)
	if code := r.call(post, "/__sim/burst", `{"count":1}`, nil); code != http.StatusConflict {
		t.Errorf("a second burst got %d", code)
	}
	close(release)
	if code := <-first; code != http.StatusOK {
		t.Errorf("the first burst got %d", code)
	}
}
