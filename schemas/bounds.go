package schemas

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// What a value may be at most. The codec guards itself against counts beyond the
// bytes that are there and against deep nesting, but two things it does not
// bound, and a few kilobytes are enough for either: an array sent in blocks of
// one item is copied once per item, and small items make a value take many times
// its size in memory. So values are measured before they are decoded.
const (
	// MaxValue bounds a value in bytes, its header included.
	MaxValue = 16 << 20
	// maxNodes bounds the records, items of arrays and entries of maps in a value.
	maxNodes = 1 << 18
	// maxNesting is the codec's own bound on what stands inside each other.
	maxNesting = 1000
	// copied bytes of an array in blocks: some always, and more for long values.
	copyAllowance = 1 << 20
	copyFactor    = 8
)

var (
	// ErrTooLarge says that a value is longer than MaxValue, or would take much
	// more memory or time than its length warrants.
	ErrTooLarge = errors.New("value is too large")
	// ErrTruncated says that a value ends too early.
	ErrTruncated = errors.New("value is truncated")
	// ErrMalformed says that a value cannot have been written with its schema.
	ErrMalformed = errors.New("value does not fit its schema")
)

// measure walks a value, without decoding it, and refuses what would cost too
// much. It returns what is left over.
func measure(b []byte, s *shape) (rest []byte, err error) {
	m := measurement{nodes: maxNodes, copies: copyAllowance + copyFactor*len(b)}
	return m.walk(b, s, 0)
}

type measurement struct {
	nodes  int // that may still come
	copies int // bytes that may still be copied
}

func (m *measurement) walk(b []byte, s *shape, depth int) ([]byte, error) {
	if depth > maxNesting {
		return nil, fmt.Errorf("%w: it is nested more than %d deep", ErrTooLarge, maxNesting)
	}
	switch s.kind {
	case kindNull:
		return b, nil
	case kindBoolean:
		return skip(b, 1)
	case kindVarint:
		_, b, err := varint(b)
		return b, err
	case kindFloat:
		return skip(b, 4)
	case kindDouble:
		return skip(b, 8)
	case kindFixed:
		return skip(b, int64(s.size))
	case kindBytes:
		n, b, err := varint(b)
		if err != nil {
			return nil, err
		}
		return skip(b, n)
	case kindUnion:
		i, b, err := varint(b)
		if err != nil {
			return nil, err
		}
		if i < 0 || i >= int64(len(s.branches)) {
			return nil, fmt.Errorf("%w: a union has no branch %d", ErrMalformed, i)
		}
		return m.walk(b, s.branches[i], depth+1)
	case kindRecord:
		return m.record(b, s, depth)
	default:
		return m.blocks(b, s, depth)
	}
}

func (m *measurement) record(b []byte, s *shape, depth int) ([]byte, error) {
	if err := m.count(1); err != nil {
		return nil, err
	}
	for i := range s.fields {
		var err error
		if b, err = m.walk(b, s.fields[i].shape, depth+1); err != nil {
			return nil, err
		}
	}
	return b, nil
}

// blocks walks an array or map: blocks of items with their number in front, or
// its negative and the length of the block in bytes; 0 ends it.
func (m *measurement) blocks(b []byte, s *shape, depth int) ([]byte, error) {
	begin := len(b)
	for {
		soFar := begin - len(b)
		n, rest, err := blockHeader(b)
		if n == 0 || err != nil {
			return rest, err
		}
		b = rest
		if s.kind == kindArray {
			m.copies -= soFar
		}
		if m.copies < 0 {
			return nil, fmt.Errorf("%w: an array comes in too many blocks", ErrTooLarge)
		}
		if err := m.count(n); err != nil {
			return nil, err
		}
		for ; n > 0; n-- {
			if s.kind == kindMap {
				if b, err = m.walk(b, keyShape, depth); err != nil {
					return nil, err
				}
			}
			if b, err = m.walk(b, s.items, depth+1); err != nil {
				return nil, err
			}
		}
	}
}

// keyShape is that of a map's keys.
var keyShape = &shape{kind: kindBytes}

// blockHeader returns the number of items in the next block. Of the least number
// there is no negative: it stays, and is refused by count.
func blockHeader(b []byte) (n int64, rest []byte, err error) {
	n, rest, err = varint(b)
	if n < 0 && err == nil {
		n = -n
		_, rest, err = varint(rest)
	}
	return n, rest, err
}

func (m *measurement) count(n int64) error {
	if n < 0 || n > int64(m.nodes) {
		return fmt.Errorf("%w: it has more than %d records, items and entries", ErrTooLarge, maxNodes)
	}
	m.nodes -= int(n)
	return nil
}

func skip(b []byte, n int64) ([]byte, error) {
	switch {
	case n < 0:
		return nil, fmt.Errorf("%w: a length is negative", ErrMalformed)
	case n > int64(len(b)):
		return nil, ErrTruncated
	}
	return b[n:], nil
}

// varint reads Avro's zig-zag number, which is that of encoding/binary.
func varint(b []byte) (int64, []byte, error) {
	n, size := binary.Varint(b)
	switch {
	case size == 0:
		return 0, nil, ErrTruncated
	case size < 0:
		return 0, nil, fmt.Errorf("%w: a number is longer than 64 bits", ErrMalformed)
	}
	return n, b[size:], nil
}
