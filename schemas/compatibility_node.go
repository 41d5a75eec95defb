package schemas

import (
	"slices"
	"strings"

	"github.com/twmb/avro"
)

// definitions collects the records, enums and fixed types of a tree by full name.
func definitions(root *avro.SchemaNode) map[string]avro.SchemaNode {
	found := map[string]avro.SchemaNode{}
	var walk func(n *avro.SchemaNode)
	walk = func(n *avro.SchemaNode) {
		if n == nil {
			return
		}
		if isNamed(n.Type) {
			found[fullName(*n)] = *n
		}
		walk(n.Items)
		walk(n.Values)
		for i := range n.Branches {
			walk(&n.Branches[i])
		}
		for i := range n.Fields {
			walk(&n.Fields[i].Type)
		}
	}
	walk(root)
	return found
}

func isNamed(kind string) bool { return kind == "record" || kind == "enum" || kind == "fixed" }

func fullName(n avro.SchemaNode) string {
	if n.Namespace == "" || strings.Contains(n.Name, ".") {
		return n.Name
	}
	return n.Namespace + "." + n.Name
}

// dereference follows a name to its definition.
func dereference(n avro.SchemaNode, defs map[string]avro.SchemaNode) avro.SchemaNode {
	if def, ok := defs[n.Type]; ok {
		return def
	}
	return n
}

// branches are those of a union; any other type is its own only branch.
func branches(n avro.SchemaNode) []avro.SchemaNode {
	if n.Type == "union" {
		return n.Branches
	}
	return []avro.SchemaNode{n}
}

// sameName tells whether a reader takes the writer's type for its own by name;
// types without names always match.
func sameName(w, r avro.SchemaNode) bool {
	if !isNamed(r.Type) {
		return true
	}
	short := func(name string) string { return name[strings.LastIndexByte(name, '.')+1:] }
	wn := fullName(w)
	return short(wn) == short(fullName(r)) || slices.ContainsFunc(r.Aliases, func(alias string) bool {
		return alias == wn || alias == short(wn)
	})
}

// emptied copies n with nothing inside the records and enums it holds: only their
// names count. What n holds by reference is emptied as well.
func emptied(n avro.SchemaNode) avro.SchemaNode {
	n = *n.ExpandReferences()
	var empty func(n *avro.SchemaNode)
	empty = func(n *avro.SchemaNode) {
		switch n.Type {
		case "record":
			n.Fields = []avro.SchemaField{{Name: "emptied", Type: avro.SchemaNode{Type: "null"}}}
		case "enum":
			n.Symbols, n.EnumDefault, n.HasEnumDefault = []string{"EMPTIED"}, "", false
		case "array":
			items := *n.Items
			n.Items = &items
			empty(n.Items)
		case "map":
			values := *n.Values
			n.Values = &values
			empty(n.Values)
		case "union":
			n.Branches = slices.Clone(n.Branches)
			for i := range n.Branches {
				empty(&n.Branches[i])
			}
		}
	}
	empty(&n)
	return n
}
