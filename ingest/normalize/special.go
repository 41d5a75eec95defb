package normalize

import (
	"reflect"
	"slices"

	"github.com/mokafka/mokafka/schemas"
)

// The kinds for what Moka sends in more than one shape.

// customValue reads the value of a custom field, which may be anything, as text
// and as JSON.
func customValue() row {
	set := func(r *reader, at place, again bool) {
		v := r.value()
		field := at.owner.Addr().Interface().(*schemas.CustomField)
		if again {
			field.Value, field.ValueJSON = nil, nil
		}
		if v.empty() {
			return
		}
		field.ValueJSON = r.strings.put(r.json(v))
		text, ok := parseText(r, v)
		if !ok {
			text = *field.ValueJSON
		}
		field.Value = r.strings.put(text)
	}
	return row{field: "value", kind: kind{name: "custom value", typ: reflect.TypeFor[*string](), set: set}}
}

// objectOrText reads an object with its own table, or a text into one field of
// the record.
func objectOrText(field string, of *record, textField string) row {
	name := text(textField)
	step, _ := fieldOf(of.typ, textField)
	set := func(r *reader, at place, again bool) {
		if k := r.peek(); k != '{' && k != '[' {
			inside := place{at.owner, append(at.path[:len(at.path):len(at.path)], step...)}
			name.kind.set(r, inside, again)
			return
		}
		if again {
			at.clear()
		}
		r.first(func() { of.readInto(r, at) })
	}
	return row{field: field, kind: kind{name: "object or text", typ: reflect.PointerTo(of.typ), set: set}}
}

// objectOrList reads an object with its own table, or a list into one field of
// the record.
func objectOrList(field string, of *record, inside row) row {
	step, _ := fieldOf(of.typ, inside.field)
	set := func(r *reader, at place, again bool) {
		if again {
			at.clear()
		}
		if r.peek() == '{' {
			of.readInto(r, at)
			return
		}
		made := reflect.New(of.typ)
		inside.kind.set(r, place{made.Elem(), step}, false)
		if !made.Elem().IsZero() {
			at.field().Set(made)
		}
	}
	return row{field: field, kind: kind{name: "object or list", typ: reflect.PointerTo(of.typ), set: set}}
}

// attachmentsByKey reads an object whose keys are made from the customer's
// fields and whose values are lists of files.
func attachmentsByKey(field string, of *record) row {
	files := list("attachments", of)
	step, _ := fieldOf(reflect.TypeFor[schemas.NamedAttachments](), files.field)
	set := func(r *reader, at place, again bool) {
		if again {
			at.clear()
		}
		all := at.field().Addr().Interface().(*[]schemas.NamedAttachments)
		byKey := map[string]int{}
		misfits := map[string]span{}
		r.first(func() {
			r.token()
			for key, ok := r.member(); ok; key, ok = r.member() {
				i, again := byKey[key]
				if !again {
					i, byKey[key] = len(*all), len(*all)
					*all = append(*all, schemas.NamedAttachments{Key: &key})
				}
				r.forget(misfits[key])
				from := len(r.extra)
				r.enter(key)
				files.kind.set(r, place{reflect.ValueOf(all).Elem().Index(i), step}, again)
				r.leave()
				misfits[key] = span{from, len(r.extra)}
			}
			r.token()
		})
		*all = slices.DeleteFunc(*all, func(n schemas.NamedAttachments) bool { return n.Attachments == nil })
		if len(*all) == 0 {
			*all = nil
		}
	}
	typ := reflect.TypeFor[[]schemas.NamedAttachments]()
	return row{field: field, kind: kind{name: "attachments by key", typ: typ, set: set}}
}
