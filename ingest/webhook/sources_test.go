package webhook_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// pushFrom pushes a sample as if from a peer, with headers as name, value, ….
func (h *house) pushFrom(t *testing.T, peer string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	body := pushSample(t)
	r := httptest.NewRequest(http.MethodPost, endpoint+"?sign="+webhook.Sign(testKey, body), bytes.NewReader(body))
	r.RemoteAddr = peer
	r.Header.Set("Content-Type", "application/json")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Add(headers[i], headers[i+1])
	}
	return h.do(r)
}

func TestOnlyNetworksThatAreAllowedMayPush(t *testing.T) {
	h := open(t, "WEBHOOK_ALLOW_NETWORKS=203.0.113.0/24,2001:db8:1::/48,::ffff:198.51.100.0/120",
		"WEBHOOK_TRUSTED_PROXIES=10.0.0.0/8,fd00::1")
	const listed, standard = "X-Forwarded-For", "Forwarded"
	for _, c := range []struct {
		what    string
		peer    string
		headers []string
		want    bool
	}{
		{"directly", "203.0.113.9:4711", nil, true},
		{"directly, from elsewhere", "192.0.2.1:4711", nil, false},
		{"by IPv6", "[2001:db8:1::5]:4711", nil, true},
		{"by another IPv6", "[2001:db8:2::5]:4711", nil, false},
		{"IPv4 in IPv6", "[::ffff:203.0.113.9]:4711", nil, true},
		{"IPv6 with a zone", "[2001:db8:1::5%eth0]:4711", nil, true},
		{"a network that was written as IPv4 in IPv6", "198.51.100.77:1", nil, true},
		{"who cannot be told", "@", nil, false},

		{"who is no proxy is not believed", "192.0.2.1:1", []string{listed, "203.0.113.9"}, false},
		{"who is allowed needs no headers", "203.0.113.9:1", []string{listed, "192.0.2.1"}, true},
		{"a proxy for one who is allowed", "10.1.2.3:1", []string{listed, "203.0.113.9"}, true},
		{"a proxy by IPv6", "[fd00::1]:1", []string{listed, "2001:db8:1::7"}, true},
		{"another beside it", "[fd00::2]:1", []string{listed, "2001:db8:1::7"}, false},
		{"a proxy of its own accord", "10.1.2.3:1", nil, false},
		{"two proxies", "10.1.2.3:1", []string{listed, "203.0.113.9, 10.9.9.9"}, true},
		{"left of a stranger anything may stand", "10.1.2.3:1", []string{listed, "203.0.113.9, 192.0.2.1"}, false},
		{"and in a header of its own", "10.1.2.3:1", []string{listed, "203.0.113.9", listed, "192.0.2.1"}, false},
		{"nothing to read at the right", "10.1.2.3:1", []string{listed, "203.0.113.9, unknown"}, false},
		{"an end that is empty", "10.1.2.3:1", []string{listed, "203.0.113.9,"}, false},
		{"with a port", "10.1.2.3:1", []string{listed, "203.0.113.9:8080"}, true},
		{"bracketed", "10.1.2.3:1", []string{listed, "[2001:db8:1::7]:80"}, true},

		{"Forwarded", "10.1.2.3:1", []string{standard, `for=203.0.113.9;proto=https;by=10.1.2.3`}, true},
		{"Forwarded by IPv6", "10.1.2.3:1", []string{standard, `For="[2001:db8:1::7]:4711"`}, true},
		{"Forwarded for a stranger", "10.1.2.3:1", []string{standard, `for=203.0.113.9, for=192.0.2.1`}, false},
		{"a comma in quotes", "10.1.2.3:1", []string{standard, `for="192.0.2.1, for=203.0.113.9"`}, false},
		{"Forwarded for one who hides", "10.1.2.3:1", []string{standard, `for=203.0.113.9, for=_hidden`}, false},
		{"Forwarded that names nobody", "10.1.2.3:1", []string{standard, `for=203.0.113.9, proto=https`}, false},
		{"both agree", "10.1.2.3:1", []string{listed, "203.0.113.9", standard, "for=203.0.113.9"}, true},
		{"Forwarded is spoofed", "10.1.2.3:1", []string{listed, "192.0.2.1", standard, "for=203.0.113.9"}, false},
		{"X-Forwarded-For is spoofed", "10.1.2.3:1", []string{listed, "203.0.113.9", standard, "for=192.0.2.1"}, false},
	} {
		w := h.pushFrom(t, c.peer, c.headers...)
		if c.want {
			wantAnswer(t, w, http.StatusOK)
			h.journal.take()
			continue
		}
		if r := wantAnswer(t, w, http.StatusForbidden); r.Code != nil && *r.Code != 40301 {
			t.Errorf("%s: code %d", c.what, *r.Code)
		}
		h.wantNothingKept(t)
		if t.Failed() {
			t.Fatalf("%s", c.what)
		}
	}
	counted := `
# HELP mokafka_webhook_requests_total Requests, by door, event (other: not a documented one, none: not read so far) and answer.
# TYPE mokafka_webhook_requests_total counter
mokafka_webhook_requests_total{answer="accepted",door="rest",event="pushCandidate"} 14
mokafka_webhook_requests_total{answer="source",door="rest",event="none"} 16
`
	if err := testutil.GatherAndCompare(h.metrics, strings.NewReader(counted), "mokafka_webhook_requests_total"); err != nil {
		t.Error(err)
	}
	if !strings.Contains(h.log.String(), "WEBHOOK_ALLOW_NETWORKS") || !strings.Contains(h.log.String(), "192.0.2.1") {
		t.Errorf("the log does not say what to do: %s", h.log)
	}
}

// TestEveryDoorIsBehindTheList, in its own form.
func TestEveryDoorIsBehindTheList(t *testing.T) {
	h := open(t, zhirenKeys, "WEBHOOK_ALLOW_NETWORKS=203.0.113.0/24")
	wantSOAP(t, h.call(around(envelope12, "<root/>"), testKey), http.StatusForbidden, "soap:Client")
	wantZhiren(t, h.form(zhirenForm(t).values().Encode()), http.StatusForbidden, 40301)
	wantAnswer(t, h.do(httptest.NewRequest(http.MethodGet, "/elsewhere", nil)), http.StatusForbidden)
}

func TestNetworksThatAreNone(t *testing.T) {
	err := config(t, "WEBHOOK_ALLOW_NETWORKS=moka.com,10.0.0.0/33", "WEBHOOK_TRUSTED_PROXIES=::ffff:10.0.0.0/64,fe80::1%eth0").Validate()
	for _, want := range []string{
		`WEBHOOK_ALLOW_NETWORKS: "moka.com"`, `WEBHOOK_ALLOW_NETWORKS: "10.0.0.0/33"`,
		`WEBHOOK_TRUSTED_PROXIES: "::ffff:10.0.0.0/64"`, `WEBHOOK_TRUSTED_PROXIES: "fe80::1%eth0"`,
	} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\ndoes not say %s", err, want)
		}
	}
	if err := config(t, "WEBHOOK_TRUSTED_PROXIES=10.0.0.1").Validate(); err == nil || !strings.Contains(err.Error(), "WEBHOOK_ALLOW_NETWORKS") {
		t.Errorf("proxies without a list: %v", err)
	}
}

// FuzzForwarded: whatever a stranger writes left of the hop that the proxy added,
// it is that hop that counts.
func FuzzForwarded(f *testing.F) {
	f.Add("203.0.113.9", `for=203.0.113.9`)
	f.Add(`"`, `for="a\`)
	f.Fuzz(func(t *testing.T, listed, standard string) {
		r := httptest.NewRequest(http.MethodPost, endpoint, nil)
		r.RemoteAddr = "10.0.0.1:1"
		r.Header["X-Forwarded-For"] = []string{listed, "192.0.2.1"}
		if webhook.Allowed([]string{"203.0.113.0/24"}, []string{"10.0.0.1"}, r) {
			t.Errorf("X-Forwarded-For %q", r.Header["X-Forwarded-For"])
		}
		r.Header["Forwarded"] = []string{standard}
		if webhook.Allowed([]string{"203.0.113.0/24"}, []string{"10.0.0.1"}, r) {
			t.Errorf("%q", r.Header)
		}
	})
}
