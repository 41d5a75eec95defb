// Package avsc holds the Avro schemas themselves, one file a record or enum,
// as they are registered: shared records are referenced by name, not repeated.
// It reads nothing but its embedded files and knows no codec, so that the
// generator can use it before the Go types exist.
package avsc

import (
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"sort"
	"strings"
)

// Namespace is the Avro namespace of every schema here.
const Namespace = "com.moka"

//go:embed *.avsc
var files embed.FS

// Bundle is a set of schemas that refer to each other only: schema text by the
// name of its record or enum, without namespace.
type Bundle map[string]string

// Embedded returns the schemas of this build. The caller owns the map.
func Embedded() (Bundle, error) { return Read(files) }

// Read returns the schemas in the root of dir, one of each file ending in
// .avsc; a file must define the name it is called by.
func Read(dir fs.FS) (Bundle, error) {
	paths, err := fs.Glob(dir, "*.avsc")
	if err != nil {
		return nil, fmt.Errorf("list schemas: %w", err)
	}
	b := make(Bundle, len(paths))
	for _, p := range paths {
		text, err := fs.ReadFile(dir, p)
		if err != nil {
			return nil, fmt.Errorf("read schema %s: %w", p, err)
		}
		name := strings.TrimSuffix(p, ".avsc")
		var head struct{ Name, Namespace string }
		if err := json.Unmarshal(text, &head); err != nil {
			return nil, fmt.Errorf("schema %s is not JSON: %w", p, err)
		}
		if head.Name != name || head.Namespace != Namespace {
			return nil, fmt.Errorf("schema %s defines %s.%s, not %s.%s", p, head.Namespace, head.Name, Namespace, name)
		}
		b[name] = string(text)
	}
	return b, nil
}

// Names returns the names in b in alphabetical order.
func (b Bundle) Names() []string {
	names := make([]string, 0, len(b))
	for name := range b {
		names = append(names, name)
	}
	sort.Strings(names)
	return names
}

// References returns the names that the schema called name refers to directly,
// in alphabetical order; itself excluded.
func (b Bundle) References(name string) ([]string, error) {
	var schema any
	if err := json.Unmarshal([]byte(b[name]), &schema); err != nil {
		return nil, fmt.Errorf("schema %s: %w", name, err)
	}
	found := map[string]bool{}
	collectTypes(schema, found)
	var refs []string
	for ref := range found {
		if _, ok := b[ref]; !ok {
			return nil, fmt.Errorf("schema %s refers to %s.%s, which is not there", name, Namespace, ref)
		}
		if ref != name {
			refs = append(refs, ref)
		}
	}
	sort.Strings(refs)
	return refs, nil
}

// collectTypes walks the places of a schema where a type stands.
func collectTypes(node any, found map[string]bool) {
	switch n := node.(type) {
	case string:
		if name, ok := strings.CutPrefix(n, Namespace+"."); ok {
			found[name] = true
		}
	case []any:
		for _, branch := range n {
			collectTypes(branch, found)
		}
	case map[string]any:
		for _, key := range []string{"type", "items", "values"} {
			collectTypes(n[key], found)
		}
		if fields, ok := n["fields"].([]any); ok {
			for _, f := range fields {
				if field, ok := f.(map[string]any); ok {
					collectTypes(field["type"], found)
				}
			}
		}
	}
}

// Ordered returns the names that the given roots need, themselves included,
// each after everything it refers to. No roots means all of b. It fails where
// schemas refer to each other in a circle.
func (b Bundle) Ordered(roots ...string) ([]string, error) {
	if len(roots) == 0 {
		roots = b.Names()
	}
	const inProgress, done = 1, 2
	mark := map[string]int{}
	var out []string
	var visit func(name string) error
	visit = func(name string) error {
		switch mark[name] {
		case done:
			return nil
		case inProgress:
			return fmt.Errorf("schema %s refers to itself in a circle", name)
		}
		if _, ok := b[name]; !ok {
			return fmt.Errorf("no schema is called %s", name)
		}
		mark[name] = inProgress
		refs, err := b.References(name)
		if err != nil {
			return err
		}
		for _, ref := range refs {
			if err := visit(ref); err != nil {
				return err
			}
		}
		mark[name] = done
		out = append(out, name)
		return nil
	}
	for _, root := range roots {
		if err := visit(root); err != nil {
			return nil, err
		}
	}
	return out, nil
}
