package webhook

import (
	"errors"
	"io"
	"sync/atomic"
)

// Why a body was not read to its end, apart from what its reader said.
var (
	errTooLarge = errors.New("the body is larger than is taken")
	errNoRoom   = errors.New("the bodies in flight take all the room there is")
)

// bodyRoom is the memory that bodies in flight may take together. A body takes
// room as its bytes arrive: that it was announced as large costs nothing.
type bodyRoom struct {
	limit int64
	taken atomic.Int64
}

func (r *bodyRoom) take(n int64) bool {
	if r.taken.Add(n) <= r.limit {
		return true
	}
	r.taken.Add(-n)
	return false
}

// What is allocated before a byte of the body was seen.
const (
	firstAnnounced   = 64 << 10 // at most, where a length was announced
	firstUnannounced = 16 << 10
)

// read reads a body of at most limit bytes, and of the announced length where
// that is not negative. held is the room it took, to be given back by release
// when nobody uses the body any more; also after an error.
//
// The buffer is a fresh one each time and never reused: after a time-out the
// journal may still hold the bytes.
func (r *bodyRoom) read(body io.Reader, announced, limit int64) (content []byte, held int64, err error) {
	if announced > limit {
		return nil, 0, errTooLarge
	}
	// One byte more than the body, in which its end is seen without growing.
	size := int64(firstUnannounced)
	if announced >= 0 {
		size = min(announced+1, firstAnnounced)
	}
	if !r.take(size) {
		return nil, 0, errNoRoom
	}
	held = size
	buf := make([]byte, 0, size)
	for {
		n, err := body.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		switch {
		case int64(len(buf)) > limit:
			return nil, held, errTooLarge
		case errors.Is(err, io.EOF):
			return buf[:len(buf):len(buf)], held, nil
		case err != nil:
			return nil, held, err
		case len(buf) < cap(buf):
			continue
		}
		size = min(2*int64(cap(buf)), limit+1)
		if announced >= 0 {
			size = min(size, announced+1)
		}
		if !r.take(size - held) {
			return nil, held, errNoRoom
		}
		held = size
		grown := make([]byte, len(buf), size)
		copy(grown, buf)
		buf = grown
	}
}

func (r *bodyRoom) release(held int64) { r.taken.Add(-held) }
