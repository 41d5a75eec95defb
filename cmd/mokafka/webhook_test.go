package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// sent is what a door got.
type sent struct {
	body []byte
	sign string
}

// newDoor answers with answer, 200 where it is nil, and keeps what it got.
func newDoor(t *testing.T, answer http.HandlerFunc) *door {
	t.Helper()
	d := &door{}
	d.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		d.got = append(d.got, sent{body, r.URL.Query().Get("sign")})
		if answer != nil {
			answer(w, r)
		}
	}))
	t.Cleanup(d.Close)
	return d
}

type door struct {
	*httptest.Server
	got []sent
}

const pushed = "testdata/webhook_pushCandidate.json"

func TestSendAsItIs(t *testing.T) {
	d := newDoor(t, nil)
	contains(t, console{t: t}.must("webhook", "send", pushed, "--url", d.URL, "--key", "k"), "HTTP 200", "taken: it is in the journal")
	file, err := os.ReadFile(pushed)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(d.got[0].body, file) || d.got[0].sign != webhook.Sign("k", file) {
		t.Errorf("sent %d bytes signed %s, not the file, signed", len(d.got[0].body), d.got[0].sign)
	}
}

func TestSendFresh(t *testing.T) {
	d := newDoor(t, nil)
	c := console{t, map[string]string{"WEBHOOK_SIGNING_KEYS": "first,second"}}
	began := time.Now().Unix()
	for range 2 {
		c.must("webhook", "send", pushed, "--fresh", "--url", d.URL)
	}
	var file, first, second map[string]any
	text, err := os.ReadFile(pushed)
	if err != nil {
		t.Fatal(err)
	}
	for _, in := range []struct {
		text []byte
		into *map[string]any
	}{{text, &file}, {d.got[0].body, &first}, {d.got[1].body, &second}} {
		if err := json.Unmarshal(in.text, in.into); err != nil {
			t.Fatal(err)
		}
	}
	if first["id"] == file["id"] || first["id"] == second["id"] {
		t.Errorf("ids: %v, then %v and %v", file["id"], first["id"], second["id"])
	}
	if at, ok := first["triggeredAt"].(float64); !ok || int64(at) < began {
		t.Errorf("triggeredAt %v is not now", first["triggeredAt"])
	}
	for _, m := range []map[string]any{file, first} {
		delete(m, "id")
		delete(m, "triggeredAt")
	}
	golden := func(m map[string]any) string { b, _ := json.Marshal(m); return string(b) }
	if golden(file) != golden(first) {
		t.Errorf("something else changed:\n%s\n%s", golden(file), golden(first))
	}
	if d.got[0].sign != webhook.Sign("first", d.got[0].body) {
		t.Error("not signed with the first of WEBHOOK_SIGNING_KEYS")
	}
}

func TestSendAddsWhatIsMissing(t *testing.T) {
	d := newDoor(t, nil)
	got := console{t: t}.runWith(` {"Event": "e", "data": {"a": "\u4e2d"}} `, "webhook", "send", "-", "--fresh", "--url", d.URL)
	if got.status != exitDone {
		t.Fatalf("status %d: %s", got.status, got.err)
	}
	text := string(d.got[0].body)
	if !strings.HasPrefix(text, `{"Event":"e","data":{"a":"\u4e2d"},"id":"`) || !strings.Contains(text, `,"triggeredAt":`) {
		t.Errorf("sent %s", text)
	}
	if d.got[0].sign != webhook.Sign(devSigningKey, d.got[0].body) {
		t.Error("not signed with the key of dev")
	}
}

func TestSendEncrypted(t *testing.T) {
	d := newDoor(t, nil)
	key, iv := strings.Repeat("k", 32), strings.Repeat("i", 16)
	console{t: t}.must("webhook", "send", pushed, "--url", d.URL, "--data-key", key, "--data-iv", iv)
	var body struct{ Data string }
	if err := json.Unmarshal(d.got[0].body, &body); err != nil {
		t.Fatal(err)
	}
	cipher, err := webhook.NewDataCipher(key, iv)
	if err != nil {
		t.Fatal(err)
	}
	plain, err := cipher.Open([]byte(body.Data))
	if err != nil {
		t.Fatal(err)
	}
	contains(t, string(plain), `"applicationId":12798`)
}

func TestSendRefused(t *testing.T) {
	for status, want := range map[int]string{
		401: "fits none of the door's keys", 404: "no door has this path", 422: "mokafka tail dlq", 413: "WEBHOOK_MAX_BODY",
		429: "Send it again", 503: "Kafka did not take it in time", 500: "is this address a door of mokafka?",
	} {
		d := newDoor(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, `{"msg":"中文"}`)
		})
		got := console{t: t}.run("webhook", "send", pushed, "--url", d.URL)
		if got.status != exitFailed || got.err != "" {
			t.Errorf("HTTP %d: status %d, %q", status, got.status, got.err)
		}
		contains(t, got.out, `{"msg":"中文"}`, want)
	}
}

func TestSendFaults(t *testing.T) {
	plain, sealed := newDoor(t, nil), httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(sealed.Close)
	sealed.Config.ErrorLog = nil
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	free, _ := deadAddr(t)
	for _, c := range []struct{ in, args, want string }{
		{"", pushed + " --url http://" + free, "send to http://" + free + ": nothing listens there"},
		{"", pushed + " --url https" + strings.TrimPrefix(plain.URL, "http"), "the door speaks plain HTTP"},
		{"", pushed + " --url " + sealed.URL, "--insecure takes any certificate"},
		{"", "nowhere.json", "open nowhere.json: no such file"},
		{"", empty, "is empty"},
		{"[]", "- --fresh", "it is not a JSON object"},
		{"{", "- --fresh", "it is not JSON"},
		{"{} {}", "- --fresh", "there is more in it than a JSON object"},
		{`{"data":"text"}`, "- --data-iv 1234567890123456 --data-key 12345678901234567890123456789012", "its data is not an object"},
		{`{"data":{}}`, "- --data-iv i --data-key k", "data key: want 32 characters"},
	} {
		got := console{t: t}.runWith(c.in, append([]string{"webhook", "send"}, strings.Fields(c.args)...)...)
		if got.status != exitFailed || strings.Contains(got.err, "sign=") {
			t.Errorf("%s: status %d, %q", c.args, got.status, got.err)
		}
		contains(t, got.err, c.want)
	}
}
