package derive

import (
	"math"
	"math/big"
	"reflect"
	"strings"
	"time"

	"github.com/cespare/xxhash/v2"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// model knows the fields of the generated record types: their Avro names, and
// which hold signed links. It is built once and then only read.
type model struct {
	links map[string]map[string]bool
	types map[reflect.Type]*recordModel
}

type recordModel struct {
	fields []fieldModel
	byName map[string]int
}

type fieldModel struct {
	name  string
	index int
	link  bool
}

var (
	timeType = reflect.TypeFor[time.Time]()
	ratType  = reflect.TypeFor[big.Rat]()
)

// newModel learns the given record types and all they hold.
func newModel(bundle avsc.Bundle, records ...any) (*model, error) {
	links, err := bundle.FieldsWith(avsc.SignedLink)
	if err != nil {
		return nil, err
	}
	m := &model{links: links, types: map[reflect.Type]*recordModel{}}
	for _, r := range records {
		m.learn(reflect.TypeOf(r))
	}
	return m, nil
}

func (m *model) learn(t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		m.learn(t.Elem())
	case reflect.Struct:
		if t == timeType || t == ratType || m.types[t] != nil {
			return
		}
		rec := &recordModel{byName: map[string]int{}}
		m.types[t] = rec
		for i := range t.NumField() {
			name := t.Field(i).Tag.Get("avro")
			rec.byName[name] = len(rec.fields)
			rec.fields = append(rec.fields, fieldModel{name: name, index: i, link: m.links[t.Name()][name]})
			m.learn(t.Field(i).Type)
		}
	default:
	}
}

// changed returns the dotted names of the fields in which before and after, two
// pointers to the same record type, differ. A list or a map is named as a
// whole; a record that came or went as well.
func (m *model) changed(before, after any) []string {
	var out []string
	m.diff(reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem(), "", &out)
	return out
}

func (m *model) diff(a, b reflect.Value, prefix string, out *[]string) {
	for _, f := range m.types[a.Type()].fields {
		x, y := a.Field(f.index), b.Field(f.index)
		if x.Kind() == reflect.Pointer && !x.IsNil() && !y.IsNil() && m.types[x.Type().Elem()] != nil {
			m.diff(x.Elem(), y.Elem(), prefix+f.name+".", out)
			continue
		}
		if !m.equal(x, y, f.link) {
			*out = append(*out, prefix+f.name)
		}
	}
}

func (m *model) equal(a, b reflect.Value, link bool) bool {
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return m.equal(a.Elem(), b.Elem(), link)
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !m.equal(a.Index(i), b.Index(i), link) {
				return false
			}
		}
		return true
	case reflect.Map:
		if a.Len() != b.Len() {
			return false
		}
		for it := a.MapRange(); it.Next(); {
			other := b.MapIndex(it.Key())
			if !other.IsValid() || !m.equal(it.Value(), other, link) {
				return false
			}
		}
		return true
	case reflect.Struct:
		return m.equalRecords(a, b)
	case reflect.String:
		if link {
			return unsigned(a.String()) == unsigned(b.String())
		}
		return a.String() == b.String()
	default:
		return a.Equal(b)
	}
}

func (m *model) equalRecords(a, b reflect.Value) bool {
	switch a.Type() {
	case timeType:
		return timeIn(a).Equal(*timeIn(b))
	case ratType:
		return ratIn(a).Cmp(ratIn(b)) == 0
	}
	for _, f := range m.types[a.Type()].fields {
		if !m.equal(a.Field(f.index), b.Field(f.index), f.link) {
			return false
		}
	}
	return true
}

// unsigned is a link without what is signed anew: its query.
func unsigned(link string) string {
	bare, _, _ := strings.Cut(link, "?")
	return bare
}

// fingerprint is a hash over the content of a record, signed links without
// their signatures. It is the same in every process and for ever, as long as
// the record's schema stays.
func (m *model) fingerprint(record any) uint64 {
	return xxhash.Sum64(m.content(make([]byte, 0, fingerprintGuess), reflect.ValueOf(record).Elem(), false))
}

// fingerprintGuess is the content of a candidate with a long résumé, in bytes.
const fingerprintGuess = 8 << 10

// content appends what makes v what it is: lengths before texts and lists, a
// mark before what may be null.
func (m *model) content(b []byte, v reflect.Value, link bool) []byte {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return append(b, 0)
		}
		return m.content(append(b, 1), v.Elem(), link)
	case reflect.Slice:
		b = appendNumber(b, int64(v.Len()))
		for i := range v.Len() {
			b = m.content(b, v.Index(i), link)
		}
		return b
	case reflect.Map:
		// A sum does not depend on the order of the keys.
		var sum uint64
		for it := v.MapRange(); it.Next(); {
			sum += xxhash.Sum64(m.content(appendText(nil, it.Key().String()), it.Value(), link))
		}
		return appendNumber(b, int64(sum))
	case reflect.Struct:
		switch v.Type() {
		case timeType:
			return appendNumber(b, timeIn(v).UnixMilli())
		case ratType:
			return appendText(b, ratIn(v).RatString())
		}
		for _, f := range m.types[v.Type()].fields {
			b = m.content(b, v.Field(f.index), f.link)
		}
		return b
	case reflect.String:
		if link {
			return appendText(b, unsigned(v.String()))
		}
		return appendText(b, v.String())
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

// timeIn and ratIn read a field of a record that is behind a pointer, as all
// are, without copying it into an interface.
func timeIn(v reflect.Value) *time.Time { return v.Addr().Interface().(*time.Time) }

func ratIn(v reflect.Value) *big.Rat { return v.Addr().Interface().(*big.Rat) }
