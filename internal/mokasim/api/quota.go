package api

import (
	"sync"
	"time"
)

// Quota is what limits the calls of a customer. A refused call does not count.
type Quota struct {
	PerMinute                int    `json:"perMinute"`                // 0: no limit
	HeadcountWritesPerMinute int    `json:"headcountWritesPerMinute"` // 0: no limit
	Window                   string `json:"window"`
	Refusal                  string `json:"refusal"`
}

// limits counts calls against a Quota.
type limits struct {
	mu         sync.Mutex
	quota      Quota
	calls      window
	headcounts window
	refused    uint64
}

func newLimits(cfg Config) *limits {
	q := Quota{cfg.PerMinute, cfg.HeadcountWritesPerMinute, cfg.Window, cfg.Refusal}
	if q.Window == "" {
		q.Window = Sliding
	}
	if q.Refusal == "" {
		q.Refusal = Refuse429
	}
	return &limits{quota: q}
}

// take counts a call, or tells for how long none is allowed and in which form
// to say so.
func (l *limits) take(now time.Time, headcountWrite bool) (wait time.Duration, form string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	wait = l.calls.full(now, l.quota.PerMinute, l.quota.Window)
	if headcountWrite {
		wait = max(wait, l.headcounts.full(now, l.quota.HeadcountWritesPerMinute, l.quota.Window))
	}
	if wait > 0 {
		l.refused++
		return wait, l.quota.Refusal
	}
	l.calls.add(now, l.quota.PerMinute)
	if headcountWrite {
		l.headcounts.add(now, l.quota.HeadcountWritesPerMinute)
	}
	return 0, ""
}

func (l *limits) read() Quota {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.quota
}

// set begins anew with another quota.
func (l *limits) set(q Quota) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quota, l.calls, l.headcounts = q, window{}, window{}
}

// window holds the times of the calls allowed in the last minute, oldest first.
type window struct{ calls []time.Time }

// full is how long until another call is allowed; 0: now. A limit of 0 is none.
func (w *window) full(now time.Time, limit int, kind string) time.Duration {
	if limit == 0 {
		return 0
	}
	first := now.Add(-time.Minute)
	if kind == Fixed {
		first = now.Truncate(time.Minute).Add(-1)
	}
	gone := 0
	for gone < len(w.calls) && !w.calls[gone].After(first) {
		gone++
	}
	w.calls = w.calls[gone:]
	if len(w.calls) < limit {
		return 0
	}
	if kind == Fixed {
		return now.Truncate(time.Minute).Add(time.Minute).Sub(now)
	}
	return w.calls[len(w.calls)-limit].Add(time.Minute).Sub(now)
}

func (w *window) add(now time.Time, limit int) {
	if limit > 0 {
		w.calls = append(w.calls, now)
	}
}
