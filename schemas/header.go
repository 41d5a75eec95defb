package schemas

import (
	"encoding/binary"
	"errors"
)

// headerSize is the length of the wire format's header.
const headerSize = 5

// ErrNotFramed says that a value does not begin with the wire format's header.
// Tombstones, the empty values of compacted topics, are such: look for them
// before decoding.
var ErrNotFramed = errors.New("value does not begin with a zero byte and a schema id: it was not written by way of a schema registry")

// AppendHeader appends the wire format's header to dst; the Avro binary follows.
func AppendHeader(dst []byte, id int) []byte {
	return binary.BigEndian.AppendUint32(append(dst, 0), uint32(id))
}

// SplitHeader returns the id in the header of a value, and the Avro binary behind
// it. The error is ErrNotFramed.
func SplitHeader(value []byte) (id int, payload []byte, err error) {
	if len(value) < headerSize || value[0] != 0 {
		return 0, nil, ErrNotFramed
	}
	return int(binary.BigEndian.Uint32(value[1:headerSize])), value[headerSize:], nil
}
