package poll_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

func TestEndlessChainEnds(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0)
	h.account.circle = true
	h.live(t, 10*time.Minute)
	if h.account.calls > 60 {
		t.Errorf("%d calls in ten minutes to a chain that turns in circles", h.account.calls)
	}
	h.account.circle = false
	r := h.account.change(9, false, 0)
	h.live(t, 5*time.Minute)
	if h.journaled(r) != 1 {
		t.Error("the feed did not go on after the chain was mended")
	}
}

func TestWrongKeyPausesEverything(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	if h.engine.Trouble() == nil {
		t.Error("ready before Moka has ever answered")
	}
	h.account.fail = func(int) error { return &moka.Error{Kind: moka.KindAuth, Endpoint: "x"} }
	h.live(t, 10*time.Minute)
	if h.account.calls > 25 {
		t.Errorf("%d calls in ten minutes with a wrong key", h.account.calls)
	}
	if moka.KindOf(h.engine.Trouble()) != moka.KindAuth {
		t.Errorf("trouble is %v, wanted that of the key", h.engine.Trouble())
	}
	h.account.fail = nil
	h.live(t, time.Minute)
	if h.engine.Trouble() != nil {
		t.Errorf("still in trouble with the right key: %v", h.engine.Trouble())
	}
}

func TestLostLeaseEndsTheEngine(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0)
	lost := errors.New("lost")
	h.topic.refuse = lost
	for range 100 {
		_, wake, err := h.engine.Step(t.Context())
		if errors.Is(err, lost) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		h.clock.now = later(h.clock.now, wake)
	}
	t.Error("the engine goes on without its lease")
}

// A row that carries a time of tomorrow must not take the cursor there.
func TestCursorStaysBehindMokasClock(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.live(t, time.Minute)
	h.account.change(1, false, 0).updated = h.clock.now.Add(24 * time.Hour)
	h.live(t, 10*time.Minute)
	r := h.account.change(2, false, 0)
	h.live(t, 5*time.Minute)
	if h.journaled(r) != 1 {
		t.Errorf("what changed after a row of tomorrow is in the journal %d times, wanted once", h.journaled(r))
	}
}

// Whether the rows ascend is not documented. Where they don't, a pass counts when
// it came to its end.
func TestPagesThatDescend(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	h.account.backward, h.account.pageSize = true, 1
	h.live(t, time.Minute)
	var all []*row
	for id := int64(1); id <= 6; id++ {
		h.clock.now = h.clock.now.Add(time.Hour)
		all = append(all, h.account.change(id, false, 0))
	}
	for len(h.topic.entries) < 2 {
		if _, wake, err := h.engine.Step(t.Context()); err != nil {
			t.Fatal(err)
		} else {
			h.clock.now = later(h.clock.now, wake)
		}
	}
	h.lead(t) // killed in the middle of the pass
	h.live(t, 5*time.Minute)
	for _, r := range all {
		if h.journaled(r) != 1 {
			t.Errorf("application %d is in the journal %d times, wanted once", r.id, h.journaled(r))
		}
	}
}

func TestTokenPastItsLife(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	h.account.pageSize = 1
	h.live(t, time.Minute)
	var all []*row
	for id := int64(1); id <= 6; id++ {
		all = append(all, h.account.change(id, false, 0))
	}
	for len(h.topic.entries) < 2 {
		if _, wake, err := h.engine.Step(t.Context()); err != nil {
			t.Fatal(err)
		} else {
			h.clock.now = later(h.clock.now, wake)
		}
	}
	h.account.expired = true
	h.live(t, 15*time.Second)
	h.account.expired = false
	calls := h.account.calls
	h.live(t, time.Minute)
	for _, r := range all {
		if h.journaled(r) != 1 {
			t.Errorf("application %d is in the journal %d times, wanted once", r.id, h.journaled(r))
		}
	}
	if n := h.account.calls - calls; n > 30 {
		t.Errorf("%d calls to walk six pages anew", n)
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// letters are the dead letters.
type letters struct{ all []schemas.DeadLetter }

func (l *letters) Put(_ context.Context, letter schemas.DeadLetter) error {
	l.all = append(l.all, letter)
	return nil
}

func TestItemTooLargeForTheJournalHoldsNothingUp(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	large, after := h.account.change(1, false, 0), h.account.change(2, false, 0)
	h.topic.tooLarge = 1
	h.live(t, time.Minute)
	if h.journaled(after) != 1 || h.journaled(large) != 0 {
		t.Errorf("journaled: the large one %d times, the one after it %d times; wanted 0 and 1", h.journaled(large), h.journaled(after))
	}
	if len(h.letters.all) != 1 || h.letters.all[0].ErrorClass != "too_large" || len(h.letters.all[0].Body) > 0 {
		t.Errorf("dead letters: %+v, wanted one of class too_large without its bytes", h.letters.all)
	}
}

// The loop itself: calls in goroutines, an end by its context, nothing left over.
func TestRun(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(1, false, 0)
	ctx, cancel := context.WithCancelCause(t.Context())
	over, rounds := errors.New("over"), 0
	// Virtual time passes while the engine waits; a call needs a little real time.
	after := func(d time.Duration) <-chan time.Time {
		h.clock.pass(min(d, time.Second))
		if rounds++; len(h.topic.entries) > 0 && rounds > 50 || rounds > 10_000 {
			cancel(over)
		}
		return time.After(time.Millisecond)
	}
	var last error
	if err := h.engine.Run(ctx, after, func(trouble error) { last = trouble }); !errors.Is(err, over) {
		t.Errorf("the engine ended with %v, wanted the cause of its context", err)
	}
	if last != nil {
		t.Errorf("not ready in the end: %v", last)
	}
	if len(h.topic.entries) != 1 {
		t.Errorf("%d entries, wanted 1", len(h.topic.entries))
	}
}

// A refusal by quota is learned from, and what is accepted is not taken for one.
func TestQuotaIsLearned(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0)
	h.live(t, time.Hour)
	if got := h.budget.PerMinute(h.clock.now); got != 60 {
		t.Errorf("%v calls a minute after an hour without refusals, wanted 60", got)
	}
	refused := false
	h.account.fail = func(int) error {
		if refused {
			return nil
		}
		refused = true
		return &moka.Error{Kind: moka.KindQuota, RetryAfter: 10 * time.Minute}
	}
	h.live(t, time.Minute)
	before := h.account.calls
	h.live(t, 8*time.Minute)
	if n := h.account.calls - before; n != 0 {
		t.Errorf("%d calls within the ten minutes for which Moka asked to be left alone", n)
	}
	h.live(t, 3*time.Minute)
	if h.account.calls == before {
		t.Error("no call after them")
	}
}
