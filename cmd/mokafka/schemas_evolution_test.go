package main

import (
	"encoding/json"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// formerSchemas are those of an earlier release that this build breaks in each way
// that there is: against them, it has removed a required field, changed a type,
// removed a symbol, dropped a default and renamed a field.
func formerSchemas(t *testing.T) avsc.Bundle {
	t.Helper()
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	type object = map[string]any
	change := func(name string, do func(fields []any) []any) {
		var schema object
		if err := json.Unmarshal([]byte(bundle[name]), &schema); err != nil {
			t.Fatal(err)
		}
		part := "fields"
		if schema["type"] == "enum" {
			part = "symbols"
		}
		schema[part] = do(schema[part].([]any))
		text, err := json.Marshal(schema)
		if err != nil {
			t.Fatal(err)
		}
		bundle[name] = string(text)
	}
	at := func(fields []any, name string) object {
		i := slices.IndexFunc(fields, func(f any) bool { return f.(object)["name"] == name })
		if i < 0 {
			t.Fatalf("there is no field %s any more", name)
		}
		return fields[i].(object)
	}
	change("Stage", func(fields []any) []any {
		at(fields, "name")["name"] = "title"
		return append(fields, object{"name": "colour", "type": "string", "doc": "Its colour."})
	})
	change("StageTransition", func(fields []any) []any {
		at(fields, "time_in_stage_ms")["type"] = []any{"null", "string"}
		return fields
	})
	change("Checkpoint", func(fields []any) []any {
		at(fields, "feed")["default"] = ""
		return fields
	})
	change("OfferStatus", func(symbols []any) []any { return append(symbols, "WITHDRAWN") })
	return bundle
}

// TestSchemasCheckNamesWhatBreaks is what a maintainer reads who has broken
// everything, against the registry and against a git ref.
func TestSchemasCheckNamesWhatBreaks(t *testing.T) {
	former := formerSchemas(t)
	// A registry of its own: what breaks has no place in one that others use.
	server := httptest.NewServer(schemastest.New())
	t.Cleanup(server.Close)
	x := &transcript{site: &site{console: console{t, map[string]string{"SCHEMA_REGISTRY_URL": server.URL}}}}
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{server.URL}, Timeout: attemptTimeout})
	if err != nil {
		t.Fatal(err)
	}
	for _, spec := range publish.Catalogue(publish.TopicConfig{Prefix: "moka", Partitions: 1, Replication: 1}) {
		if _, err := registry.Register(t.Context(), former, spec.Subject, spec.Record); err != nil {
			t.Fatal(err)
		}
	}
	home, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	dir := filepath.Join("schemas", "avsc")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, text := range former {
		if err := os.WriteFile(filepath.Join(dir, name+".avsc"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "."}, {"commit", "-q", "-m", "a release"}, {"tag", "v1"}} {
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	got := x.types(exitFailed, "", "schemas", "check", "--against-ref", "v1")
	contains(t, got.out,
		"    moka.candidates.v1-value: CandidateEvent.after.stage.colour\n",
		"    moka.candidates.v1-value: CandidateEvent.after.stage.title\n",
		"    moka.candidates.v1-value: CandidateEvent.transition.time_in_stage_ms\n",
		"    moka.offers.v1-value: OfferEvent.after.status\n",
		"    moka.checkpoints.v1-value: Checkpoint.feed\n")
	x.types(exitFailed, "", "schemas", "check", "--against-registry")
	t.Chdir(home)
	golden(t, "schemas_check.txt", x.text.String())
}
