package schemas_test

import (
	"encoding/json"
	"math/big"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// TestEveryRecordRoundTrips draws values of every kind of topic value and reads
// back what it wrote: by this build's schema, as any consumer does, and as JSON.
func TestEveryRecordRoundTrips(t *testing.T) {
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	roots := []any{
		schemas.CandidateEvent{}, schemas.OfferEvent{}, schemas.InterviewEvent{}, schemas.HeadcountEvent{},
		schemas.CandidateState{}, schemas.OfferState{}, schemas.InterviewState{}, schemas.HeadcountState{},
		schemas.JournalEntry{}, schemas.DeadLetter{}, schemas.Checkpoint{}, schemas.WritebackCommand{}, schemas.WritebackResult{},
	}
	bundle, s := embedded(t), &source{schemas: map[int]schemas.RegisteredSchema{}}
	draws := drawer{bundle: bundle, parsed: map[string]any{}}
	for id, root := range roots {
		s.schemas[id] = complete(t, bundle, reflect.TypeOf(root).Name())
	}
	d := decoder(t, s)
	for id, root := range roots {
		name := reflect.TypeOf(root).Name()
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				want := reflect.New(reflect.TypeOf(root))
				draws.draw(t, avsc.Namespace+"."+name, want.Elem())
				b, err := codec.Append(nil, want.Interface())
				if err != nil {
					t.Fatal(err)
				}
				got := reflect.New(reflect.TypeOf(root)).Interface()
				if err := codec.Unmarshal(b, got); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.Interface(), got, sameRat); diff != "" {
					t.Fatalf("by this build (-written +read):\n%s", diff)
				}
				value := append(schemas.AppendHeader(nil, id), b...)
				read, err := d.Decode(t.Context(), value)
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want.Interface(), read, sameRat); diff != "" {
					t.Fatalf("by the decoder (-written +read):\n%s", diff)
				}
				text, record, err := d.JSON(t.Context(), value)
				if err != nil || record != avsc.Namespace+"."+name || !json.Valid(text) {
					t.Fatalf("as JSON: %s %s %v", record, text, err)
				}
			})
		})
	}
}

// drawer draws values by their schema, into the generated types.
type drawer struct {
	bundle avsc.Bundle
	parsed map[string]any
}

func (d drawer) draw(t *rapid.T, typ any, into reflect.Value) {
	switch typ := typ.(type) {
	case []any: // ["null", X]
		if rapid.IntRange(0, 3).Draw(t, "null") == 0 {
			return
		}
		if into.Type() != reflect.TypeFor[*big.Rat]() {
			into.Set(reflect.New(into.Type().Elem()))
			into = into.Elem()
		}
		d.draw(t, typ[1], into)
	case map[string]any:
		d.drawComplex(t, typ, into)
	case string:
		if name, ok := strings.CutPrefix(typ, avsc.Namespace+"."); ok {
			if d.parsed[name] == nil {
				var schema any
				if err := json.Unmarshal([]byte(d.bundle[name]), &schema); err != nil {
					t.Fatal(err)
				}
				d.parsed[name] = schema
			}
			d.draw(t, d.parsed[name], into)
			return
		}
		drawPrimitive(t, typ, into)
	}
}

func (d drawer) drawComplex(t *rapid.T, typ map[string]any, into reflect.Value) {
	few := rapid.IntRange(0, 2)
	switch typ["type"] {
	case "record":
		for _, f := range typ["fields"].([]any) {
			f := f.(map[string]any)
			for i := range into.NumField() {
				if into.Type().Field(i).Tag.Get("avro") == f["name"] {
					d.draw(t, f["type"], into.Field(i))
				}
			}
		}
	case "enum":
		into.SetString(rapid.SampledFrom(typ["symbols"].([]any)).Draw(t, "symbol").(string))
	case "array":
		n := few.Draw(t, "items")
		into.Set(reflect.MakeSlice(into.Type(), n, n))
		for i := range n {
			d.draw(t, typ["items"], into.Index(i))
		}
	case "map":
		into.Set(reflect.MakeMap(into.Type()))
		for range few.Draw(t, "entries") {
			item := reflect.New(into.Type().Elem()).Elem()
			d.draw(t, typ["values"], item)
			into.SetMapIndex(reflect.ValueOf(rapid.String().Draw(t, "key")), item)
		}
	default:
		drawLogical(t, typ, into)
	}
}

func drawLogical(t *rapid.T, typ map[string]any, into reflect.Value) {
	switch typ["logicalType"] {
	case "timestamp-millis":
		ms := rapid.Int64Range(-62_000_000_000_000, 253_000_000_000_000).Draw(t, "milliseconds")
		into.Set(reflect.ValueOf(time.UnixMilli(ms).UTC()))
	case "date":
		days := rapid.IntRange(-700_000, 2_900_000).Draw(t, "days")
		into.Set(reflect.ValueOf(time.Unix(0, 0).UTC().AddDate(0, 0, days)))
	case "decimal":
		units := rapid.Int64Range(-999_999_999_999_999_999, 999_999_999_999_999_999).Draw(t, "unscaled")
		into.Set(reflect.ValueOf(big.NewRat(units, 10_000)))
	default:
		t.Fatalf("no values for %v", typ)
	}
}

func drawPrimitive(t *rapid.T, typ string, into reflect.Value) {
	switch typ {
	case "string":
		into.SetString(rapid.String().Draw(t, "string"))
	case "bytes":
		into.SetBytes(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	case "boolean":
		into.SetBool(rapid.Bool().Draw(t, "boolean"))
	case "int":
		into.SetInt(int64(rapid.Int32().Draw(t, "int")))
	case "long":
		into.SetInt(rapid.Int64().Draw(t, "long"))
	case "double":
		into.SetFloat(rapid.Float64().Draw(t, "double"))
	default:
		t.Fatalf("no values for %s", typ)
	}
}
