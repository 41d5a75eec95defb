package content

import (
	"math/big"
	"reflect"
	"time"
)

// Changed returns the dotted Avro names of the fields in which before and after,
// two pointers to the same record type, differ. A list or a map is named as a
// whole; a record that came or went as well. It is nil when nothing differs.
func (m *Model) Changed(before, after any) []string {
	var out []string
	m.diff(reflect.ValueOf(before).Elem(), reflect.ValueOf(after).Elem(), "", &out)
	return out
}

// Equal tells whether two pointers to the same record type hold the same.
func (m *Model) Equal(a, b any) bool {
	return m.equal(reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem(), plain)
}

func (m *Model) diff(a, b reflect.Value, prefix string, out *[]string) {
	for i, f := range m.types[a.Type()].fields {
		x, y := a.Field(i), b.Field(i)
		if x.Kind() == reflect.Pointer && !x.IsNil() && !y.IsNil() && m.types[x.Type().Elem()] != nil {
			m.diff(x.Elem(), y.Elem(), prefix+f.name+".", out)
			continue
		}
		if !m.equal(x, y, f.text) {
			*out = append(*out, prefix+f.name)
		}
	}
}

func (m *Model) equal(a, b reflect.Value, text textKind) bool {
	switch a.Kind() {
	case reflect.Pointer:
		if a.IsNil() || b.IsNil() {
			return a.IsNil() == b.IsNil()
		}
		return m.equal(a.Elem(), b.Elem(), text)
	case reflect.Slice:
		if a.Len() != b.Len() {
			return false
		}
		for i := range a.Len() {
			if !m.equal(a.Index(i), b.Index(i), text) {
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
			if !other.IsValid() || !m.equal(it.Value(), other, text) {
				return false
			}
		}
		return true
	case reflect.Struct:
		return m.equalRecords(a, b)
	case reflect.String:
		return a.String() == b.String() || text != plain && text.of(a.String()) == text.of(b.String())
	default:
		return a.Equal(b)
	}
}

func (m *Model) equalRecords(a, b reflect.Value) bool {
	switch a.Type() {
	case timeType:
		return timeIn(a).Equal(*timeIn(b))
	case ratType:
		return ratIn(a).Cmp(ratIn(b)) == 0
	}
	for i, f := range m.types[a.Type()].fields {
		if !m.equal(a.Field(i), b.Field(i), f.text) {
			return false
		}
	}
	return true
}

// timeIn and ratIn read a field of a record that is behind a pointer, as all
// are, without copying it into an interface.
func timeIn(v reflect.Value) *time.Time { return v.Addr().Interface().(*time.Time) }

func ratIn(v reflect.Value) *big.Rat { return v.Addr().Interface().(*big.Rat) }
