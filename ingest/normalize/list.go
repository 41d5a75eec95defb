package normalize

import "reflect"

// list reads a list of objects with their own table. Those that say nothing are
// dropped.
func list(field string, of *record) row {
	element := func(r *reader, at place) {
		if r.peek() == '{' {
			of.appendTo(r, at)
		} else {
			r.keep(r.value())
		}
	}
	return row{field: field, kind: listOf(reflect.SliceOf(of.typ), element)}
}

// appendTo reads the object that comes next into a new element of the list at.
func (rec *record) appendTo(r *reader, at place) {
	all := at.field()
	n := all.Len()
	if all.Cap() == n {
		all.Grow(max(n, 4))
	}
	all.SetLen(n + 1)
	element := all.Index(n)
	rec.read(r, element, nil)
	if element.IsZero() {
		all.SetLen(n)
	}
}

// texts reads a list of texts, which stands also for text and JSON mixed. An
// empty element keeps its place, unless nothing comes after it: answers name
// options by their index.
func texts(field string) row {
	element := func(r *reader, at place) {
		v := r.value()
		all := at.field().Addr().Interface().(*[]string)
		if v.empty() {
			*all = append(*all, "")
			return
		}
		text, ok := parseText(r, v)
		if !ok {
			text = r.json(v)
		}
		*all = append(*all, text)
	}
	k := listOf(reflect.TypeFor[[]string](), element)
	set := k.set
	k.set = func(r *reader, at place, again bool) {
		set(r, at, again)
		if v, ok := at.taken(); ok {
			all := v.Addr().Interface().(*[]string)
			for len(*all) > 0 && (*all)[len(*all)-1] == "" {
				*all = (*all)[:len(*all)-1]
			}
			if len(*all) == 0 {
				*all = nil
			}
		}
	}
	return row{field: field, kind: k}
}

// longs reads a list of whole numbers.
func longs(field string) row {
	element := func(r *reader, at place) {
		v := r.value()
		if v.empty() {
			return
		}
		n, ok := parseLong(r, v)
		if !ok {
			r.keep(v)
			return
		}
		all := at.field().Addr().Interface().(*[]int64)
		*all = append(*all, n)
	}
	return row{field: field, kind: listOf(reflect.TypeFor[[]int64](), element)}
}

// listOf reads a list of elements: a JSON list, a text that holds one, or one
// element bare. When another key has filled the field already, it is kept.
func listOf(typ reflect.Type, element func(r *reader, at place)) kind {
	set := func(r *reader, at place, again bool) {
		if again {
			at.clear()
		}
		if v, ok := at.taken(); ok && v.Len() > 0 {
			r.keep(r.value())
			return
		}
		r.elements(func() { element(r, at) })
		if v, ok := at.taken(); ok && v.Len() == 0 {
			v.SetZero()
		}
	}
	return kind{name: "list", typ: typ, set: set}
}

// elements calls read where each element begins.
func (r *reader) elements(read func()) {
	switch r.peek() {
	case '[':
		r.token()
		for i := 0; r.more(']'); i++ {
			r.element(i, read)
		}
		r.token()
	case '"':
		v := r.value()
		if inside, ok := r.list(v); ok {
			r.nested(inside, func() { r.elements(read) })
		} else if !v.empty() {
			r.nested(string(v), func() { r.element(0, read) })
		}
	default:
		r.element(0, read)
	}
}

func (r *reader) element(i int, read func()) {
	r.enterElement(i)
	read()
	r.leave()
}
