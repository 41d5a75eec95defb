package schemas_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/avro"
	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// record and enum write schemas of a bundle.
func record(name string, fields ...string) string {
	return fmt.Sprintf(`{"type":"record","name":%q,"namespace":"com.moka","fields":[%s]}`, name, strings.Join(fields, ","))
}

func enum(name, rest string, symbols ...string) string {
	return fmt.Sprintf(`{"type":"enum","name":%q,"namespace":"com.moka","symbols":["%s"]%s}`, name, strings.Join(symbols, `","`), rest)
}

const (
	unknown  = `,"default":"UNKNOWN"`
	decimal4 = `{"type":"bytes","logicalType":"decimal","precision":18,"scale":4}`
	decimal2 = `{"type":"bytes","logicalType":"decimal","precision":18,"scale":2}`
	millis   = `{"type":"long","logicalType":"timestamp-millis"}`
	micros   = `{"type":"long","logicalType":"timestamp-micros"}`
)

func field(name, typ string) string { return fmt.Sprintf(`{"name":%q,"type":%s}`, name, typ) }

func optional(name, typ string) string {
	return fmt.Sprintf(`{"name":%q,"type":["null",%s],"default":null}`, name, typ)
}

// TestCheckFullJudges has one change of a schema per case; what is found is
// written as "record.field reader".
func TestCheckFullJudges(t *testing.T) {
	for name, c := range map[string]struct {
		older, newer avsc.Bundle
		want         []string
	}{
		"nothing": {
			avsc.Bundle{"R": record("R", field("a", `"int"`))},
			avsc.Bundle{"R": record("R", field("a", `"int"`))}, nil,
		},
		"optional field added": {
			avsc.Bundle{"R": record("R")},
			avsc.Bundle{"R": record("R", optional("a", `"int"`))}, nil,
		},
		"required field added": {
			avsc.Bundle{"R": record("R")},
			avsc.Bundle{"R": record("R", field("a", `"int"`))}, []string{"com.moka.R.a new reader"},
		},
		"nullable field added without a default": {
			avsc.Bundle{"R": record("R")},
			avsc.Bundle{"R": record("R", field("a", `["null","int"]`))}, []string{"com.moka.R.a new reader"},
		},
		"required field removed": {
			avsc.Bundle{"R": record("R", field("a", `"int"`))},
			avsc.Bundle{"R": record("R")}, []string{"com.moka.R.a old reader"},
		},
		"int made long": {
			avsc.Bundle{"R": record("R", field("a", `"int"`))},
			avsc.Bundle{"R": record("R", field("a", `"long"`))}, []string{"com.moka.R.a old reader"},
		},
		"required made optional": {
			avsc.Bundle{"R": record("R", field("a", `"int"`))},
			avsc.Bundle{"R": record("R", optional("a", `"int"`))}, []string{"com.moka.R.a old reader"},
		},
		"type changed inside an array": {
			avsc.Bundle{"R": record("R", field("a", `{"type":"array","items":"int"}`))},
			avsc.Bundle{"R": record("R", field("a", `{"type":"array","items":"string"}`))},
			[]string{"com.moka.R.a.items new reader", "com.moka.R.a.items old reader"},
		},
		"symbol added, default on both sides": {
			avsc.Bundle{"E": enum("E", unknown, "UNKNOWN", "A")},
			avsc.Bundle{"E": enum("E", unknown, "UNKNOWN", "A", "B")}, nil,
		},
		"symbol removed, default on both sides": {
			avsc.Bundle{"E": enum("E", unknown, "UNKNOWN", "A")},
			avsc.Bundle{"E": enum("E", unknown, "UNKNOWN")}, []string{"com.moka.E either reader"},
		},
		"symbol added where the old one has no default": {
			avsc.Bundle{"E": enum("E", "", "UNKNOWN")},
			avsc.Bundle{"E": enum("E", unknown, "UNKNOWN", "A")}, []string{"com.moka.E old reader"},
		},
		"symbol removed and the default with it": {
			avsc.Bundle{"E": enum("E", unknown, "UNKNOWN", "A")},
			avsc.Bundle{"E": enum("E", "", "UNKNOWN")},
			[]string{"com.moka.E either reader", "com.moka.E either reader", "com.moka.E new reader"},
		},
		"default dropped": {
			avsc.Bundle{"R": record("R", optional("a", `"int"`))},
			avsc.Bundle{"R": record("R", field("a", `["null","int"]`))}, []string{"com.moka.R.a either reader"},
		},
		"default of an enum dropped": {
			avsc.Bundle{"E": enum("E", unknown, "UNKNOWN", "A")},
			avsc.Bundle{"E": enum("E", "", "UNKNOWN", "A")}, []string{"com.moka.E either reader"},
		},
		"optional field renamed": {
			avsc.Bundle{"R": record("R", optional("a", `"int"`), optional("c", `"int"`))},
			avsc.Bundle{"R": record("R", optional("b", `"int"`), optional("c", `"int"`))}, []string{"com.moka.R.a either reader"},
		},
		"optional field renamed with an alias": {
			avsc.Bundle{"R": record("R", optional("a", `"int"`))},
			avsc.Bundle{"R": record("R", `{"name":"b","aliases":["a"],"type":["null","int"],"default":null}`)}, nil,
		},
		"optional field removed, one of another type added": {
			avsc.Bundle{"R": record("R", optional("a", `"int"`))},
			avsc.Bundle{"R": record("R", optional("b", `"string"`))}, nil,
		},
		"scale of a decimal": {
			avsc.Bundle{"R": record("R", optional("a", decimal4))},
			avsc.Bundle{"R": record("R", optional("a", decimal2))},
			[]string{"com.moka.R.a new reader", "com.moka.R.a old reader"},
		},
		"unit of a timestamp": {
			avsc.Bundle{"R": record("R", optional("a", millis))},
			avsc.Bundle{"R": record("R", optional("a", micros))}, []string{"com.moka.R.a either reader"},
		},
		"field renamed with an alias": {
			avsc.Bundle{"R": record("R", field("a", `"int"`))},
			avsc.Bundle{"R": record("R", `{"name":"b","aliases":["a"],"type":"int"}`)}, []string{"com.moka.R.a old reader"},
		},
		"two faults in one record, one in another": {
			avsc.Bundle{"R": record("R", field("a", `"int"`), field("b", `"int"`), field("s", `"com.moka.S"`)), "S": record("S", field("c", `"int"`))},
			avsc.Bundle{"R": record("R", field("a", `"string"`), field("s", `"com.moka.S"`)), "S": record("S", field("c", `"int"`), field("d", `"int"`))},
			[]string{"com.moka.R.a new reader", "com.moka.S.d new reader", "com.moka.R.a old reader", "com.moka.R.b old reader"},
		},
		"schema gone": {
			avsc.Bundle{"R": record("R"), "S": record("S")},
			avsc.Bundle{"R": record("R")}, []string{"com.moka.S new reader"},
		},
		"schema new": {
			avsc.Bundle{"R": record("R")},
			avsc.Bundle{"R": record("R"), "S": record("S")}, nil,
		},
		"another record in its place": {
			avsc.Bundle{"R": record("R", optional("a", `"com.moka.S"`)), "S": record("S"), "T": record("T")},
			avsc.Bundle{"R": record("R", optional("a", `"com.moka.T"`)), "S": record("S"), "T": record("T")},
			[]string{"com.moka.R.a new reader", "com.moka.R.a old reader"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := schemas.CheckFull(c.older, c.newer)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, in := range found {
				where := in.Record
				if in.Field != "" {
					where += "." + in.Field
				}
				got = append(got, where+" "+string(in.Reader))
				if in.Text == "" || in.Fix == "" || len(in.Roots) == 0 || len(in.Paths) != len(in.Roots) || !strings.Contains(in.String(), in.Fix) {
					t.Errorf("it does not say what is wrong, where, and what to do: %+v", in)
				}
			}
			if d := cmp.Diff(c.want, got); d != "" {
				t.Errorf("(-want +got):\n%s\n%v", d, found)
			}
		})
	}
}

func TestCheckFullNamesEveryRoot(t *testing.T) {
	older, newer := embedded(t), embedded(t)
	newer["Person"] = strings.Replace(newer["Person"], `"fields": [`, `"fields": [{"name": "badge", "type": "int"},`, 1)
	found, err := schemas.CheckFull(older, newer, "CandidateEvent", "OfferEvent", "Checkpoint")
	if err != nil {
		t.Fatal(err)
	}
	if len(found) != 1 || !slices.Equal(found[0].Roots, []string{"CandidateEvent", "OfferEvent"}) {
		t.Fatalf("found %+v", found)
	}
	for _, path := range found[0].Paths {
		// There are shorter and longer ways to a person; this is the shortest.
		if !strings.HasSuffix(path, ".badge") || strings.Contains(path, ".before.") || strings.Count(path, ".") > 3 {
			t.Errorf("the path is %s", path)
		}
	}
}

func TestCheckFullRefusesWhatIsNoSchema(t *testing.T) {
	good := avsc.Bundle{"R": record("R")}
	if _, err := schemas.CheckFull(good, avsc.Bundle{"R": record("R", field("a", `"com.moka.Gone"`))}); err == nil {
		t.Error("a reference that leads nowhere was accepted")
	}
	if _, err := schemas.CheckFull(avsc.Bundle{"R": `{"type":"record","name":"R","namespace":"com.moka"}`}, good); err == nil {
		t.Error("a record without fields was accepted")
	}
	if _, err := schemas.CheckFull(good, good, "Nowhere"); err == nil {
		t.Error("a root that nobody has was accepted")
	}
}

// TestCheckFullAgreesWithTheCodec draws pairs of bundles: in either direction,
// something is found just when the codec refuses to read across.
func TestCheckFullAgreesWithTheCodec(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		older, newer := drawBundle(t, "older"), drawBundle(t, "newer")
		found, err := schemas.CheckFull(older, newer, "Root")
		if err != nil {
			t.Fatal(err)
		}
		o, n := parse(t, older), parse(t, newer)
		for who, err := range map[schemas.Direction]error{
			schemas.NewReader: avro.CheckCompatibility(o, n),
			schemas.OldReader: avro.CheckCompatibility(n, o),
		} {
			reported := slices.ContainsFunc(found, func(in schemas.Incompatibility) bool { return in.Reader == who })
			if reported != (err != nil) {
				t.Fatalf("%s: the codec says %v, found %v\nolder %v\nnewer %v", who, err, found, older, newer)
			}
		}
	})
}

func parse(t *rapid.T, b avsc.Bundle) *avro.Schema {
	names, err := b.Ordered("Root")
	if err != nil {
		t.Fatal(err)
	}
	var cache avro.SchemaCache
	var s *avro.Schema
	for _, name := range names {
		if s, err = cache.Parse(b[name]); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

// drawBundle draws a small bundle whose schemas have the same names each time,
// and fields of a few names and types, so that pairs differ in few places.
func drawBundle(t *rapid.T, label string) avsc.Bundle {
	named := []string{`"com.moka.E"`}
	b := avsc.Bundle{}
	rest := rapid.SampledFrom([]string{"", unknown}).Draw(t, label+" enum default")
	b["E"] = enum("E", rest, append([]string{"UNKNOWN"}, rapid.SliceOfDistinct(
		rapid.SampledFrom([]string{"A", "B"}), rapid.ID[string]).Draw(t, label+" symbols")...)...)
	for _, name := range []string{"R", "S", "Root"} {
		var fields []string
		for _, f := range []string{"a", "b", "c"} {
			typ := rapid.SampledFrom(append([]string{
				`"int"`, `"long"`, `"string"`, `"bytes"`, decimal4, decimal2,
				`{"type":"fixed","name":"F","namespace":"com.moka","size":4}`,
			}, named...)).Draw(t, label+" type")
			wrap := rapid.SampledFrom([]string{"%s", "%s", `{"type":"array","items":%s}`, `{"type":"map","values":%s}`}).Draw(t, label+" in")
			typ = fmt.Sprintf(wrap, typ)
			switch rapid.SampledFrom([]string{"absent", "required", "optional"}).Draw(t, label+" field") {
			case "required":
				fields = append(fields, field(f, typ))
			case "optional":
				fields = append(fields, optional(f, typ))
			}
			if strings.Contains(typ, `"fixed"`) {
				break // defined once at most
			}
		}
		b[name] = record(name, fields...)
		named = append(named, `"com.moka.`+name+`"`)
	}
	for name, text := range b { // F may be defined once in all
		if name != "R" {
			b[name] = strings.ReplaceAll(text, `{"type":"fixed","name":"F","namespace":"com.moka","size":4}`, `"int"`)
		}
	}
	return b
}
