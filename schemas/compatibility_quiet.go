package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/avro"
)

// What Avro's rules let pass and readers suffer from all the same, each found once,
// when the newer schema is the reader: nobody fails, and somebody misunderstands, or
// the next version cannot be read.

const keepSymbol = "leave the symbol, and say in the doc that it is no longer written"

// quietEnum adds symbols that are gone, and a default that is.
func (c *comparison) quietEnum(older, newer avro.SchemaNode) {
	if c.who != NewReader {
		return
	}
	at := fieldAt{record: fullName(newer)}
	for _, symbol := range older.Symbols {
		if !slices.Contains(newer.Symbols, symbol) {
			c.quiet(at, fmt.Sprintf("the symbol %s is gone: a replay reads it as %s", symbol, orNothing(newer.EnumDefault)), keepSymbol)
		}
	}
	if older.HasEnumDefault && !newer.HasEnumDefault {
		c.quiet(at, fmt.Sprintf("the default %s is gone: no symbol can be added any more", older.EnumDefault), "bring it back")
	}
}

// quietFields adds defaults that are gone, and what looks like another name.
func (c *comparison) quietFields(older, newer avro.SchemaNode) {
	if c.who != NewReader {
		return
	}
	record := fullName(newer)
	for _, field := range newer.Fields {
		was := slices.IndexFunc(older.Fields, func(o avro.SchemaField) bool { return o.Name == field.Name })
		switch {
		case was >= 0:
			if older.Fields[was].HasDefault && !field.HasDefault && sameShape(older.Fields[was].Type, field.Type) {
				c.quiet(fieldAt{record, field.Name}, "the default is gone: what was written before there was such a field cannot be read", "bring it back")
			}
		case len(field.Aliases) == 0:
			if from := renamed(older, newer, field); from != "" {
				c.quiet(fieldAt{record, from}, fmt.Sprintf("the field is gone, and %s, of the same type, is new: under another name nobody finds it", field.Name),
					fmt.Sprintf(`keep %[1]s, or if %[2]s is the same, give that "aliases": [%[1]q] and tell the consumers`, from, field.Name))
			}
		}
	}
}

// renamed is the field of older that newer does not have, and that an added field
// of its type may stand for; "" for none. Those that readers cannot do without are
// found by Avro's rules.
func renamed(older, newer avro.SchemaNode, added avro.SchemaField) string {
	if !added.HasDefault {
		return ""
	}
	for _, gone := range older.Fields {
		kept := slices.ContainsFunc(newer.Fields, func(f avro.SchemaField) bool {
			return f.Name == gone.Name || slices.Contains(f.Aliases, gone.Name)
		})
		if !kept && gone.HasDefault && sameShape(gone.Type, added.Type) {
			return gone.Name
		}
	}
	return ""
}

// sameShape tells whether two types are written alike.
func sameShape(a, b avro.SchemaNode) bool {
	as, err := emptiedText(a)
	if err != nil {
		return false
	}
	bs, err := emptiedText(b)
	return err == nil && as == bs
}

func emptiedText(n avro.SchemaNode) (string, error) {
	n = emptied(n)
	schema, err := n.Schema()
	if err != nil {
		return "", err
	}
	return schema.String(), nil
}

func (c *comparison) quiet(at fieldAt, text, fix string) {
	c.found = append(c.found, Incompatibility{Record: at.record, Field: at.path, Reader: EitherReader, Text: text, Fix: fix})
}

func orNothing(symbol string) string {
	if symbol == "" {
		return "nothing at all"
	}
	return symbol
}

// ways are the shortest ways from a record to the records and enums in it, by full
// name, as paths of fields; its own is empty. Of equal ones it is that through
// "after", where people look, not through "before".
func ways(root avro.SchemaNode, defs map[string]avro.SchemaNode) map[string]string {
	found := map[string]string{fullName(root): ""}
	for queue := []string{fullName(root)}; len(queue) > 0; queue = queue[1:] {
		fields := slices.Clone(defs[queue[0]].Fields)
		slices.SortStableFunc(fields, func(a, b avro.SchemaField) int { return last(a.Name) - last(b.Name) })
		for _, field := range fields {
			at := fieldAt{path: found[queue[0]]}.below(field.Name)
			for name, path := range namedIn(field.Type, at, defs) {
				if _, known := found[name]; !known {
					found[name] = path
					queue = append(queue, name)
				}
			}
		}
	}
	return found
}

func last(name string) int {
	if name == "before" {
		return 1
	}
	return 0
}

// namedIn are the records and enums that a type holds directly, with their paths.
func namedIn(n avro.SchemaNode, at fieldAt, defs map[string]avro.SchemaNode) map[string]string {
	n = dereference(n, defs)
	found := map[string]string{}
	switch {
	case isNamed(n.Type):
		found[fullName(n)] = at.path
	case n.Type == "array":
		return namedIn(*n.Items, at.below("items"), defs)
	case n.Type == "map":
		return namedIn(*n.Values, at.below("values"), defs)
	case n.Type == "union":
		for _, branch := range n.Branches {
			for name, path := range namedIn(branch, at, defs) {
				found[name] = path
			}
		}
	}
	return found
}

// locate gives each finding its path from the root.
func locate(found []Incompatibility, older, newer *avro.Schema) []Incompatibility {
	if len(found) == 0 {
		return found
	}
	root := fullName(*newer.Root())
	short := root[strings.LastIndexByte(root, '.')+1:]
	now := ways(*newer.Root(), definitions(newer.Root()))
	before := ways(*older.Root(), definitions(older.Root()))
	for i, in := range found {
		path, known := now[in.Record]
		if !known {
			path = before[in.Record]
		}
		at := fieldAt{path: short}
		for _, part := range []string{path, in.Field} {
			if part != "" {
				at = at.below(part)
			}
		}
		found[i].Paths = []string{at.path}
	}
	return found
}
