package poll

import (
	"context"
	"time"
)

// Step makes the one call that is due, if any, and takes its answer: for tests
// and benchmarks that drive the time themselves. It returns whether there was one,
// and when to come again at the latest.
func (e *Engine) Step(ctx context.Context) (worked bool, wake time.Time, err error) {
	e.takeUpdates()
	t, wake := e.next(e.deps.Now())
	if t == nil {
		return false, wake, nil
	}
	r := t.run(ctx, e.deps.API)
	e.takeUpdates()
	return true, wake, e.finish(ctx, r)
}

// takeUpdates takes what is there already.
func (e *Engine) takeUpdates() {
	for {
		select {
		case u := <-e.deps.Lease.Updates():
			e.update(e.deps.Now(), u)
		default:
			return
		}
	}
}

// Run polls until ctx ends or the lease does, and joins its calls. after is
// time.After, or that of another clock.
func (e *Engine) Run(ctx context.Context, after func(time.Duration) <-chan time.Time, ready func(error)) error {
	// A call that is under way when the lease ends is given up.
	ctx, cancel := context.WithCancel(ctx)
	results := make(chan result)
	defer func() {
		cancel()
		for ; e.underWay > 0; e.underWay-- {
			<-results
		}
	}()
	for {
		ready(e.Trouble())
		e.takeUpdates()
		now := e.deps.Now()
		t, wake := e.next(now)
		if t != nil {
			go func() { results <- t.run(ctx, e.deps.API) }()
			continue
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case u := <-e.deps.Lease.Updates():
			e.update(e.deps.Now(), u)
		case r := <-results:
			// A hint that came during the call must not be deleted with those before.
			e.takeUpdates()
			if err := e.finish(ctx, r); err != nil {
				return err
			}
		case <-after(max(time.Millisecond, wake.Sub(now))):
		}
	}
}
