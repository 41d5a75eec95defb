package moka

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Quota is the Gate of one organisation: callers wait until the Budget gives
// their class a call, within a class in the order of their coming. Safe for
// concurrent use; it starts no goroutines.
type Quota struct {
	*queue
	headcounts *queue
}

// NewQuota makes a quota that is rested. nil for now and sleep means the real
// ones, for reg that nobody counts. The error is that of QuotaConfig.Validate, or
// of registering the metrics.
func NewQuota(cfg QuotaConfig, now func() time.Time, sleep func(ctx context.Context, d time.Duration) error,
	reg prometheus.Registerer) (*Quota, error) {
	if err := cfg.Validate(); err != nil {
		return nil, fmt.Errorf("configure the quota: %w", err)
	}
	if now == nil {
		now = time.Now
	}
	if sleep == nil {
		sleep = pause
	}
	q := &Quota{
		queue:      &queue{budget: NewBudget(cfg, now()), now: now, sleep: sleep},
		headcounts: &queue{budget: newBudget(float64(cfg.HeadcountWritesPerMinute), now()), now: now, sleep: sleep},
	}
	m, err := newQuotaMetrics(reg, q)
	if err != nil {
		return nil, err
	}
	q.queue.metrics = m
	return q, nil
}

// HeadcountWrites is the gate of the limit that writes to headcounts have besides
// the quota. A client whose Gate is the quota asks both.
func (q *Quota) HeadcountWrites() Gate { return q.headcounts }

// SetHeadcountWritesPerMinute changes that limit, for workers that share it.
func (q *Quota) SetHeadcountWritesPerMinute(perMinute float64) { q.headcounts.SetPerMinute(perMinute) }

// queue lets callers wait for a budget.
type queue struct {
	now     func() time.Time
	sleep   func(context.Context, time.Duration) error
	metrics *quotaMetrics // nil: not counted

	mu      sync.Mutex
	budget  *Budget
	waiting [classes][]*waiter
}

// waiter is a caller that waits for its turn.
type waiter struct {
	granted bool
	wake    context.CancelFunc // ends its sleep; nil while it is awake
}

// Acquire waits for a call of the class. The error is the context's, and the call
// is then not counted; classes that are not known wait as the least urgent.
func (q *queue) Acquire(ctx context.Context, class Class) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	class = min(class, ClassBackfill)
	self := &waiter{}
	came := q.now()
	q.mu.Lock()
	defer q.mu.Unlock()
	q.waiting[class] = append(q.waiting[class], self)
	for {
		at := q.give()
		if self.granted {
			q.metrics.gave(class, q.now().Sub(came))
			return nil
		}
		q.nap(ctx, self, at)
		if self.granted {
			continue
		}
		if err := ctx.Err(); err != nil {
			q.waiting[class] = slices.DeleteFunc(q.waiting[class], func(w *waiter) bool { return w == self })
			return err
		}
	}
}

// nap sleeps until a time, or until woken, without the lock.
func (q *queue) nap(ctx context.Context, self *waiter, until time.Time) {
	ctx, cancel := context.WithCancel(ctx)
	self.wake = cancel
	d := until.Sub(q.now())
	q.mu.Unlock()
	// Why it ended is looked at with the lock held: a turn, a changed rate, the end
	// of the caller's context, or the time.
	_ = q.sleep(ctx, max(d, time.Millisecond))
	cancel()
	q.mu.Lock()
	self.wake = nil
}

// give hands out what may be handed out now, and returns when to try again.
func (q *queue) give() time.Time {
	for {
		var wanting []Class
		for class, line := range q.waiting {
			if len(line) > 0 {
				wanting = append(wanting, Class(class))
			}
		}
		class, ok, at := q.budget.Pick(q.now(), wanting...)
		if !ok {
			return at
		}
		next := q.waiting[class][0]
		q.waiting[class] = q.waiting[class][1:]
		next.granted = true
		next.rouse()
	}
}

func (w *waiter) rouse() {
	if w.wake != nil {
		w.wake()
	}
}

// Refused tells that Moka refused a call for the quota's sake.
func (q *queue) Refused(retryAfter time.Duration) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.budget.Refused(q.now(), retryAfter)
	q.metrics.refused()
}

// Accepted tells that Moka answered a call, and did not refuse it so.
func (q *queue) Accepted() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.budget.Accepted(q.now())
}

// SetPerMinute changes the configured rate, for workers whose share of it
// changes. At 0 callers wait until there is some.
func (q *queue) SetPerMinute(perMinute float64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.budget.SetPerMinute(q.now(), perMinute)
	for _, line := range q.waiting {
		for _, w := range line {
			w.rouse()
		}
	}
}

// PerMinute is the rate as learned, in calls a minute.
func (q *queue) PerMinute() float64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.budget.PerMinute(q.now())
}

// Paused is when the pause ends that a refusal began; zero where there is none.
func (q *queue) Paused() time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.budget.Paused(q.now())
}
