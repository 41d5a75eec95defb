package webhook_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/prometheus/common/expfmt"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/publish"
)

// TestNothingPersonalLeaksOut sends the samples down every path, and looks for
// their values, the keys and the signatures in logs, metrics, answers and the
// texts of dead letters.
func TestNothingPersonalLeaksOut(t *testing.T) {
	h := open(t, append(encrypting, "WEBHOOK_MAX_BODY=20000")...)
	secrets := []string{testKey, dataKey, dataIV}
	var out strings.Builder
	send := func(body []byte, key string) {
		sign := webhook.Sign(key, body)
		secrets = append(secrets, sign)
		out.WriteString(h.post(body, sign).Body.String())
		for _, l := range h.letters.take() {
			l.Body = nil
			fmt.Fprintf(&out, "%+v\n", l)
		}
		h.journal.take()
	}
	for _, body := range [][]byte{pushSample(t), interviewSample(t)} {
		secrets = append(secrets, texts(t, body)...)
		enc := encrypted(t, body)
		for _, fail := range []error{nil, publish.ErrBusy, publish.ErrUnavailable, publish.ErrTooLarge} {
			h.journal.fail = func(context.Context) error { return fail }
			send(body, testKey)
			send(enc, testKey)
		}
		send(body, "another key")
		send(enc, "another key")
		send(body[:len(body)/2], testKey)
		send(bytes.ReplaceAll(body, []byte("pplicationId"), []byte("pplicant")), testKey)
		send(bytes.Replace(enc, []byte(`"}`), []byte(`00"}`), 1), testKey)
		send(bytes.Repeat(body, 30), testKey)
	}
	out.WriteString(h.log.String())
	families, err := h.metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, family := range families {
		if _, err := expfmt.MetricFamilyToText(&out, family); err != nil {
			t.Fatal(err)
		}
	}
	for _, need := range []string{"undecryptable", "not_json", "no_application", "mokafka_webhook_requests_total", "signature was refused"} {
		if !strings.Contains(out.String(), need) {
			t.Errorf("nothing was said of %s: the test looks at too little", need)
		}
	}
	for _, secret := range secrets {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q leaks out", secret)
		}
	}
}

// texts are the texts in a sample's data that are long enough to be told from
// others.
func texts(t *testing.T, body []byte) []string {
	t.Helper()
	var env struct {
		Data any `json:"data"`
	}
	if err := json.Unmarshal(body, &env); err != nil {
		t.Fatal(err)
	}
	var found []string
	var walk func(any)
	walk = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for _, one := range v {
				walk(one)
			}
		case []any:
			for _, one := range v {
				walk(one)
			}
		case string:
			if len(v) > 5 {
				found = append(found, v)
			}
		}
	}
	walk(env.Data)
	if len(found) < 5 {
		t.Fatalf("only %d texts in the sample", len(found))
	}
	return found
}
