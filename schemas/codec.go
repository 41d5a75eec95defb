package schemas

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/twmb/avro"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// ErrTrailingBytes says that bytes were left over after a value: the value was
// written with another schema, or is damaged.
var ErrTrailingBytes = errors.New("bytes left over after the Avro value")

// Codec encodes and decodes the records of this build. It is immutable and safe
// for concurrent use.
type Codec struct {
	bundle  avsc.Bundle
	schemas map[string]*avro.Schema
	byType  sync.Map // reflect.Type → *avro.Schema
}

// NewCodec parses the embedded schemas; it fails only when they are broken.
func NewCodec() (*Codec, error) {
	bundle, err := avsc.Embedded()
	if err != nil {
		return nil, err
	}
	parsed, err := parseBundle(bundle)
	if err != nil {
		return nil, err
	}
	return &Codec{bundle: bundle, schemas: parsed}, nil
}

// parseBundle parses every schema of b, keyed by its name.
func parseBundle(b avsc.Bundle) (map[string]*avro.Schema, error) {
	names, err := b.Ordered()
	if err != nil {
		return nil, err
	}
	return parseInOrder(b, names)
}

// parseInOrder parses the named schemas of b, each of which must come after those
// that it refers to.
func parseInOrder(b avsc.Bundle, names []string) (map[string]*avro.Schema, error) {
	var cache avro.SchemaCache
	parsed := make(map[string]*avro.Schema, len(names))
	for _, name := range names {
		var err error
		if parsed[name], err = cache.Parse(b[name]); err != nil {
			return nil, fmt.Errorf("parse schema %s: %w", name, err)
		}
	}
	return parsed, nil
}

// Bundle returns the schemas of this build. It must not be changed.
func (c *Codec) Bundle() avsc.Bundle { return c.bundle }

// schemaOf finds the schema of a pointer to a generated record type.
func (c *Codec) schemaOf(v any) (*avro.Schema, error) {
	t := reflect.TypeOf(v)
	if s, ok := c.byType.Load(t); ok {
		return s.(*avro.Schema), nil
	}
	if t == nil || t.Kind() != reflect.Pointer || t.Elem().Kind() != reflect.Struct {
		return nil, fmt.Errorf("%T is not a pointer to a record type", v)
	}
	s, ok := c.schemas[t.Elem().Name()]
	if !ok {
		return nil, fmt.Errorf("no schema is called %s", t.Elem().Name())
	}
	c.byType.Store(t, s)
	return s, nil
}

// Append appends the Avro binary of v, a pointer to a generated record, to dst;
// without the wire format's header. Text must be valid UTF-8 (see ValidText);
// Append does not check it.
func (c *Codec) Append(dst []byte, v any) ([]byte, error) {
	s, err := c.schemaOf(v)
	if err != nil {
		return dst, err
	}
	out, err := s.AppendEncode(dst, v)
	if err != nil {
		return dst, fmt.Errorf("encode %T: %w", v, err)
	}
	return out, nil
}

// Unmarshal decodes b, the Avro binary written with this build's schema, into
// v, a pointer to a fresh generated record. Records of other versions are for
// Decoder.
func (c *Codec) Unmarshal(b []byte, v any) error {
	s, err := c.schemaOf(v)
	if err != nil {
		return err
	}
	rest, err := s.Decode(b, v)
	if err != nil {
		return fmt.Errorf("decode %T: %w", v, err)
	}
	if len(rest) > 0 {
		return fmt.Errorf("decode %T: %w (%d)", v, ErrTrailingBytes, len(rest))
	}
	return nil
}

// ValidText returns s with every invalid UTF-8 byte sequence replaced by U+FFFD:
// Avro strings are UTF-8, and readers in other languages fail on anything else.
func ValidText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
