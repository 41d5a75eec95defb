package schemas

import (
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/avro"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// Direction says who cannot read what.
type Direction string

// The directions of an Incompatibility.
const (
	// NewReader: the new schema cannot read what the old one wrote, so that a
	// replay fails.
	NewReader Direction = "new reader"
	// OldReader: the old schema cannot read what the new one writes, so that
	// consumers that are not rebuilt fail.
	OldReader Direction = "old reader"
	// EitherReader: both, or nobody fails but they misunderstand each other.
	EitherReader Direction = "either reader"
)

// Incompatibility is one reason why two versions of a schema cannot be used side
// by side.
type Incompatibility struct {
	// Roots are the records, by short name, whose topics are affected.
	Roots []string
	// Paths are, one for each of Roots, the shortest way from it to the fault, such
	// as CandidateEvent.after.stage.id.
	Paths []string
	// Record is the full name of the record or enum at fault, such as
	// com.moka.Person.
	Record string
	// Field is the path of the field in it, with "items" and "values" for what is
	// inside arrays and maps; empty when the whole of it is meant.
	Field string
	// Reader tells who cannot read.
	Reader Direction
	// Text says what is wrong, Fix what to do.
	Text, Fix string
	// Version is the registered version compared with; 0 for none.
	Version int
}

// String puts all of it on one line.
func (i Incompatibility) String() string {
	var b strings.Builder
	b.WriteString(i.Record)
	if i.Field != "" {
		b.WriteString("." + i.Field)
	}
	if i.Version != 0 {
		fmt.Fprintf(&b, " (version %d)", i.Version)
	}
	fmt.Fprintf(&b, ", %s: %s", i.Reader, i.Text)
	if i.Fix != "" {
		fmt.Fprintf(&b, ": %s", i.Fix)
	}
	return b.String()
}

// CheckFull reports everything that keeps the older and the newer version of the
// roots, and of what they refer to, from reading each other's data: the rule the
// registry calls FULL. No roots means every schema of either bundle. What one of
// the bundles lacks altogether is reported only when the newer one lacks it. A
// fault that several roots share is reported once, with their names.
//
// Beyond Avro's rules, what misleads readers without an error is an incompatibility
// (EitherReader): a changed logical type (a reader of timestamp-millis takes
// timestamp-micros, and is wrong by a factor of a thousand), a symbol that is gone (a
// replay reads it as UNKNOWN), a default that is gone (history from before the field
// cannot be read), and a field that seems to have another name now, without an alias.
//
// The error is about schemas that cannot be parsed, or a root that neither
// bundle has.
func CheckFull(older, newer avsc.Bundle, roots ...string) ([]Incompatibility, error) {
	if len(roots) == 0 {
		roots = append(older.Names(), newer.Names()...)
		slices.Sort(roots)
		roots = slices.Compact(roots)
	}
	oldSchemas, err := parseNamed(older, present(older, roots)...)
	if err != nil {
		return nil, fmt.Errorf("older schemas: %w", err)
	}
	newSchemas, err := parseNamed(newer, present(newer, roots)...)
	if err != nil {
		return nil, fmt.Errorf("newer schemas: %w", err)
	}
	var found []Incompatibility
	for _, root := range roots {
		o, n := oldSchemas[root], newSchemas[root]
		var here []Incompatibility
		switch {
		case o == nil && n == nil:
			return nil, fmt.Errorf("no schema is called %s", root)
		case o == nil:
		case n == nil:
			here = []Incompatibility{{
				Record: avsc.Namespace + "." + root, Reader: NewReader, Paths: []string{root},
				Text: "the schema is gone", Fix: "bring it back, for as long as there is data written with it",
			}}
		default:
			here = comparePair(o, n)
		}
		for _, in := range here {
			found = merge(found, in, root)
		}
	}
	return found, nil
}

// merge adds in, which root is affected by, to found.
func merge(found []Incompatibility, in Incompatibility, root string) []Incompatibility {
	for i, f := range found {
		if f.Record == in.Record && f.Field == in.Field && f.Reader == in.Reader && f.Text == in.Text {
			found[i].Roots = append(found[i].Roots, root)
			found[i].Paths = append(found[i].Paths, in.Paths...)
			return found
		}
	}
	in.Roots = []string{root}
	return append(found, in)
}

func present(b avsc.Bundle, names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(name string) bool { _, ok := b[name]; return !ok })
}

// parseNamed parses the named schemas of b and what they refer to.
func parseNamed(b avsc.Bundle, names ...string) (map[string]*avro.Schema, error) {
	if len(names) == 0 {
		return nil, nil
	}
	ordered, err := b.Ordered(names...)
	if err != nil {
		return nil, err
	}
	return parseInOrder(b, ordered)
}
