package content

import (
	"encoding/binary"
	"math"
	"reflect"

	"github.com/cespare/xxhash/v2"

	"github.com/mokafka/mokafka/ingest/normalize"
)

// guess is the content of a candidate with a long résumé, in bytes.
const guess = 8 << 10

// Fingerprint is a hash over the content of record, a pointer to one. It is the
// same in every process and for ever, as long as the record's schema stays.
func (m *Model) Fingerprint(record any) uint64 {
	return xxhash.Sum64(m.content(make([]byte, 0, guess), reflect.ValueOf(record).Elem(), plain))
}

// Observation is a fingerprint of what an observation says, and of what it
// speaks for: its act, the fields it carries, and its entity. It leaves out when
// that was, and which feed said it: two looks through one feed that show the
// same have the same. Keep it apart by feed, for others show other fields.
//
// An observation with the fingerprint of the one before it would derive nothing
// but the note that it was seen again.
func (m *Model) Observation(obs *normalize.Observation) uint64 {
	b := appendNumber(make([]byte, 0, guess), int64(obs.Act))
	b = appendNumber(b, int64(len(obs.Carries)))
	for _, name := range obs.Carries {
		b = appendText(b, name)
	}
	return xxhash.Sum64(m.content(b, reflect.ValueOf(obs.Entity).Elem(), plain))
}

// content appends what makes v what it is: lengths before texts and lists, a
// mark before what may be null.
func (m *Model) content(b []byte, v reflect.Value, text textKind) []byte {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0)
		}
		return m.content(append(b, 1), v.Elem(), text)
	case reflect.Slice:
		b = appendNumber(b, int64(v.Len()))
		for i := range v.Len() {
			b = m.content(b, v.Index(i), text)
		}
		return b
	case reflect.Map:
		// A sum does not depend on the order of the keys.
		var sum uint64
		for it := v.MapRange(); it.Next(); {
			sum += xxhash.Sum64(m.content(appendText(nil, it.Key().String()), it.Value(), text))
		}
		return appendNumber(b, int64(sum))
	case reflect.Struct:
		switch v.Type() {
		case timeType:
			return appendNumber(b, timeIn(v).UnixMilli())
		case ratType:
			return appendText(b, ratIn(v).RatString())
		}
		for i, f := range m.types[v.Type()].fields {
			b = m.content(b, v.Field(i), f.text)
		}
		return b
	case reflect.String:
		return appendText(b, text.of(v.String()))
	case reflect.Bool:
		if v.Bool() {
			return append(b, 1)
		}
		return append(b, 0)
	case reflect.Int32, reflect.Int64:
		return appendNumber(b, v.Int())
	case reflect.Float64:
		return appendNumber(b, int64(math.Float64bits(v.Float())))
	default:
		panic("a record holds a " + v.Kind().String() + ", which no Avro type here gives")
	}
}

func appendNumber(b []byte, n int64) []byte { return binary.LittleEndian.AppendUint64(b, uint64(n)) }

func appendText(b []byte, s string) []byte { return append(appendNumber(b, int64(len(s))), s...) }
