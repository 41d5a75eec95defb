package schemas

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/twmb/avro"

	"github.com/mokafka/mokafka/schemas/avsc"
)

// SchemaSource is where a Decoder gets the schemas from that values were written
// with; *Registry is one. Fetch answers an id that does not exist with an error
// that is ErrUnknownSchema, and says with ErrRegistryUnavailable that asking
// again may help.
type SchemaSource interface {
	Fetch(ctx context.Context, id int) (RegisteredSchema, error)
}

// Decoder reads the values of mokafka's topics, whichever version of a schema
// they were written with. It is safe for concurrent use; a schema is fetched
// once, by one request however many goroutines wait for it.
//
// Its errors tell two things apart. ErrRegistryUnavailable, and the error of the
// caller's own context, say nothing about the value: try it again. All others are
// about the value and stay the same: ErrNotFramed, ErrTooLarge, ErrTruncated,
// ErrTrailingBytes, ErrMalformed, ErrUnknownSchema (an id may turn up later where
// registries are copied), ErrUnknownRecord and ErrUnusableSchema. No error text
// has anything of the value in it.
type Decoder struct {
	codec   *Codec
	writers *writerCache
}

// DecoderOption changes how a Decoder works.
type DecoderOption func(*Decoder)

// WithDecoderClock sets the clock by which ids that do not exist are asked for
// again; it is time.Now otherwise.
func WithDecoderClock(now func() time.Time) DecoderOption {
	return func(d *Decoder) { d.writers.now = now }
}

// NewDecoder fails only when the schemas of this build are broken.
func NewDecoder(source SchemaSource, opts ...DecoderOption) (*Decoder, error) {
	codec, err := NewCodec()
	if err != nil {
		return nil, err
	}
	d := &Decoder{codec: codec, writers: newWriterCache(source)}
	for _, opt := range opts {
		opt(d)
	}
	d.writers.complete = d.resolve
	return d, nil
}

// Decode returns a pointer to the record of this package that value holds, such
// as *CandidateEvent. Fields that the writer did not know have their defaults,
// enum symbols that this build does not know are UNKNOWN. What the record has in
// it is copied from value.
func (d *Decoder) Decode(ctx context.Context, value []byte) (any, error) {
	w, payload, err := d.open(ctx, value)
	if err != nil {
		return nil, err
	}
	out := newRecord(w.record)
	if out == nil || w.unusable != nil {
		return nil, w.refusal()
	}
	if err := w.decode(payload, out); err != nil {
		return nil, err
	}
	return out, nil
}

// DecodeAs is Decode where the record's type is known, as it is for a topic. A
// value of another type is ErrUnknownRecord.
func DecodeAs[T any](ctx context.Context, d *Decoder, value []byte) (*T, error) {
	w, payload, err := d.open(ctx, value)
	if err != nil {
		return nil, err
	}
	out := new(T)
	if _, err := d.codec.schemaOf(out); err != nil {
		return nil, err
	}
	if w.record != reflect.TypeFor[T]().Name() || w.unusable != nil {
		return nil, w.refusal()
	}
	if err := w.decode(payload, out); err != nil {
		return nil, err
	}
	return out, nil
}

// open finds the writer's schema of a value, and measures the value by it.
func (d *Decoder) open(ctx context.Context, value []byte) (*writer, []byte, error) {
	if len(value) > MaxValue {
		return nil, nil, fmt.Errorf("%w: %d bytes, at most %d", ErrTooLarge, len(value), MaxValue)
	}
	id, payload, err := SplitHeader(value)
	if err != nil {
		return nil, nil, err
	}
	w, err := d.writers.get(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	if !w.shape.repeats {
		return w, payload, nil
	}
	rest, err := measure(payload, w.shape)
	if err != nil {
		return nil, nil, w.wrap(err)
	}
	if len(rest) > 0 {
		return nil, nil, w.wrap(fmt.Errorf("%w (%d)", ErrTrailingBytes, len(rest)))
	}
	return w, payload, nil
}

// resolve finds how this build reads what w wrote.
func (d *Decoder) resolve(w *writer) {
	short, ours := strings.CutPrefix(w.shape.name, avsc.Namespace+".")
	reader := d.codec.schemas[short]
	if !ours || reader == nil || w.shape.kind != kindRecord {
		return
	}
	w.record = short
	w.resolved, w.unusable = avro.Resolve(w.schema, reader)
}

var (
	// ErrUnknownRecord says that a value holds a record that this build has no type
	// for, or not the type asked for: it is from another topic, or a newer mokafka.
	ErrUnknownRecord = errors.New("unknown record type")
	// ErrUnusableSchema says that the schema in the registry cannot be read, or
	// that this build's schema cannot read what was written with it.
	ErrUnusableSchema = errors.New("unusable schema")
)

// refusal says why w's values are not read.
func (w *writer) refusal() error {
	if w.unusable != nil {
		return w.wrap(fmt.Errorf("%w: %w", ErrUnusableSchema, w.unusable))
	}
	return w.wrap(ErrUnknownRecord)
}

// wrap says which schema a value was written with.
func (w *writer) wrap(err error) error {
	return fmt.Errorf("decode a value written with schema %d, %s: %w", w.id, w.shape.tag(), err)
}

func (w *writer) decode(payload []byte, out any) error {
	rest, err := w.resolved.Decode(payload, out)
	return w.judge(rest, err)
}

// judge sorts the codec's errors.
func (w *writer) judge(rest []byte, err error) error {
	if err == nil && len(rest) == 0 {
		return nil
	}
	var short *avro.ShortBufferError
	switch {
	case errors.As(err, &short):
		return w.wrap(fmt.Errorf("%w: %w", ErrTruncated, err))
	case err != nil:
		return w.wrap(fmt.Errorf("%w: %w", ErrMalformed, err))
	default:
		return w.wrap(fmt.Errorf("%w (%d)", ErrTrailingBytes, len(rest)))
	}
}
