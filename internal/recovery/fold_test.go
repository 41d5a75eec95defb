package recovery_test

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// notebook is a memory: the states by key.
type notebook map[publish.Family]map[string]any

func (n notebook) Known(_ context.Context, f publish.Family, key string) (derive.Known, error) {
	return derive.Known{State: n[f][key]}, nil
}

func (n notebook) Keys(_ context.Context, f publish.Family, prefix string) ([]string, error) {
	keys := slices.Collect(maps.Keys(n[f]))
	return slices.DeleteFunc(keys, func(key string) bool { return !strings.HasPrefix(key, prefix) }), nil
}

func (n notebook) keep(steps []derive.Step) {
	for _, s := range steps {
		if n[s.Family] == nil {
			n[s.Family] = map[string]any{}
		}
		switch {
		case s.Outcome.Forget:
			delete(n[s.Family], s.Key)
		case s.Outcome.State != nil:
			n[s.Family][s.Key] = s.Outcome.State
		}
	}
}

// scene is a decider with what it needs.
func scene(t testing.TB) (*derive.Decider, *content.Model) {
	t.Helper()
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	decider, err := derive.NewDecider(bundle)
	if err != nil {
		t.Fatal(err)
	}
	model, err := content.New(bundle, schemas.Candidate{}, schemas.Offer{}, schemas.Interview{}, schemas.Headcount{})
	if err != nil {
		t.Fatal(err)
	}
	return decider, model
}

// TestFoldingTheEventsGivesTheStates: whatever a company does in a morning, its
// events lead to the entities, versions and deletions that the state topics have,
// in whatever order the events are read.
func TestFoldingTheEventsGivesTheStates(t *testing.T) {
	decider, model := scene(t)
	w := newWorld(t, 3, 40)
	for range 12 {
		w.live(10 * time.Minute)
	}
	entries := w.take()
	gone := 0
	for i, e := range entries { // some are deleted, and some of those come back
		if i%40 == 20 && e.ApplicationID != nil {
			gone++
			told := "gone"
			entries = slices.Insert(entries, i+1, &schemas.JournalEntry{
				EntryID: fmt.Sprint("gone-", i), OrgID: "demo", Channel: schemas.ChannelSweep, Endpoint: "sweep", Event: &told,
				ApplicationID: e.ApplicationID, ReceivedAt: e.ReceivedAt.Add(time.Millisecond), ContentType: "application/json", Body: []byte("{}"),
			})
		}
	}
	states := notebook{}
	type event struct {
		told  derive.Told
		place derive.Place
	}
	var events []event
	for i, e := range entries {
		steps, err := decider.Unfold(t.Context(), derive.Origin{Entry: e, Offset: int64(i), Revision: normalize.Revision},
			derive.Reading{Mapper: normalize.Current()}, states)
		if err != nil {
			t.Fatalf("entry %d of %s: %v", i, e.Endpoint, err)
		}
		states.keep(steps)
		for _, s := range steps {
			for _, ev := range s.Outcome.Events {
				told, err := derive.Read(ev.Value)
				if err != nil {
					t.Fatal(err)
				}
				events = append(events, event{told, derive.Place{Offset: int64(i), Revision: normalize.Revision, Version: told.Version}})
			}
		}
	}
	if len(events) < 500 || gone < 5 {
		t.Fatalf("only %d events of %d entries, %d deletions", len(events), len(entries), gone)
	}
	fold := func(events []event) map[publish.Family]map[string]derive.Past {
		pasts := map[publish.Family]map[string]derive.Past{}
		for _, ev := range events {
			if pasts[ev.told.Family] == nil {
				pasts[ev.told.Family] = map[string]derive.Past{}
			}
			next, err := decider.Fold(pasts[ev.told.Family][ev.told.Key], ev.told, ev.place)
			if err != nil {
				t.Fatal(err)
			}
			pasts[ev.told.Family][ev.told.Key] = next
		}
		return pasts
	}
	shuffled := slices.Clone(events)
	random := rand.New(rand.NewPCG(1, 2))
	random.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
	for order, pasts := range map[string]map[publish.Family]map[string]derive.Past{"in order": fold(events), "shuffled": fold(shuffled)} {
		n := 0
		for family, byKey := range states {
			for key, state := range byKey {
				n++
				sameState(t, model, order+": "+key, state, pasts[family][key].State)
			}
		}
		t.Logf("%s: %d entities of %d events", order, n, len(events))
	}
	claimed := 0
	for _, past := range fold(events)[publish.Candidates] {
		if c := past.State.(*schemas.CandidateState).Claims; len(c) > 0 && len(c[0].Fields) > 0 {
			claimed++
		}
	}
	if claimed == 0 {
		t.Error("no feed has a claim to any field")
	}
}

// sameState compares what events can tell of a state. The time of the version
// moves without an event, and links are signed anew.
func sameState(t *testing.T, model *content.Model, name string, want, got any) {
	t.Helper()
	if got == nil {
		t.Errorf("%s is not there", name)
		return
	}
	a, err := derive.Summarize(want)
	if err != nil {
		t.Fatal(err)
	}
	b, err := derive.Summarize(got)
	if err != nil {
		t.Fatal(err)
	}
	if (a.Entity == nil) != (b.Entity == nil) || a.Version != b.Version || a.EventID != b.EventID ||
		(a.DeletedAt == nil) != (b.DeletedAt == nil) || a.DeletedAt != nil && !a.DeletedAt.Equal(*b.DeletedAt) {
		t.Errorf("%s: %+v, want %+v", name, b, a)
		return
	}
	if a.Entity == nil {
		return
	}
	changed := slices.DeleteFunc(model.Changed(a.Entity, b.Entity), func(f string) bool { return f == "updated_at" })
	if len(changed) > 0 {
		t.Errorf("%s differs in %v", name, changed)
	}
}
