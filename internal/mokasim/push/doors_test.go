package push_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/internal/mokasim/payload"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

func zhirenKeys() push.Keys {
	with := keys
	with.ZhirenAccess, with.ZhirenSecret = "ak", "secret"
	return with
}

// TestOtherDoors: what is sent to each, and how its answers are understood.
func TestOtherDoors(t *testing.T) {
	var got *http.Request
	var body []byte
	status, answer := 200, ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got = r
		body, _ = io.ReadAll(r.Body)
		w.WriteHeader(status)
		_, _ = io.WriteString(w, answer)
	}))
	defer server.Close()
	at := func(path string) *url.URL {
		target, err := url.Parse(server.URL + path)
		if err != nil {
			t.Fatal(err)
		}
		return target
	}
	s := push.NewSender(push.Config{URL: at("/rest"), SOAP: at("/soap"), Zhiren: at("/zhiren"), Timeout: 5e9}, &eager{})
	defer s.Close()
	send := func(manner push.Manner) push.Record {
		t.Helper()
		message, err := zhirenKeys().Seal(webhook(), manner)
		if err != nil {
			t.Fatal(err)
		}
		return s.Send(t.Context(), message, 0)
	}
	const yes = `<e:Envelope xmlns:e="x"><e:Body><pushCandidateResponse><return>true</return></pushCandidateResponse></e:Body></e:Envelope>`
	for _, c := range []struct {
		manner  push.Manner
		status  int
		answer  string
		outcome string
		shown   string
	}{
		{push.Manner{Door: "soap"}, 200, yes, push.Delivered, ""},
		{push.Manner{Door: "soap", Elements: true, SignedToken: true}, 200, yes, push.Delivered, ""},
		{push.Manner{Door: "soap", Key: "none"}, 200, strings.Replace(yes, "true", "false", 1), push.Refused, "导入失败"},
		{push.Manner{Door: "soap"}, 500, `<Envelope><Body><Fault><faultstring>不行</faultstring></Fault></Body></Envelope>`, push.Refused, "不行"},
		{push.Manner{Door: "soap"}, 200, `oops`, push.Refused, "导入失败"},
		{push.Manner{Door: "zhiren"}, 200, `{"error_code":0,"error_message":"ok"}`, push.Delivered, ""},
		{push.Manner{Door: "zhiren"}, 401, `{"error_code":40101,"error_message":"签名"}`, push.Refused, "签名"},
		{push.Manner{Door: "zhiren"}, 200, `{"error_code":1,"error_message":"x"}`, push.Refused, "x"},
		{push.Manner{Door: "zhiren"}, 200, `ok`, push.Refused, "导入失败"},
	} {
		status, answer = c.status, c.answer
		record := send(c.manner)
		if record.Outcome != c.outcome || record.Shown != c.shown || record.Door != c.manner.Door {
			t.Errorf("%+v: %s %q %s", c.manner, record.Outcome, record.Shown, record.Door)
		}
		if got.URL.Path != "/"+c.manner.Door || got.URL.RawQuery != "" {
			t.Errorf("%+v went to %s", c.manner, got.URL)
		}
		if c.manner.Door == "zhiren" {
			form, err := url.ParseQuery(string(body))
			if err != nil || form.Get("signature") != push.Sign("secret", []byte("POST/api/v2/moka_candidates"+"ak"+form.Get("tonce")+form.Get("payload"))) {
				t.Errorf("the signature is not of what was sent: %v", form)
			}
			continue
		}
		token := map[bool]string{false: "Bearer qwer", true: "Bearer " + push.Sign("qwer", body)}[c.manner.SignedToken]
		if c.manner.Key == "none" {
			token = ""
		}
		if got.Header.Get("Authorization") != token || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/xml") {
			t.Errorf("%v", got.Header)
		}
		var call struct {
			Candidate struct {
				Text string    `xml:",chardata"`
				Root *struct{} `xml:"root"`
			} `xml:"Body>pushCandidate>candidate"`
		}
		if err := xml.Unmarshal(body, &call); err != nil || (call.Candidate.Root != nil) != c.manner.Elements ||
			!c.manner.Elements && !strings.Contains(call.Candidate.Text, "<root>") {
			t.Errorf("%v: %s", err, body)
		}
	}
}

// TestMannersOfDoors: what a door cannot do is refused before anything is sent.
func TestMannersOfDoors(t *testing.T) {
	for _, manner := range []push.Manner{
		{Door: "zhiren", Encrypt: true}, {Door: "zhiren", Key: push.KeyOld}, {Elements: true}, {Door: "zhiren", SignedToken: true},
	} {
		if err := zhirenKeys().Check(manner); !errors.Is(err, push.ErrManner) {
			t.Errorf("%+v: %v", manner, err)
		}
	}
	if err := keys.Check(push.Manner{Door: "zhiren"}); !errors.Is(err, push.ErrNoZhiren) {
		t.Error(err)
	}
	for _, door := range []string{"soap", "zhiren"} {
		good, err := zhirenKeys().Seal(webhook(), push.Manner{Door: door})
		bad, err2 := zhirenKeys().Seal(webhook(), push.Manner{Door: door, Tamper: true})
		differ := 0
		for i := range good.Body {
			if good.Body[i] != bad.Body[i] {
				differ++
			}
		}
		if err := errors.Join(err, err2); err != nil || differ != 1 {
			t.Errorf("%s: %d bytes differ, %v", door, differ, err)
		}
	}
	if payload.PushCandidate != webhook().Event {
		t.Error("the test wants a pushCandidate")
	}
}
