package embedded

import (
	"encoding/binary"
	"fmt"
	"io"
	"net"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// maxFrame is the largest request in bytes that the guard lets through. Kafka
// accepts 100 MiB (socket.request.max.bytes); no client of ours comes near 16.
const maxFrame = 16 << 20

// frameHeader is what a frame must have before its body can be told apart:
// size (4 bytes), API key, version (2 each). minFrame is what the size must
// cover at the least: key, version and the correlation id.
const (
	frameHeader = 4 + 2 + 2
	minFrame    = 2 + 2 + 4
)

// frameError says why a frame was refused.
type frameError struct {
	size uint32
	key  int16
}

func (e *frameError) Error() string {
	if e.size < minFrame || e.size > maxFrame {
		return fmt.Sprintf("not a Kafka request: its size would be %d bytes", e.size)
	}
	return fmt.Sprintf("not a Kafka request: unknown API key %d", e.key)
}

// checkFrame judges the first frameHeader bytes of a frame.
func checkFrame(header []byte) (size uint32, err error) {
	size = binary.BigEndian.Uint32(header)
	key := int16(binary.BigEndian.Uint16(header[4:]))
	if size < minFrame || size > maxFrame || kmsg.RequestForKey(key) == nil {
		return size, &frameError{size, key}
	}
	return size, nil
}

// guardedConn lets through requests that kfake can look at and ends the
// connection at the first one it can't: kfake allocates whatever size a frame
// claims (an HTTP GET claims 1.1 GB) and panics at a key it does not know.
//
// Nothing of a refused frame is handed on. A body that does not hold what its
// header says costs kfake processor time and ends the connection: the guard is
// against strays, not against attackers. Like any net.Conn it has one reader at a
// time.
type guardedConn struct {
	net.Conn
	log     zerolog.Logger
	onClose func()

	header [frameHeader]byte
	ready  []byte // what of header is not handed on yet
	left   uint32 // bytes of the frame's body still to come
	err    error  // the refusal, once there was one
}

// Read implements net.Conn. A refused frame reads as an error, and so does
// every Read after it.
func (c *guardedConn) Read(p []byte) (int, error) {
	if c.err != nil {
		return 0, c.err
	}
	if len(p) == 0 {
		return 0, nil
	}
	if len(c.ready) == 0 && c.left == 0 {
		if err := c.nextFrame(); err != nil {
			return 0, err
		}
	}
	if len(c.ready) > 0 {
		n := copy(p, c.ready)
		c.ready = c.ready[n:]
		return n, nil
	}
	n, err := c.Conn.Read(p[:min(len(p), int(c.left))])
	c.left -= uint32(n)
	return n, err
}

// nextFrame reads a frame's header and judges it.
func (c *guardedConn) nextFrame() error {
	if _, err := io.ReadFull(c.Conn, c.header[:]); err != nil {
		return err
	}
	size, err := checkFrame(c.header[:])
	if err != nil {
		c.err = err
		c.log.Warn().Err(err).Stringer("client", c.RemoteAddr()).Msg("embedded Kafka closed a connection")
		_ = c.Close() // the client is gone either way
		return err
	}
	c.ready = c.header[:]
	c.left = size - (frameHeader - 4)
	return nil
}

// Close implements net.Conn.
func (c *guardedConn) Close() error {
	c.onClose()
	return c.Conn.Close()
}
