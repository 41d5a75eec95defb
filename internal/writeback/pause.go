package writeback

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// pause holds everything back while Moka does not know the key. After a while one
// call is let through to try; the others wait for what becomes of it.
type pause struct {
	length  time.Duration
	now     func() time.Time
	metrics *metrics

	mu    sync.Mutex
	err   error // why, nil while there is no pause
	until time.Time
	freed chan struct{} // closed when the pause ends
}

func newPause(length time.Duration, now func() time.Time, m *metrics) *pause {
	return &pause{length: length, now: now, metrics: m}
}

// begin is told of a call that failed for the key.
func (p *pause) begin(cause error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.err = fmt.Errorf("write-back waits: Moka does not take the key (MOKA_API_KEY, or MOKA_CLIENT_ID and MOKA_CLIENT_SECRET): %w", cause)
	p.until = p.now().Add(p.length)
	if p.freed == nil {
		p.freed = make(chan struct{})
	}
	p.metrics.paused.WithLabelValues("auth").Set(1)
}

// end is told of a call that Moka answered otherwise. It reports whether that
// ended a pause.
func (p *pause) end() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err == nil {
		return false
	}
	p.err = nil
	close(p.freed)
	p.freed = nil
	p.metrics.paused.WithLabelValues("auth").Set(0)
	return true
}

// Err is why everything waits, nil when it does not.
func (p *pause) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// wait returns when a call may be made: there is no pause, or it is the caller's
// turn to try.
func (p *pause) wait(ctx context.Context) error {
	for {
		p.mu.Lock()
		left, freed := p.until.Sub(p.now()), p.freed
		if p.err == nil || left <= 0 {
			p.until = p.now().Add(p.length) // the others wait on
			p.mu.Unlock()
			return ctx.Err()
		}
		p.mu.Unlock()
		timer := time.NewTimer(left)
		select {
		case <-ctx.Done():
			timer.Stop()
			return errors.Join(errGivenUp, context.Cause(ctx))
		case <-freed:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// errGivenUp says that a command is left as it is: the worker stops, or its
// partition went to another.
var errGivenUp = errors.New("given up: the worker stops, or the partition has another owner")
