package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

const zhirenKeys = "WEBHOOK_ZHIREN_KEYS=ak-1:secret-1,ak-2:se:cret-2"

// zhirenVector is the hex that openssl dgst -sha256 -hmac gives.
const zhirenVector = "10879019b6502455e5d291bd1c0b4b25816798ce9fb8ff2d126415455038d25a"

// zhirenFields is a form as Moka signs it, in the order of the document.
type zhirenFields struct{ payload, access, secret, tonce string }

func zhirenForm(t testing.TB) zhirenFields {
	t.Helper()
	return zhirenFields{string(sample(t, "zhiren_candidate.json")), "ak-1", "secret-1", strconv.FormatInt(at.Unix(), 10)}
}

func (f zhirenFields) sign() string {
	return webhook.SignZhiren(f.secret, "POST", webhook.ZhirenPath, f.access, f.tonce, []byte(f.payload))
}

func (f zhirenFields) values() url.Values {
	return url.Values{"payload": {f.payload}, "access_key": {f.access}, "tonce": {f.tonce}, "signature": {f.sign()}}
}

func (h *house) form(body string) *httptest.ResponseRecorder {
	return h.formOf("application/x-www-form-urlencoded", []byte(body))
}

func (h *house) formOf(contentType string, body []byte) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodPost, webhook.ZhirenPath, bytes.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	return h.do(r)
}

// wantZhiren checks the answer: the documented one of success, or another code
// with a Chinese message.
func wantZhiren(t testing.TB, w *httptest.ResponseRecorder, status, code int) {
	t.Helper()
	var a struct {
		Code    *int   `json:"error_code"`
		Message string `json:"error_message"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil || a.Code == nil {
		t.Fatalf("%d: %v: %s", w.Code, err, w.Body)
	}
	if w.Code != status || *a.Code != code {
		t.Errorf("%d, want %d with %d: %s", w.Code, status, code, w.Body)
	}
	if code == 0 && w.Body.String() != `{"error_code":0,"error_message":"ok"}` {
		t.Errorf("not the documented answer: %s", w.Body)
	}
	if code != 0 && !strings.ContainsFunc(a.Message, func(r rune) bool { return r >= 0x4e00 }) {
		t.Errorf("no Chinese message: %s", w.Body)
	}
}

// TestSignZhiren: the vector was computed with openssl.
func TestSignZhiren(t *testing.T) {
	if got := webhook.SignZhiren("secret", "POST", "/api/v2/moka_candidates", "ak", "1505296287", []byte(`{"id":"张三"}`)); got != zhirenVector {
		t.Errorf("%s", got)
	}
}

// TestZhirenIsJournaled: in both kinds of form, in any order of the fields, with
// any of the keys.
func TestZhirenIsJournaled(t *testing.T) {
	f := zhirenForm(t)
	second := f
	second.access, second.secret = "ak-2", "se:cret-2"
	pair := func(name, value string) string { return name + "=" + url.QueryEscape(value) }
	var multi bytes.Buffer
	parts := multipart.NewWriter(&multi)
	for name, value := range map[string]string{"signature": f.sign(), "payload": f.payload, "tonce": f.tonce, "access_key": f.access, "other": "x"} {
		if err := parts.WriteField(name, value); err != nil {
			t.Fatal(err)
		}
	}
	if err := parts.Close(); err != nil {
		t.Fatal(err)
	}
	ids := map[string]bool{}
	for name, c := range map[string]struct{ contentType, body string }{
		"documented": {"application/x-www-form-urlencoded", f.values().Encode()},
		"charset":    {"application/x-www-form-urlencoded; charset=UTF-8", f.values().Encode()},
		"reordered": {"application/x-www-form-urlencoded", strings.Join([]string{
			pair("signature", f.sign()), pair("x", "y"), pair("tonce", f.tonce), pair("payload", f.payload), pair("access_key", f.access),
		}, "&")},
		"multipart":  {parts.FormDataContentType(), multi.String()},
		"second key": {"application/x-www-form-urlencoded", second.values().Encode()},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, zhirenKeys)
			wantZhiren(t, h.formOf(c.contentType, []byte(c.body)), http.StatusOK, 0)
			entries := h.journal.take()
			if len(entries) != 1 {
				t.Fatalf("%d entries", len(entries))
			}
			e := entries[0]
			application := schemas.DerivedApplicationID("6XYfZGL4RWFfjSEpsEpdJ2eB")
			if string(e.Body) != f.payload || *e.ApplicationID != application || *e.Event != "pushCandidate" || e.Endpoint != "webhook/zhiren" ||
				e.ContentType != "application/json" || !e.TriggeredAt.Equal(at) || e.EntryID != "wh:"+*e.WebhookID+":"+publish.Root("demo", application) {
				t.Errorf("%+v", e)
			}
			ids[*e.WebhookID] = true
		})
	}
	if len(ids) != 1 {
		t.Errorf("one push has %d ids", len(ids))
	}
}

// TestZhirenSpaces: in a form + and %20 are a space and %2B is a plus; a sender
// who leaves a plus as it is has signed one, and is understood by that.
func TestZhirenSpaces(t *testing.T) {
	f := zhirenForm(t)
	f.payload = `{"id":"a b+c","phone":"+86 1"}`
	escaped := url.QueryEscape(f.payload)
	rest := "&access_key=ak-1&tonce=" + f.tonce + "&signature=" + f.sign()
	for name, payload := range map[string]string{
		"+":          escaped,
		"%20":        strings.ReplaceAll(escaped, "+", "%20"),
		"plus plain": strings.NewReplacer("+", "%20", "%2B", "+").Replace(escaped),
		"all plain":  strings.NewReplacer(" ", "%20").Replace(f.payload),
	} {
		h := open(t, zhirenKeys)
		wantZhiren(t, h.form("payload="+payload+rest), http.StatusOK, 0)
		if e := h.journal.take(); len(e) != 1 || string(e[0].Body) != f.payload {
			t.Errorf("%s: %v", name, e)
		}
	}
	h := open(t, zhirenKeys)
	wantZhiren(t, h.form("payload="+strings.ReplaceAll(escaped, "%2B", "+")+rest), http.StatusUnauthorized, 40101) // some are spaces, some not
	h.wantNothingKept(t)
}

func TestZhirenRefused(t *testing.T) {
	h := open(t, zhirenKeys)
	good := zhirenForm(t)
	tonce := func(d time.Duration) zhirenFields {
		f := good
		f.tonce = strconv.FormatInt(at.Add(d).Unix(), 10)
		return f
	}
	with := func(f zhirenFields, name, value string) string {
		v := f.values()
		v.Set(name, value)
		return v.Encode()
	}
	without := func(name string) string {
		v := good.values()
		v.Del(name)
		return v.Encode()
	}
	for name, c := range map[string]struct {
		body         string
		status, code int
	}{
		"wrong signature":    {with(good, "signature", strings.Repeat("0", 64)), 401, 40101},
		"no hex":             {with(good, "signature", "x"), 401, 40101},
		"empty signature":    {with(good, "signature", ""), 401, 40101},
		"other payload":      {with(good, "payload", good.payload+" "), 401, 40101},
		"other tonce":        {with(good, "tonce", strconv.FormatInt(at.Unix()+1, 10)), 401, 40101},
		"other access key":   {with(good, "access_key", "ak-2"), 401, 40101},
		"unknown access key": {with(good, "access_key", "ak-3"), 401, 40101},
		"stale":              {tonce(-31 * time.Second).values().Encode(), 401, 40102},
		"early":              {tonce(31 * time.Second).values().Encode(), 401, 40102},
		"no payload":         {without("payload"), 400, 40002},
		"no tonce":           {without("tonce"), 400, 40002},
		"no access key":      {without("access_key"), 400, 40002},
		"no signature":       {without("signature"), 400, 40002},
		"tonce is no number": {with(good, "tonce", "now"), 400, 40002},
		"tonce in ms":        {with(good, "tonce", "1772357400000"), 400, 40002},
		"payload twice":      {good.values().Encode() + "&payload=x", 400, 40002},
		"bad escape":         {good.values().Encode() + "&tonce2=%zz&payload=%zz", 400, 40002},
		"many fields":        {good.values().Encode() + strings.Repeat("&a=b", 100), 400, 40002},
		"nothing":            {"", 400, 40002},
	} {
		t.Run(name, func(t *testing.T) {
			wantZhiren(t, h.form(c.body), c.status, c.code)
			h.wantNothingKept(t)
		})
	}
	for _, contentType := range []string{"", "application/json", "multipart/form-data", "multipart/form-data; boundary=x"} {
		wantZhiren(t, h.formOf(contentType, []byte(good.values().Encode())), 400, 40002)
		h.wantNothingKept(t)
	}
	w := h.do(httptest.NewRequest(http.MethodGet, webhook.ZhirenPath, nil))
	wantZhiren(t, w, 405, 40501)
	wantZhiren(t, h.form(strings.Repeat("a", 10<<20+1)), 413, 41301)

	for payload, class := range map[string]string{`{"name":"x"}`: "no_candidate", `{"_id":"x"}`: "no_candidate", `{"id":"` + strings.Repeat("x", 200) + `"}`: "no_candidate", `[1]`: "not_json", `{"id":1`: "not_json"} {
		f := good
		f.payload = payload
		w := h.form(f.values().Encode())
		letters := h.letters.take()
		if w.Code != 422 || len(letters) != 1 || letters[0].ErrorClass != class || string(letters[0].Body) != f.values().Encode() {
			t.Errorf("%s: %d %v", payload, w.Code, letters)
		}
	}
	for d := range 2 {
		edge := tonce(time.Duration(60*d-30) * time.Second)
		wantZhiren(t, h.form(edge.values().Encode()), 200, 0)
	}
	if log := h.log.String(); strings.Contains(log, "secret-1") || strings.Contains(log, good.sign()) || strings.Contains(log, "张三") {
		t.Error("the log says too much")
	}
	closed := open(t)
	wantAnswer(t, closed.form(good.values().Encode()), http.StatusNotFound)
}

// TestZhirenIDIsTheOneOfThatName: _id is another key, here and where the journal
// is read.
func TestZhirenIDIsTheOneOfThatName(t *testing.T) {
	h := open(t, zhirenKeys)
	f := zhirenForm(t)
	f.payload = `{"ID":"a","_id":"b"}`
	wantZhiren(t, h.form(f.values().Encode()), 200, 0)
	if e := h.journal.take(); len(e) != 1 || *e[0].ApplicationID != schemas.DerivedApplicationID("a") {
		t.Errorf("%+v", e)
	}
}

// TestZhirenPathBehindAProxy: Moka signs the path that it sends to, of which the
// proxy may take something away.
func TestZhirenPathBehindAProxy(t *testing.T) {
	f := zhirenForm(t)
	v := f.values()
	v.Set("signature", webhook.SignZhiren(f.secret, "POST", "/in%20here"+webhook.ZhirenPath, f.access, f.tonce, []byte(f.payload)))
	for public, prefixed := range map[string]int{
		"": 401, "WEBHOOK_PUBLIC_URL=https://hooks.example.com": 401, "WEBHOOK_PUBLIC_URL=https://hooks.example.com/other": 401,
		"WEBHOOK_PUBLIC_URL=https://hooks.example.com/in%20here/":              200,
		"WEBHOOK_PUBLIC_URL=https://hooks.example.com/in%20here/webhooks/moka": 200,
	} {
		h := open(t, zhirenKeys, public)
		if w := h.form(v.Encode()); w.Code != prefixed {
			t.Errorf("%s: %d, want %d", public, w.Code, prefixed)
		}
		wantZhiren(t, h.form(f.values().Encode()), 200, 0) // the documented path, always
	}
}

// TestZhirenReplays: what was taken is refused while its time is; what failed
// may come again; a later push of the same candidate is another.
func TestZhirenReplays(t *testing.T) {
	h := open(t, zhirenKeys)
	f := zhirenForm(t)
	body := f.values().Encode()
	h.journal.fail = func(context.Context) error { return publish.ErrUnavailable }
	wantZhiren(t, h.form(body), 503, 50301)
	h.journal.fail = nil
	wantZhiren(t, h.form(body), 200, 0)
	wantZhiren(t, h.form(body), 409, 40901)
	shouted := f.values()
	shouted.Set("signature", strings.ToUpper(f.sign()))
	wantZhiren(t, h.form(shouted.Encode()), 409, 40901)
	later := f
	later.tonce = strconv.FormatInt(at.Unix()+1, 10)
	wantZhiren(t, h.form(later.values().Encode()), 200, 0)
	entries := h.journal.take()
	if len(entries) != 2 || *entries[0].WebhookID == *entries[1].WebhookID {
		t.Errorf("%d entries", len(entries))
	}
}

// TestZhirenAtOnce: of many requests alike that come at once, one is taken.
func TestZhirenAtOnce(t *testing.T) {
	h := open(t, zhirenKeys)
	body := zhirenForm(t).values().Encode()
	entered, release := make(chan struct{}), make(chan struct{})
	h.journal.fail = func(context.Context) error { close(entered); <-release; return nil }
	var first *httptest.ResponseRecorder
	var wait sync.WaitGroup
	wait.Go(func() { first = h.form(body) })
	<-entered
	wantZhiren(t, h.form(body), 429, 42901)
	close(release)
	wait.Wait()
	wantZhiren(t, first, 200, 0)
	wantZhiren(t, h.form(body), 409, 40901)
	if n := len(h.journal.take()); n != 1 {
		t.Errorf("%d entries", n)
	}
}

// TestReplaysAreForgotten once their time is over: memory is bounded by the
// window.
func TestReplaysAreForgotten(t *testing.T) {
	r := webhook.NewReplays()
	now := at
	for i := range 1000 {
		now = now.Add(100 * time.Millisecond)
		settle, err := r.Begin(i, now.Add(30*time.Second), now)
		if err != nil {
			t.Fatal(err)
		}
		settle(i%10 != 0)
		if _, err := r.Begin(i, now.Add(30*time.Second), now); i%10 != 0 && err == nil {
			t.Fatal("taken twice")
		}
	}
	if n := r.Len(); n < 250 || n > 420 {
		t.Errorf("%d are remembered, want those of 30 s, about 300, and 100 in progress", n)
	}
	full := webhook.NewReplays()
	var err error
	i := 0
	for ; err == nil && i <= 1_000_000; i++ {
		_, err = full.Begin(i, now.Add(time.Minute), now)
	}
	if err == nil || errors.Is(err, context.Canceled) || i != 100_001 {
		t.Errorf("after %d: %v", i, err)
	}
}

// FuzzZhirenForm: any body, any payload with a right signature: no panic, and
// what is authentic is kept somewhere.
func FuzzZhirenForm(f *testing.F) {
	good := zhirenForm(f)
	f.Add([]byte(good.payload), []byte(good.values().Encode()), "application/x-www-form-urlencoded")
	f.Add([]byte(`{"id":1}`), []byte("--b\r\nContent-Disposition: form-data; name=\"payload\"\r\n\r\nx\r\n--b--"), "multipart/form-data; boundary=b")
	h := &house{journal: &journal{}, letters: &letters{}, log: &bytes.Buffer{}}
	now := at
	server, err := webhook.New(config(f, zhirenKeys), webhook.Deps{
		OrgID: "demo", Journal: h.journal, DeadLetters: h.letters, Metrics: prometheus.NewRegistry(), Log: zerolog.Nop(),
		Now: func() time.Time { return now },
	})
	if err != nil {
		f.Fatal(err)
	}
	h.server = server
	f.Fuzz(func(t *testing.T, payload, body []byte, contentType string) {
		if w := h.formOf(contentType, body); w.Code == http.StatusOK && !bytes.Contains(body, []byte("signature")) {
			t.Fatalf("taken without a signature: %q", body)
		}
		h.journal.take()
		h.letters.take()
		now = now.Add(2 * time.Minute) // nothing is a replay
		one := zhirenFields{string(payload), "ak-1", "secret-1", strconv.FormatInt(now.Unix(), 10)}
		w := h.form(one.values().Encode())
		entries, letters := h.journal.take(), h.letters.take()
		if len(entries)+len(letters) != 1 || (w.Code == http.StatusOK) != (len(entries) == 1) {
			t.Fatalf("%d with %d entries and %d letters: %q", w.Code, len(entries), len(letters), payload)
		}
	})
}
