package schemas

import (
	"errors"
	"fmt"

	"github.com/twmb/avro"
)

// RegisteredSchema is a schema as a registry holds it, complete.
type RegisteredSchema struct {
	// ID is the id records carry.
	ID int
	// Texts are the schemas it refers to, each after those it refers to itself,
	// and at the end the schema.
	Texts []string
}

// parse makes one schema of the texts.
func (s RegisteredSchema) parse() (*avro.Schema, error) {
	var cache avro.SchemaCache
	var schema *avro.Schema
	for _, text := range s.Texts {
		var err error
		if schema, err = cache.Parse(text); err != nil {
			return nil, fmt.Errorf("parse schema: %w", err)
		}
	}
	if schema == nil {
		return nil, errors.New("parse schema: there is no text")
	}
	return schema, nil
}

// Resolved returns the schema as one text, with what it refers to inside. It
// fails when the texts are no schemas, or do not fit together.
func (s RegisteredSchema) Resolved() (string, error) {
	schema, err := s.parse()
	if err != nil {
		return "", err
	}
	return schema.String(), nil
}

// CheckRegistered compares two registered schemas as CheckFull does those of
// bundles; each finding has one path, and Roots and Version are empty.
func CheckRegistered(older, newer RegisteredSchema) ([]Incompatibility, error) {
	o, err := older.parse()
	if err != nil {
		return nil, fmt.Errorf("older schema: %w", err)
	}
	n, err := newer.parse()
	if err != nil {
		return nil, fmt.Errorf("newer schema: %w", err)
	}
	return comparePair(o, n), nil
}
