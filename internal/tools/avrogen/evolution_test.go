package avrogen_test

import (
	"encoding/json"
	"maps"
	"math/rand/v2"
	"reflect"
	"testing"

	hamba "github.com/hamba/avro/v2"
)

// TestOldConsumersReadNewRecords: an implementation that mokafka does not run on
// reads, with the schema of a consumer that was not rebuilt, what a newer release
// writes, and the other way round: with a field more, one that is deprecated and
// null, and a symbol more.
func TestOldConsumersReadNewRecords(t *testing.T) {
	now := read(t)
	next := maps.Clone(now)
	change := func(name string, do func(schema map[string]any)) {
		var schema map[string]any
		if err := json.Unmarshal([]byte(next[name]), &schema); err != nil {
			t.Fatal(err)
		}
		do(schema)
		text, err := json.Marshal(schema)
		if err != nil {
			t.Fatal(err)
		}
		next[name] = string(text)
	}
	change("CandidateEvent", func(s map[string]any) {
		s["fields"] = append(s["fields"].([]any), map[string]any{"name": "note", "type": []any{"null", "string"}, "default": nil})
	})
	change("StageType", func(s map[string]any) { s["symbols"] = append(s["symbols"].([]any), "SECOND_LOOK") })

	oldOurs, oldTheirs := parse(t, now)
	newOurs, newTheirs := parse(t, next)
	before, after := parsedJSON(t, now), parsedJSON(t, next)
	forOld, err := hamba.NewSchemaCompatibility().Resolve(oldTheirs["CandidateEvent"], newTheirs["CandidateEvent"])
	if err != nil {
		t.Fatal(err)
	}
	forNew, err := hamba.NewSchemaCompatibility().Resolve(newTheirs["CandidateEvent"], oldTheirs["CandidateEvent"])
	if err != nil {
		t.Fatal(err)
	}
	g := generator{rand.New(rand.NewPCG(seed, 1)), after}
	newer := 0
	for range rounds {
		value := g.draw("CandidateEvent", 0)
		b, err := newOurs["CandidateEvent"].Encode(value)
		if err != nil {
			t.Fatal(err)
		}
		want := plain(after, "CandidateEvent", value)
		newer += forget(want)
		delete(want.(map[string]any), "note")
		var got any
		if err := hamba.Unmarshal(forOld, b, &got); err != nil {
			t.Fatalf("the old consumer: %v", err)
		}
		same(t, "an old consumer reads a new record", want, plain(before, "CandidateEvent", got))
	}
	if newer == 0 {
		t.Error("no record had what the old consumer does not know")
	}
	g.all = before
	for range rounds {
		value := g.draw("CandidateEvent", 0)
		b, err := oldOurs["CandidateEvent"].Encode(value)
		if err != nil {
			t.Fatal(err)
		}
		want := plain(before, "CandidateEvent", value)
		want.(map[string]any)["note"] = nil
		var got any
		if err := hamba.Unmarshal(forNew, b, &got); err != nil {
			t.Fatalf("the new consumer: %v", err)
		}
		same(t, "a new consumer reads history", want, plain(after, "CandidateEvent", got))
	}
}

// parsedJSON are the schemas as JSON.
func parsedJSON(t *testing.T, texts map[string]string) schemas {
	t.Helper()
	all := schemas{}
	for name, text := range texts {
		var schema map[string]any
		if err := json.Unmarshal([]byte(text), &schema); err != nil {
			t.Fatal(err)
		}
		all[name] = schema
	}
	return all
}

// forget makes the new symbol what an old consumer reads it as, everywhere in a
// value, and counts.
func forget(v any) (n int) {
	switch v := v.(type) {
	case map[string]any:
		for key, inner := range v {
			if reflect.DeepEqual(inner, "SECOND_LOOK") {
				v[key] = "UNKNOWN"
				n++
			}
			n += forget(inner)
		}
	case []any:
		for _, inner := range v {
			n += forget(inner)
		}
	}
	return n
}
