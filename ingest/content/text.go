package content

import (
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"
)

// Has tells whether the records of t have a field of that dotted Avro name, such
// as stage.id, that holds one value: a text, number, truth, time, date, decimal
// or a word of an enum, but no list, map or record.
func (m *Model) Has(t reflect.Type, dotted string) bool {
	rec, rest := m.types[t], dotted
	for rec != nil {
		name, below, deeper := strings.Cut(rest, ".")
		i, ok := rec.byName[name]
		if !ok {
			return false
		}
		t = t.Field(i).Type
		if t.Kind() == reflect.Pointer {
			t = t.Elem()
		}
		if !deeper {
			return m.types[t] == nil && t.Kind() != reflect.Slice && t.Kind() != reflect.Map
		}
		rec, rest = m.types[t], below
	}
	return false
}

// Shows tells whether the field of that dotted name in record, a pointer to one,
// has a value, and the one that text stands for: decimal digits, true or false, a
// word of the enum as the schema spells it, RFC 3339 for a time or a date (also
// YYYY-MM-DD, for midnight UTC), and any other text itself.
func (m *Model) Shows(record any, dotted, text string) bool {
	v := reflect.ValueOf(record).Elem()
	for {
		rec := m.types[v.Type()]
		if rec == nil {
			return false
		}
		name, below, deeper := strings.Cut(dotted, ".")
		i, ok := rec.byName[name]
		if !ok {
			return false
		}
		v = v.Field(i)
		if v.Kind() == reflect.Pointer {
			if v.IsNil() {
				return false
			}
			v = v.Elem()
		}
		if !deeper {
			return means(v, text)
		}
		if v.Kind() != reflect.Struct {
			return false
		}
		dotted = below
	}
}

func means(v reflect.Value, text string) bool {
	switch v.Kind() {
	case reflect.String:
		return v.String() == text
	case reflect.Int32, reflect.Int64:
		return strconv.FormatInt(v.Int(), 10) == text
	case reflect.Bool:
		return strconv.FormatBool(v.Bool()) == text
	case reflect.Float64:
		f, err := strconv.ParseFloat(text, 64)
		return err == nil && f == v.Float()
	case reflect.Struct:
		switch v.Type() {
		case timeType:
			at, err := time.Parse(time.RFC3339, text)
			if err != nil {
				at, err = time.Parse(time.DateOnly, text)
			}
			return err == nil && at.UnixMilli() == timeIn(v).UnixMilli()
		case ratType:
			r, ok := new(big.Rat).SetString(text)
			return ok && r.Cmp(ratIn(v)) == 0
		}
	default:
	}
	return false
}
