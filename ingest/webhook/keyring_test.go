package webhook_test

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// TestSigningKeysAreRotatedWithoutARestart: both, then the new one alone; a file
// that is no good changes nothing.
func TestSigningKeysAreRotatedWithoutARestart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "keys")
	now := at
	server, err := webhook.New(config(t, "WEBHOOK_SIGNING_KEYS_FILE="+file), webhook.Deps{
		OrgID: "demo", Journal: &journal{}, DeadLetters: &letters{}, Metrics: prometheus.NewRegistry(),
		Log: zerolog.Nop(), Now: func() time.Time { return now },
	})
	if err != nil {
		t.Fatal(err)
	}
	body := pushSample(t)
	rest := func(key string) int {
		r := httptest.NewRequest(http.MethodPost, endpoint+"?sign="+webhook.Sign(key, body), bytes.NewReader(body))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		server.Handler().ServeHTTP(w, r)
		return w.Code
	}
	soap := func(key string) bool {
		r := httptest.NewRequest(http.MethodPost, webhook.SOAPPath, bytes.NewReader([]byte("<x/>")))
		r.Header.Set("Authorization", "Bearer "+key)
		w := httptest.NewRecorder()
		server.Handler().ServeHTTP(w, r)
		return w.Code != http.StatusUnauthorized
	}
	for _, step := range []struct {
		content  string
		old, new bool
	}{
		{"", true, false}, // the file is not there
		{testKey + "\nfresh-key\n", true, true},
		{"\n", true, true},
		{"fresh-key,fresh-key", true, true},
		{"fresh-key\n", false, true},
	} {
		if step.content != "" {
			if err := os.WriteFile(file, []byte(step.content), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		now = now.Add(time.Minute)
		for key, want := range map[string]bool{testKey: step.old, "fresh-key": step.new} {
			if got := rest(key); (got == http.StatusOK) != want || got != http.StatusOK && got != http.StatusUnauthorized {
				t.Errorf("%q: signed with %s: %d, want success %t", step.content, key, got, want)
			}
			if soap(key) != want {
				t.Errorf("%q: SOAP with %s: taken %t, want %t", step.content, key, !want, want)
			}
		}
	}
}
