package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"testing"
	"testing/iotest"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// memConn is a connection whose client already sent everything.
type memConn struct {
	net.Conn
	r      io.Reader
	closed bool
}

func (c *memConn) Read(p []byte) (int, error) { return c.r.Read(p) }
func (c *memConn) Close() error               { c.closed = true; return nil }
func (*memConn) RemoteAddr() net.Addr         { return hostAddr("127.0.0.1:1") }

func guarded(r io.Reader) (*guardedConn, *memConn) {
	conn := &memConn{r: r}
	return &guardedConn{Conn: conn, log: zerolog.Nop(), onClose: func() {}}, conn
}

func frame(key int16, body int) []byte {
	f := binary.BigEndian.AppendUint32(nil, uint32(4+body))
	f = binary.BigEndian.AppendUint16(f, uint16(key))
	f = binary.BigEndian.AppendUint16(f, 0)
	return append(f, bytes.Repeat([]byte{0x5a}, body)...)
}

func sized(size uint32, key int16) []byte {
	f := binary.BigEndian.AppendUint32(nil, size)
	f = binary.BigEndian.AppendUint16(f, uint16(key))
	return append(f, make([]byte, 64)...)
}

func TestGuardRefuses(t *testing.T) {
	good := frame(int16(kmsg.Metadata), 20)
	for name, stray := range map[string][]byte{
		"HTTP GET":                     []byte("GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n"),
		"TLS client hello":             {0x16, 0x03, 0x01, 0x02, 0x00, 0x01, 0x00, 0x01, 0xfc, 0x03, 0x03},
		"key that is not Kafka's":      frame(1234, 20),
		"negative key":                 frame(-1, 20),
		"one byte above the limit":     sized(maxFrame+1, int16(kmsg.Produce)),
		"negative size":                sized(0xffffffff, int16(kmsg.Produce)),
		"empty frame":                  sized(0, int16(kmsg.Produce)),
		"frame without correlation id": sized(minFrame-1, int16(kmsg.Produce)),
	} {
		t.Run(name, func(t *testing.T) {
			conn, under := guarded(bytes.NewReader(append(bytes.Clone(good), stray...)))
			got, err := io.ReadAll(conn)
			var refused *frameError
			if !errors.As(err, &refused) {
				t.Errorf("read error = %v, want a refusal", err)
			}
			if !bytes.Equal(got, good) {
				t.Errorf("let %d bytes through, want the %d of the good frame before", len(got), len(good))
			}
			if !under.closed {
				t.Error("the connection is still open")
			}
			if _, again := conn.Read(make([]byte, 1)); !errors.As(again, &refused) {
				t.Errorf("a later read = %v, want the refusal again", again)
			}
		})
	}
}

func TestGuardLetsKafkaThrough(t *testing.T) {
	var sent []byte
	for key := range int16(kmsg.MaxKey) {
		if kmsg.RequestForKey(key) != nil {
			sent = append(sent, frame(key, 4+int(key))...)
		}
	}
	sent = append(sent, frame(int16(kmsg.Produce), maxFrame-4)...)
	for name, r := range map[string]io.Reader{
		"in one piece": bytes.NewReader(sent),
		"in halves":    iotest.HalfReader(bytes.NewReader(sent)),
	} {
		conn, _ := guarded(r)
		got, err := io.ReadAll(conn)
		if err != nil || !bytes.Equal(got, sent) {
			t.Errorf("%s: got %d of %d bytes, error %v", name, len(got), len(sent), err)
		}
	}
}

// FuzzGuard compares the guard, fed and read in pieces, with the plain reading
// of the rule: whole good frames pass, and nothing from the first bad one on.
func FuzzGuard(f *testing.F) {
	f.Add(frame(int16(kmsg.Fetch), 12), uint8(3))
	f.Add(append(frame(int16(kmsg.Produce), 4), "GET / HTTP/1.1\r\n"...), uint8(1))
	f.Add(sized(maxFrame+1, 0), uint8(7))
	f.Add([]byte{0, 0}, uint8(2))
	f.Fuzz(func(t *testing.T, sent []byte, piece uint8) {
		want, refused := allowed(sent)
		conn, under := guarded(iotest.OneByteReader(bytes.NewReader(sent)))
		var got []byte
		buf := make([]byte, int(piece)+1)
		var err error
		for err == nil {
			var n int
			n, err = conn.Read(buf)
			got = append(got, buf[:n]...)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("let %x through, want %x", got, want)
		}
		var fe *frameError
		if errors.As(err, &fe) != refused || under.closed != refused {
			t.Errorf("error %v, closed %t; want refused %t", err, under.closed, refused)
		}
	})
}

func allowed(sent []byte) (ok []byte, refused bool) {
	for rest := sent; len(rest) >= frameHeader; {
		size := binary.BigEndian.Uint32(rest)
		key := int16(binary.BigEndian.Uint16(rest[4:]))
		if size < 8 || size > 16*1024*1024 || kmsg.RequestForKey(key) == nil {
			return ok, true
		}
		n := min(len(rest), 4+int(size))
		ok, rest = append(ok, rest[:n]...), rest[n:]
	}
	return ok, false
}
