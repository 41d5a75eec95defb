package polling

import "time"

// Times are how long things take in the simulation.
type Times struct {
	// Call is one call to Moka; it sees Moka as it is half-way.
	Call time.Duration
	// Webhook is from a change to the journal entry of its webhook.
	Webhook time.Duration
	// Derive is from a journal entry to its events, and to the wish to have an
	// application fetched.
	Derive time.Duration
}

// DefaultTimes are those of a Moka that is not far away.
func DefaultTimes() Times {
	return Times{Call: 300 * time.Millisecond, Webhook: 100 * time.Millisecond, Derive: 50 * time.Millisecond}
}

// clock is the time of a simulation; it stands still unless it is moved.
type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// After implements mokasim.Clock. Nothing waits in a simulation.
func (c *clock) After(time.Duration) <-chan time.Time {
	over := make(chan time.Time, 1)
	over <- c.now
	return over
}
