package main

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestPartsEndInReverse(t *testing.T) {
	var mu sync.Mutex
	var ended []string
	end := func(name string) {
		mu.Lock()
		defer mu.Unlock()
		ended = append(ended, name)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ps := newParts()
	ps.hold("client", func(context.Context) error { end("client"); return nil })
	for _, name := range []string{"derive", "door"} {
		ps.start(ctx, name, func(ctx context.Context) error { <-ctx.Done(); end(name); return nil })
	}
	cancel() // a part's context is its own: this ends nothing
	if err := ps.wait(ctx); err != nil {
		t.Error(err)
	}
	if err := ps.end(time.Minute); err != nil {
		t.Error(err)
	}
	if want := []string{"door", "derive", "client"}; !slices.Equal(ended, want) {
		t.Errorf("ended %v, want %v", ended, want)
	}
}

func TestPartsFailure(t *testing.T) {
	ps := newParts()
	trouble := errors.New("trouble")
	ps.start(t.Context(), "door", func(context.Context) error { return trouble })
	if err := ps.wait(t.Context()); !errors.Is(err, trouble) || err.Error() != "door: trouble" {
		t.Errorf("wait: %v", err)
	}
	if err := ps.end(time.Minute); err != nil {
		t.Errorf("what was said is said again: %v", err)
	}

	ps = newParts()
	ps.start(t.Context(), "door", func(context.Context) error { return nil })
	if err := ps.await(t.Context(), make(chan struct{})); err == nil || !strings.Contains(err.Error(), "door: it ended by itself") {
		t.Errorf("a part that ends without being told: %v", err)
	}
	ps.hold("client", func(context.Context) error { return trouble })
	if err := ps.end(time.Minute); err == nil || err.Error() != "end client: trouble" {
		t.Errorf("end: %v", err)
	}
}

// TestPartsThatDoNotEnd are given up in time, those below them too.
func TestPartsThatDoNotEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		ps := newParts()
		closed := false
		ps.hold("client", func(context.Context) error { closed = true; return nil })
		ps.start(t.Context(), "derive", func(context.Context) error { <-release; return nil })
		began := time.Now()
		err := ps.end(20 * time.Second)
		if err == nil || !strings.Contains(err.Error(), "derive did not end within 20s") || time.Since(began) != 20*time.Second {
			t.Errorf("after %s: %v", time.Since(began), err)
		}
		if closed {
			t.Error("its client was closed under it")
		}
		close(release)
	})
}
