package mokasim

import "time"

// Clock is the simulator's time. Only the time-out of an HTTP attempt is real
// time whatever the clock says.
type Clock interface {
	Now() time.Time
	After(time.Duration) <-chan time.Time
}

type realClock struct{}

func (realClock) Now() time.Time                         { return time.Now() }
func (realClock) After(d time.Duration) <-chan time.Time { return time.After(d) }
