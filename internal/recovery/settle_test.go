package recovery_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/schemas"
)

var redrive = recovery.Work{As: recovery.Redriven, Reason: "the mapper was put right"}

func TestFind(t *testing.T) {
	h := newHouse(t)
	began := h.at
	for i := range int64(6) {
		h.bury(fmt.Sprint("l", i), h.entry(i%3, fmt.Sprint(i)))
	}
	h.produce(&kgo.Record{Topic: h.topics.DeadLetters(), Value: []byte("junk")})
	found, err := h.letters.Find(t.Context(), recovery.Filter{})
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"l0", "l1", "l2", "l3", "l4", "l5"}, ids(found.Letters)); diff != "" {
		t.Errorf("not in the order in which they were refused:\n%s", diff)
	}
	if len(found.Unreadable) != 1 || !strings.Contains(found.Unreadable[0].Error(), "is no dead letter") {
		t.Errorf("unreadable: %v", found.Unreadable)
	}
	for name, c := range map[string]struct {
		filter recovery.Filter
		want   []string
	}{
		"key":   {recovery.Filter{Key: "demo:app:1"}, []string{"l1", "l4"}},
		"time":  {recovery.Filter{Since: began.Add(60e9), Until: began.Add(180e9)}, []string{"l1", "l2"}},
		"class": {recovery.Filter{Classes: []string{"state"}}, []string{}},
		"stage": {recovery.Filter{Stages: []schemas.DeadLetterStage{"DERIVE"}, Limit: 1}, []string{"l0"}},
		"ids":   {recovery.Filter{IDs: []string{"l5", "l0", "other"}}, []string{"l0", "l5"}},
	} {
		if diff := cmp.Diff(c.want, ids(h.open(c.filter))); diff != "" {
			t.Errorf("by %s:\n%s", name, diff)
		}
	}
}

// TestRedriveKeepsOrder: several batches of letters of few keys.
func TestRedriveKeepsOrder(t *testing.T) {
	h := newHouse(t)
	const n = 250
	for i := range int64(n) {
		h.bury(fmt.Sprintf("l%03d", i), h.entry(i%5, fmt.Sprint(i)))
	}
	before := h.read(h.topics.Journal())
	s := h.settler()
	var told []int
	s.Progress = func(done, all int) { told = append(told, done, all) }
	outcomes, err := s.Settle(t.Context(), h.open(recovery.Filter{}), redrive)
	if err != nil || len(outcomes) != n {
		t.Fatalf("%d outcomes, %v", len(outcomes), err)
	}
	if diff := cmp.Diff([]int{100, n, 200, n, n, n}, told); diff != "" {
		t.Errorf("progress:\n%s", diff)
	}
	after := h.read(h.topics.Journal())
	perKey := func(recs []*kgo.Record, redriven bool) map[string][]string {
		out := map[string][]string{}
		for _, r := range recs {
			if slices.ContainsFunc(r.Headers, func(h kgo.RecordHeader) bool { return h.Key == recovery.RedrivenHeader }) == redriven {
				out[string(r.Key)] = append(out[string(r.Key)], string(r.Value))
			}
		}
		return out
	}
	if diff := cmp.Diff(perKey(before, false), perKey(after, true)); diff != "" {
		t.Errorf("redriven in another order, or not all (-refused +redriven):\n%s", diff)
	}
	if left := h.open(recovery.Filter{}); len(left) != 0 {
		t.Errorf("still open: %v", ids(left))
	}
}

// TestOnlyOneRedrives: however many operators try at the same time.
func TestOnlyOneRedrives(t *testing.T) {
	h := newHouse(t)
	const n = 30
	for i := range int64(n) {
		h.bury(fmt.Sprint("l", i), h.entry(i%3, fmt.Sprint(i)))
	}
	letters := h.open(recovery.Filter{})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if _, err := h.settler().Settle(t.Context(), letters, redrive); err != nil {
				t.Logf("one was ended: %v", err)
			}
		})
	}
	wg.Wait()
	if _, err := h.settler().Settle(t.Context(), letters, redrive); err != nil {
		t.Fatal(err)
	}
	if got := len(h.read(h.topics.Journal())); got != 2*n {
		t.Errorf("%d records in the journal, want each of %d once more", got, n)
	}
}

// TestDoneAndAgain: what is done is left; it is open again when it is refused
// again under its id.
func TestDoneAndAgain(t *testing.T) {
	h := newHouse(t)
	about := h.entry(1, "one")
	h.bury("l", about)
	letters := h.open(recovery.Filter{})
	settle := func(w recovery.Work) recovery.Outcome {
		t.Helper()
		outcomes, err := h.settler().Settle(t.Context(), letters, w)
		if err != nil || len(outcomes) != 1 {
			t.Fatalf("%+v, %v", outcomes, err)
		}
		return outcomes[0]
	}
	if o := settle(recovery.Work{As: recovery.Dropped, Reason: "a test"}); o.Left != "" {
		t.Errorf("dropped: %+v", o)
	}
	if o := settle(redrive); o.Left != "somebody else has dropped it" || o.Records != 0 {
		t.Errorf("redriven though it was dropped: %+v", o)
	}
	done := h.open(recovery.Filter{Done: true})
	if len(done) != 1 || done[0].Done != recovery.Dropped || done[0].Reason != "a test" {
		t.Errorf("done: %+v", done)
	}
	again := redrive
	if again.Again = true; settle(again).Records != 1 {
		t.Error("not redriven again")
	}
	if done := h.open(recovery.Filter{Done: true}); done[0].Done != recovery.Redriven {
		t.Errorf("the last mark does not count: %+v", done)
	}
	h.at = h.at.Add(time.Millisecond)
	if h.bury("l", about); len(h.open(recovery.Filter{})) != 1 || h.open(recovery.Filter{})[0].Times != 2 {
		t.Errorf("refused again, it is not open again: %+v", h.open(recovery.Filter{Done: true}))
	}
}

// TestBytesThatStayed: those too many for a letter are taken from where they are,
// as long as they are there.
func TestBytesThatStayed(t *testing.T) {
	h := newHouse(t)
	without := func(l *schemas.DeadLetter) { l.Body = nil }
	about := h.entry(1, "large")
	h.bury("there", about, without)
	h.bury("gone", about, without, func(l *schemas.DeadLetter) { l.Origin.Offset = 1000 })
	h.bury("elsewhere", about, func(l *schemas.DeadLetter) { l.Origin.Topic = "other.journal.v1" })
	outcomes, err := h.settler().Settle(t.Context(), h.open(recovery.Filter{}), redrive)
	if err != nil || len(outcomes) != 3 {
		t.Fatalf("%+v, %v", outcomes, err)
	}
	if !strings.Contains(outcomes[1].Left, "not there any more") || !strings.Contains(outcomes[2].Left, "other.journal.v1") {
		t.Errorf("outcomes: %+v", outcomes)
	}
	recs := h.read(h.topics.Journal())
	if len(recs) != 2 || !bytes.Equal(recs[1].Value, about.Value) {
		t.Errorf("%d records", len(recs))
	}
}

// TestPlanWritesNothing, and neither does a letter that cannot be redriven.
func TestPlanWritesNothing(t *testing.T) {
	h := newHouse(t)
	h.bury("l", h.entry(1, "one"))
	letters := h.open(recovery.Filter{})
	plan, err := h.settler().Plan(t.Context(), letters, redrive)
	if err != nil || len(plan) != 1 || plan[0].Records != 1 || plan[0].Topic != h.topics.Journal() {
		t.Errorf("%+v, %v", plan, err)
	}
	if n := len(h.read(h.topics.DeadLetters())) + len(h.read(h.topics.Journal())); n != 2 {
		t.Errorf("%d records after a plan", n)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.settler().Settle(ended, letters, redrive); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
	if n := len(h.read(h.topics.Journal())); n != 1 {
		t.Errorf("%d records in the journal", n)
	}
}
