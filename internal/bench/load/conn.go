package load

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/bench/latency"
)

// conn is one kept connection and what it counted.
type conn struct {
	net.Conn
	reader *bufio.Reader

	answered  int64
	latencies latency.Histogram
	refused   map[int]int64
	err       error
}

func dial(ctx context.Context, addr string) (*conn, error) {
	c, err := (&net.Dialer{Timeout: patience}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("connect to the server: %w", err)
	}
	return &conn{Conn: c, reader: bufio.NewReaderSize(c, 4<<10), refused: map[int]int64{}}, nil
}

// loop sends one request after the other until the window ends.
func (c *conn) loop(w window, source Source) {
	buf := make([]byte, 0, 16<<10)
	for {
		buf = source.AppendRequest(buf[:0])
		start := time.Now()
		if !start.Before(w.to) {
			return
		}
		status, err := c.exchange(buf)
		if err != nil {
			c.err = err
			return
		}
		end := time.Now()
		switch {
		case !w.holds(end):
		case status >= 200 && status < 300:
			c.answered++
			c.latencies.Record(end.Sub(start))
		default:
			c.refused[status]++
		}
	}
}

func (c *conn) exchange(request []byte) (status int, err error) {
	if _, err := c.Write(request); err != nil {
		return 0, fmt.Errorf("send a request: %w", err)
	}
	status, err = readAnswer(c.reader)
	if err != nil {
		return 0, fmt.Errorf("read an answer: %w", err)
	}
	return status, nil
}

// errAnswer says that the answer is not of the kind that is read here: HTTP/1.1
// with a Content-Length, on a connection that stays open.
var errAnswer = errors.New("the answer is not HTTP/1.1 with a length on a kept connection")

// readAnswer reads an answer to its end.
func readAnswer(r *bufio.Reader) (status int, err error) {
	line, err := r.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < len("HTTP/1.1 200") || !bytes.HasPrefix(line, []byte("HTTP/1.1 ")) {
		return 0, errAnswer
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, errAnswer
	}
	length := -1
	for {
		line, err := r.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		name, value, ok := bytes.Cut(bytes.TrimRight(line, "\r\n"), []byte(":"))
		if len(name) == 0 && !ok {
			break
		}
		switch {
		case bytes.EqualFold(name, []byte("Content-Length")):
			if length, err = strconv.Atoi(string(bytes.TrimSpace(value))); err != nil || length < 0 {
				return 0, errAnswer
			}
		case bytes.EqualFold(name, []byte("Connection")) && bytes.EqualFold(bytes.TrimSpace(value), []byte("close")):
			return 0, fmt.Errorf("%w: it is closed after status %d", errAnswer, status)
		}
	}
	if length < 0 {
		return 0, errAnswer
	}
	if _, err := io.CopyN(io.Discard, r, int64(length)); err != nil {
		return 0, err
	}
	return status, nil
}
