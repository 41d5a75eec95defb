package normalize_test

import (
	"bytes"
	"errors"
	"reflect"
	"slices"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

var events = []string{"pushCandidate", "createInterviewsInfo", "updateInterviewsInfo", "deleteInterviewsInfo"}

// sound checks what holds for every entry: an error of the documented kinds, or
// observations that are deterministic, name real fields, hold valid UTF-8 only
// and come out of Avro as they went in.
func sound(t testing.TB, codec *schemas.Codec, e *schemas.JournalEntry) []normalize.Observation {
	t.Helper()
	body := bytes.Clone(e.Body)
	all, err := normalize.Entry(e, normalize.Options{})
	if !bytes.Equal(body, e.Body) {
		t.Fatalf("the body was changed: %q", body)
	}
	if err != nil {
		var known *normalize.Error
		if !errors.As(err, &known) || all != nil {
			t.Fatalf("%q: %v, %v", e.Body, all, err)
		}
		return nil
	}
	again, err := normalize.Entry(e, normalize.Options{})
	if err != nil || !bytes.Equal(shown(t, all), shown(t, again)) {
		t.Fatalf("%q is read now this way, now that", e.Body)
	}
	for _, o := range all {
		if !slices.IsSorted(o.Carries) || len(slices.Compact(slices.Clone(o.Carries))) != len(o.Carries) {
			t.Errorf("carries %v", o.Carries)
		}
		validText(t, reflect.ValueOf(o.Entity))
		encoded, err := codec.Append(nil, o.Entity)
		if err != nil {
			t.Fatalf("%q: %v", e.Body, err)
		}
		decoded := reflect.New(reflect.TypeOf(o.Entity).Elem())
		if err := codec.Unmarshal(encoded, decoded.Interface()); err != nil {
			t.Fatalf("%q: %v", e.Body, err)
		}
		if d := cmp.Diff(tree(reflect.ValueOf(o.Entity)), tree(decoded)); d != "" {
			t.Fatalf("%q: Avro changes it (-before +after):\n%s", e.Body, d)
		}
	}
	return all
}

// validText fails on text that readers of Avro in other languages choke on.
func validText(t testing.TB, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.String:
		if !utf8.ValidString(v.String()) {
			t.Errorf("%q is not UTF-8", v.String())
		}
	case reflect.Pointer:
		if !v.IsNil() {
			validText(t, v.Elem())
		}
	case reflect.Slice:
		for i := range v.Len() {
			validText(t, v.Index(i))
		}
	case reflect.Map:
		for it := v.MapRange(); it.Next(); {
			validText(t, it.Key())
			validText(t, it.Value())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				validText(t, v.Field(i))
			}
		}
	default:
	}
}

func FuzzEntry(f *testing.F) {
	for i, s := range samples {
		if !s.polled() {
			f.Add(byte(i), s.id, s.body(f))
		}
	}
	for _, body := range []string{
		`{"data":{"applicationId":1,"name":"\ud800` + "\xff" + `","a.b":1,"a":{"b":2},"birthYear":"x","label":"[1,{}]"}}`,
		`{"data":{"applicationIds":"[1]","event_id":["a"],"interviews":["b",{"event_id":1}]}}`,
		`{"data":{"applicationId":1,"job":{"x":{"b":1,"b":0}},"job":{},"customAttachmentList":{"":[{}]}}}`,
	} {
		for i := range events {
			f.Add(byte(i), int64(1), []byte(body))
		}
	}
	codec, err := schemas.NewCodec()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, event byte, application int64, body []byte) {
		sound(t, codec, entry(events[int(event)%len(events)], application, body))
	})
}
