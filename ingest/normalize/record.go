package normalize

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// row says which Avro field a key of Moka fills, and how its value is read.
type row struct {
	// field is the Avro name within the record; dotted when the key fills a
	// field of a record in it, such as stage.name.
	field string
	kind  kind

	key    string // as Moka documents it
	path   []int  // of the field, in the Go types
	speaks bitset // for which fields of the record, as indices of its names
	shared bool   // another key fills the same field
}

// kind is a way to read a value.
type kind struct {
	name string
	// typ is the Go type of the field it fills.
	typ reflect.Type
	// set reads the next value into the place. again is true when the object
	// had this key before: what it filled then counts no more.
	set func(r *reader, at place, again bool)
	// inner is the table of an object whose keys fill fields beside at.
	inner *record
}

// record says how the objects of one kind are read. It is only read once made.
type record struct {
	typ   reflect.Type
	rows  []row
	names []string       // Avro names of the fields, sorted
	index map[string]int // row by key, as documented and in lower case
	// finish, if there is one, settles what the keys of an object mean together.
	finish func(owner reflect.Value)
}

// recordOf makes the table that reads objects into T, a generated type, from
// its rows by key. It panics when a row does not suit T, which is a mistake in
// a table of this package.
func recordOf[T any](tables ...map[string]row) *record {
	rec := &record{typ: reflect.TypeFor[T](), index: map[string]int{}}
	for i := range rec.typ.NumField() {
		rec.names = append(rec.names, rec.typ.Field(i).Tag.Get("avro"))
	}
	slices.Sort(rec.names)
	if len(rec.names) > maxBits {
		panic(fmt.Sprintf("%s has more than %d fields", rec.typ, maxBits))
	}
	for _, table := range tables {
		for _, key := range slices.Sorted(maps.Keys(table)) {
			rec.add(key, table[key])
		}
	}
	return rec
}

func (rec *record) add(key string, w row) {
	if _, twice := rec.index[strings.ToLower(key)]; twice || len(rec.rows) == maxBits || len(key) > maxKey {
		panic(fmt.Sprintf("%s: one %s too many", rec.typ, key))
	}
	w.key = key
	if w.kind.inner != nil {
		for _, inner := range w.kind.inner.rows {
			w.speaks.union(inner.speaks)
		}
	} else {
		var typ reflect.Type
		w.path, typ = fieldOf(rec.typ, w.field)
		if typ != w.kind.typ {
			panic(fmt.Sprintf("%s.%s is a %s, and %s reads a %s", rec.typ, w.field, typ, w.kind.name, w.kind.typ))
		}
		top, _, _ := strings.Cut(w.field, ".")
		w.speaks.add(rec.bit(top))
	}
	for i := range rec.rows {
		if other := &rec.rows[i]; other.field == w.field && w.field != "" {
			other.shared, w.shared = true, true
		}
	}
	rec.index[key], rec.index[strings.ToLower(key)] = len(rec.rows), len(rec.rows)
	rec.rows = append(rec.rows, w)
}

// fieldOf finds a field by its dotted Avro name.
func fieldOf(typ reflect.Type, dotted string) ([]int, reflect.Type) {
	var found []int
	for name := range strings.SplitSeq(dotted, ".") {
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		i := 0
		for typ.Field(i).Tag.Get("avro") != name { // panics when there is none
			i++
		}
		found = append(found, i)
		typ = typ.Field(i).Type
	}
	return found, typ
}

// finally gives rec the last word on each object that it has read.
func finally[T any](rec *record, finish func(*T)) *record {
	rec.finish = func(owner reflect.Value) { finish(owner.Addr().Interface().(*T)) }
	return rec
}

// speaks is what an object with all keys of the table speaks for.
func (rec *record) speaks() bitset {
	var all bitset
	for i := range rec.rows {
		all.union(rec.rows[i].speaks)
	}
	return all
}

// clear empties the fields of set in owner.
func (rec *record) clear(owner reflect.Value, set bitset) {
	for i := range rec.typ.NumField() {
		if set.has(rec.bit(rec.typ.Field(i).Tag.Get("avro"))) {
			owner.Field(i).SetZero()
		}
	}
}

// bit is the number of the field called name, which must be there.
func (rec *record) bit(name string) int {
	i, ok := slices.BinarySearch(rec.names, name)
	if !ok {
		panic(fmt.Sprintf("%s has no field %s", rec.typ, name))
	}
	return i
}

// fields names the members of set.
func (rec *record) fields(set bitset) []string {
	names := make([]string, 0, set.len())
	for i := range set.all {
		names = append(names, rec.names[i])
	}
	return names
}

// maxKey is longer than any key in a table.
const maxKey = 48

// find returns the number of the row for a key of any case.
func (rec *record) find(key string) (int, bool) {
	i, ok := rec.index[key]
	if !ok && len(key) <= maxKey {
		var lower [maxKey]byte
		for j := range len(key) {
			c := key[j]
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			lower[j] = c
		}
		i, ok = rec.index[string(lower[:len(key)])]
	}
	return i, ok
}
