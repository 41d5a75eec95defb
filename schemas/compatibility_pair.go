package schemas

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/twmb/avro"
)

// comparePair finds every incompatibility of two versions of a schema. Each finding
// has one path; Roots and Version are left empty.
//
// Package avro decides what is compatible, but stops at the first fault. So each
// field is put to it alone, with the records and enums in its type emptied, and
// those are compared in their own right.
func comparePair(older, newer *avro.Schema) []Incompatibility {
	if older.String() == newer.String() {
		return nil
	}
	found := readAcross(older, newer, NewReader)
	return locate(append(found, readAcross(newer, older, OldReader)...), older, newer)
}

// readAcross finds what keeps reader from reading what writer wrote.
func readAcross(writer, reader *avro.Schema, who Direction) []Incompatibility {
	c := comparison{
		who:    who,
		writer: definitions(writer.Root()), reader: definitions(reader.Root()),
		seen: map[[2]string]bool{},
	}
	c.types(fieldAt{}, *writer.Root(), *reader.Root())
	unreadable := slices.ContainsFunc(c.found, func(i Incompatibility) bool { return i.Reader == who })
	if err := avro.CheckCompatibility(writer, reader); err != nil && !unreadable {
		// It sees something in the whole that is in none of the parts.
		c.add(fieldAt{record: fullName(*reader.Root())}, err, "")
	}
	return c.found
}

type comparison struct {
	who            Direction
	writer, reader map[string]avro.SchemaNode
	seen           map[[2]string]bool // pairs of names, writer's first
	found          []Incompatibility
}

// fieldAt is a place: a record or enum, and a path in it.
type fieldAt struct{ record, path string }

func (at fieldAt) below(part string) fieldAt {
	if at.path != "" {
		part = at.path + "." + part
	}
	return fieldAt{at.record, part}
}

func (c *comparison) add(at fieldAt, err error, fix string) {
	in := Incompatibility{Record: at.record, Field: at.path, Reader: c.who, Text: err.Error(), Fix: fix}
	var ce *avro.CompatibilityError
	if errors.As(err, &ce) {
		in.Text = ce.Detail
		if ce.WriterType != "" && ce.WriterType != ce.ReaderType {
			in.Text += fmt.Sprintf(" (written as %s, read as %s)", ce.WriterType, ce.ReaderType)
		}
		if path := strings.TrimPrefix(ce.Path, "."); path != "" && path != "(root)" {
			in.Field = at.below(path).path
		}
	}
	c.found = append(c.found, in)
}

// types compares the types of one place, and then what they are made of.
func (c *comparison) types(at fieldAt, w, r avro.SchemaNode) {
	if at.record == "" {
		at.record = fullName(r)
	}
	if err := checkAlone(w, r); err != nil {
		c.add(at, err, "keep the type, and add a field of another name beside it")
	}
	c.parts(at, w, r)
}

// checkAlone asks package avro about two types, leaving out what is inside the
// records and enums they name.
func checkAlone(w, r avro.SchemaNode) error {
	w, r = emptied(w), emptied(r)
	writer, err := w.Schema()
	if err != nil {
		return fmt.Errorf("the writer's type alone: %w", err)
	}
	reader, err := r.Schema()
	if err != nil {
		return fmt.Errorf("the reader's type alone: %w", err)
	}
	return avro.CheckCompatibility(writer, reader)
}

// parts goes on to what the two types have inside.
func (c *comparison) parts(at fieldAt, w, r avro.SchemaNode) {
	w, r = dereference(w, c.writer), dereference(r, c.reader)
	switch {
	case w.Type == "union" || r.Type == "union":
		for _, wb := range branches(w) {
			for _, rb := range branches(r) {
				if wb, rb := dereference(wb, c.writer), dereference(rb, c.reader); wb.Type == rb.Type && sameName(wb, rb) {
					c.parts(at, wb, rb)
				}
			}
		}
	case w.Type != r.Type:
	case r.Type == "array":
		c.parts(at.below("items"), *w.Items, *r.Items)
	case r.Type == "map":
		c.parts(at.below("values"), *w.Values, *r.Values)
	case r.Type == "enum", r.Type == "record":
		pair := [2]string{fullName(w), fullName(r)}
		if c.seen[pair] || !sameName(w, r) {
			return
		}
		c.seen[pair] = true
		if r.Type == "enum" {
			c.enums(w, r)
		} else {
			c.records(w, r)
		}
	default:
		c.logical(at, w, r)
	}
}

func (c *comparison) enums(w, r avro.SchemaNode) {
	writer, err := w.Schema()
	if err != nil {
		c.add(fieldAt{record: fullName(w)}, err, "")
		return
	}
	reader, err := r.Schema()
	if err != nil {
		c.add(fieldAt{record: fullName(r)}, err, "")
		return
	}
	c.quietEnum(w, r)
	if err := avro.CheckCompatibility(writer, reader); err != nil {
		c.add(fieldAt{record: fullName(r)}, err, "an enum that changes needs a \"default\" symbol in both versions: leave the symbols as they are, or use a string")
	}
}

func (c *comparison) records(w, r avro.SchemaNode) {
	c.quietFields(w, r)
	for _, rf := range r.Fields {
		at := fieldAt{fullName(r), rf.Name}
		i := slices.IndexFunc(w.Fields, func(wf avro.SchemaField) bool { return wf.Name == rf.Name })
		if i < 0 {
			i = slices.IndexFunc(w.Fields, func(wf avro.SchemaField) bool { return slices.Contains(rf.Aliases, wf.Name) })
		}
		switch {
		case i >= 0:
			c.types(at, w.Fields[i].Type, rf.Type)
		case rf.HasDefault:
		case c.who == NewReader:
			c.add(at, errors.New("the field is new and has no default"), `give it a default: "type": ["null", …], "default": null`)
		default:
			c.add(at, errors.New("the field was required and is gone"), "keep it, and fill it")
		}
	}
}

// logical adds what Avro's rules let pass: the same bytes with another meaning.
// One direction tells both.
func (c *comparison) logical(at fieldAt, w, r avro.SchemaNode) {
	if c.who != NewReader || w.LogicalType == r.LogicalType || w.LogicalType == "uuid" || r.LogicalType == "uuid" {
		return
	}
	in := Incompatibility{Record: at.record, Field: at.path, Reader: EitherReader,
		Text: fmt.Sprintf("the same %s means something else (was %s, is %s)", r.Type, orNone(w.LogicalType), orNone(r.LogicalType)),
		Fix:  "keep the logical type, and add a field of another name beside it",
	}
	c.found = append(c.found, in)
}

func orNone(logical string) string {
	if logical == "" {
		return "no logical type"
	}
	return logical
}
