package schemas_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/sr/srfake"

	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// registryAt is a client of the registry at url.
func registryAt(t *testing.T, url string) *schemas.Registry {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	cfg := schemas.RegistryConfig{URLs: []string{url}, Timeout: 30 * time.Second}
	r, err := schemas.NewRegistry(cfg, schemas.WithHTTPClient(&http.Client{Transport: transport}))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// serve serves h on a loopback port until the test ends.
func serve(t *testing.T, h http.Handler) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

func embedded(t testing.TB) avsc.Bundle {
	t.Helper()
	b, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// registries are that of this repository, one that somebody else wrote, and a
// real one where there is one. Each function returns the address.
func registries() map[string]func(*testing.T) string {
	return map[string]func(*testing.T) string{
		"schemastest": func(t *testing.T) string { t.Helper(); return serve(t, schemastest.New()) },
		"srfake":      func(t *testing.T) string { t.Helper(); return serve(t, srfake.NewRegistry().Handler()) },
		"real":        realRegistry,
	}
}

// realRegistry is the address of the registry in SCHEMA_REGISTRY_URL.
func realRegistry(t *testing.T) string {
	t.Helper()
	url := os.Getenv("SCHEMA_REGISTRY_URL")
	switch {
	case url != "":
		return url
	case os.Getenv("MOKAFKA_REQUIRE_REAL") == "1":
		t.Fatal("SCHEMA_REGISTRY_URL is not set, and MOKAFKA_REQUIRE_REAL=1 asks for a real registry")
	default:
		t.Skip("SCHEMA_REGISTRY_URL is not set")
	}
	return ""
}

// subjectOf gives each test its own subject, for a real registry outlives it.
func subjectOf(t *testing.T, topic string) string {
	t.Helper()
	return fmt.Sprintf("%s-%d-value", topic, time.Now().UnixNano())
}

func TestRegisterIsIdempotentAndFindable(t *testing.T) {
	for name, at := range registries() {
		t.Run(name, func(t *testing.T) {
			url := at(t)
			bundle, subject := embedded(t), subjectOf(t, "test.candidates")
			_, err := registryAt(t, url).LookupID(t.Context(), bundle, subject, "CandidateEvent")
			if !errors.Is(err, schemas.ErrNotRegistered) || !strings.Contains(err.Error(), "mokafka schemas register") {
				t.Fatalf("before registering: %v", err)
			}
			id, err := registryAt(t, url).Register(t.Context(), bundle, subject, "CandidateEvent")
			if err != nil {
				t.Fatal(err)
			}
			again, err := registryAt(t, url).Register(t.Context(), bundle, subject, "CandidateEvent")
			if err != nil || again != id {
				t.Fatalf("again: id %d, %v; the first time %d", again, err, id)
			}
			found, err := registryAt(t, url).LookupID(t.Context(), bundle, subject, "CandidateEvent")
			if err != nil || found != id {
				t.Fatalf("looked up: id %d, %v; registered %d", found, err, id)
			}
		})
	}
}

// What is fetched is the same schema, complete: it compares equal to the build's.
func TestFetchResolvesReferences(t *testing.T) {
	for name, at := range registries() {
		t.Run(name, func(t *testing.T) {
			url := at(t)
			bundle, subject := embedded(t), subjectOf(t, "test.offers")
			r := registryAt(t, url)
			id, err := r.Register(t.Context(), bundle, subject, "OfferEvent")
			if err != nil {
				t.Fatal(err)
			}
			got, err := registryAt(t, url).Fetch(t.Context(), id)
			if err != nil {
				t.Fatal(err)
			}
			names, err := bundle.Ordered("OfferEvent")
			if err != nil {
				t.Fatal(err)
			}
			if got.ID != id || len(got.Texts) != len(names) {
				t.Fatalf("schema %d with %d texts, want %d with %d", got.ID, len(got.Texts), id, len(names))
			}
			want := schemas.RegisteredSchema{}
			for _, name := range names {
				want.Texts = append(want.Texts, bundle[name])
			}
			if found, err := schemas.CheckRegistered(want, got); err != nil || len(found) > 0 {
				t.Fatalf("fetched schema differs: %v %v", found, err)
			}
			if found, err := r.CheckCompatibility(t.Context(), bundle, subject, "OfferEvent"); err != nil || len(found) > 0 {
				t.Fatalf("compared with itself: %v %v", found, err)
			}
		})
	}
}

func TestUnknownIDs(t *testing.T) {
	for name, at := range registries() {
		t.Run(name, func(t *testing.T) {
			url := at(t)
			_, err := registryAt(t, url).Fetch(t.Context(), 1_999_999_999)
			var unknown *schemas.UnknownSchemaError
			if !errors.As(err, &unknown) || unknown.ID != 1_999_999_999 || errors.Is(err, schemas.ErrRegistryUnavailable) {
				t.Fatalf("got %v", err)
			}
		})
	}
}

// A change of a shared record makes new versions of all that refer to it, and
// the old ones stay readable.
func TestRegisterFollowsAChangedReference(t *testing.T) {
	url := serve(t, schemastest.New())
	before, after := embedded(t), embedded(t)
	after["Person"] = strings.Replace(after["Person"], `"fields": [`,
		`"fields": [{"name": "nickname", "type": ["null", "string"], "default": null, "doc": "New."},`, 1)
	r := registryAt(t, url)
	oldID, err := r.Register(t.Context(), before, "c-value", "CandidateEvent")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.SetCompatibility(t.Context(), "c-value"); err != nil {
		t.Fatal(err)
	}
	newID, err := r.Register(t.Context(), after, "c-value", "CandidateEvent")
	if err != nil {
		t.Fatal(err)
	}
	if oldID == newID {
		t.Fatalf("both have id %d", oldID)
	}
	for id, nickname := range map[int]bool{oldID: false, newID: true} {
		s, err := registryAt(t, url).Fetch(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(s.Texts, ""), "nickname"); got != nickname {
			t.Errorf("schema %d: has the new field: %t", id, got)
		}
	}
	if id, err := r.LookupID(t.Context(), before, "c-value", "CandidateEvent"); err != nil || id != oldID {
		t.Errorf("the old build finds %d, %v; want %d", id, err, oldID)
	}
}

// A registry that holds a subject to FULL_TRANSITIVE refuses what CheckCompatibility
// finds fault with.
func TestRegistriesRefuseWhatIsIncompatible(t *testing.T) {
	for name, at := range registries() {
		if name == "srfake" {
			continue // it accepts anything
		}
		t.Run(name, func(t *testing.T) {
			r, bundle, subject := registryAt(t, at(t)), embedded(t), subjectOf(t, "test.checkpoints")
			// Before there is a schema some registries cannot keep the setting.
			if err := r.SetCompatibility(t.Context(), subject); err != nil && !errors.Is(err, schemas.ErrNoSubject) {
				t.Fatal(err)
			}
			if _, err := r.Register(t.Context(), bundle, subject, "Checkpoint"); err != nil {
				t.Fatal(err)
			}
			if err := r.SetCompatibility(t.Context(), subject); err != nil {
				t.Fatal(err)
			}
			broken := embedded(t)
			broken["Checkpoint"] = strings.Replace(broken["Checkpoint"], `"fields": [`, `"fields": [{"name": "added", "type": "int"},`, 1)
			found, err := r.CheckCompatibility(t.Context(), broken, subject, "Checkpoint")
			if err != nil || len(found) != 1 || found[0].Field != "added" || found[0].Version != 1 {
				t.Errorf("found %+v, %v", found, err)
			}
			_, err = r.Register(t.Context(), broken, subject, "Checkpoint")
			var refusal *schemas.RegistryError
			if !errors.As(err, &refusal) || refusal.Status != http.StatusConflict || errors.Is(err, schemas.ErrRegistryUnavailable) {
				t.Errorf("registered: %v", err)
			}
		})
	}
}

func TestCheckCompatibilityNamesTheVersionAndTheField(t *testing.T) {
	url := serve(t, schemastest.New())
	bundle, broken := embedded(t), embedded(t)
	broken["Person"] = strings.Replace(broken["Person"], `"name": "id", "type": ["null", "long"], "default": null`, `"name": "id", "type": "string"`, 1)
	r := registryAt(t, url)
	if found, err := r.CheckCompatibility(t.Context(), broken, "c-value", "CandidateEvent"); err != nil || len(found) > 0 {
		t.Fatalf("nothing is registered: %v %v", found, err)
	}
	if _, err := r.Register(t.Context(), bundle, "c-value", "CandidateEvent"); err != nil {
		t.Fatal(err)
	}
	if err := r.SetCompatibility(t.Context(), "c-value"); err != nil {
		t.Fatal(err)
	}
	found, err := r.CheckCompatibility(t.Context(), broken, "c-value", "CandidateEvent")
	if err != nil {
		t.Fatal(err)
	}
	type brief struct {
		Record, Field string
		Reader        schemas.Direction
		Version       int
	}
	var got []brief
	for _, in := range found {
		got = append(got, brief{in.Record, in.Field, in.Reader, in.Version})
	}
	want := []brief{{"com.moka.Person", "id", schemas.NewReader, 1}, {"com.moka.Person", "id", schemas.OldReader, 1}}
	if d := cmp.Diff(want, got); d != "" {
		t.Fatalf("(-want +got):\n%s", d)
	}

	// The registry refuses it, and says why.
	_, err = r.Register(t.Context(), broken, "c-value", "CandidateEvent")
	var refusal *schemas.RegistryError
	if !errors.As(err, &refusal) || refusal.Status != http.StatusConflict || refusal.Code != 409 ||
		errors.Is(err, schemas.ErrRegistryUnavailable) || !strings.Contains(err.Error(), "com.moka.Person") {
		t.Fatalf("got %v", err)
	}
}

// A registry that rewrites what it is given does not find it by its text.
func TestRegisterWhereLookingUpFails(t *testing.T) {
	backing := schemastest.New()
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if req.Method == http.MethodPost && !strings.HasSuffix(req.URL.Path, "/versions") {
			answer(404, `{"error_code":40403,"message":"Schema not found"}`)(w, req)
			return
		}
		backing.ServeHTTP(w, req)
	}))
	id, err := registryAt(t, url).Register(t.Context(), embedded(t), "a-value", "OfferEvent")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := registryAt(t, url).Fetch(t.Context(), id); err != nil {
		t.Fatal(err)
	}
}

func TestSetCompatibilityOfAMissingSubject(t *testing.T) {
	r := registryAt(t, serve(t, answer(404, `{"error_code":40401,"message":"No such subject"}`)))
	if err := r.SetCompatibility(t.Context(), "a-value"); !errors.Is(err, schemas.ErrNoSubject) {
		t.Errorf("got %v", err)
	}
}

// A hundred schemas shared by thirteen topics are not looked up thirteen times;
// but once something is amiss, nothing remembered is trusted.
func TestLookupsAreRemembered(t *testing.T) {
	var requests atomic.Int64
	reg := schemastest.New()
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		requests.Add(1)
		reg.ServeHTTP(w, req)
	}))
	bundle, r := embedded(t), registryAt(t, url)
	if _, err := r.Register(t.Context(), bundle, "a-value", "CandidateEvent"); err != nil {
		t.Fatal(err)
	}
	requests.Store(0)
	if _, err := r.Register(t.Context(), bundle, "b-value", "CandidateEvent"); err != nil {
		t.Fatal(err)
	}
	if n := requests.Load(); n > 3 {
		t.Errorf("%d requests for the second topic", n)
	}
	if _, err := r.LookupID(t.Context(), bundle, "nowhere-value", "CandidateEvent"); !errors.Is(err, schemas.ErrNotRegistered) {
		t.Fatal(err)
	}
	requests.Store(0)
	if _, err := r.LookupID(t.Context(), bundle, "b-value", "CandidateEvent"); err != nil {
		t.Fatal(err)
	}
	if n := requests.Load(); n < 10 {
		t.Errorf("%d requests after a failure", n)
	}
}
