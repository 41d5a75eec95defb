package replica_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// work is a worker's life.
func work(obeys bool) {
	asked := make(chan os.Signal, 1)
	signal.Notify(asked, syscall.SIGTERM)
	fmt.Fprintln(os.Stderr, "at work")
	patience := time.NewTimer(time.Minute) // should nobody end it
	defer patience.Stop()
	for {
		select {
		case <-asked:
			if obeys {
				return
			}
		case <-patience.C:
			return
		}
	}
}

// contextUntil ends once something is so.
func contextUntil(t *testing.T, so func() bool) (context.Context, context.CancelFunc) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	go func() {
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for !so() {
			select {
			case <-ctx.Done():
				return
			case <-tick.C:
			}
		}
		cancel()
	}()
	return ctx, cancel
}
