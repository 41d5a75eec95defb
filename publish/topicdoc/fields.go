package topicdoc

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mokafka/mokafka/publish"
)

// table has the fields of a record; types is where those of the bundle are
// explained.
func (m model) table(record string, here map[string]bool) string {
	var b strings.Builder
	b.WriteString("| field | type | | |\n|---|---|---|---|\n")
	for _, f := range m[record].Fields {
		text := f.Type.text
		for _, ref := range f.Type.refs {
			text = strings.Replace(text, ref, "["+ref+"]("+anchor(ref, here)+")", 1)
		}
		if f.Type.nullable {
			text += ", or null"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", f.Name, text, cell(f.Doc), strings.Join(f.Tags, ", "))
	}
	return b.String()
}

// anchor is where a type is explained: on this page, or that of the types.
func anchor(name string, here map[string]bool) string {
	if here[name] {
		return "#" + strings.ToLower(name)
	}
	return TypesFile + "#" + strings.ToLower(name)
}

// cell makes text fit into a cell of a table. What is in backticks stays as it is,
// but for the bar between cells.
func cell(text string) string {
	parts := strings.Split(strings.NewReplacer("|", "\\|", "\n", " ").Replace(text), "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = strings.ReplaceAll(parts[i], "<", "&lt;")
	}
	return strings.Join(parts, "`")
}

// fields has the record of a topic and the entity in it, if there is one.
func (d *docs) fields(s publish.Spec) string {
	names := []string{s.Record}
	for _, f := range d.model[s.Record].Fields {
		if f.Name == latterField || f.Name == "entity" {
			names = append(names, f.Type.refs...)
		}
	}
	if d.model.has(s.Record, "StageTransition") {
		names = append(names, "StageTransition")
	}
	here := map[string]bool{}
	for _, name := range names {
		here[name] = true
	}
	var b strings.Builder
	for _, name := range names {
		fmt.Fprintf(&b, "### %s\n\n%s\n\n%s\n", name, cell(d.model[name].Doc), d.model.table(name, here))
	}
	return b.String()
}

// has tells whether a record has a field of a type.
func (m model) has(record, ref string) bool {
	return slices.ContainsFunc(m[record].Fields, func(f field) bool { return slices.Contains(f.Type.refs, ref) })
}

// types is the page of all types that are not the values of topics.
func (d *docs) types() string {
	values := map[string]bool{}
	for _, s := range d.specs {
		values[s.Record] = true
	}
	here := map[string]bool{}
	names := slices.Sorted(maps.Keys(d.model))
	names = slices.DeleteFunc(names, func(name string) bool { return values[name] })
	for _, name := range names {
		here[name] = true
	}
	var b strings.Builder
	b.WriteString(generated + "# The types that topics share\n\n" +
		"In alphabetical order. Every enum has `UNKNOWN`, which stands for symbols that a reader does not\n" +
		"know: treat it as \"something else\".\n")
	for _, name := range names {
		n := d.model[name]
		fmt.Fprintf(&b, "\n## %s\n\n%s\n\n", name, cell(n.Doc))
		if n.Type == "enum" {
			fmt.Fprintf(&b, "One of `%s`.\n", strings.Join(n.Symbols, "`, `"))
			continue
		}
		b.WriteString(d.model.table(name, here))
	}
	return b.String()
}

// piiText lists the personal data of a topic's values.
func (d *docs) piiText(s publish.Spec) string {
	found := d.model.personal(s.Record)
	if len(found) == 0 {
		return "No field of the value is personal data.\n"
	}
	var sensitive, other []string
	for _, f := range found {
		if slices.Contains(f.tags, "SENSITIVE") {
			sensitive = append(sensitive, f.path)
			continue
		}
		other = append(other, f.path)
	}
	var b strings.Builder
	b.WriteString("These fields carry the tag `PII` in the schema (`\"confluent:tags\": [\"PII\"]`)")
	if d.model.twice(s.Record) {
		b.WriteString("; what is in `after` is in `before` as well")
	}
	b.WriteString(". Keys and headers have none. A reader schema that leaves them out keeps them out of your program.\n\n")
	if len(sensitive) > 0 {
		fmt.Fprintf(&b, "Identity papers, salaries and what else is `SENSITIVE` too (%d): %s.\n\n", len(sensitive), listed(sensitive))
	}
	if len(other) > 0 {
		fmt.Fprintf(&b, "The others (%d): %s.\n", len(other), listed(other))
	}
	return b.String()
}

func listed(paths []string) string { return "`" + strings.Join(paths, "`, `") + "`" }
