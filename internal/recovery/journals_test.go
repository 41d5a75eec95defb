package recovery_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// loseJournal has the journal be lost and made anew, and derive begin with its start.
func (h *house) loseJournal() {
	h.t.Helper()
	admin := kadm.NewClient(h.writer)
	journal := h.topics.Journal()
	if _, err := admin.DeleteTopics(h.t.Context(), journal); err != nil {
		h.t.Fatal(err)
	}
	h.remake([]string{journal})
	h.writer = h.cluster.Client(publish.ProducerOptions(h.topics)...) // the one before knows the topic that is gone
	admin = kadm.NewClient(h.writer)
	offsets := kadm.Offsets{}
	for p := range int32(partitions) {
		offsets.AddOffset(journal, p, 0, -1)
	}
	if err := admin.CommitAllOffsets(h.t.Context(), h.group(), offsets); err != nil {
		h.t.Fatal(err)
	}
}

// dropJournal has the journal be too old, all of it: its offsets go on.
func (h *house) dropJournal() {
	h.t.Helper()
	admin := kadm.NewClient(h.writer)
	ends, err := admin.ListEndOffsets(h.t.Context(), h.topics.Journal())
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := admin.DeleteRecords(h.t.Context(), ends.Offsets()); err != nil {
		h.t.Fatal(err)
	}
}

// TestReplayOfAnotherJournal: where the journal was lost and made anew, its offsets are
// those of the one before once more. What was told of that is the past, whatever
// offsets it names: a replay comes to what it comes to where the journal has dropped
// as much for its age, and its offsets go on.
func TestReplayOfAnotherJournal(t *testing.T) {
	found := map[string][]recovery.Findings{}
	for name, lose := range map[string]func(*house){"lost": (*house).loseJournal, "too old": (*house).dropJournal} {
		h, w, _, ended, stop := lived(t, normalize.Mapper{}, 20)
		stop()
		lose(h)
		stop = h.mill(normalize.Mapper{})
		from := ended.Add(time.Second)
		until := from
		for n := range 4 {
			w.live(6 * time.Minute)
			if n == 2 { // most of it says nothing new
				w.poll(schemas.ChannelPoll, w.Now().Add(-30*24*time.Hour))
			}
			until = h.say(until, w.take()...)
		}
		h.derived()
		stop()
		middle := from.Add(until.Sub(from) / 2)
		for _, span := range []recovery.Span{{From: from, Until: until}, {From: from, Until: middle}, {From: middle, Until: until}} {
			plan, err := h.replayer(normalize.Mapper{}).Plan(t.Context(), span)
			if err != nil {
				t.Fatal(err)
			}
			if plan.Entries == 0 || plan.Same < 5*plan.Different || plan.Unreadable+plan.Corrected != 0 {
				t.Errorf("%s: %+v", name, plan)
			}
			found[name] = append(found[name], plan.Findings)
		}
	}
	if d := cmp.Diff(found["too old"], found["lost"]); d != "" {
		t.Errorf("a journal that was lost is told from one that was too old:\n%s", d)
	}
}

// TestRebuildAfterAnotherJournal: what was told of a journal that was lost does not
// come after what was told of the one that is there, whatever offsets it names.
func TestRebuildAfterAnotherJournal(t *testing.T) {
	h, w, _, ended, stop := lived(t, normalize.Mapper{}, 20)
	_, model := scene(t)
	stop()
	h.loseJournal()
	stop = h.mill(normalize.Mapper{})
	for range 4 {
		w.live(6 * time.Minute)
	}
	w.poll(schemas.ChannelPoll, w.Now().Add(-30*24*time.Hour))
	h.say(ended.Add(time.Second), w.take()...)
	h.derived()
	stop()
	before, _ := h.states()
	done, err := h.rebuilder().Rebuild(t.Context(), recovery.Rebuilding{All: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", done)
	after, _ := h.states()
	for _, family := range publish.Families() {
		for key, state := range before[family] {
			sameState(t, model, key, state, after[family][key])
		}
		if d := cmp.Diff(len(before[family]), len(after[family])); d != "" {
			t.Errorf("states of %s:\n%s", family, d)
		}
	}
}
