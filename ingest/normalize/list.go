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
// element bare. When another key has filled the field already, it is kept, unless
// it is the same list.
func listOf(typ reflect.Type, element func(r *reader, at place)) kind {
	read := func(r *reader, at place) {
		r.elements(func() { element(r, at) })
		if v, ok := at.taken(); ok && v.Len() == 0 {
			v.SetZero()
		}
	}
	set := func(r *reader, at place, again bool) {
		if again {
			at.clear()
		}
		if v, ok := at.taken(); !ok || v.Len() == 0 {
			read(r, at)
			return
		}
		if other := r.value(); !other.empty() && !r.repeats(other, at, read) {
			r.keep(other)
		}
	}
	return kind{name: "list", typ: typ, set: set}
}

// repeats reports whether v is the list that at holds already, but for the links
// to files, each of which is signed anew.
func (r *reader) repeats(v value, at place, read func(*reader, place)) bool {
	field := at.field()
	first, from := reflect.New(field.Type()).Elem(), len(r.extra)
	first.Set(field)
	field.SetZero()
	r.nested(string(v), func() { read(r, at) })
	same := len(r.extra) == from && reflect.DeepEqual(unlinked(first), unlinked(field))
	r.extra = r.extra[:from]
	field.Set(first)
	return same
}

func unlinked(list reflect.Value) any {
	copied := reflect.MakeSlice(list.Type(), list.Len(), list.Len())
	reflect.Copy(copied, list)
	for i := range copied.Len() {
		if element := copied.Index(i); element.Kind() == reflect.Struct {
			if url := element.FieldByName("URL"); url.IsValid() {
				url.SetZero()
			}
		}
	}
	return copied.Interface()
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
