package derive_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// replayed is the origin of an entry that is replayed, at a new revision.
func replayed(id string) derive.Origin {
	return derive.Origin{Entry: &schemas.JournalEntry{EntryID: id, Channel: schemas.ChannelReplay}, Revision: 7}
}

// saw is what a feed shows of application 7 at second n.
func saw(feed schemas.Feed, n int, name string) *normalize.Observation {
	updated := at(n)
	return &normalize.Observation{
		Act: normalize.Seen, Feed: feed, Entity: &schemas.Candidate{OrgID: "demo", ApplicationID: 7, Name: &name},
		Carries: []string{"name"}, UpdatedAt: &updated, ReadAt: at(n + 1),
	}
}

func acting(act normalize.Act, obs *normalize.Observation) *normalize.Observation {
	obs.Act = act
	if act == normalize.Gone {
		obs.Entity, obs.Carries = &schemas.Candidate{OrgID: "demo", ApplicationID: 7}, nil
	}
	return obs
}

// TestReplayedEntries: what a replay says again corrects what still holds, and
// leaves no trace otherwise.
func TestReplayedEntries(t *testing.T) {
	d := newDecider(t)
	const v2, push, sweep = schemas.FeedEhrApplicationsV2, schemas.FeedWebhookPush, schemas.FeedSweep
	known := func(steps ...any) any {
		var state any
		for i := 0; i < len(steps); i += 2 {
			out, err := d.Decide(state, steps[i+1].(*normalize.Observation), from(steps[i].(string)))
			if err != nil {
				t.Fatal(err)
			}
			if out.State != nil {
				state = out.State
			}
		}
		return state
	}
	pushed := func(n int, name string) *normalize.Observation { return acting(normalize.Pushed, saw(push, n, name)) }
	gone := func(feed schemas.Feed, n int) *normalize.Observation { return acting(normalize.Gone, saw(feed, n, "")) }
	for name, c := range map[string]struct {
		state any
		entry string
		obs   *normalize.Observation
		want  derive.Verdict
	}{
		"the same again":                        {known("a", saw(v2, 1, "x")), "a", saw(v2, 1, "x"), derive.Unchanged},
		"corrected":                             {known("a", saw(v2, 1, "x")), "a", saw(v2, 1, "y"), derive.Changed},
		"an older one":                          {known("a", saw(v2, 1, "x"), "b", saw(v2, 2, "x")), "a", saw(v2, 1, "y"), derive.Stale},
		"of the same version, but not the last": {known("a", pushed(1, "x"), "b", pushed(1, "z")), "a", pushed(1, "y"), derive.Stale},
		"a push that is remembered":             {known("a", pushed(1, "x")), "a", pushed(1, "x"), derive.Unchanged},
		"a push that was read wrongly":          {known("a", pushed(1, "x")), "a", pushed(1, "y"), derive.Changed},
		"what was a dead letter":                {known("a", saw(v2, 1, "x")), "b", saw(v2, 2, "y"), derive.Changed},
		"gone, though seen since":               {known("a", gone(sweep, 1), "b", saw(v2, 5, "x")), "a", gone(sweep, 1), derive.Stale},
		"gone by a webhook, though seen since":  {known("z", saw(v2, 0, "x"), "a", gone(push, 1), "b", saw(v2, 5, "x")), "a", gone(push, 1), derive.Stale},
		"taken for a deletion":                  {known("z", saw(v2, 0, "x"), "a", gone(v2, 5)), "a", saw(v2, 5, "x"), derive.Changed},
		"seen, though gone since":               {known("a", saw(v2, 1, "x"), "b", gone(sweep, 5)), "a", saw(v2, 1, "y"), derive.Stale},
		"from before it was gone and came back": {known("a", pushed(1, "x"), "b", gone(sweep, 5), "c", saw(v2, 9, "x")), "a", pushed(1, "y"), derive.Stale},
	} {
		out, err := d.Decide(c.state, c.obs, replayed(c.entry))
		if err != nil {
			t.Fatal(err)
		}
		if out.Verdict != c.want || (c.want == derive.Changed) != (len(out.Events) == 1) || c.want != derive.Changed && out.State != nil {
			t.Errorf("%s: %s with %d events, state %t; want %s", name, out.Verdict, len(out.Events), out.State != nil, c.want)
		}
		if c.want != derive.Changed {
			continue
		}
		before, err := derive.Summarize(c.state)
		if err != nil {
			t.Fatal(err)
		}
		told, err := derive.Read(out.Events[0].Value)
		if err != nil || told.Source.Channel != schemas.ChannelReplay || told.Version <= before.Version {
			t.Errorf("%s: told as version %d of channel %s, after %d: %v", name, told.Version, told.Source.Channel, before.Version, err)
		}
	}
	first, err := d.Decide(nil, saw(v2, 1, "x"), replayed("a"))
	if err != nil || first.Verdict != derive.Changed || first.Events[0].Value.(*schemas.CandidateEvent).Op != schemas.OperationSnapshot {
		t.Errorf("first sight: %+v, %v", first, err)
	}
}

// TestReplayedEntriesTakeNoCommands: what waits is waiting for news.
func TestReplayedEntriesTakeNoCommands(t *testing.T) {
	d := newDecider(t)
	value := "y"
	state, err := d.Decide(nil, saw(schemas.FeedEhrApplicationsV2, 1, "x"), from("a"))
	if err != nil {
		t.Fatal(err)
	}
	noted, err := d.Note(state.State, derive.Command{ID: "c", Entity: &schemas.Candidate{OrgID: "demo", ApplicationID: 7}, Field: "name", Value: &value, At: at(2)})
	if err != nil {
		t.Fatal(err)
	}
	out, err := d.Decide(noted.State, saw(schemas.FeedEhrApplicationsV2, 1, "y"), replayed("a"))
	if err != nil || len(out.Events) != 1 || out.Events[0].Causation != "" || len(out.State.(*schemas.CandidateState).Commands) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}

// TestReplayedForOneFamily: the header of a record narrows what is derived.
func TestReplayedForOneFamily(t *testing.T) {
	s := newSystem(t)
	s.loop("one", t.TempDir(), time.Now)
	e := pushEntry(1, 1, "x")
	e.Channel = schemas.ChannelReplay
	rec, err := s.records.JournalEntry(e)
	if err != nil {
		t.Fatal(err)
	}
	rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: derive.ReplayHeader, Value: []byte("offer")})
	if err := s.writer.ProduceSync(t.Context(), rec).FirstErr(); err != nil {
		t.Fatal(err)
	}
	s.say(pushEntry(2, 1, "x"))
	s.await()
	if events := decoded[schemas.CandidateEvent](s, s.topics.Events(publish.Candidates)); len(events) != 1 || events[0].ApplicationID != 2 {
		t.Errorf("%d events of candidates", len(events))
	}
}
