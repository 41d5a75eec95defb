package schemas_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

func TestRegistryTrouble(t *testing.T) {
	slow := make(chan struct{})
	defer close(slow)
	for name, c := range map[string]struct {
		handler http.HandlerFunc
		words   []string
	}{
		"broken":     {answer(500, `{"error_code":50001,"message":"disk full"}`), []string{"fetch schema 7", "disk full", "try again"}},
		"login":      {answer(401, `{"error_code":401,"message":"Unauthorized"}`), []string{"SCHEMA_REGISTRY_USER"}},
		"elsewhere":  {answer(404, `<html>no such page</html>`), []string{"SCHEMA_REGISTRY_URL", "ccompat"}},
		"not JSON":   {answer(200, `<html>welcome</html>`), []string{"decode"}},
		"overloaded": {answer(429, ``), []string{"try again"}},
		"endless":    {answer(200, strings.Repeat(" ", 9<<20)), []string{"longer than"}},
		"silent": {func(_ http.ResponseWriter, r *http.Request) {
			select {
			case <-slow:
			case <-r.Context().Done():
			}
		}, []string{"SCHEMA_REGISTRY_URL"}},
	} {
		t.Run(name, func(t *testing.T) {
			r, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{serve(t, c.handler)}, Timeout: time.Second})
			if err != nil {
				t.Fatal(err)
			}
			_, err = r.Fetch(t.Context(), 7)
			if !errors.Is(err, schemas.ErrRegistryUnavailable) {
				t.Fatalf("not told from bad data: %v", err)
			}
			for _, w := range c.words {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("%q does not say %q", err, w)
				}
			}
			if len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}

func answer(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	}
}

func TestRegistryIsDown(t *testing.T) {
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	_, err := registryAt(t, s.URL).Register(t.Context(), embedded(t), "a-value", "Person")
	if !errors.Is(err, schemas.ErrRegistryUnavailable) || !strings.Contains(err.Error(), "SCHEMA_REGISTRY_URL") {
		t.Fatalf("got %v", err)
	}
}

func TestRegistryCallsEndWithTheContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	url := serve(t, http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		cancel()
		<-r.Context().Done()
	}))
	if _, err := registryAt(t, url).Fetch(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v", err)
	}
}

// A reference that the registry has lost is its fault, not the record's; one in a
// circle does not keep the reader for ever.
func TestBrokenReferences(t *testing.T) {
	const self = `{"schema":"{\"type\":\"record\",\"name\":\"A\",\"fields\":[]}","references":[{"name":"A","subject":"A","version":1}]}`
	r := registryAt(t, serve(t, answer(200, self)))
	if _, err := r.Fetch(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "circle") {
		t.Errorf("circle: %v", err)
	}
	r = registryAt(t, serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if strings.HasPrefix(req.URL.Path, "/schemas/") {
			fmt.Fprint(w, self)
			return
		}
		answer(404, `{"error_code":40402,"message":"Version not found"}`)(w, req)
	})))
	if _, err := r.Fetch(t.Context(), 1); !errors.Is(err, schemas.ErrRegistryUnavailable) || !strings.Contains(err.Error(), "restore") {
		t.Errorf("lost: %v", err)
	}
}

func TestLoginAndHTTPClient(t *testing.T) {
	reg := schemastest.New()
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if user, password, _ := req.BasicAuth(); user != "key" || password != "secret" {
			answer(401, `{"error_code":401,"message":"Unauthorized"}`)(w, req)
			return
		}
		reg.ServeHTTP(w, req)
	}))
	defer s.Close()
	cfg := schemas.RegistryConfig{URLs: []string{s.URL}, User: "key", Password: "secret", Timeout: time.Second}
	r, err := schemas.NewRegistry(cfg, schemas.WithHTTPClient(s.Client()))
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetCompatibility(t.Context(), "a-value"); err != nil {
		t.Fatal(err)
	}
}

func TestRegistryConfigReportsEveryFault(t *testing.T) {
	err := schemas.RegistryConfig{
		URLs: []string{"ftp://x", "https://me:hunter2@host", "http://host?x=1"}, User: "a:b", Timeout: -1,
	}.Validate()
	if err == nil {
		t.Fatal("accepted")
	}
	for _, w := range []string{"address 1", "address 2", "address 3", "SCHEMA_REGISTRY_USER", "SCHEMA_REGISTRY_TIMEOUT"} {
		if !strings.Contains(err.Error(), w) {
			t.Errorf("%q does not mention %s", err, w)
		}
	}
	if strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the password is in %q", err)
	}
	if err := (schemas.RegistryConfig{Password: "p", Timeout: time.Second}).Validate(); err == nil ||
		!strings.Contains(err.Error(), "SCHEMA_REGISTRY_URL is not set") || !strings.Contains(err.Error(), "SCHEMA_REGISTRY_USER is not") {
		t.Errorf("got %v", err)
	}
}
