package poll

import "time"

// brake holds back deletions that are too many for a day: a key whose rights were
// narrowed, or an endpoint that leaves things out, looks as if all had been
// deleted.
type brake struct {
	limit int
	since time.Time
	count int
	// held is how many were held back since it was asked last.
	held int
}

// allow tells whether one more entity may be called deleted.
func (b *brake) allow(now time.Time) bool {
	if now.Sub(b.since) >= 24*time.Hour {
		b.since, b.count = now, 0
	}
	if b.count >= b.limit {
		b.held++
		return false
	}
	b.count++
	return true
}

// tell returns how many were held back since the last time.
func (b *brake) tell() int {
	n := b.held
	b.held = 0
	return n
}
