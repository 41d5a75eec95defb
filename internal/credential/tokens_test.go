package credential_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/credential"
)

// endpoint gives out tokens t1, t2, … for an hour each.
type endpoint struct {
	secret atomic.Pointer[string]
	asked  atomic.Int64
}

func (e *endpoint) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	id, secret, _ := r.BasicAuth()
	if id != "worker" || secret != *e.secret.Load() || r.FormValue("scope") != "kafka registry" {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, `{"error":"invalid_client","error_description":"not %s"}`, secret)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"access_token": fmt.Sprintf("t%d", e.asked.Add(1)), "token_type": "bearer", "expires_in": 3600,
	})
}

func TestTokensAreRenewed(t *testing.T) {
	e := &endpoint{}
	password := "first"
	e.secret.Store(&password)
	server := httptest.NewServer(e)
	t.Cleanup(server.Close)
	path := filepath.Join(t.TempDir(), "secret")
	write(t, path, "first\n")
	c := &clock{now: time.Unix(1e9, 0)}
	tokens := &credential.Tokens{
		URL: server.URL, ClientID: "worker", Secret: credential.Text{Path: path}, Scopes: []string{"kafka", "registry"},
		Client: server.Client(), Now: c.Now,
	}
	want := func(token string) {
		t.Helper()
		if got, err := tokens.Token(t.Context()); got != token || err != nil {
			t.Errorf("%q, %v; want %q", got, err, token)
		}
	}
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { want("t1") })
	}
	all.Wait()
	c.pass(58 * time.Minute)
	want("t1")
	c.pass(90 * time.Second) // less than a minute is left
	want("t2")

	rotated := "second"
	e.secret.Store(&rotated)
	c.pass(time.Hour)
	_, err := tokens.Token(t.Context())
	if err == nil || !strings.Contains(err.Error(), `401, "invalid_client"`) || strings.Contains(err.Error(), "first") {
		t.Errorf("a secret that is no good any more: %v", err)
	}
	write(t, path, "second\n")
	want("t3")

	c.pass(time.Hour)
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err := tokens.Token(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("a caller who gave up: %v", err)
	}
}
