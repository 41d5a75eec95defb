package normalize

import (
	"math/big"
	"reflect"
	"strings"
	"time"
)

// The kinds that read one value into one field. What is empty leaves the field
// nil; what does not parse, or differs from what another key has filled in, is
// kept in extra.

// text reads a string, number or boolean as text.
func text(field string) row { return row{field: field, kind: textKind} }

// long, integer and double read numbers, also as text; integers only whole ones.
func long(field string) row    { return row{field: field, kind: longKind} }
func integer(field string) row { return row{field: field, kind: integerKind} }
func double(field string) row  { return row{field: field, kind: doubleKind} }

// boolean reads true, 1, yes, 是 and their contraries, also as text.
func boolean(field string) row { return row{field: field, kind: booleanKind} }

// instant reads a time.
func instant(field string) row { return row{field: field, kind: instantKind} }

// day reads a date.
func day(field string) row { return row{field: field, kind: dayKind} }

// anything reads a string as text and anything else as JSON.
func anything(field string) row { return row{field: field, kind: anythingKind} }

// decimal reads a number, also as text, of at most 18 digits, 4 of them decimals.
func decimal(field string) row { return row{field: field, kind: decimalKind} }

var (
	textKind     = scalar("text", parseText, func(r *reader) *slab[string] { return &r.strings })
	anythingKind = scalar("anything", parseAnything, func(r *reader) *slab[string] { return &r.strings })
	longKind     = scalar("long", parseLong, func(r *reader) *slab[int64] { return &r.longs })
	integerKind  = scalar("integer", parseInteger, func(r *reader) *slab[int32] { return &r.integers })
	doubleKind   = scalar("double", parseDouble, func(r *reader) *slab[float64] { return &r.doubles })
	booleanKind  = scalar("boolean", parseBoolean, func(r *reader) *slab[bool] { return &r.bools })
	instantKind  = scalar("instant", parseInstant, func(r *reader) *slab[time.Time] { return &r.times })
	dayKind      = scalar("day", parseDay, func(r *reader) *slab[time.Time] { return &r.times })
	decimalKind  = kind{name: "decimal", typ: reflect.TypeFor[*big.Rat](), set: setDecimal}
)

func scalar[V comparable](name string, parse func(*reader, value) (V, bool), cells func(*reader) *slab[V]) kind {
	set := func(r *reader, at place, again bool) {
		v := r.value()
		if again {
			at.clear()
		}
		if v.empty() {
			return
		}
		parsed, ok := parse(r, v)
		if !ok {
			r.keep(v)
			return
		}
		field := at.field()
		switch {
		case field.IsNil():
			field.Set(reflect.ValueOf(cells(r).put(parsed)))
		case *field.Interface().(*V) != parsed:
			r.keep(v)
		}
	}
	return kind{name: name, typ: reflect.TypeFor[*V](), set: set}
}

// enum reads a word, or a number, that words knows in lower case. Other words
// are UNKNOWN, and kept.
func enum[V ~string](field string, words map[string]V) row {
	set := func(r *reader, at place, again bool) {
		v := r.value()
		if again {
			at.clear()
		}
		if v.empty() {
			return
		}
		word, _ := r.bare(v)
		symbol, known := words[strings.ToLower(word)]
		if !known {
			symbol = "UNKNOWN"
		}
		field := at.field()
		if field.IsNil() {
			field.Set(reflect.ValueOf(&symbol))
		} else if *field.Interface().(*V) != symbol {
			known = false
		}
		if !known {
			r.keep(v)
		}
	}
	return row{field: field, kind: kind{name: "enum", typ: reflect.TypeFor[*V](), set: set}}
}

func setDecimal(r *reader, at place, again bool) {
	v := r.value()
	if again {
		at.clear()
	}
	if v.empty() {
		return
	}
	parsed, ok := parseDecimal(r, v)
	if !ok {
		r.keep(v)
		return
	}
	field := at.field()
	switch {
	case field.IsNil():
		field.Set(reflect.ValueOf(parsed))
	case field.Interface().(*big.Rat).Cmp(parsed) != 0:
		r.keep(v)
	}
}

func parseText(r *reader, v value) (string, bool) {
	switch v.kind() {
	case '"':
		return r.string(v), true
	case '0', 't', 'f':
		return string(v), true
	default:
		return "", false
	}
}

func parseAnything(r *reader, v value) (string, bool) {
	if v.kind() == '"' {
		return r.string(v), true
	}
	return r.json(v), true
}

func parseBoolean(r *reader, v value) (parsed, ok bool) {
	word, _ := r.bare(v)
	switch strings.ToLower(word) {
	case "true", "1", "yes", "是":
		return true, true
	case "false", "0", "no", "否":
		return false, true
	default:
		return false, false
	}
}
