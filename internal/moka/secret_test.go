package moka_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/internal/moka"
)

// TestSecretOfTheMoment: a key that was replaced is used from the next call on, and
// a client's secret from the next token on.
func TestSecretOfTheMoment(t *testing.T) {
	key := "old-key"
	d := deps()
	d.Secret = func() string { return key }
	s := serve(t, says(200, `{"data":[],"success":true}`))
	c := newClient(t, config(s.URL), d)
	for _, key = range []string{"old-key", "new-key"} {
		if err := read(t, c); err != nil {
			t.Fatal(err)
		}
		calls := s.seen()
		want := "Basic " + base64.StdEncoding.EncodeToString([]byte(key+":"))
		if got := calls[len(calls)-1].Auth; got != want {
			t.Errorf("with %s: %s, want %s", key, got, want)
		}
	}

	s = serve(t, func(w http.ResponseWriter, r *http.Request) {
		says(401, `{"code":401,"msg":"no"}`)(w, r)
	})
	cfg := config(s.URL)
	cfg.APIKey, cfg.ClientID, cfg.ClientSecret = "", "client", "of the start"
	c = newClient(t, cfg, d)
	for _, key = range []string{"old-secret", "new-secret"} {
		wantKind(t, read(t, c), moka.KindAuth)
		calls := s.seen()
		if got := calls[len(calls)-1].Body; !strings.Contains(got, key) {
			t.Errorf("a token is asked for with %s, want %s", got, key)
		}
	}
}
