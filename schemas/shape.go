package schemas

import (
	"fmt"

	"github.com/twmb/avro"
)

// kind is a type of Avro, as far as its bytes differ.
type kind uint8

const (
	kindNull    kind = iota
	kindBoolean      // 1 byte
	kindVarint       // int, long, enum
	kindFloat        // 4 bytes
	kindDouble       // 8 bytes
	kindBytes        // bytes, string
	kindFixed
	kindRecord
	kindArray
	kindMap
	kindUnion
)

// shape is a schema in the form that is quick to walk beside a value. Shapes of
// recursive schemas are circles.
type shape struct {
	kind    kind
	avro    string // the type's name in Avro: "string", "enum", …
	logical string
	name    string // full name of a record, enum or fixed type
	scale   int    // of a decimal
	size    int    // of a fixed type
	items   *shape // of an array or map
	fields  []shapeField
	// branches are those of a union, tagged with what the codec calls them.
	branches []*shape
	// repeats tells whether there is an array or map anywhere inside.
	repeats bool
}

type shapeField struct {
	name  string
	shape *shape
}

// tag is what the codec calls the shape as a branch of a union.
func (s *shape) tag() string {
	if s.name != "" {
		return s.name
	}
	return s.avro
}

// shapeOf compiles a schema.
func shapeOf(schema *avro.Schema) (*shape, error) {
	root := schema.Root()
	c := shapeCompiler{defs: definitions(root), named: map[string]*shape{}}
	s, err := c.compile(*root)
	if err != nil {
		return nil, err
	}
	c.markRepeats()
	return s, nil
}

type shapeCompiler struct {
	defs  map[string]avro.SchemaNode
	named map[string]*shape
	all   []*shape
}

func (c *shapeCompiler) compile(n avro.SchemaNode) (*shape, error) {
	n = dereference(n, c.defs)
	s := &shape{avro: n.Type, logical: n.LogicalType, scale: n.Scale, size: n.Size}
	if isNamed(n.Type) {
		s.name = fullName(n)
		if known, ok := c.named[s.name]; ok {
			return known, nil
		}
		c.named[s.name] = s
	}
	c.all = append(c.all, s)
	k, ok := kindOf(n.Type)
	if !ok {
		return nil, fmt.Errorf("type %q is not known", n.Type)
	}
	s.kind = k
	return s, c.inside(s, n)
}

func kindOf(avroType string) (kind, bool) {
	switch avroType {
	case "null":
		return kindNull, true
	case "boolean":
		return kindBoolean, true
	case "int", "long", "enum":
		return kindVarint, true
	case "float":
		return kindFloat, true
	case "double":
		return kindDouble, true
	case "bytes", "string":
		return kindBytes, true
	case "fixed":
		return kindFixed, true
	case "record":
		return kindRecord, true
	case "array":
		return kindArray, true
	case "map":
		return kindMap, true
	case "union":
		return kindUnion, true
	}
	return 0, false
}

// inside compiles what a shape holds.
func (c *shapeCompiler) inside(s *shape, n avro.SchemaNode) (err error) {
	switch s.kind {
	case kindArray:
		s.items, err = c.compile(*n.Items)
	case kindMap:
		s.items, err = c.compile(*n.Values)
	case kindUnion:
		for _, b := range n.Branches {
			branch, err := c.compile(b)
			if err != nil {
				return err
			}
			s.branches = append(s.branches, branch)
		}
	case kindRecord:
		for _, f := range n.Fields {
			inner, err := c.compile(f.Type)
			if err != nil {
				return err
			}
			s.fields = append(s.fields, shapeField{f.Name, inner})
		}
	default: // nothing inside
	}
	return err
}

// markRepeats sets repeats, going round until nothing changes because shapes may
// be circles.
func (c *shapeCompiler) markRepeats() {
	for changed := true; changed; {
		changed = false
		for _, s := range c.all {
			if !s.repeats && s.repeatsInside() {
				s.repeats, changed = true, true
			}
		}
	}
}

func (s *shape) repeatsInside() bool {
	if s.kind == kindArray || s.kind == kindMap {
		return true
	}
	for _, f := range s.fields {
		if f.shape.repeats {
			return true
		}
	}
	for _, b := range s.branches {
		if b.repeats {
			return true
		}
	}
	return false
}
