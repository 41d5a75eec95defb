package derive_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// writeback is an entry of the channel WRITEBACK at second n about application 7.
func writeback(n int, body string) *schemas.JournalEntry {
	return &schemas.JournalEntry{
		EntryID: fmt.Sprintf("wb-%d-%s", n, body), OrgID: "demo", Channel: schemas.ChannelWriteback, Endpoint: "writeback",
		Event: ptr("command"), ApplicationID: ptr(int64(7)), ReceivedAt: at(n), ContentType: "application/json", Body: []byte(body),
	}
}

func intent(n int, id, field, value string) *schemas.JournalEntry {
	return writeback(n, fmt.Sprintf(`{"commandId":%q,"phase":"intent","entity":"candidate","field":%q,"value":%q}`, id, field, value))
}

func settlement(n int, id, outcome string) *schemas.JournalEntry {
	return writeback(n, fmt.Sprintf(`{"commandId":%q,"phase":"settled","outcome":%q,"entity":"candidate","field":"stage.id"}`, id, outcome))
}

// note tells the story of a command.
func (s *story) note(t testing.TB, entry *schemas.JournalEntry) derive.Outcome {
	t.Helper()
	c, err := s.decider.ReadCommand(entry)
	if err != nil {
		t.Fatal(err)
	}
	out, err := s.decider.Note(s.state, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Events) > 0 {
		t.Fatalf("news of a command derived %d events", len(out.Events))
	}
	if out.State != nil || out.Forget {
		s.state = out.State
	}
	return out
}

// causes are the commands that the events of an outcome name, "-" for none.
func causes(t testing.TB, out derive.Outcome) string {
	t.Helper()
	text := ""
	for _, ev := range out.Events {
		source := ev.Value.(*schemas.CandidateEvent).Source
		if source.CommandID == nil {
			source.CommandID = ptr("-")
		} else if *source.CommandID != ev.Causation {
			t.Errorf("the source names %s and the header %s", *source.CommandID, ev.Causation)
		}
		text += *source.CommandID + " "
	}
	return text
}

func TestMoveNamesTheCommandThatCausedIt(t *testing.T) {
	day := 24 * 3600
	for name, c := range map[string]struct {
		story []any // entries of commands, and looks
		want  string
	}{
		"the move": {[]any{look(5, 0), intent(10, "c", "stage.id", "1"), look(60, 1)}, "c "},
		"the very move among several": {[]any{look(5, 0, added(0)), intent(19, "c", "stage.id", "2"),
			look(60, 3, added(0), shift(10, 0, 1), shift(20, 1, 2), shift(30, 2, 3))}, "- c - "},
		"not another": {[]any{look(5, 0), intent(10, "c", "stage.id", "2"), look(60, 1)}, "- "},
		"once": {[]any{look(5, 0, added(0)), intent(19, "c", "stage.id", "1"),
			look(60, 1, added(0), shift(20, 0, 1), shift(30, 1, 0), shift(40, 0, 1))}, "c - - "},
		"one for each": {[]any{look(5, 0, added(0)), intent(19, "a", "stage.id", "1"), intent(39, "b", "stage.id", "1"),
			look(60, 1, added(0), shift(20, 0, 1), shift(30, 1, 0), shift(40, 0, 1))}, "a - b "},
		"a clock that is behind": {[]any{look(5, 0, added(0)), intent(700, "c", "stage.id", "1"), look(710, 1, added(0), shift(101, 0, 1))}, "c "},
		"a move long before it": {[]any{look(5, 0, added(0)), intent(702, "c", "stage.id", "1"),
			look(710, 1, added(0), shift(101, 0, 1))}, "- "},
		"people did the same before it, between two looks": {[]any{look(5, 0, added(0)), intent(60, "c", "stage.id", "1"),
			look(90, 1, added(0), shift(20, 0, 1), shift(30, 1, 0), shift(61, 0, 1))}, "- - c "},
		"carried out":                        {[]any{look(5, 0), intent(10, "c", "stage.id", "1"), settlement(11, "c", "APPLIED"), look(60, 1)}, "c "},
		"carried out by a try":               {[]any{look(5, 0), intent(10, "c", "stage.id", "1"), settlement(11, "c", "ALREADY_APPLIED"), look(60, 1)}, "c "},
		"rejected":                           {[]any{look(5, 0), intent(10, "c", "stage.id", "1"), settlement(11, "c", "REJECTED"), look(60, 1)}, "- "},
		"settled after its effect":           {[]any{look(5, 0), intent(10, "c", "stage.id", "1"), look(20, 1), settlement(21, "c", "APPLIED"), look(30, 0), look(40, 1)}, "- "},
		"nothing changed between":            {[]any{look(5, 0), intent(10, "c", "stage.id", "1"), look(20, 0), look(60, 1)}, "c "},
		"any change":                         {[]any{look(5, 0), intent(10, "c", "stage.id", ""), look(60, 2)}, "c "},
		"before the first sight":             {[]any{intent(10, "c", "stage.id", "1"), look(60, 1)}, "c "},
		"before the first sight, of another": {[]any{intent(10, "c", "stage.id", "2"), look(60, 1)}, "- "},
		"long before the command":            {[]any{intent(800, "c", "stage.id", "1"), look(860, 1, shift(10, 0, 1))}, "- "},
		"within a week":                      {[]any{look(5, 0), intent(10, "c", "stage.id", "1"), look(10+7*day, 1)}, "c "},
		"later than a week":                  {[]any{look(5, 0), intent(10, "c", "stage.id", "1"), look(11+7*day, 1)}, "- "},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{decider: newDecider(t)}
			var out derive.Outcome
			for i, step := range c.story {
				switch step := step.(type) {
				case *schemas.JournalEntry:
					s.note(t, step)
				case *normalize.Observation:
					out = s.next(t, step, fmt.Sprint(i))
				}
			}
			if got := causes(t, out); got != c.want {
				t.Errorf("the last look names %q, want %q", got, c.want)
			}
		})
	}
}

func TestCommandChangesNothingElse(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, look(5, 0), "before")
	before := *s.state.(*schemas.CandidateState)
	if out := s.note(t, intent(10, "c", "stage.id", "1")); out.Verdict != derive.Noted {
		t.Errorf("the intent came to %v", out.Verdict)
	}
	after := *s.state.(*schemas.CandidateState)
	if len(after.Commands) != 1 || !after.Commands[0].Since.Equal(at(10)) || after.Commands[0].Settled {
		t.Fatalf("commands: %+v", after.Commands)
	}
	after.Commands = before.Commands
	if fmt.Sprintf("%+v", before) != fmt.Sprintf("%+v", after) {
		t.Errorf("the state was %+v and is %+v", before, after)
	}
	s.note(t, settlement(11, "c", "APPLIED"))
	if got := s.state.(*schemas.CandidateState).Commands; len(got) != 1 || !got[0].Settled {
		t.Errorf("settled: %+v", got)
	}
	if out := s.note(t, intent(12, "c", "stage.id", "1")); out.Verdict != derive.Unchanged || out.State != nil {
		t.Errorf("the intent once more came to %v", out.Verdict)
	}
}

// A state that holds only commands is neither of a known nor of a deleted entity.
func TestCommandOfAnUnknownEntityWaits(t *testing.T) {
	s := story{decider: newDecider(t)}
	out := s.note(t, intent(10, "c", "stage.id", "1"))
	state := s.state.(*schemas.CandidateState)
	if state.Entity != nil || state.DeletedAt != nil || out.DeletedAt != nil || state.Version != 0 || len(state.Claims) != 0 {
		t.Errorf("the state is %+v", state)
	}
	s.want(t, derive.Unchanged, missed(11), "sweep")
	created := only[schemas.CandidateEvent](t, s.next(t, look(5, 1), "first"))
	if created.Type != schemas.CandidateEventTypeCreated || created.Op != schemas.OperationCreate {
		t.Errorf("first sight is %s %s", created.Op, created.Type)
	}
}

func TestNothingIsLeftOfACommandThatWasRefused(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.note(t, intent(10, "c", "stage.id", "1"))
	if out := s.note(t, settlement(11, "c", "REJECTED")); !out.Forget || out.State != nil {
		t.Errorf("a state that holds nothing is kept: %+v", out.State)
	}
	if out := s.note(t, settlement(12, "d", "APPLIED")); out.State != nil || out.Forget {
		t.Errorf("a command that nobody announced left %+v", out)
	}
}

func TestCommandsThatWaitAreBounded(t *testing.T) {
	s := story{decider: newDecider(t)}
	for i := range 33 {
		s.note(t, intent(10+i, fmt.Sprint(i), "stage.id", "1"))
		if i == 20 {
			s.note(t, settlement(31, "20", "APPLIED"))
		}
	}
	s.note(t, intent(50, "33", "stage.id", "1"))
	got := s.state.(*schemas.CandidateState).Commands
	if len(got) != 32 || got[0].CommandID != "1" || got[19].CommandID != "21" {
		t.Errorf("%d commands wait: the first is %s", len(got), got[0].CommandID)
	}
}

func TestCommandOfADeletedEntityLeavesItDeleted(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, look(5, 0), "before")
	s.next(t, missed(8), "sweep")
	if out := s.note(t, intent(10, "c", "stage.id", "1")); out.DeletedAt == nil || s.state.(*schemas.CandidateState).DeletedAt == nil {
		t.Error("the deletion was forgotten")
	}
	s.want(t, derive.Stale, look(7, 0), "late")
}

func TestCommandOfAnOffer(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, offered(5, schemas.OfferStatusPending), "before")
	s.note(t, writeback(10, `{"commandId":"c","phase":"intent","entity":"offer","field":"status","value":"ACCEPTED"}`))
	out := s.next(t, offered(60, schemas.OfferStatusAccepted, sending(20, schemas.OfferStatusAccepted)), "after")
	if len(out.Events) != 2 || out.Events[0].Causation != "" || out.Events[1].Causation != "c" {
		t.Errorf("%+v", out.Events)
	}
}

func TestCommandThatDoesNotSayWhatItIsAbout(t *testing.T) {
	d := newDecider(t)
	hc := writeback(1, `{"commandId":"c","phase":"intent","field":"status"}`)
	hc.ApplicationID, hc.HeadcountID = nil, ptr(int64(3))
	for want, e := range map[string]*schemas.JournalEntry{
		"demo:app:7":       writeback(1, `{"commandId":"c","phase":"intent","field":"stage.id"}`),
		"demo:app:7:offer": writeback(1, `{"commandId":"c","phase":"intent","field":"approval_status"}`),
		"demo:hc:3":        hc,
	} {
		c, err := d.ReadCommand(e)
		if err != nil {
			t.Fatal(err)
		}
		if _, key, _ := derive.KeyOf(c.Entity); key != want {
			t.Errorf("the command is about %s, want %s", key, want)
		}
	}
}

func TestCommandThatNoEventCanShowIsNotKept(t *testing.T) {
	s := story{decider: newDecider(t)}
	for _, field := range []string{"stage", "labels", "stage.idea", "regular"} {
		if out := s.note(t, intent(1, "c", field, "")); out.Verdict != derive.Unchanged || out.State != nil {
			t.Errorf("%s: %v, %+v", field, out.Verdict, out.State)
		}
	}
}

func TestCommandAboutAHeadcountAsAWhole(t *testing.T) {
	headcount := func(n int, needed int32) *normalize.Observation {
		return &normalize.Observation{
			Feed: schemas.FeedHeadcountDetail, Entity: &schemas.Headcount{OrgID: "demo", HeadcountID: 3, Needed: &needed},
			Carries: []string{"needed"}, UpdatedAt: ptr(at(n)), ReadAt: at(n),
		}
	}
	announce := func(n int, id string) *schemas.JournalEntry {
		e := writeback(n, fmt.Sprintf(`{"commandId":%q,"phase":"intent","entity":"headcount"}`, id))
		e.ApplicationID, e.HeadcountID = nil, ptr(int64(3))
		return e
	}
	s := story{decider: newDecider(t)}
	s.note(t, announce(1, "a"))
	if out := s.next(t, headcount(5, 1), "first"); out.Events[0].Causation != "" {
		t.Errorf("first sight names %s", out.Events[0].Causation)
	}
	if out := s.next(t, headcount(10, 2), "more"); out.Events[0].Causation != "a" {
		t.Errorf("the change names %q", out.Events[0].Causation)
	}
	s.note(t, announce(11, "b"))
	gone := headcount(20, 0)
	gone.Act, gone.Feed, gone.Carries = normalize.Gone, schemas.FeedSweep, nil
	if out := s.next(t, gone, "gone"); out.Events[0].Causation != "b" {
		t.Errorf("the deletion names %q", out.Events[0].Causation)
	}
}

func TestWrongCommandIsRefused(t *testing.T) {
	d := newDecider(t)
	for _, body := range []string{
		``, `[]`, `{"phase":"intent","entity":"candidate","field":"stage.id"}`,
		`{"commandId":"c","phase":"later","entity":"candidate","field":"stage.id"}`,
		`{"commandId":"c","phase":"intent","entity":"interview","field":"status"}`,
		`{"commandId":"c","phase":"intent","entity":"headcount","field":"status"}`,
	} {
		if c, err := d.ReadCommand(writeback(1, body)); err == nil {
			t.Errorf("%s is the command %+v", body, c)
		}
	}
}

func FuzzReadCommand(f *testing.F) {
	d := newDecider(f)
	f.Add([]byte(`{"commandId":"c","phase":"intent","entity":"candidate","field":"stage.id","value":"1"}`), at(1).Unix())
	f.Add([]byte(`{"commandId":"c","phase":"settled","outcome":"APPLIED","entity":"offer"}`), at(1).Unix())
	f.Fuzz(func(t *testing.T, body []byte, received int64) {
		e := writeback(1, "")
		e.Body, e.ReceivedAt = body, time.Unix(received, 0)
		c, err := d.ReadCommand(e)
		if err != nil {
			return
		}
		if _, err := d.Note(nil, c); err != nil {
			t.Errorf("a command that was read is refused: %v", err)
		}
	})
}
