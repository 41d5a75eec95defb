package content

import (
	"fmt"
	"math/big"
	"reflect"
	"time"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// Model knows the fields of generated record types: their Avro names, and which
// hold signed links.
type Model struct {
	links, holders map[string]map[string]bool
	types          map[reflect.Type]*Record
}

// Record is what is known of one record type: its fields, in the order of the
// schema, which is also that of the generated struct.
type Record struct {
	fields []field
	byName map[string]int
}

type field struct {
	name string
	text textKind
}

// textKind says what of a text is content.
type textKind uint8

const (
	plain  textKind = iota
	link            // a signed link: all but its query
	holder          // may hold signed links: all but their queries
)

var (
	timeType = reflect.TypeFor[time.Time]()
	ratType  = reflect.TypeFor[big.Rat]()
)

// New learns the given record types, each a value of one, and all they hold. It
// fails when the schemas of bundle are broken.
func New(bundle avsc.Bundle, records ...any) (*Model, error) {
	links, err := bundle.FieldsWith(avsc.SignedLink)
	if err != nil {
		return nil, fmt.Errorf("find the signed links: %w", err)
	}
	holders, err := bundle.FieldsWith(avsc.HoldsSignedLinks)
	if err != nil {
		return nil, fmt.Errorf("find the texts that hold signed links: %w", err)
	}
	m := &Model{links: links, holders: holders, types: map[reflect.Type]*Record{}}
	for _, r := range records {
		m.learn(reflect.TypeOf(r))
	}
	return m, nil
}

func (m *Model) learn(t reflect.Type) {
	switch t.Kind() {
	case reflect.Pointer, reflect.Slice:
		m.learn(t.Elem())
	case reflect.Struct:
		if t == timeType || t == ratType || m.types[t] != nil {
			return
		}
		rec := &Record{byName: map[string]int{}}
		m.types[t] = rec
		for i := range t.NumField() {
			name := t.Field(i).Tag.Get("avro")
			rec.byName[name] = i
			rec.fields = append(rec.fields, field{name: name, text: m.kindOf(t.Name(), name)})
			m.learn(t.Field(i).Type)
		}
	default:
	}
}

func (m *Model) kindOf(record, field string) textKind {
	switch {
	case m.links[record][field]:
		return link
	case m.holders[record][field]:
		return holder
	}
	return plain
}

// Record returns what is known of a record type, nil if New was not given it.
func (m *Model) Record(t reflect.Type) *Record { return m.types[t] }

// Len is how many fields the record has.
func (r *Record) Len() int { return len(r.fields) }

// Name is the Avro name of the field with that index in the generated struct.
func (r *Record) Name(index int) string { return r.fields[index].name }

// Index is the index in the generated struct of the field with that Avro name.
func (r *Record) Index(name string) (int, bool) {
	i, ok := r.byName[name]
	return i, ok
}
