// Package avrogen_test compares the two implementations of Avro that this module
// has: hamba/avro, which generates the types, and twmb/avro, which mokafka runs
// on. What one writes with the schemas of schemas/avsc the other must read, and
// as the same values.
package avrogen_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"math/rand/v2"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	hamba "github.com/hamba/avro/v2"
	twmb "github.com/twmb/avro"
)

// rounds is how many values are drawn of each record; seed makes them the same
// each time.
const (
	rounds = 200
	seed   = 20260105
)

// schemas are the schemas as JSON, by name.
type schemas map[string]map[string]any

func TestBothImplementationsAgree(t *testing.T) {
	texts := read(t)
	ours, theirs := parse(t, texts)
	all := schemas{}
	for name, text := range texts {
		var schema map[string]any
		if err := json.Unmarshal([]byte(text), &schema); err != nil {
			t.Fatal(err)
		}
		all[name] = schema
	}
	records := 0
	for name, schema := range all {
		if schema["type"] != "record" {
			continue
		}
		records++
		t.Run(name, func(t *testing.T) {
			g := generator{rand.New(rand.NewPCG(seed, uint64(len(texts[name])))), all}
			for range rounds {
				value := g.draw(name, 0)
				want := plain(all, name, value)
				compare(t, all, name, want, value, ours[name], theirs[name])
			}
		})
	}
	if records < 60 {
		t.Fatalf("only %d records in schemas/avsc", records)
	}
}

// compare writes value with each implementation and reads it with both.
func compare(t *testing.T, all schemas, name string, want, value any, ours *twmb.Schema, theirs hamba.Schema) {
	t.Helper()
	byOurs, err := ours.Encode(value)
	if err != nil {
		t.Fatalf("twmb writes: %v\n%v", err, value)
	}
	byTheirs, err := hamba.Marshal(theirs, value)
	if err != nil {
		t.Fatalf("hamba writes: %v\n%v", err, value)
	}
	for writer, b := range map[string][]byte{"twmb": byOurs, "hamba": byTheirs} {
		var got any
		rest, err := ours.Decode(b, &got, twmb.TaggedUnions())
		if err != nil || len(rest) > 0 {
			t.Fatalf("twmb reads what %s wrote: %d bytes over, %v", writer, len(rest), err)
		}
		same(t, "twmb reads what "+writer+" wrote", want, plain(all, name, got))
		var theirsGot any
		if err := hamba.Unmarshal(theirs, b, &theirsGot); err != nil {
			t.Fatalf("hamba reads what %s wrote: %v", writer, err)
		}
		same(t, "hamba reads what "+writer+" wrote", want, plain(all, name, theirsGot))
	}
}

func same(t *testing.T, what string, want, got any) {
	t.Helper()
	if !reflect.DeepEqual(want, got) {
		t.Fatalf("%s as something else\nwritten %v\nread    %v", what, want, got)
	}
}

// read returns the schemas' texts by name.
func read(t *testing.T) map[string]string {
	t.Helper()
	paths, err := filepath.Glob("../../../schemas/avsc/*.avsc")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]string{}
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		texts[strings.TrimSuffix(filepath.Base(p), ".avsc")] = string(b)
	}
	return texts
}

// parse parses every schema with both. The order in which they refer to each
// other is found by trying.
func parse(t *testing.T, texts map[string]string) (map[string]*twmb.Schema, map[string]hamba.Schema) {
	t.Helper()
	ours, theirs := map[string]*twmb.Schema{}, map[string]hamba.Schema{}
	var ourCache twmb.SchemaCache
	theirCache := &hamba.SchemaCache{}
	for len(ours) < len(texts) {
		before := len(ours)
		var last error
		for name, text := range texts {
			if ours[name] != nil {
				continue
			}
			s, err := ourCache.Parse(text)
			if err != nil {
				last = err
				continue
			}
			ours[name] = s
			if theirs[name], err = hamba.ParseWithCache(text, "", theirCache); err != nil {
				t.Fatalf("hamba does not parse %s, which twmb does: %v", name, err)
			}
		}
		if len(ours) == before {
			t.Fatal(last)
		}
	}
	return ours, theirs
}

// generator draws values that both implementations write: unions are maps from
// the branch's name to the value.
type generator struct {
	*rand.Rand
	all schemas
}

func (g generator) draw(typ any, depth int) any {
	switch typ := resolve(g.all, typ).(type) {
	case []any:
		if g.IntN(3) == 0 || depth > 5 && g.IntN(3) > 0 {
			return nil
		}
		return map[string]any{branchName(g.all, typ[1]): g.draw(typ[1], depth+1)}
	case map[string]any:
		return g.complex(typ, depth)
	default:
		return g.primitive(typ.(string))
	}
}

func (g generator) complex(typ map[string]any, depth int) any {
	few := g.IntN(3)
	if depth > 5 {
		few = g.IntN(2)
	}
	switch typ["type"] {
	case "record":
		out := map[string]any{}
		for _, f := range typ["fields"].([]any) {
			f := f.(map[string]any)
			out[f["name"].(string)] = g.draw(f["type"], depth+1)
		}
		return out
	case "enum":
		symbols := typ["symbols"].([]any)
		return symbols[g.IntN(len(symbols))]
	case "array":
		out := []any{}
		for range few {
			out = append(out, g.draw(typ["items"], depth+1))
		}
		return out
	case "map":
		out := map[string]any{}
		for range few {
			out[g.text()] = g.draw(typ["values"], depth+1)
		}
		return out
	}
	return g.logical(typ)
}

func (g generator) logical(typ map[string]any) any {
	switch typ["logicalType"] {
	case "timestamp-millis":
		return time.UnixMilli(g.Int64N(8_000_000_000_000) - 4_000_000_000_000).UTC()
	case "date":
		return time.Unix(0, 0).UTC().AddDate(0, 0, g.IntN(60_000)-30_000)
	case "decimal":
		return big.NewRat(g.Int64N(2_000_000_000_000_000_000)-1_000_000_000_000_000_000, 10_000)
	}
	panic(fmt.Sprintf("no values for %v", typ))
}

func (g generator) primitive(typ string) any {
	switch typ {
	case "string":
		return g.text()
	case "bytes":
		return []byte(g.text())
	case "boolean":
		return g.IntN(2) == 0
	case "int":
		return int32(g.Uint32()) >> g.IntN(32)
	case "long":
		return int64(g.Uint64()) >> g.IntN(64)
	case "double":
		return g.NormFloat64()
	}
	panic("no values for " + typ)
}

func (g generator) text() string {
	letters := []rune("ab 职级\"\\\x00😀é")
	var b strings.Builder
	for range g.IntN(12) {
		b.WriteRune(letters[g.IntN(len(letters))])
	}
	return b.String()
}

// resolve follows the name of a schema, with or without its namespace.
func resolve(all schemas, typ any) any {
	name, ok := typ.(string)
	if !ok {
		return typ
	}
	if schema, ok := all[strings.TrimPrefix(name, "com.moka.")]; ok {
		return schema
	}
	return typ
}

// branchName is what both implementations call a branch of a union.
func branchName(all schemas, typ any) string {
	switch r := resolve(all, typ).(type) {
	case map[string]any:
		if name, ok := r["name"].(string); ok {
			return "com.moka." + name
		}
		if logical, ok := r["logicalType"].(string); ok {
			return r["type"].(string) + "." + logical
		}
		return r["type"].(string)
	default:
		return r.(string)
	}
}

// plain takes the wrappings off a value, so that values read by either
// implementation compare.
func plain(all schemas, typ, v any) any {
	switch typ := resolve(all, typ).(type) {
	case []any:
		if v == nil {
			return nil
		}
		name := branchName(all, typ[1])
		if m, ok := v.(map[string]any); ok && len(m) == 1 {
			for _, key := range []string{name, strings.Split(name, ".")[0]} {
				if inner, ok := m[key]; ok {
					v = inner
					break
				}
			}
		}
		return plain(all, typ[1], v)
	case map[string]any:
		return plainComplex(all, typ, v)
	}
	return plainScalar(v)
}

func plainComplex(all schemas, typ map[string]any, v any) any {
	switch typ["type"] {
	case "record":
		out := map[string]any{}
		for _, f := range typ["fields"].([]any) {
			f := f.(map[string]any)
			name := f["name"].(string)
			out[name] = plain(all, f["type"], v.(map[string]any)[name])
		}
		return out
	case "array":
		out := []any{}
		for _, item := range v.([]any) {
			out = append(out, plain(all, typ["items"], item))
		}
		return out
	case "map":
		out := map[string]any{}
		for key, item := range v.(map[string]any) {
			out[key] = plain(all, typ["values"], item)
		}
		return out
	}
	return plainScalar(v)
}

func plainScalar(v any) any {
	switch v := v.(type) {
	case int:
		return int64(v)
	case int32:
		return int64(v)
	case []byte:
		return string(v)
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	case *big.Rat:
		return v.RatString()
	case big.Rat:
		return v.RatString()
	}
	return v
}
