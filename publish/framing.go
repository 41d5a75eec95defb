package publish

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"reflect"

	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// Registry finds the id of the schema that a record is written with;
// *schemas.Registry is one.
type Registry interface {
	// LookupID returns the id under which the bundle's schema of the record, a
	// name such as "JournalEntry", is registered at the subject. It fails where
	// it is not.
	LookupID(ctx context.Context, bundle avsc.Bundle, subject, record string) (int, error)
}

// FrameHeader is the size of the wire format's header: a zero byte and the
// schema's id, big endian.
const FrameHeader = 1 + 4

// ErrUnprepared says that the Encoder was not told the schema id of a topic.
var ErrUnprepared = errors.New("no schema id is known for the topic")

// Encoder frames values in the Confluent wire format. Prepare or Use it before
// sharing it; after that it is immutable and safe for concurrent use.
type Encoder struct {
	codec  *schemas.Codec
	topics map[string]frame
}

type frame struct {
	record string
	id     uint32
}

// NewEncoder returns an Encoder that knows no topic yet.
func NewEncoder(codec *schemas.Codec) *Encoder {
	return &Encoder{codec: codec, topics: make(map[string]frame)}
}

// Prepare asks the registry for the ids of all specs. It fails naming every
// schema that is not registered; then it may be called again.
func (e *Encoder) Prepare(ctx context.Context, registry Registry, specs []Spec) error {
	var errs []error
	for _, s := range specs {
		id, err := registry.LookupID(ctx, e.codec.Bundle(), s.Subject, s.Record)
		if err != nil {
			errs = append(errs, fmt.Errorf("find the schema %s of %s: %w", s.Record, s.Subject, err))
			continue
		}
		e.Use(s.Name, s.Record, id)
	}
	return errors.Join(errs...)
}

// Use has values of the record, a name such as "JournalEntry", framed with the
// id on the topic. A later call replaces an earlier one.
func (e *Encoder) Use(topic, record string, id int) {
	e.topics[topic] = frame{record: record, id: uint32(id)}
}

// ID returns the schema id used on a topic.
func (e *Encoder) ID(topic string) (id int, ok bool) {
	f, ok := e.topics[topic]
	return int(f.id), ok
}

// Append appends the framed value to dst. v is a pointer to the generated type
// of the record that belongs on the topic; any other is refused. On an error
// dst comes back as it was.
func (e *Encoder) Append(dst []byte, topic string, v any) ([]byte, error) {
	f, ok := e.topics[topic]
	if !ok {
		return dst, fmt.Errorf("frame a value for %s: %w", topic, ErrUnprepared)
	}
	if t := reflect.TypeOf(v); t == nil || t.Kind() != reflect.Pointer || t.Elem().Name() != f.record {
		return dst, fmt.Errorf("frame a value for %s: %T is not a *schemas.%s", topic, v, f.record)
	}
	out := binary.BigEndian.AppendUint32(append(dst, 0), f.id)
	out, err := e.codec.Append(out, v)
	if err != nil {
		return dst, fmt.Errorf("frame a value for %s: %w", topic, err)
	}
	return out, nil
}

// SchemaID reads the header of a framed value; ok is false where it has none.
func SchemaID(value []byte) (id int, ok bool) {
	if len(value) < FrameHeader || value[0] != 0 {
		return 0, false
	}
	return int(binary.BigEndian.Uint32(value[1:])), true
}
