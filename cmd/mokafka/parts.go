package main

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// parts are what a process is made of, in the order in which they were started;
// they end in the reverse order, each before those that it stands on. It is for
// one goroutine.
type parts struct {
	list   []*part
	failed chan error
}

type part struct {
	name string
	// stop has the part end, and returns when it has; at the latest with ctx.
	stop func(ctx context.Context) error
}

func newParts() *parts { return &parts{failed: make(chan error, 1)} }

// start runs a part in the background, until stop. One that ends before, with an
// error or without, is a failure of the whole.
func (ps *parts) start(ctx context.Context, name string, run func(context.Context) error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	var result error
	go func() {
		defer close(done)
		result = run(ctx)
		if ctx.Err() != nil {
			return
		}
		failure := result
		if failure == nil {
			failure = errors.New("it ended by itself")
		}
		select {
		case ps.failed <- fmt.Errorf("%s: %w", name, failure):
			result = nil // said already
		default:
		}
	}()
	ps.list = append(ps.list, &part{name, func(ctx context.Context) error {
		cancel()
		select {
		case <-done:
			return result
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
}

// hold keeps something that is only to be closed.
func (ps *parts) hold(name string, closing func(ctx context.Context) error) {
	ps.list = append(ps.list, &part{name, func(ctx context.Context) error {
		done := make(chan error, 1)
		go func() { done <- closing(ctx) }()
		select {
		case err := <-done:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}})
}

// await waits until a part says that it is ready. It fails when any part does, or
// when ctx ends.
func (ps *parts) await(ctx context.Context, ready <-chan struct{}) error {
	select {
	case <-ready:
		return nil
	case err := <-ps.failed:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// wait waits until ctx ends, which is no error, or a part fails.
func (ps *parts) wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case err := <-ps.failed:
		return err
	}
}

// end ends all parts, and says which had trouble. After timeout it gives up on
// those that are left, which only the end of the process can end.
func (ps *parts) end(timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	var errs []error
	for i := len(ps.list) - 1; i >= 0; i-- {
		p := ps.list[i]
		err := p.stop(ctx)
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return errors.Join(append(errs, fmt.Errorf("%s did not end within %s: given up", p.name, timeout))...)
		}
		if err != nil {
			errs = append(errs, fmt.Errorf("end %s: %w", p.name, err))
		}
	}
	ps.list = nil
	return errors.Join(errs...)
}
