package replica_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/crash/replica"
	"github.com/mokafka/mokafka/schemas"
)

// roleVariable makes the test's binary a worker: one that ends in order when asked
// to, or one that does not.
const roleVariable = "MOKAFKA_REPLICA_ROLE"

func TestMain(m *testing.M) {
	switch os.Getenv(roleVariable) {
	case "obeys":
		work(true)
		return
	case "stays":
		work(false)
		return
	case "fails":
		fmt.Fprintln(os.Stderr, "cannot work")
		os.Exit(3)
	}
	goleak.VerifyTestMain(m)
}

func newWorker(t *testing.T, role string) *replica.Worker {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	w := &replica.Worker{Program: self, Env: append(os.Environ(), roleVariable+"="+role)}
	if err := w.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Kill() })
	for deadline := time.Now().Add(30 * time.Second); !strings.Contains(w.Tail(), "work"); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("the worker says nothing")
		}
	}
	return w
}

func TestWorkersAreStoppedAndKilled(t *testing.T) {
	if err := newWorker(t, "obeys").Stop(30 * time.Second); err != nil {
		t.Error(err)
	}
	if err := newWorker(t, "stays").Kill(); err != nil {
		t.Error(err)
	}
	if err := newWorker(t, "stays").Stop(200 * time.Millisecond); err == nil || !strings.Contains(err.Error(), "did not end") {
		t.Errorf("one that does not end: %v", err)
	}
	w := newWorker(t, "fails")
	for deadline := time.Now().Add(30 * time.Second); !w.Ended(); <-time.After(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("it does not end")
		}
	}
	if err := w.Stop(time.Second); err == nil || !strings.Contains(err.Error(), "cannot work") {
		t.Errorf("one that failed by itself: %v", err)
	}
}

// TestCountFindsWhatIsWrong: each fault of events is counted as what it is.
func TestCountFindsWhatIsWrong(t *testing.T) {
	taken := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		taken++
		if taken > 3 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	defer server.Close()
	w := &replica.Worker{Webhook: strings.TrimPrefix(server.URL, "http://")}
	p := &replica.Presses{Workers: []*replica.Worker{w}, Key: "key", Client: server.Client()}
	ctx, cancel := contextUntil(t, func() bool { return p.Refused() > 0 })
	defer cancel()
	p.Run(ctx, 1)

	event := func(id string, before, after int) *schemas.CandidateEvent {
		named := func(n int) *schemas.Candidate {
			if n < 0 {
				return nil
			}
			name := fmt.Sprintf("v%d", n)
			return &schemas.Candidate{Name: &name}
		}
		return &schemas.CandidateEvent{EventID: id, ApplicationID: replica.FirstID, Before: named(before), After: named(after)}
	}
	a, b, c := event("a", -1, 0), event("b", 0, 1), event("c", 1, 2)
	for name, given := range map[string]struct {
		events []*schemas.CandidateEvent
		want   replica.Tally
	}{
		"right":         {[]*schemas.CandidateEvent{a, b, c}, replica.Tally{Acked: 3, Events: 3}},
		"one more":      {[]*schemas.CandidateEvent{a, b, c, event("d", 2, 3)}, replica.Tally{Acked: 3, Events: 4}},
		"missing":       {[]*schemas.CandidateEvent{a, b}, replica.Tally{Acked: 3, Events: 2, Missing: 1}},
		"doubled":       {[]*schemas.CandidateEvent{a, b, c, c}, replica.Tally{Acked: 3, Events: 3, Doubled: 1, Disordered: 1}},
		"out of order":  {[]*schemas.CandidateEvent{a, c, b}, replica.Tally{Acked: 3, Events: 3, Disordered: 2}},
		"never pressed": {[]*schemas.CandidateEvent{a, b, c, event("d", 2, 3), event("e", 3, 4)}, replica.Tally{Acked: 3, Events: 5, Unsent: 1}},
		"of nobody":     {[]*schemas.CandidateEvent{a, b, c, {EventID: "x", ApplicationID: 7}}, replica.Tally{Acked: 3, Events: 3}},
	} {
		if got := p.Count(given.events); got != given.want || got.Broken() != (given.want.Missing+given.want.Doubled+given.want.Disordered+given.want.Unsent > 0) {
			t.Errorf("%s: %s", name, got)
		}
	}
}
