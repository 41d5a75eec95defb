package moka

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"time"
)

// request is what a call adds to its endpoint.
type request struct {
	id    string // stands for {} in the path; escaped
	query url.Values
	body  []byte // JSON; nil for none
}

// reply is an answer that was a success.
type reply struct {
	answer
	began, date time.Time
}

var (
	errNoToken  = errors.New("the answer has no token, or does not say how long it lives")
	errTooLarge = errors.New("the answer is larger than MOKA_MAX_BODY_BYTES")
)

// Full jitter: a random part of what doubles from first to longest.
const (
	firstBackoff   = 500 * time.Millisecond
	longestBackoff = 20 * time.Second
	// longestWish is how long a read waits because Moka asks for it; beyond that
	// it is the caller's to plan.
	longestWish = time.Minute
)

// call makes a call, a read as often as Attempts says. Errors are *Error.
func (c *Client) call(ctx context.Context, class Class, e endpoint, r request) (reply, error) {
	for n := 1; ; n++ {
		a, err := c.authorized(ctx, class, e, r)
		if err == nil {
			return a, nil
		}
		if e.write || n >= c.attempts || ctx.Err() != nil {
			return reply{}, err
		}
		wait, again := c.backoff(n, err)
		if !again || c.sleep(ctx, wait) != nil {
			return reply{}, err
		}
	}
}

// backoff returns how long to wait before the attempt after the n-th.
func (c *Client) backoff(n int, err *Error) (time.Duration, bool) {
	if err.Kind != KindTransient && err.Kind != KindQuota || err.RetryAfter > longestWish {
		return 0, false
	}
	wish := err.RetryAfter
	if _, none := c.gate.(open); !none && err.Kind == KindQuota {
		wish = 0 // the gate waits
	}
	most := min(firstBackoff<<min(n-1, 10), longestBackoff)
	return wish + time.Duration(c.jitter()*float64(most)), true
}

// authorized makes one attempt.
func (c *Client) authorized(ctx context.Context, class Class, e endpoint, r request) (reply, *Error) {
	value, err := c.auth.authorization(ctx)
	if err != nil {
		// Nothing was sent. The kinds of a read are those of a write that did not happen.
		if known, ok := errors.AsType[*Error](err); ok {
			return reply{}, known
		}
		return reply{}, &Error{Kind: KindTransient, Endpoint: getToken.name, Err: err}
	}
	a, failed := c.attempt(ctx, class, e, r, http.Header{"Authorization": {value}})
	switch {
	case failed == nil, failed.Kind == KindRefused, failed.Kind == KindInvalid, failed.Kind == KindNotFound:
		c.auth.accepted(value)
	case failed.Kind == KindAuth && c.auth.refused(value):
		// A token that Moka took back; it was refused before anything was done.
		failed.Kind = KindTransient
	}
	return a, failed
}

// attempt sends a request, once the gate lets it, and judges the answer.
func (c *Client) attempt(ctx context.Context, class Class, e endpoint, r request, header http.Header) (reply, *Error) {
	if err := c.acquire(ctx, class, e); err != nil {
		return reply{}, &Error{Kind: KindTransient, Endpoint: e.name, Err: err}
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	var wire wire
	req, err := c.build(httptrace.WithClientTrace(ctx, wire.trace()), e, r, header)
	if err != nil {
		return reply{}, invalid(e, err)
	}
	began := c.now()
	a, failed := c.exchange(req, e, &wire)
	a.began = began
	c.metrics.called(e.name, class, failed, c.now().Sub(began))
	return a, failed
}

func (c *Client) acquire(ctx context.Context, class Class, e endpoint) error {
	if e.slow && c.slow != nil {
		if err := c.slow.Acquire(ctx, class); err != nil {
			return err
		}
	}
	return c.gate.Acquire(ctx, class)
}

func (c *Client) build(ctx context.Context, e endpoint, r request, header http.Header) (*http.Request, error) {
	var body io.Reader
	if r.body != nil {
		body = bytes.NewReader(r.body)
	}
	target := c.base.String() + "/" + strings.Replace(e.path, "{}", r.id, 1)
	if len(r.query) > 0 {
		target += "?" + r.query.Encode()
	}
	req, err := http.NewRequestWithContext(ctx, e.method, target, body)
	if err != nil {
		return nil, errors.New("the address cannot be built") // the error would repeat it
	}
	for name, values := range header {
		req.Header[name] = values
	}
	req.Header.Set("Accept", "application/json")
	req.Header.Set("User-Agent", "mokafka")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	return req, nil
}

// exchange sends the request and reads the answer to its end, so that the
// connection can be used again.
func (c *Client) exchange(req *http.Request, e endpoint, wire *wire) (reply, *Error) {
	resp, err := c.http.Do(req)
	if err != nil {
		return reply{}, e.unsent(err, wire)
	}
	defer resp.Body.Close()
	body, broken := readAll(resp, c.maxBody)
	if broken != nil && !tooMany(resp.StatusCode) {
		// An answer came, if only its beginning, and it was no refusal by quota.
		c.accepted(e)
		kind := KindTransient
		if errors.Is(broken, errTooLarge) {
			kind = KindProtocol
		}
		return reply{}, &Error{Kind: e.unclear(kind), Endpoint: e.name, Status: resp.StatusCode, Err: causeOf(broken)}
	}
	a, failed := judge(e, resp.StatusCode, resp.Header, body, c.now())
	if failed != nil && failed.Kind == KindQuota {
		c.refused(e, failed.RetryAfter)
	} else {
		c.accepted(e)
	}
	if failed != nil {
		return reply{}, failed
	}
	date, _ := http.ParseTime(resp.Header.Get("Date")) // zero without one
	return reply{answer: a, date: date}, nil
}

func (c *Client) accepted(e endpoint) {
	c.gate.Accepted()
	if e.slow && c.slow != nil {
		c.slow.Accepted()
	}
}

func (c *Client) refused(e endpoint, pause time.Duration) {
	c.gate.Refused(pause)
	if e.slow && c.slow != nil {
		c.slow.Refused(pause)
	}
}

// invalid is a call that was not made.
func invalid(e endpoint, err error) *Error {
	return &Error{Kind: KindInvalid, Endpoint: e.name, Err: err}
}
