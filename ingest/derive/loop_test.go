package derive_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func TestEntryBecomesEventAndState(t *testing.T) {
	s := newSystem(t)
	s.loop("one", t.TempDir(), time.Now)
	s.say(pushEntry(1, 1, "张三"), interviewEntry("createInterviewsInfo", 1, 2, 100))
	s.await()
	candidates := decoded[schemas.CandidateEvent](s, s.topics.Events(publish.Candidates))
	interviews := decoded[schemas.InterviewEvent](s, s.topics.Events(publish.Interviews))
	states := s.read(s.topics.State(publish.Interviews))
	if len(candidates) != 1 || *candidates[0].After.Name != "张三" || candidates[0].Type != schemas.CandidateEventTypePushed {
		t.Errorf("candidate events: %+v", candidates)
	}
	if len(interviews) != 1 || interviews[0].InterviewID != "iv" || !interviews[0].After.StartsAt.Equal(at(100)) {
		t.Errorf("interview events: %+v", interviews)
	}
	if len(states) != 1 || string(states[0].Key) != "demo:app:1:iv:iv" || states[0].Partition != publish.Partition(publish.Root("demo", 1), partitions) {
		t.Errorf("interview states: %v", states)
	}
}

func TestReadyWithoutAnythingToDo(t *testing.T) {
	s := newSystem(t)
	r := s.loop("one", t.TempDir(), time.Now)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(20 * time.Second); r.loop.Ready() != nil; <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("an idle replica is not ready: %v", r.loop.Ready())
		}
	}
}

func TestSameWebhookTwiceInTheJournalIsOneEvent(t *testing.T) {
	s := newSystem(t)
	r := s.loop("one", t.TempDir(), time.Now)
	s.say(pushEntry(1, 1, "x"), pushEntry(1, 1, "x"))
	s.await()
	s.say(pushEntry(1, 1, "x"))
	s.await()
	if got := s.read(s.topics.Events(publish.Candidates)); len(got) != 1 {
		t.Errorf("%d events of one webhook", len(got))
	}
	r.stop() // the counters come after the commit
	if n, err := testutil.GatherAndCount(r.registry, "mokafka_derive_observations_total"); err != nil || n != 2 {
		t.Errorf("verdicts counted under %d labels (changed and duplicate expected), %v", n, err)
	}
}

func TestUnreadableEntryGoesToTheDeadLettersAndTheRestGoesOn(t *testing.T) {
	s := newSystem(t)
	s.loop("one", t.TempDir(), time.Now)
	broken := pushEntry(1, 1, "x")
	broken.Body = []byte(`{"id":"push-1-1","event":"pushCandidate","triggeredAt":1,"data":{"applicationId":`)
	s.say(broken)
	root := publish.Root("demo", 1)
	junk := &kgo.Record{Topic: s.topics.Journal(), Key: []byte(root), Value: []byte("not Avro")}
	foreign := &kgo.Record{Topic: s.topics.Journal(), Key: []byte(root), Value: []byte{0, 0, 0, 0x27, 0x10, 1}}
	if err := s.writer.ProduceSync(t.Context(), junk, foreign).FirstErr(); err != nil {
		t.Fatal(err)
	}
	s.say(pushEntry(1, 2, "good"))
	s.await()
	letters := decoded[schemas.DeadLetter](s, s.topics.DeadLetters())
	if len(letters) != 3 {
		t.Fatalf("%d dead letters, want 3", len(letters))
	}
	for i, l := range letters {
		if l.Stage != schemas.DeadLetterStageDerive || l.Origin == nil || l.Origin.Offset != int64(i) || *l.Key != root || len(l.Body) == 0 {
			t.Errorf("letter %d does not tell where it comes from: %+v", i, l.Origin)
		}
	}
	if events := decoded[schemas.CandidateEvent](s, s.topics.Events(publish.Candidates)); len(events) != 1 || *events[0].After.Name != "good" {
		t.Errorf("events beside the dead letters: %+v", events)
	}
}

func TestUnknownEventIsCountedAndPassedOver(t *testing.T) {
	s := newSystem(t)
	s.loop("one", t.TempDir(), time.Now)
	e := pushEntry(1, 1, "x")
	event := "somethingNew"
	e.Event, e.Body = &event, []byte(`{"id":"a","event":"somethingNew","triggeredAt":1,"data":{"applicationId":1}}`)
	s.say(e, pushEntry(1, 2, "x"))
	s.await()
	if n := len(s.read(s.topics.DeadLetters())); n != 0 {
		t.Errorf("%d dead letters", n)
	}
	if n := len(s.read(s.topics.Events(publish.Candidates))); n != 1 {
		t.Errorf("%d events", n)
	}
}

// tally checks what a read_committed consumer must see: for each application
// the pushes 0..n-1 once each, in order, each following from the one before it.
func tally(t *testing.T, s *system, applications, pushes int) {
	t.Helper()
	seen := map[int64]int{}
	ids := map[string]bool{}
	versions := map[int64]*schemas.CandidateEvent{}
	for _, ev := range decoded[schemas.CandidateEvent](s, s.topics.Events(publish.Candidates)) {
		want := fmt.Sprintf("v%d", seen[ev.ApplicationID])
		if *ev.After.Name != want || ids[ev.EventID] {
			t.Fatalf("application %d: event %s is of %s, want %s (identity seen before: %t)", ev.ApplicationID, ev.EventID, *ev.After.Name, want, ids[ev.EventID])
		}
		if last := versions[ev.ApplicationID]; last != nil && (ev.Before == nil || *ev.Before.Name != *last.After.Name || ev.Version <= last.Version) {
			t.Fatalf("application %d: the event of %s does not follow from the one before it", ev.ApplicationID, want)
		}
		ids[ev.EventID], versions[ev.ApplicationID] = true, ev
		seen[ev.ApplicationID]++
	}
	for a := range applications {
		if got := seen[int64(a)]; got != pushes {
			t.Errorf("application %d has %d events, want %d", a, got, pushes)
		}
	}
	t.Logf("%d applications, %d events, each once and in order", len(seen), len(ids))
}

func TestLocalStateLostIsRestoredFromTheTopics(t *testing.T) {
	s := newSystem(t)
	const applications = 20
	for n := range 4 {
		r := s.loop("one", t.TempDir(), time.Now) // an empty copy every time
		for a := range applications {
			s.say(pushEntry(int64(a), n, fmt.Sprintf("v%d", n)))
		}
		s.await()
		r.stop()
	}
	tally(t, s, applications, 4)
}

func TestReplicasComeAndGoUnderLoad(t *testing.T) {
	s := newSystem(t)
	const applications, pushes = 40, 30
	keep := []string{t.TempDir(), t.TempDir(), t.TempDir()}
	first := s.loop("replica-0", keep[0], time.Now)
	var wg sync.WaitGroup
	wg.Go(func() {
		for n := range pushes {
			batch := make([]*schemas.JournalEntry, 0, applications)
			for a := range applications {
				batch = append(batch, pushEntry(int64(a), n, fmt.Sprintf("v%d", n)))
			}
			s.say(batch...)
		}
	})
	second := s.loop("replica-1", keep[1], time.Now)
	third := s.loop("replica-2", keep[2], time.Now)
	first.stop()
	s.loop("replica-0", keep[0], time.Now) // back with an old copy
	second.stop()
	third.stop()
	wg.Wait()
	s.await()
	tally(t, s, applications, pushes)
}

// A replica that gets a partition back must not go on from what it knew when it
// gave it away.
func TestPartitionLentAndReturned(t *testing.T) {
	s := newSystem(t)
	const applications = 20
	rounds := 0
	round := func() {
		for a := range applications {
			s.say(pushEntry(int64(a), rounds, fmt.Sprintf("v%d", rounds)))
		}
		rounds++
		s.await()
	}
	s.loop("lender", t.TempDir(), time.Now)
	round()
	borrower := s.loop("borrower", t.TempDir(), time.Now)
	worked := func() bool {
		n, err := testutil.GatherAndCount(borrower.registry, "mokafka_derive_observations_total")
		return err == nil && n > 0
	}
	for range 100 {
		if round(); worked() {
			break
		}
	}
	if !worked() {
		t.Fatal("the second replica got nothing to do")
	}
	borrower.stop()
	round()
	round()
	tally(t, s, applications, rounds)
}

func TestDeriveGoesOnWhenTheBrokersReturn(t *testing.T) {
	s := newSystem(t, kafkatest.Restartable())
	r := s.loop("one", t.TempDir(), time.Now)
	s.say(pushEntry(0, 0, "v0"))
	s.await()
	s.cluster.Outage()
	s.cluster.Recover()
	s.say(pushEntry(0, 1, "v1"))
	s.await()
	if err := r.loop.Ready(); err != nil {
		t.Errorf("not ready after the brokers came back: %v", err)
	}
	tally(t, s, 1, 2)
}

func TestDeletionIsRememberedAndThenForgotten(t *testing.T) {
	s := newSystem(t)
	dir := t.TempDir()
	r := s.loop("one", dir, func() time.Time { return at(100) })
	s.say(interviewEntry("createInterviewsInfo", 1, 1, 50), interviewEntry("deleteInterviewsInfo", 1, 9, 0),
		interviewEntry("updateInterviewsInfo", 1, 5, 60)) // late
	s.await()
	events := decoded[schemas.InterviewEvent](s, s.topics.Events(publish.Interviews))
	if len(events) != 2 || events[1].Type != schemas.InterviewEventTypeDeleted {
		t.Fatalf("events: %+v", events)
	}
	states := s.read(s.topics.State(publish.Interviews))
	grave := states[len(states)-1]
	if len(grave.Headers) != 1 || grave.Headers[0].Key != state.DeletedHeader {
		t.Fatalf("the state of the deleted interview has the headers %v", grave.Headers)
	}
	r.stop()
	// A week later the journal can't hold late news any more.
	s.loop("one", dir, func() time.Time { return at(100).Add(8 * 24 * time.Hour) })
	s.say(pushEntry(1, 200, "x"))
	s.await()
	states = s.read(s.topics.State(publish.Interviews))
	if last := states[len(states)-1]; last.Value != nil || string(last.Key) != "demo:app:1:iv:iv" {
		t.Errorf("no tombstone ends the deletion: %s has %d bytes", last.Key, len(last.Value))
	}
}
