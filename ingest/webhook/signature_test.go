package webhook_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// TestDocumentedSignature is the one example that Moka's document gives.
func TestDocumentedSignature(t *testing.T) {
	got := webhook.Sign("qwer", []byte(`{"name":"test","email":"test@mokahr.com"}`))
	const want = "7d6981ccf0d789e29e4f5940fe9a7e9385d8a211ad44ecaaba335fb14dd2a32d"
	if got != want {
		t.Errorf("signature %s, Moka documents %s", got, want)
	}
}

// TestAlteredByteIsRefused flips a bit in every byte of the samples.
func TestAlteredByteIsRefused(t *testing.T) {
	for name, body := range map[string][]byte{
		"push":                pushSample(t),
		"interview":           interviewSample(t),
		"interview indented":  sample(t, "webhook_createInterviewsInfo.json"),
		"interview encrypted": encrypted(t, interviewSample(t)),
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, encrypting...)
			sign := webhook.Sign(testKey, body)
			for i := range body {
				altered := bytes.Clone(body)
				altered[i] ^= 1 << (i % 8)
				if w := h.post(altered, sign); w.Code != http.StatusUnauthorized {
					t.Fatalf("byte %d altered: status %d", i, w.Code)
				}
			}
			h.wantNothingKept(t)
			wantAnswer(t, h.post(body, sign), http.StatusOK) // else the above proves nothing
		})
	}
}

func TestAlteredSignatureIsRefused(t *testing.T) {
	h, body := open(t), pushSample(t)
	right := webhook.Sign(testKey, body)
	for i := range right {
		altered := []byte(right)
		altered[i] = "0123456789abcdef"[(strings.IndexByte("0123456789abcdef", right[i])+1)%16]
		wantAnswer(t, h.post(body, string(altered)), http.StatusUnauthorized)
	}
	h.wantNothingKept(t)
}

func TestRefusedSignaturesAreCounted(t *testing.T) {
	h, body := open(t), pushSample(t)
	right := webhook.Sign(testKey, body)
	for _, sign := range []string{"", right[1:], right + "00", "zz" + right[2:], webhook.Sign("another", body)} {
		w := h.post(body, sign)
		wantAnswer(t, w, http.StatusUnauthorized)
		if w.Header().Get("WWW-Authenticate") == "" {
			t.Error("a 401 without WWW-Authenticate")
		}
	}
	h.wantNothingKept(t)
	h.wantMetric(t, "mokafka_webhook_signature_failures_total", `
		# HELP mokafka_webhook_signature_failures_total Refused signatures, by reason: missing, malformed, wrong.
		# TYPE mokafka_webhook_signature_failures_total counter
		mokafka_webhook_signature_failures_total{reason="malformed"} 3
		mokafka_webhook_signature_failures_total{reason="missing"} 1
		mokafka_webhook_signature_failures_total{reason="wrong"} 1
	`)
}

func (h *house) wantMetric(t *testing.T, name, text string) {
	t.Helper()
	if err := testutil.GatherAndCompare(h.metrics, strings.NewReader(text), name); err != nil {
		t.Error(err)
	}
}

func TestRotatedKeys(t *testing.T) {
	h, body := open(t, "WEBHOOK_SIGNING_KEYS=new key, old key"), pushSample(t)
	for _, key := range []string{"new key", "old key"} {
		wantAnswer(t, h.post(body, webhook.Sign(key, body)), http.StatusOK)
		wantAnswer(t, h.post(body, strings.ToUpper(webhook.Sign(key, body))), http.StatusOK)
	}
	wantAnswer(t, h.post(body, webhook.Sign("older key", body)), http.StatusUnauthorized)
	h.wantMetric(t, "mokafka_webhook_signatures_total", `
		# HELP mokafka_webhook_signatures_total Right signatures, by the number of the key in WEBHOOK_SIGNING_KEYS or WEBHOOK_ZHIREN_KEYS (from 1) and what was signed: as_sent, reformatted (a proxy wrote the JSON anew), before_encryption; of SOAP also parameter, or key, where the token was the signing key; zhiren.
		# TYPE mokafka_webhook_signatures_total counter
		mokafka_webhook_signatures_total{form="as_sent",key="1"} 2
		mokafka_webhook_signatures_total{form="as_sent",key="2"} 2
	`)
}

// TestReformattedBody: a proxy wrote the JSON anew on its way here.
func TestReformattedBody(t *testing.T) {
	signed := pushSample(t)
	var indented bytes.Buffer
	if err := json.Indent(&indented, signed, "", "\t"); err != nil {
		t.Fatal(err)
	}
	for name, sent := range map[string][]byte{
		"indented":      indented.Bytes(),
		"ASCII alone":   ascii(signed),
		"both":          ascii(indented.Bytes()),
		"trailing line": append(bytes.Clone(signed), '\n'),
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t)
			wantAnswer(t, h.post(sent, webhook.Sign(testKey, signed)), http.StatusOK)
			got := h.journal.take()
			if len(got) != 1 || !bytes.Equal(got[0].Body, signed) {
				t.Error("the journal does not hold the bytes that were signed")
			}
		})
	}
}

// ascii writes everything else as escapes, as Python's json does by default.
func ascii(body []byte) []byte {
	var out bytes.Buffer
	for _, r := range string(body) {
		if r < 0x80 {
			out.WriteRune(r)
		} else {
			fmt.Fprintf(&out, `\u%04x`, r)
		}
	}
	return out.Bytes()
}

// TestKeysInAnotherOrderAreRefused: that is another body.
func TestKeysInAnotherOrderAreRefused(t *testing.T) {
	h := open(t)
	signed := []byte(`{"id":"1","event":"pushCandidate","data":{"applicationId":1}}`)
	sent := []byte(`{"event":"pushCandidate","id":"1","data":{"applicationId":1}}`)
	wantAnswer(t, h.post(sent, webhook.Sign(testKey, signed)), http.StatusUnauthorized)
}

func TestSignatureAmongOtherParameters(t *testing.T) {
	h, body := open(t), pushSample(t)
	query := url.Values{"sign": {webhook.Sign(testKey, body)}, "from": {"moka"}}
	r, err := http.NewRequest(http.MethodPost, endpoint+"/?"+query.Encode(), bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	wantAnswer(t, h.do(r), http.StatusOK)
}

func BenchmarkAuthenticate(b *testing.B) {
	body := pushSample(b)
	var indented bytes.Buffer
	if err := json.Indent(&indented, body, "", "  "); err != nil {
		b.Fatal(err)
	}
	cipher, err := webhook.NewDataCipher(dataKey, dataIV)
	if err != nil {
		b.Fatal(err)
	}
	sign := webhook.Sign(testKey, body)
	for _, bench := range []struct {
		form string
		sent []byte
	}{{"as_sent", body}, {"reformatted", indented.Bytes()}, {"before_encryption", encrypted(b, body)}} {
		b.Run(bench.form, func(b *testing.B) {
			b.SetBytes(int64(len(bench.sent)))
			b.ReportAllocs()
			for b.Loop() {
				if form, err := webhook.Authenticate([]string{testKey}, cipher, sign, bench.sent); err != nil || form != bench.form {
					b.Fatal(form, err)
				}
			}
		})
	}
}
