package schemastest_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/schemas/schemastest"
)

// server is a registry with a client that speaks its JSON.
type server struct {
	t *testing.T
	*httptest.Server
}

func serve(t *testing.T, r *schemastest.Registry) server {
	t.Helper()
	s := httptest.NewServer(r)
	t.Cleanup(s.Close)
	return server{t, s}
}

// do sends a request and compares status and body with what is wanted; a nil body
// is not looked at.
func (s server) do(method, path, body string, status int, want any) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != status {
		s.t.Fatalf("%s %s: status %d, want %d: %s", method, path, resp.StatusCode, status, raw)
	}
	if want == nil {
		return
	}
	var got any
	if err := json.Unmarshal(raw, &got); err != nil {
		s.t.Fatalf("%s %s: %v: %s", method, path, err, raw)
	}
	if d := cmp.Diff(want, got); d != "" {
		s.t.Fatalf("%s %s (-want +got):\n%s", method, path, d)
	}
}

// refused sends a request that must fail with the registry's code, and with a
// message that has all the words.
func (s server) refused(method, path, body string, status, code int, words ...string) {
	s.t.Helper()
	req, err := http.NewRequest(method, s.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	resp, err := s.Client().Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	var got struct {
		Code    int `json:"error_code"`
		Message string
	}
	if err := json.NewDecoder(resp.Body).Decode(&got); err != nil {
		s.t.Fatal(err)
	}
	if resp.StatusCode != status || got.Code != code {
		s.t.Fatalf("%s %s: HTTP %d, code %d (%s), want %d and %d", method, path, resp.StatusCode, got.Code, got.Message, status, code)
	}
	for _, w := range words {
		if !strings.Contains(got.Message, w) {
			s.t.Errorf("%s %s: %q does not say %q", method, path, got.Message, w)
		}
	}
}

func body(schema, references string) string {
	quoted, err := json.Marshal(schema)
	if err != nil {
		panic(err)
	}
	if references != "" {
		return fmt.Sprintf(`{"schema":%s,"references":%s}`, quoted, references)
	}
	return fmt.Sprintf(`{"schema":%s}`, quoted)
}

type object = map[string]any

const (
	person    = `{"type":"record","name":"Person","namespace":"x","fields":[{"name":"id","type":"long"}]}`
	personOpt = `{"type":"record","name":"Person","namespace":"x","fields":[{"name":"id","type":"long"},{"name":"n","type":["null","string"],"default":null}]}`
	personReq = `{"type":"record","name":"Person","namespace":"x","fields":[{"name":"id","type":"long"},{"name":"n","type":"string"}]}`
	event     = `{"type":"record","name":"Event","namespace":"x","fields":[{"name":"who","type":"x.Person"}]}`
	personV1  = `[{"name":"x.Person","subject":"x.Person","version":1}]`
	personV2  = `[{"name":"x.Person","subject":"x.Person","version":2}]`
)

func TestRegisterLookUpAndFetch(t *testing.T) {
	s := serve(t, schemastest.New())
	s.do("POST", "/subjects/x.Person/versions", body(person, ""), 200, object{"id": 1.0})
	s.do("POST", "/subjects/x.Person/versions", body(strings.ReplaceAll(person, `,"`, ` , "`), ""), 200, object{"id": 1.0})
	s.do("POST", "/subjects/events-value/versions", body(event, personV1), 200, object{"id": 2.0})
	s.do("POST", "/subjects/copy-value/versions", body(event, personV1), 200, object{"id": 2.0})

	s.do("GET", "/subjects", "", 200, []any{"copy-value", "events-value", "x.Person"})
	s.do("GET", "/subjects?subjectPrefix=e", "", 200, []any{"events-value"})
	s.do("GET", "/subjects/events-value/versions", "", 200, []any{1.0})
	ref := []any{object{"name": "x.Person", "subject": "x.Person", "version": 1.0}}
	s.do("GET", "/schemas/ids/2", "", 200, object{"schema": event, "references": ref})
	s.do("GET", "/subjects/events-value/versions/latest", "", 200,
		object{"subject": "events-value", "version": 1.0, "id": 2.0, "schema": event, "references": ref})
	s.do("POST", "/subjects/events-value", body(event, personV1), 200,
		object{"subject": "events-value", "version": 1.0, "id": 2.0, "schema": event, "references": ref})
	s.do("GET", "/schemas/ids/1/schema", "", 200, asJSON(t, person))
	s.do("GET", "/schemas/ids/2/versions", "", 200,
		[]any{object{"subject": "copy-value", "version": 1.0}, object{"subject": "events-value", "version": 1.0}})
	s.do("GET", "/schemas/ids/2/subjects", "", 200, []any{"copy-value", "events-value"})
	s.do("GET", "/subjects/x.Person/versions/1/referencedby", "", 200, []any{2.0})
	s.do("GET", "/schemas?latestOnly=true&subjectPrefix=x", "", 200,
		[]any{object{"subject": "x.Person", "version": 1.0, "id": 1.0, "schema": person}})
	s.do("GET", "/schemas/types", "", 200, []any{"AVRO"})
	s.do("GET", "/mode", "", 200, object{"mode": "READWRITE"})
}

func asJSON(t *testing.T, text string) any {
	t.Helper()
	var v any
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestResolvedFormatHoldsWhatIsReferredTo(t *testing.T) {
	s := serve(t, schemastest.New())
	s.do("POST", "/subjects/x.Person/versions", body(person, ""), 200, nil)
	s.do("POST", "/subjects/events-value/versions", body(event, personV1), 200, nil)
	s.do("GET", "/schemas/ids/2/schema?format=resolved", "", 200,
		asJSON(t, strings.ReplaceAll(event, `"x.Person"`, person)))
}

func TestRefusals(t *testing.T) {
	s := serve(t, schemastest.New())
	s.do("POST", "/subjects/x.Person/versions", body(person, ""), 200, nil)
	for name, c := range map[string]struct {
		method, path, body string
		status, code       int
		words              string
	}{
		"unknown id":             {"GET", "/schemas/ids/9", "", 404, 40403, "9"},
		"unknown subject":        {"GET", "/subjects/no/versions", "", 404, 40401, "no"},
		"look up nowhere":        {"POST", "/subjects/no", body(person, ""), 404, 40401, "no"},
		"unknown version":        {"GET", "/subjects/x.Person/versions/7", "", 404, 40402, "7"},
		"look up other":          {"POST", "/subjects/x.Person", body(personOpt, ""), 404, 40403, ""},
		"bad version":            {"GET", "/subjects/x.Person/versions/two", "", 422, 42202, "two"},
		"not a schema":           {"POST", "/subjects/a/versions", body(`{"type":"rekord"}`, ""), 422, 42201, "rekord"},
		"missing reference":      {"POST", "/subjects/a/versions", body(event, personV2), 422, 42201, "x.Person"},
		"undeclared reference":   {"POST", "/subjects/a/versions", body(event, ""), 422, 42201, "x.Person"},
		"not Avro":               {"POST", "/subjects/a/versions", `{"schema":"{}","schemaType":"JSON"}`, 422, 42201, "AVRO"},
		"not JSON":               {"POST", "/subjects/a/versions", `{`, 400, 400, ""},
		"unknown level":          {"PUT", "/config", `{"compatibility":"SOME"}`, 422, 42203, "full_transitive"},
		"no level of its own":    {"GET", "/config/x.Person", "", 404, 40408, "x.Person"},
		"a path that is not one": {"GET", "/subject", "", 404, 404, ""},
	} {
		t.Run(name, func(t *testing.T) {
			server{t, s.Server}.refused(c.method, c.path, c.body, c.status, c.code, c.words)
		})
	}
	s.do("GET", "/subjects", "", 200, []any{"x.Person"})
}

func TestTooLargeARequest(t *testing.T) {
	s := serve(t, schemastest.New())
	s.refused("POST", "/subjects/a/versions", `{"schema":"`+strings.Repeat("x", 5<<20)+`"}`, 413, 413)
}

func TestCompatibilityIsEnforced(t *testing.T) {
	s := serve(t, schemastest.New())
	s.do("PUT", "/config/x.Person", `{"compatibility":"FULL_TRANSITIVE"}`, 200, object{"compatibility": "FULL_TRANSITIVE"})
	s.do("GET", "/config/x.Person", "", 200, object{"compatibilityLevel": "FULL_TRANSITIVE"})
	s.do("GET", "/config", "", 200, object{"compatibilityLevel": "BACKWARD"})
	s.do("POST", "/subjects/x.Person/versions", body(person, ""), 200, nil)
	s.refused("POST", "/subjects/x.Person/versions", body(personReq, ""), 409, 409, "version 1", "n", "no default")
	s.do("POST", "/subjects/x.Person/versions", body(personOpt, ""), 200, object{"id": 2.0})
	s.do("GET", "/subjects/x.Person/versions", "", 200, []any{1.0, 2.0})

	s.do("POST", "/compatibility/subjects/x.Person/versions", body(personReq, ""), 200, object{"is_compatible": false})
	s.do("POST", "/compatibility/subjects/x.Person/versions/latest", body(person, ""), 200, object{"is_compatible": true})
	s.do("POST", "/compatibility/subjects/x.Person/versions/1?verbose=true", body(person, ""), 200,
		object{"is_compatible": true, "messages": []any{}})
	s.refused("POST", "/compatibility/subjects/none/versions/latest", body(person, ""), 404, 40401)
	s.do("POST", "/compatibility/subjects/none/versions", body(person, ""), 200, object{"is_compatible": true})
}

// A fault in a record that is referred to counts for the schema that refers to it.
func TestCompatibilityLooksIntoReferences(t *testing.T) {
	s := serve(t, schemastest.New())
	s.do("PUT", "/config/x.Person", `{"compatibility":"NONE"}`, 200, nil)
	s.do("POST", "/subjects/x.Person/versions", body(person, ""), 200, nil)
	s.do("POST", "/subjects/x.Person/versions", body(personReq, ""), 200, nil)
	s.do("POST", "/subjects/events-value/versions", body(event, personV1), 200, nil)
	s.refused("POST", "/subjects/events-value/versions", body(event, personV2), 409, 409, "x.Person.n", "version 1")
}

func TestLevels(t *testing.T) {
	const withN, withoutN = personReq, person // n has no default: only old readers get by
	for level, want := range map[string]int{
		"NONE": 200, "FORWARD": 200, "FORWARD_TRANSITIVE": 200,
		"BACKWARD": 409, "BACKWARD_TRANSITIVE": 409, "FULL": 409, "FULL_TRANSITIVE": 409,
	} {
		t.Run(level, func(t *testing.T) {
			s := serve(t, schemastest.New())
			s.do("PUT", "/config", `{"compatibility":"`+level+`"}`, 200, nil)
			s.do("POST", "/subjects/a/versions", body(withoutN, ""), 200, nil)
			s.do("POST", "/subjects/a/versions", body(withN, ""), want, nil)
		})
	}
}

// Only the transitive levels look behind the latest version.
func TestTransitivity(t *testing.T) {
	for level, want := range map[string]int{"BACKWARD": 200, "BACKWARD_TRANSITIVE": 409} {
		s := serve(t, schemastest.New())
		s.do("PUT", "/config", `{"compatibility":"`+level+`"}`, 200, nil)
		s.do("POST", "/subjects/a/versions", body(person, ""), 200, nil)
		s.do("POST", "/subjects/a/versions", body(personOpt, ""), 200, nil)
		noDefault := strings.Replace(personOpt, `,"default":null`, "", 1)
		s.do("POST", "/subjects/a/versions", body(noDefault, ""), want, nil)
	}
}

func TestDeletes(t *testing.T) {
	s := serve(t, schemastest.New())
	s.do("POST", "/subjects/x.Person/versions", body(person, ""), 200, nil)
	s.do("POST", "/subjects/x.Person/versions", body(personOpt, ""), 200, nil)
	s.do("POST", "/subjects/events-value/versions", body(event, personV2), 200, nil)

	s.refused("DELETE", "/subjects/x.Person", "", 422, 42206, "x.Person")
	s.refused("DELETE", "/subjects/x.Person/versions/latest", "", 422, 42206)
	s.refused("DELETE", "/subjects/x.Person/versions/1?permanent=true", "", 404, 40407)
	s.do("DELETE", "/subjects/x.Person/versions/1", "", 200, 1.0)
	s.refused("DELETE", "/subjects/x.Person/versions/1", "", 404, 40406)
	s.do("GET", "/subjects/x.Person/versions", "", 200, []any{2.0})
	s.do("GET", "/subjects/x.Person/versions?deleted=true", "", 200, []any{1.0, 2.0})
	s.do("GET", "/schemas/ids/1", "", 200, object{"schema": person}) // records with it are still about

	s.do("DELETE", "/subjects/events-value", "", 200, []any{1.0})
	s.refused("DELETE", "/subjects/events-value", "", 404, 40404)
	s.refused("GET", "/subjects/events-value/versions/latest", "", 404, 40401)
	s.refused("DELETE", "/subjects/x.Person?permanent=true", "", 404, 40405)
	s.do("DELETE", "/subjects/events-value?permanent=true", "", 200, []any{1.0})
	s.refused("GET", "/schemas/ids/3", "", 404, 40403)

	// Deleted for good, a version's number and an id are not given again.
	s.do("DELETE", "/subjects/x.Person/versions/1?permanent=true", "", 200, 1.0)
	s.do("POST", "/subjects/x.Person/versions", body(person, ""), 200, object{"id": 1.0})
	s.do("GET", "/subjects/x.Person/versions", "", 200, []any{2.0, 3.0})
}

func TestOpenKeepsEverything(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registry.json")
	open := func() server {
		r, err := schemastest.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		return serve(t, r)
	}
	s := open()
	s.do("PUT", "/config/x.Person", `{"compatibility":"FULL"}`, 200, nil)
	s.do("POST", "/subjects/x.Person/versions", body(person, ""), 200, object{"id": 1.0})
	s.do("POST", "/subjects/events-value/versions", body(event, personV1), 200, object{"id": 2.0})

	s = open()
	s.do("GET", "/config/x.Person", "", 200, object{"compatibilityLevel": "FULL"})
	s.do("POST", "/subjects/events-value", body(event, personV1), 200, nil)
	s.do("POST", "/subjects/x.Person/versions", body(personOpt, ""), 200, object{"id": 3.0})
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*.tmp")); err != nil || len(left) > 0 {
		t.Errorf("left lying about: %v %v", left, err)
	}
}

func TestOpenRefusesADamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "registry.json")
	for _, content := range []string{
		`{`, `{"compatibility":"ODD","subjects":{}}`, `{"compatibility":"FULL","subjects":{"a":null}}`,
		`{"compatibility":"FULL","subjects":{"a":{"versions":[{"version":1,"id":4}]}}}`,
	} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := schemastest.Open(path); err == nil || !strings.Contains(err.Error(), "remove it") {
			t.Errorf("%s: got %v", content, err)
		}
	}
}

// What cannot be kept is not confirmed, and does not exist.
func TestAChangeThatCannotBeKeptDoesNotHappen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "gone")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	r, err := schemastest.Open(filepath.Join(dir, "registry.json"))
	if err != nil {
		t.Fatal(err)
	}
	s := serve(t, r)
	if err := os.Remove(dir); err != nil {
		t.Fatal(err)
	}
	s.refused("POST", "/subjects/x.Person/versions", body(person, ""), 500, 50001)
	s.do("GET", "/subjects", "", 200, []any{})
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	s.do("POST", "/subjects/x.Person/versions", body(person, ""), 200, object{"id": 1.0})
}
