package recovery_test

import (
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// broken is a mapper of the revision before that gets things wrong: names are cut,
// stages left out, phone numbers doubled, and titles of headcounts shouted.
func broken() normalize.Mapper {
	return normalize.Mapper{Revision: 1, Entry: func(e *schemas.JournalEntry, opts normalize.Options) ([]normalize.Observation, error) {
		all, err := normalize.Entry(e, opts)
		for i := range all {
			switch entity := all[i].Entity.(type) {
			case *schemas.Candidate:
				if entity.Name != nil {
					name := (*entity.Name)[:min(3, len(*entity.Name))]
					entity.Name = &name
				}
				if entity.Phone != nil {
					phone := *entity.Phone + *entity.Phone
					entity.Phone = &phone
				}
				entity.Stage = nil
			case *schemas.Headcount:
				if entity.Name != nil {
					name := strings.ToUpper(*entity.Name) + "!"
					entity.Name = &name
				}
			}
		}
		return all, err
	}}
}

func idsOf(all []derive.Told) []string {
	set := map[string]bool{}
	for _, told := range all {
		set[told.EventID] = true
	}
	return slices.Sorted(maps.Keys(set))
}

// lived is a house with what a company did in an hour and a half, derived by the
// mapper, and when it began to be journaled.
func lived(t *testing.T, mapper normalize.Mapper, applications int) (*house, *world, time.Time, time.Time, func()) {
	t.Helper()
	h := newHouse(t)
	w := newWorld(t, 5, applications)
	h.clock = w.Now
	w.poll(schemas.ChannelBackfill, w.Now().Add(-30*24*time.Hour))
	for range 4 {
		w.live(6 * time.Minute)
	}
	began := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	stop := h.mill(mapper)
	ended := h.say(began, w.take()...)
	h.derived()
	return h, w, began, ended, stop
}

// TestReplayOfTheSame: at the same revision everything comes out the same, told
// again or not.
func TestReplayOfTheSame(t *testing.T) {
	h, _, began, ended, stop := lived(t, normalize.Mapper{}, 40)
	stop()
	before, records := h.states()
	told := h.told()
	span := recovery.Span{From: began, Until: ended}
	plan, err := h.replayer(normalize.Mapper{}).Plan(t.Context(), span)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", plan)
	if plan.Same != int64(len(told)) || plan.Different+plan.New+plan.Gone+plan.Unreadable+plan.Corrected+plan.Journaled != 0 || plan.Published != 0 {
		t.Errorf("%d events, planned: %+v", len(told), plan)
	}
	if len(h.told()) != len(told) {
		t.Error("the plan has published something")
	}
	only, err := h.replayer(normalize.Mapper{}).Replay(t.Context(), span, true)
	if err != nil || only.Published != 0 {
		t.Errorf("%d published of what has not changed, %v", only.Published, err)
	}
	full, err := h.replayer(normalize.Mapper{}).Replay(t.Context(), span, false)
	if err != nil {
		t.Fatal(err)
	}
	again := h.told()
	if full.Published != int64(len(told)) || len(again) != 2*len(told) {
		t.Errorf("%d published, %d told of %d", full.Published, len(again), len(told))
	}
	if d := cmp.Diff(idsOf(told), idsOf(again)); d != "" {
		t.Errorf("ids:\n%s", d)
	}
	replayed := 0
	for _, one := range again {
		if one.Source.Channel == schemas.ChannelReplay {
			replayed++
		}
	}
	if replayed != len(told) {
		t.Errorf("%d are marked", replayed)
	}
	stop = h.mill(normalize.Mapper{})
	h.derived()
	stop()
	after, n := h.states()
	if !reflect.DeepEqual(before, after) || n != records {
		t.Errorf("the states changed: %d records, were %d", n, records)
	}
	// Only a part of it: the rest of the journal says what was known by then.
	middle := began.Add(ended.Sub(began) / 2)
	part, err := h.replayer(normalize.Mapper{}).Plan(t.Context(), recovery.Span{From: middle, Until: ended})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", part)
	if part.Same == 0 || part.Before == 0 || part.Different+part.New+part.Gone+part.Corrected != 0 {
		t.Errorf("a part of it: %+v", part)
	}
}

// TestReplayRepairs: what a broken mapper has told is told again by a mended one,
// and what still holds is corrected, though more arrives meanwhile.
func TestReplayRepairs(t *testing.T) {
	for name, from := range map[string]float64{"all": 0, "the last third": 2. / 3} {
		t.Run(name, func(t *testing.T) {
			h, w, began, ended, stop := lived(t, broken(), 30)
			decider, model := scene(t)
			want := reference(t, decider, w.all)
			if from > 0 {
				// Only what is read again is replayed, and so is mended.
				w.poll(schemas.ChannelPoll, w.Now().Add(-30*24*time.Hour))
				began = ended
				shown := w.take()
				ended = h.say(ended, shown...)
				h.derived()
				want = among(reference(t, decider, w.all), reference(t, decider, shown))
			}
			stop()
			h.mill(normalize.Mapper{})
			told := h.told()
			asked, commands := len(h.read(h.topics.Checkpoints())), len(h.read(h.topics.Commands()))
			span := recovery.Span{From: began, Until: ended}
			plan, err := h.replayer(normalize.Mapper{}).Plan(t.Context(), span)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", plan)
			if plan.Different+plan.New == 0 || plan.Corrected == 0 || plan.Published != 0 || len(plan.Sample) == 0 {
				t.Errorf("planned: %+v", plan)
			}
			done, err := h.replayer(normalize.Mapper{}).Replay(t.Context(), span, true)
			if err != nil {
				t.Fatal(err)
			}
			if done.Published == 0 || done.Journaled != plan.Journaled {
				t.Errorf("done: %+v", done)
			}
			h.derived()
			h.agree(t, model, want)
			after := h.told()
			replayed := 0
			for _, one := range after {
				if one.Source.Channel == schemas.ChannelReplay {
					replayed++
					if one.Source.MapperRevision != normalize.Revision {
						t.Errorf("%s is of revision %d", one.EventID, one.Source.MapperRevision)
					}
				}
			}
			if replayed == 0 || len(after) != len(told)+replayed {
				t.Errorf("%d events, %d replayed, were %d", len(after), replayed, len(told))
			}
			once(t, after)
			if n := len(h.read(h.topics.Checkpoints())); n != asked {
				t.Errorf("%d applications were asked for", n-asked)
			}
			if n := len(h.read(h.topics.Commands())); n != commands {
				t.Errorf("%d commands", n-commands)
			}
			again, err := h.replayer(normalize.Mapper{}).Replay(t.Context(), span, true)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("again: %+v", again)
			if again.Different+again.New+again.Corrected+again.Journaled+again.Published != 0 {
				t.Errorf("something was left: %+v", again)
			}
			third, err := h.replayer(normalize.Mapper{}).Plan(t.Context(), recovery.Span{From: began, Until: time.Now()})
			if err != nil {
				t.Fatal(err)
			}
			if third.Different+third.New+third.Corrected+third.Unreadable != 0 {
				t.Errorf("something is left: %+v", third)
			}
			h.derived()
			h.agree(t, model, want)
		})
	}
}

// among are those of the states that others have too.
func among(states, others notebook) notebook {
	for family, byKey := range states {
		maps.DeleteFunc(byKey, func(key string, _ any) bool { return others[family][key] == nil })
	}
	return states
}

// once wants each event to be there once.
func once(t *testing.T, all []derive.Told) {
	t.Helper()
	seen := map[string]int{}
	for _, told := range all {
		seen[told.EventID]++
	}
	for id, n := range seen {
		if n > 1 {
			t.Errorf("event %s was published %d times", id, n)
		}
	}
}

// TestReplayBesideTheLiving: what arrives while a replay is under way is neither
// lost nor undone by it.
func TestReplayBesideTheLiving(t *testing.T) {
	h, w, began, ended, stop := lived(t, broken(), 30)
	stop()
	h.mill(normalize.Mapper{})
	decider, model := scene(t)
	var rounds [][]*schemas.JournalEntry
	for range 6 {
		w.live(2 * time.Minute)
		rounds = append(rounds, w.take())
	}
	saying := make(chan struct{})
	go func() {
		defer close(saying)
		at := ended
		for _, entries := range rounds {
			for chunk := range slices.Chunk(entries, 20) {
				at = h.say(at, chunk...)
			}
		}
	}()
	said := false
	r := h.replayer(normalize.Mapper{})
	r.Progress = func(tally recovery.ReplayTally) {
		if tally.Written > 0 && !said { // what is left of it comes between two transactions
			said = true
			<-saying
		}
	}
	done, err := r.Replay(t.Context(), recovery.Span{From: began, Until: ended}, true)
	<-saying
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", done)
	h.derived()
	h.agree(t, model, reference(t, decider, w.all))
	// Versions of what is told live do not step back.
	versions := map[string]int64{}
	for _, told := range h.told() {
		key := told.Family.String() + told.Key
		if told.Source.Channel != schemas.ChannelReplay {
			if told.Version <= versions[key] {
				t.Errorf("%s steps back to %d from %d", told.Key, told.Version, versions[key])
				for _, o := range h.told() {
					if o.Key == told.Key {
						t.Logf("   %s %s v%d %s@%d/%d rev %d %s", o.Kind, o.Op, o.Version, o.Source.Channel, o.Source.JournalPartition, o.Source.JournalOffset, o.Source.MapperRevision, o.EventID)
					}
				}
			}
			versions[key] = told.Version
		}
	}
}

// TestReplayOfSome: filters leave alone what they leave out.
func TestReplayOfSome(t *testing.T) {
	h, _, began, ended, stop := lived(t, broken(), 20)
	stop()
	h.mill(normalize.Mapper{})
	told := h.told()
	root := ""
	for _, one := range told {
		if one.Family == publish.Candidates && one.Source.Channel == schemas.ChannelPoll {
			root = one.Root
		}
	}
	headcounts := publish.Headcounts
	known := map[string]bool{} // of the replay before
	for name, c := range map[string]struct {
		span recovery.Span
		is   func(derive.Told) bool
	}{
		"an application": {recovery.Span{Root: root}, func(told derive.Told) bool { return told.Root == root }},
		"headcounts":     {recovery.Span{Family: &headcounts}, func(told derive.Told) bool { return told.Family == headcounts }},
		"another org":    {recovery.Span{Org: "other"}, func(derive.Told) bool { return false }},
	} {
		c.span.From, c.span.Until = began, ended
		before := len(h.told())
		done, err := h.replayer(normalize.Mapper{}).Replay(t.Context(), c.span, true)
		if err != nil {
			t.Fatal(err)
		}
		h.derived()
		all := h.told()
		if name != "another org" && (done.Corrected == 0 || len(all) == before) {
			t.Errorf("%s: nothing came of it: %+v", name, done)
		}
		for _, one := range all {
			if one.Source.Channel == schemas.ChannelReplay && !known[one.EventID] && !c.is(one) {
				t.Errorf("%s: told of %s", name, one.Key)
			}
			known[one.EventID] = true
		}
		if name == "another org" && done.Entries+done.Published != 0 {
			t.Errorf("%s: %+v", name, done)
		}
	}
}

func TestReplayRefuses(t *testing.T) {
	h := newHouse(t)
	at := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	h.entry(1, "one")
	r := h.replayer(normalize.Mapper{})
	if _, err := r.Plan(t.Context(), recovery.Span{From: at, Until: at}); err == nil {
		t.Error("a range without a length was taken")
	}
	if _, err := r.Plan(t.Context(), recovery.Span{From: at, Until: time.Now()}); !errors.Is(err, recovery.ErrUnderived) {
		t.Errorf("without derive: %v", err)
	}
	admin := kadm.NewClient(h.writer)
	offsets := kadm.Offsets{}
	for p := range int32(partitions) {
		offsets.AddOffset(h.topics.Journal(), p, 0, -1)
	}
	if err := admin.CommitAllOffsets(t.Context(), h.group(), offsets); err != nil {
		t.Fatal(err)
	}
	waiting, err := r.Plan(t.Context(), recovery.Span{From: at, Until: time.Now().Add(time.Minute)})
	if err != nil || waiting.Waiting != 1 || waiting.Entries != 0 {
		t.Errorf("what waits for derive: %+v, %v", waiting, err)
	}
	h.entry(1, "two")
	size := fmt.Sprint(1 << 30)
	if _, err := admin.AlterTopicConfigs(t.Context(), []kadm.AlterConfig{{Name: "retention.bytes", Value: &size}}, h.topics.Journal()); err != nil {
		t.Fatal(err)
	}
	partition := publish.Partition(publish.Root("demo", 1), partitions)
	gone := kadm.Offsets{}
	gone.AddOffset(h.topics.Journal(), partition, 1, -1)
	if _, err := admin.DeleteRecords(t.Context(), gone); err != nil {
		t.Fatal(err)
	}
	_, err = r.Plan(t.Context(), recovery.Span{From: at, Until: time.Now()})
	if !errors.Is(err, recovery.ErrTooOld) || !strings.Contains(err.Error(), "all that it holds is from 20") {
		t.Errorf("older than the journal: %v", err)
	}
}
