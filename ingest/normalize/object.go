package normalize

import "reflect"

// object reads an object with its own table. Of a list of several the first
// counts, and the others are kept. A record that other keys have begun to fill
// is completed.
func object(field string, of *record) row {
	set := func(r *reader, at place, again bool) {
		if again {
			at.clear()
		}
		r.first(func() { of.readInto(r, at) })
	}
	return row{field: field, kind: kind{name: "object", typ: reflect.PointerTo(of.typ), set: set}}
}

// within reads an object whose keys fill fields beside it.
func within(inner *record) row {
	set := func(r *reader, at place, again bool) {
		if again {
			for _, w := range inner.rows {
				place{at.owner, w.path}.clear()
			}
		}
		r.first(func() { inner.read(r, at.owner, nil) })
	}
	return row{kind: kind{name: "within", set: set, inner: inner}}
}

// first calls read where the object that comes next begins, be it bare or in a
// list. Whatever else comes is kept.
func (r *reader) first(read func()) {
	switch r.peek() {
	case '{':
		read()
	case '[':
		r.token()
		done := false
		for i := 0; r.more(']'); i++ {
			r.enterElement(i)
			if r.peek() == '{' && !done {
				read()
				done = true
			} else {
				r.keep(r.value())
			}
			r.leave()
		}
		r.token()
	default:
		r.keep(r.value())
	}
}

// readInto reads the object that comes next into the record that at points to;
// if the object says nothing, there is none.
func (rec *record) readInto(r *reader, at place) {
	if v, ok := at.taken(); ok {
		rec.read(r, v.Elem(), nil)
		return
	}
	made := reflect.New(rec.typ)
	rec.read(r, made.Elem(), nil)
	if !made.Elem().IsZero() {
		at.field().Set(made)
	}
}
