package topicdoc

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// named is a record or an enum of the bundle.
type named struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Doc     string   `json:"doc"`
	Fields  []field  `json:"fields"`
	Symbols []string `json:"symbols"`
}

type field struct {
	Name string   `json:"name"`
	Type avroType `json:"type"`
	Doc  string   `json:"doc"`
	Tags []string `json:"confluent:tags"`
}

// avroType is a type where it is used.
type avroType struct {
	// text is how people read it: "timestamp", "list of string". refs are the
	// names of the bundle in it, and many says that they stand in a list or a map.
	text     string
	refs     []string
	many     bool
	nullable bool
}

// UnmarshalJSON reads any form of a type.
func (t *avroType) UnmarshalJSON(raw []byte) error {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("read a type: %w", err)
	}
	return t.read(v)
}

func (t *avroType) read(v any) error {
	switch v := v.(type) {
	case string:
		if name, ok := strings.CutPrefix(v, avsc.Namespace+"."); ok {
			t.text, t.refs = name, []string{name}
			return nil
		}
		t.text = v
		return nil
	case []any:
		return t.readUnion(v)
	case map[string]any:
		return t.readObject(v)
	}
	return fmt.Errorf("%v is no type", v)
}

func (t *avroType) readUnion(branches []any) error {
	for _, branch := range branches {
		if branch == "null" {
			t.nullable = true
			continue
		}
		if t.text != "" {
			return fmt.Errorf("%v: unions of several are not used here", branches)
		}
		if err := t.read(branch); err != nil {
			return err
		}
	}
	return nil
}

// logical says what the logical types are to a reader.
var logical = map[string]string{
	"timestamp-millis": "timestamp (ms, UTC)", "date": "date",
}

func (t *avroType) readObject(v map[string]any) error {
	if name, ok := v["logicalType"].(string); ok {
		switch known, ok := logical[name]; {
		case ok:
			t.text = known
		case name == "decimal":
			t.text = fmt.Sprintf("decimal(%v, %v)", v["precision"], v["scale"])
		default:
			return fmt.Errorf("the logical type %s has no word here", name)
		}
		return nil
	}
	inner, word := v["items"], "list of "
	if v["type"] == "map" {
		inner, word = v["values"], "map of "
	}
	if inner == nil {
		return t.read(v["type"])
	}
	if err := t.read(inner); err != nil {
		return err
	}
	t.text, t.many = word+t.text, true
	return nil
}

// model is the bundle, read.
type model map[string]named

func newModel(b avsc.Bundle) (model, error) {
	m := make(model, len(b))
	for name, text := range b {
		var n named
		if err := json.Unmarshal([]byte(text), &n); err != nil {
			return nil, fmt.Errorf("schema %s: %w", name, err)
		}
		m[name] = n
	}
	return m, nil
}

// tagged is a field of a topic's values that carries tags, by its path.
type tagged struct {
	path string
	tags []string
}

// versions are the fields of an event that hold the same entity twice.
const formerField, latterField = "before", "after"

// personal are the fields of a record, and of what it holds, that are personal
// data. What before and after have alike is named once, as after.
func (m model) personal(record string) []tagged {
	var found []tagged
	var walk func(name, path string)
	walk = func(name, path string) {
		n := m[name]
		for _, f := range n.Fields {
			if f.Name == formerField && len(f.Type.refs) > 0 {
				continue
			}
			at := path + f.Name
			if f.Type.many {
				at += "[]"
			}
			if len(f.Tags) > 0 {
				found = append(found, tagged{at, f.Tags})
			}
			for _, ref := range f.Type.refs {
				walk(ref, at+".")
			}
		}
	}
	walk(record, "")
	return found
}

// twice tells whether a record holds an entity before and after.
func (m model) twice(record string) bool {
	n := 0
	for _, f := range m[record].Fields {
		if (f.Name == formerField || f.Name == latterField) && len(f.Type.refs) > 0 {
			n++
		}
	}
	return n == 2
}
