package schemas

import (
	"fmt"
	"io"
	"net/http"
	"time"
)

// maxAnswer bounds one answer of the registry; the largest schema here has 20 kB.
const maxAnswer = 8 << 20

// boundedClient copies c, with bounds on the time and the size of an answer.
func boundedClient(c *http.Client, timeout time.Duration) *http.Client {
	bounded := *c
	if bounded.Timeout <= 0 {
		bounded.Timeout = timeout
	}
	next := bounded.Transport
	if next == nil {
		next = http.DefaultTransport
	}
	bounded.Transport = boundedTransport{next}
	return &bounded
}

// boundedTransport makes answers longer than maxAnswer fail: package sr reads
// them whole.
type boundedTransport struct{ next http.RoundTripper }

func (t boundedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	resp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	resp.Body = &boundedBody{body: resp.Body, left: maxAnswer}
	return resp, nil
}

type boundedBody struct {
	body io.ReadCloser
	left int64
}

func (b *boundedBody) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	if int64(len(p)) > b.left+1 {
		p = p[:b.left+1]
	}
	n, err := b.body.Read(p)
	b.left -= int64(n)
	if b.left < 0 {
		return 0, fmt.Errorf("the answer is longer than %d bytes", maxAnswer)
	}
	return n, err
}

func (b *boundedBody) Close() error { return b.body.Close() }
