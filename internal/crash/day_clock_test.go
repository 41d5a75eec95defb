package crash_test

import (
	"context"
	"time"
)

// clock is virtual time, the same in all processes of a test: at From (real) it
// is At, and from there it runs Scale times as fast.
type clock struct {
	From  time.Time `json:"from"`
	At    time.Time `json:"at"`
	Scale float64   `json:"scale"`
}

// Now implements mokasim.Clock.
func (c clock) Now() time.Time { return c.virtual(time.Now()) }

func (c clock) virtual(wall time.Time) time.Time {
	// The wall clocks of the processes agree; their monotonic ones have nothing
	// in common.
	return c.At.Add(time.Duration(float64(wall.Round(0).Sub(c.From)) * c.Scale)).UTC()
}

// real is how long a stretch of virtual time takes.
func (c clock) real(d time.Duration) time.Duration { return time.Duration(float64(d) / c.Scale) }

// After implements mokasim.Clock.
func (c clock) After(d time.Duration) <-chan time.Time { return time.After(c.real(d)) }

// sleep waits for a stretch of virtual time, or until ctx ends.
func (c clock) sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(c.real(d))
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
