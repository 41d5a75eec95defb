package api

import (
	"sync"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// Effect is one accepted write, as the company took it. Its place in the log is
// its place in the order in which the company took them.
type Effect struct {
	Seq           uint64    `json:"seq"` // from 1, without gaps
	At            time.Time `json:"at"`  // UTC, Moka's clock
	Operation     string    `json:"operation"`
	ApplicationID int64     `json:"applicationId,omitempty"`
	HeadcountID   int64     `json:"headcountId,omitempty"`
	// Parameters as they were understood: those given, with times as RFC 3339
	// in UTC.
	Parameters map[string]any `json:"parameters"`
	// What the write can change, right before and right after it; nil where
	// there was nothing (a headcount before its creation).
	Before *Standing `json:"before,omitempty"`
	After  *Standing `json:"after,omitempty"`
	// Changed is false for a write that was accepted and left all as it was.
	Changed   bool   `json:"changed"`
	RequestID string `json:"requestId,omitempty"` // X-Request-Id of the call
	// Fault is what happened to the answer, if something was ordered to.
	Fault FaultKind `json:"fault,omitempty"`
}

// Standing is what writes change: of an application or of a headcount.
type Standing struct {
	Application *company.Standing          `json:"application,omitempty"`
	Headcount   *company.HeadcountStanding `json:"headcount,omitempty"`
}

// effects remembers the last size effects, up to twice as many.
type effects struct {
	mu      sync.Mutex
	size    int
	total   uint64
	entries []Effect
}

func (l *effects) add(one Effect) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.total++
	one.Seq = l.total
	if l.size == 0 {
		return
	}
	l.entries = append(l.entries, one)
	if len(l.entries) >= 2*l.size {
		l.entries = append([]Effect(nil), l.entries[len(l.entries)-l.size:]...)
	}
}

// page returns up to limit effects after a number, oldest first, how many there
// ever were, and how many of those wanted are forgotten.
func (l *effects) page(after uint64, limit int) (page []Effect, total, forgotten uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first := l.total - uint64(len(l.entries)) // entries[0] is number first+1
	if after < first {
		forgotten = first - after
		after = first
	}
	from := min(int(min(after, l.total)-first), len(l.entries))
	to := min(from+min(limit, len(l.entries)), len(l.entries))
	return append([]Effect{}, l.entries[from:to]...), l.total, forgotten
}
