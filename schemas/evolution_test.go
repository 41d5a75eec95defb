package schemas_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/avro"

	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// altered is a bundle with one schema changed, as JSON; the embedded one stays.
func altered(t *testing.T, b avsc.Bundle, name string, change func(schema map[string]any)) avsc.Bundle {
	t.Helper()
	var schema map[string]any
	if err := json.Unmarshal([]byte(b[name]), &schema); err != nil {
		t.Fatal(err)
	}
	change(schema)
	text, err := json.Marshal(schema)
	if err != nil {
		t.Fatal(err)
	}
	out := maps.Clone(b)
	out[name] = string(text)
	return out
}

func without(field string) func(map[string]any) {
	return func(schema map[string]any) {
		schema["fields"] = slices.DeleteFunc(schema["fields"].([]any), func(f any) bool { return f.(map[string]any)["name"] == field })
	}
}

func with(field string) func(map[string]any) {
	return func(schema map[string]any) {
		var one any
		if err := json.Unmarshal([]byte(field), &one); err != nil {
			panic(err)
		}
		schema["fields"] = append(schema["fields"].([]any), one)
	}
}

func doc(field, text string) func(map[string]any) {
	return func(schema map[string]any) {
		for _, f := range schema["fields"].([]any) {
			if f := f.(map[string]any); f["name"] == field {
				f["doc"] = text
			}
		}
	}
}

func symbols(change func([]any) []any) func(map[string]any) {
	return func(schema map[string]any) { schema["symbols"] = change(schema["symbols"].([]any)) }
}

// versions are the schemas through four releases; this build's are the third.
//
//	0  stages have no type
//	1  stages have one, and there are no work trials yet
//	2  this build
//	3  events have a field "note", transitions no longer tell the time in the stage
//	   (the field is there, and null), and there is another type of stage
func versions(t *testing.T) [4]avsc.Bundle {
	t.Helper()
	now := embedded(t)
	first := altered(t, now, "StageType", symbols(func(all []any) []any {
		return slices.DeleteFunc(all, func(s any) bool { return s == "WORK_TRIAL" })
	}))
	next := altered(t, now, "CandidateEvent", with(`{"name":"note","type":["null","string"],"default":null,"doc":"What HR noted."}`))
	next = altered(t, next, "StageTransition", doc("time_in_stage_ms", "Deprecated, always null: at of both moves tells."))
	next = altered(t, next, "StageType", symbols(func(all []any) []any { return append(all, "SECOND_LOOK") }))
	return [4]avsc.Bundle{altered(t, first, "Stage", without("type")), first, now, next}
}

// written is the record that a release writes: a stage move, with what only that
// release knows, by the version.
func written(version int) map[string]any {
	stage := map[string]any{"id": int64(40 + version), "name": fmt.Sprintf("stage of %d", version)}
	if version > 0 {
		stage["type"] = [4]string{1: "INTERVIEW", 2: "WORK_TRIAL", 3: "SECOND_LOOK"}[version]
	}
	move := map[string]any{"from": nil, "to": stage, "at": nil, "by": nil, "time_in_stage_ms": int64(1000)}
	event := map[string]any{
		"event_id": fmt.Sprintf("event-%d", version), "type": "STAGE_MOVED", "op": "UPDATE", "org_id": "demo", "application_id": int64(7),
		"candidate_id": nil, "occurred_at": nil, "observed_at": time.UnixMilli(1_700_000_000_000).UTC(), "version": int64(version),
		"source": map[string]any{
			"channel": "POLL", "endpoint": "v2/data/ehrApplications", "journal_partition": int32(1), "journal_offset": int64(version),
			"mapper_revision": int32(1), "webhook_id": nil, "command_id": nil, "operator": nil,
		},
		"changed_fields": []string{"stage"}, "before": nil, "after": nil, "transition": move,
	}
	if version == 3 {
		event["note"], move["time_in_stage_ms"] = "second look", nil
	}
	return event
}

// schemaOf is the event's schema in a release.
func schemaOf(t *testing.T, b avsc.Bundle) *avro.Schema {
	t.Helper()
	var cache avro.SchemaCache
	var schema *avro.Schema
	for _, text := range complete(t, b, "CandidateEvent").Texts {
		var err error
		if schema, err = cache.Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	return schema
}

func encode(t *testing.T, schema *avro.Schema, event map[string]any) []byte {
	t.Helper()
	value, err := schema.AppendEncode(nil, event)
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// TestReleasesGetOn: the changes that are allowed are found compatible, between any
// two releases, and a registry that holds subjects to FULL_TRANSITIVE takes them.
func TestReleasesGetOn(t *testing.T) {
	all := versions(t)
	for i, older := range all {
		for _, newer := range all[i+1:] {
			found, err := schemas.CheckFull(older, newer)
			if err != nil || len(found) > 0 {
				t.Errorf("from %d: %v %v", i, found, err)
			}
		}
	}
	r := registryAt(t, serve(t, schemastest.New()))
	for n, b := range all {
		found, err := r.CheckCompatibility(t.Context(), b, "moka.candidates.v1-value", "CandidateEvent")
		if err != nil || len(found) > 0 {
			t.Errorf("release %d: %v %v", n, found, err)
		}
		if _, err := r.Register(t.Context(), b, "moka.candidates.v1-value", "CandidateEvent"); err != nil {
			t.Fatalf("release %d: %v", n, err)
		}
		if err := r.SetCompatibility(t.Context(), "moka.candidates.v1-value"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestThisBuildReadsThePastAndTheFuture: the Decoder of this build is the new
// consumer for what older releases wrote, and the old one for what a newer writes.
func TestThisBuildReadsThePastAndTheFuture(t *testing.T) {
	r := registryAt(t, serve(t, schemastest.New()))
	d := decoder(t, r)
	for version, b := range versions(t) {
		id, err := r.Register(t.Context(), b, "moka.candidates.v1-value", "CandidateEvent")
		if err != nil {
			t.Fatal(err)
		}
		value := append(schemas.AppendHeader(nil, id), encode(t, schemaOf(t, b), written(version))...)
		got, err := schemas.DecodeAs[schemas.CandidateEvent](t.Context(), d, value)
		if err != nil {
			t.Fatalf("release %d: %v", version, err)
		}
		// What this build cannot know: a type of stage that there was not yet, or one
		// that is newer.
		var kind *schemas.StageType
		if symbol := [4]schemas.StageType{1: schemas.StageTypeInterview, 2: schemas.StageTypeWorkTrial, 3: schemas.StageTypeUnknown}[version]; version > 0 {
			kind = &symbol
		}
		to := got.Transition.To
		if got.EventID != fmt.Sprintf("event-%d", version) || got.Version != int64(version) || *to.ID != int64(40+version) ||
			got.Source.JournalOffset != int64(version) || !cmp.Equal(to.Type, kind) {
			t.Errorf("release %d: %+v of %+v", version, got, to)
		}
		if took := got.Transition.TimeInStageMs; (took == nil) != (version == 3) {
			t.Errorf("release %d: the time in the stage is %v", version, took)
		}
	}
}

// TestEveryReleaseReadsEveryOther has each release's own schema as the reader.
func TestEveryReleaseReadsEveryOther(t *testing.T) {
	all := versions(t)
	for w, wb := range all {
		value := encode(t, schemaOf(t, wb), written(w))
		for r, rb := range all {
			resolved, err := avro.Resolve(schemaOf(t, wb), schemaOf(t, rb))
			if err != nil {
				t.Fatalf("%d reads %d: %v", r, w, err)
			}
			var got map[string]any
			rest, err := resolved.Decode(value, &got)
			if err != nil || len(rest) > 0 {
				t.Fatalf("%d reads %d: %d bytes over, %v", r, w, len(rest), err)
			}
			if got["event_id"] != fmt.Sprintf("event-%d", w) || got["version"] != int64(w) {
				t.Errorf("%d reads %d: %v", r, w, got)
			}
			note, known := got["note"]
			if known != (r == 3) || known && (note != nil) != (w == 3) {
				t.Errorf("%d reads %d: the note is %v", r, w, note)
			}
			kind, known := got["transition"].(map[string]any)["to"].(map[string]any)["type"]
			want := [4]any{nil, "INTERVIEW", "WORK_TRIAL", "SECOND_LOOK"}[w]
			if w > r && want != nil { // a symbol of later releases
				want = "UNKNOWN"
			}
			if known != (r > 0) || known && kind != want {
				t.Errorf("%d reads %d: the type of the stage is %v, want %v", r, w, kind, want)
			}
		}
	}
}

// TestWhatBreaksIsNamed: each change that is not allowed is found, with its path
// from the record of the topic.
func TestWhatBreaksIsNamed(t *testing.T) {
	now := embedded(t)
	for name, c := range map[string]struct {
		older avsc.Bundle
		newer avsc.Bundle
		path  string
		text  string
	}{
		"a required field is gone": {
			altered(t, now, "Stage", with(`{"name":"colour","type":"string"}`)), now,
			"CandidateEvent.after.stage.colour", "the field was required and is gone",
		},
		"a required field is new": {
			now, altered(t, now, "Stage", with(`{"name":"colour","type":"string"}`)),
			"CandidateEvent.after.stage.colour", "the field is new and has no default",
		},
		"another type": {
			now, altered(t, altered(t, now, "StageTransition", without("time_in_stage_ms")), "StageTransition",
				with(`{"name":"time_in_stage_ms","type":["null","string"],"default":null}`)),
			"CandidateEvent.transition.time_in_stage_ms", "long",
		},
		"a symbol is gone": {
			now, altered(t, now, "StageType", symbols(func(all []any) []any { return all[:len(all)-1] })),
			"CandidateEvent.after.stage.type", "the symbol WORK_TRIAL is gone: a replay reads it as UNKNOWN",
		},
		"a default is gone": {
			now, altered(t, altered(t, now, "Stage", without("id")), "Stage", with(`{"name":"id","type":["null","long"]}`)),
			"CandidateEvent.after.stage.id", "the default is gone",
		},
		"another name": {
			now, altered(t, altered(t, now, "Stage", without("name")), "Stage", with(`{"name":"title","type":["null","string"],"default":null}`)),
			"CandidateEvent.after.stage.name", "the field is gone, and title, of the same type, is new",
		},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := schemas.CheckFull(c.older, c.newer, "CandidateEvent")
			if err != nil {
				t.Fatal(err)
			}
			ok := slices.ContainsFunc(found, func(in schemas.Incompatibility) bool {
				return slices.Equal(in.Paths, []string{c.path}) && strings.Contains(in.Text, c.text)
			})
			if !ok {
				t.Errorf("%s is not named: %+v", c.path, found)
			}
		})
	}
}
