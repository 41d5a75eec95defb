// Package load posts requests to an HTTP server as fast as it answers, over a
// fixed number of kept connections, and says how many it answered and how long
// each took. It is a closed loop, as wrk is: a connection sends its next request
// when the last one was answered, so latencies are those that callers see at the
// rate that came out, not at a rate that was wanted.
//
// Requests are bytes made by the caller, written and read without net/http: what
// generates load on the same machine should take as little of it as possible.
// Servers are on loopback; anything else is refused.
package load

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"

	"github.com/mokafka/mokafka/internal/bench/latency"
)

// Source makes requests. It is called by all connections at the same time.
type Source interface {
	// AppendRequest appends the bytes of the next HTTP/1.1 request.
	AppendRequest(dst []byte) []byte
}

// Plan says how much load.
type Plan struct {
	// Addr is the server's host and port; the host must be loopback.
	Addr string
	// Connections is how many there are.
	Connections int
	// WarmUp comes first and is not counted; Measure is what is.
	WarmUp, Measure time.Duration
	// Begun and Ended, if not nil, are called at both ends of what is measured.
	Begun, Ended func()
}

// Validate reports every fault at once, naming the fields.
func (p Plan) Validate() error {
	var errs []error
	host, _, err := net.SplitHostPort(p.Addr)
	if ip := net.ParseIP(host); err != nil || ip == nil || !ip.IsLoopback() {
		errs = append(errs, fmt.Errorf("Addr: %q is not a loopback address with a port", p.Addr))
	}
	if p.Connections < 1 || p.Connections > 1024 {
		errs = append(errs, fmt.Errorf("Connections: %d is not between 1 and 1024", p.Connections))
	}
	if p.WarmUp < 0 || p.Measure <= 0 || p.WarmUp+p.Measure > time.Minute {
		errs = append(errs, fmt.Errorf("WarmUp, Measure: %s and %s are not above 0 and a minute at most", p.WarmUp, p.Measure))
	}
	return errors.Join(errs...)
}

// Result is what came of a Plan. Requests that were answered during the warm-up
// or after the end are in none of it.
type Result struct {
	// Elapsed is the time measured.
	Elapsed time.Duration
	// Answered are the requests answered with 2xx, Latencies how long they took,
	// from the first byte written to the last byte read.
	Answered  int64
	Latencies latency.Histogram
	// Refused are the requests answered otherwise, by status.
	Refused map[int]int64
}

// Rate is the requests answered with 2xx per second.
func (r *Result) Rate() float64 { return float64(r.Answered) / r.Elapsed.Seconds() }

// patience is how long an answer may be late at the end.
const patience = 10 * time.Second

// Run carries out the plan and returns when all connections are closed. It fails
// if a connection breaks: the servers measured here have no reason to.
func Run(ctx context.Context, p Plan, source Source) (*Result, error) {
	if err := p.Validate(); err != nil {
		return nil, fmt.Errorf("plan the load: %w", err)
	}
	conns := make([]*conn, 0, p.Connections)
	defer func() {
		for _, c := range conns {
			c.Close()
		}
	}()
	for range p.Connections {
		c, err := dial(ctx, p.Addr)
		if err != nil {
			return nil, err
		}
		conns = append(conns, c)
	}
	start := time.Now()
	w := window{from: start.Add(p.WarmUp), to: start.Add(p.WarmUp + p.Measure)}
	for _, c := range conns {
		if err := c.SetDeadline(w.to.Add(patience)); err != nil {
			return nil, fmt.Errorf("bound a connection in time: %w", err)
		}
	}
	release := context.AfterFunc(ctx, func() { // a done ctx ends all reads and writes
		for _, c := range conns {
			c.Close()
		}
	})
	defer release()

	var running sync.WaitGroup
	for _, c := range conns {
		running.Go(func() { c.loop(w, source) })
	}
	w.call(ctx, p)
	running.Wait()
	if err := context.Cause(ctx); err != nil {
		return nil, fmt.Errorf("generate load: %w", err)
	}
	return gather(w, conns)
}

// window is the time that is measured.
type window struct{ from, to time.Time }

func (w window) holds(t time.Time) bool { return !t.Before(w.from) && t.Before(w.to) }

// call calls Begun and Ended at their times, unless ctx is done before.
func (w window) call(ctx context.Context, p Plan) {
	for _, step := range []struct {
		at time.Time
		do func()
	}{{w.from, p.Begun}, {w.to, p.Ended}} {
		timer := time.NewTimer(time.Until(step.at))
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return
		}
		if step.do != nil {
			step.do()
		}
	}
}

func gather(w window, conns []*conn) (*Result, error) {
	r := &Result{Elapsed: w.to.Sub(w.from), Refused: map[int]int64{}}
	var errs []error
	for _, c := range conns {
		r.Answered += c.answered
		r.Latencies.Merge(&c.latencies)
		for status, n := range c.refused {
			r.Refused[status] += n
		}
		if c.err != nil && len(errs) < 3 {
			errs = append(errs, c.err)
		}
	}
	return r, errors.Join(errs...)
}
