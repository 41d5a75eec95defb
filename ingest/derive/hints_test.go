package derive_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// asked are the refetches in the checkpoints, in their order.
func (s *system) asked() []string {
	s.t.Helper()
	var all []string
	for i, c := range decoded[schemas.Checkpoint](s, s.topics.Checkpoints()) {
		rec := s.read(s.topics.Checkpoints())[i]
		if string(rec.Key) != publish.CheckpointKey("demo", c.Feed) || rec.Partition != publish.Partition("demo", partitions) {
			s.t.Errorf("%s is in partition %d under %s", c.Feed, rec.Partition, rec.Key)
		}
		if c.LastID == nil || c.Feed != publish.RefetchFeed(*c.LastID) || !c.SavedAt.Equal(at(1000)) {
			s.t.Errorf("%s asks for %v at %v", c.Feed, c.LastID, c.SavedAt)
		}
		all = append(all, c.Feed)
	}
	slices.Sort(all) // of different roots the order is anybody's
	return all
}

func TestWebhookAsksForItsApplication(t *testing.T) {
	s := newSystem(t)
	s.hints = true
	s.loop("one", t.TempDir(), func() time.Time { return at(1000) })
	unknown := pushEntry(3, 1, "x")
	event := "somethingNew"
	unknown.Event, unknown.Body = &event, []byte(strings.Replace(string(unknown.Body), "pushCandidate", event, 1))
	polled := pushEntry(4, 1, "x")
	polled.Channel = schemas.ChannelReplay
	s.say(pushEntry(1, 1, "x"), interviewEntry("createInterviewsInfo", 2, 1, 100), unknown, pushEntry(-5, 1, "x"), polled)
	s.await()
	if d := cmp.Diff([]string{"refetch:1", "refetch:2", "refetch:3"}, s.asked()); d != "" {
		t.Errorf("asked for:\n%s", d)
	}
	s.say(pushEntry(1, 1, "x")) // delivered again
	s.await()
	if n := len(s.asked()); n != 3 {
		t.Errorf("a webhook that was delivered twice asked twice: %d", n)
	}
}

func TestOneTransactionAsksOnceForAnApplication(t *testing.T) {
	s := newSystem(t)
	s.hints = true
	s.say(pushEntry(1, 1, "x"), pushEntry(1, 2, "y"), pushEntry(1, 3, "z"))
	s.loop("one", t.TempDir(), func() time.Time { return at(1000) })
	s.await()
	if d := cmp.Diff([]string{"refetch:1"}, s.asked()); d != "" {
		t.Errorf("asked for:\n%s", d)
	}
}

func TestNobodyIsAskedWhereNobodyPolls(t *testing.T) {
	s := newSystem(t)
	s.loop("one", t.TempDir(), time.Now)
	s.say(pushEntry(1, 1, "x"))
	s.await()
	if n := len(s.read(s.topics.Checkpoints())); n != 0 {
		t.Errorf("%d checkpoints", n)
	}
}

func TestSettledCommandAsksAndIsNamedAsTheCause(t *testing.T) {
	s := newSystem(t)
	s.hints = true
	s.loop("one", t.TempDir(), func() time.Time { return at(1000) })
	name := writeback(2, `{"commandId":"cmd-1","phase":"intent","entity":"candidate","field":"name","value":"y"}`)
	s.say(name)
	s.await()
	if got := s.asked(); len(got) != 0 {
		t.Errorf("an intent asked for %v", got)
	}
	waiting := decoded[schemas.CandidateState](s, s.topics.State(publish.Candidates))
	if len(waiting) != 1 || waiting[0].Entity != nil || waiting[0].DeletedAt != nil || len(waiting[0].Commands) != 1 {
		t.Fatalf("the state that waits: %+v", waiting)
	}
	done := writeback(3, `{"commandId":"cmd-1","phase":"settled","outcome":"APPLIED","entity":"candidate","field":"name","value":"y"}`)
	s.say(done, pushEntry(7, 4, "y"), writeback(5, `{"commandId":""}`))
	s.await()
	if d := cmp.Diff([]string{"refetch:7"}, slices.Compact(s.asked())); d != "" {
		t.Errorf("asked for:\n%s", d)
	}
	records := s.read(s.topics.Events(publish.Candidates))
	events := decoded[schemas.CandidateEvent](s, s.topics.Events(publish.Candidates))
	if len(events) != 1 || events[0].Source.CommandID == nil || *events[0].Source.CommandID != "cmd-1" {
		t.Fatalf("events: %+v", events)
	}
	cause := ""
	for _, h := range records[0].Headers {
		if h.Key == "ce_causationid" {
			cause = string(h.Value)
		}
	}
	if cause != "cmd-1" {
		t.Errorf("ce_causationid is %q", cause)
	}
	letters := decoded[schemas.DeadLetter](s, s.topics.DeadLetters())
	if len(letters) != 1 || letters[0].ErrorClass != "command" {
		t.Errorf("dead letters: %+v", letters)
	}
}

func TestRefusedCommandOfAnUnknownEntityLeavesATombstone(t *testing.T) {
	s := newSystem(t)
	r := s.loop("one", t.TempDir(), time.Now)
	s.say(intent(2, "c", "stage.id", "1"))
	s.await()
	s.say(settlement(3, "c", "REJECTED"))
	s.await()
	states := s.read(s.topics.State(publish.Candidates))
	if len(states) != 2 || states[1].Value != nil || string(states[1].Key) != publish.CandidateKey("demo", 7) {
		t.Errorf("%d states", len(states))
	}
	r.stop()
}
