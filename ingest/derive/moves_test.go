package derive_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// stages of the story; their ids are their places.
var stages = []string{"初筛", "面试", "沟通Offer", "待入职"}

func stageOf(id int) *schemas.Stage {
	return &schemas.Stage{ID: ptr(int64(id)), Name: ptr(stages[id]), Type: ptr(schemas.StageTypeInterview)}
}

func added(n int) schemas.Activity {
	return schemas.Activity{Type: ptr(schemas.ActivityTypeAddCandidate), At: ptr(at(n))}
}

// shift is a move at second n, by an operator of that number.
func shift(n, from, to int) schemas.Activity {
	return schemas.Activity{
		Type: ptr(schemas.ActivityTypeMoveStage), At: ptr(at(n)), Operator: &schemas.Person{ID: ptr(int64(n))},
		FromStageID: ptr(int64(from)), FromStageName: ptr(stages[from]), ToStageID: ptr(int64(to)), ToStageName: ptr(stages[to]),
	}
}

// look is a read of the API at second n that finds the application in a stage,
// with its log.
func look(n, stage int, log ...schemas.Activity) *normalize.Observation {
	c := &schemas.Candidate{OrgID: "demo", ApplicationID: 7, Stage: stageOf(stage), Activities: log}
	for i := range log {
		if *log[i].Type == schemas.ActivityTypeMoveStage && (c.MovedAt == nil || log[i].At.After(*c.MovedAt)) {
			c.MovedAt = log[i].At
		}
	}
	return &normalize.Observation{
		Feed: schemas.FeedEhrApplicationsV2, Entity: c, UpdatedAt: ptr(at(n)), ReadAt: at(n),
		Carries: []string{"activities", "moved_at", "stage"},
	}
}

func candidateEvents(t testing.TB, out derive.Outcome) []*schemas.CandidateEvent {
	t.Helper()
	var all []*schemas.CandidateEvent
	for _, ev := range out.Events {
		all = append(all, ev.Value.(*schemas.CandidateEvent))
	}
	return all
}

// route says of each event its type and, of a move, its stages, its time in
// seconds, who moved and for how many seconds the old stage had lasted.
func route(events []*schemas.CandidateEvent) []string {
	var out []string
	for _, ev := range events {
		text := string(ev.Type)
		if tr := ev.Transition; tr != nil {
			text += " " + *tr.From.Name + "→" + *tr.To.Name
			if tr.At != nil {
				text += fmt.Sprintf(" at %d", int(tr.At.Sub(epoch).Seconds()))
			}
			if tr.By != nil {
				text += fmt.Sprintf(" by %d", *tr.By.ID)
			}
			if tr.TimeInStageMs != nil {
				text += fmt.Sprintf(" after %d", *tr.TimeInStageMs/1000)
			}
		}
		out = append(out, text)
	}
	return out
}

func TestMovesBetweenTwoLooks(t *testing.T) {
	byWebhook := func(n int, carries ...string) *normalize.Observation {
		o := look(n, 0)
		o.Feed, o.Act, o.Carries = schemas.FeedWebhookPush, normalize.Pushed, carries
		o.Entity.(*schemas.Candidate).MovedAt = ptr(at(10))
		return o
	}
	renamed := look(60, 1, added(0), shift(10, 0, 1))
	renamed.Entity.(*schemas.Candidate).Stage.Name = ptr("技术面试")
	hired := look(60, 3, added(0), shift(20, 0, 2), shift(30, 2, 3))
	hired.Entity.(*schemas.Candidate).HiredAt = ptr(at(40))
	hired.Carries = append(hired.Carries, "hired_at")
	archivedFor := func(reason string) *normalize.Observation {
		o := look(60, 3, added(0), shift(20, 0, 3))
		c := o.Entity.(*schemas.Candidate)
		c.Archived, c.ArchiveReason = ptr(true), &reason
		o.Carries = append(o.Carries, "archived", "archive_reason")
		return o
	}
	onboarding := look(25, 3, added(0), shift(20, 0, 3))
	foreign := func(n, stage int, log ...schemas.Activity) *normalize.Observation {
		o := look(n, stage, log...)
		o.Entity.(*schemas.Candidate).Stage.ID = ptr(int64(900 + stage))
		return o
	}
	for name, c := range map[string]struct {
		before, after *normalize.Observation
		want          []string
	}{
		"first sight is one event": {nil, look(60, 2, added(0), shift(10, 0, 1), shift(20, 1, 2)), []string{"CREATED"}},
		"one event each": {look(15, 1, added(0), shift(10, 0, 1)), look(60, 3, added(0), shift(10, 0, 1), shift(20, 1, 2), shift(50, 2, 3)),
			[]string{"STAGE_MOVED 面试→沟通Offer at 20 by 20 after 10", "STAGE_MOVED 沟通Offer→待入职 at 50 by 50 after 30"}},
		"newest first": {look(15, 1, added(0), shift(10, 0, 1)), look(60, 3, shift(50, 2, 3), shift(20, 1, 2), shift(10, 0, 1), added(0)),
			[]string{"STAGE_MOVED 面试→沟通Offer at 20 by 20 after 10", "STAGE_MOVED 沟通Offer→待入职 at 50 by 50 after 30"}},
		"there and back": {look(5, 0, added(0)), look(60, 0, added(0), shift(10, 0, 1), shift(20, 1, 0)),
			[]string{"STAGE_MOVED 初筛→面试 at 10 by 10 after 10", "STAGE_MOVED 面试→初筛 at 20 by 20 after 10"}},
		"hired besides":                                 {look(5, 0, added(0)), hired, []string{"STAGE_MOVED 初筛→沟通Offer at 20 by 20 after 20", "STAGE_MOVED 沟通Offer→待入职 at 30 by 30 after 10", "HIRED"}},
		"hired is a way to be archived":                 {onboarding, archivedFor("已入职"), []string{"HIRED"}},
		"and so is leaving":                             {onboarding, archivedFor("离职"), []string{"RESIGNED"}},
		"archived for anything else":                    {onboarding, archivedFor("放弃入职"), []string{"ARCHIVED"}},
		"a log of which nothing is known":               {byWebhook(12, "moved_at", "stage"), look(60, 2, added(0), shift(10, 1, 0), shift(20, 0, 1), shift(30, 1, 2)), []string{"STAGE_MOVED 初筛→面试 at 20 by 20 after 10", "STAGE_MOVED 面试→沟通Offer at 30 by 30 after 10"}},
		"the move that moved_at tells of, a moment off": {byWebhook(12, "moved_at", "stage"), look(60, 0, added(0), shift(11, 1, 0)), []string{"UPDATED"}},
		"nothing known of when":                         {byWebhook(12, "stage"), look(60, 1, added(0), shift(5, 2, 0), shift(20, 0, 1)), []string{"STAGE_MOVED 初筛→面试 at 20 by 20 after 15"}},
		"a log that begins late":                        {byWebhook(12, "moved_at", "stage"), look(60, 1, added(0), shift(20, 0, 1)), []string{"STAGE_MOVED 初筛→面试 at 20 by 20 after 10"}},
		"nothing known, and nothing moved":              {byWebhook(12, "stage"), look(60, 0, added(0), shift(5, 1, 2), shift(9, 2, 0)), []string{"UPDATED"}},
		"no log":                                        {look(5, 0), look(60, 1), []string{"STAGE_MOVED 初筛→面试"}},
		"the stage is known at last":                    {byWebhook(12, "moved_at"), look(60, 1), []string{"UPDATED"}},
		"another name":                                  {look(15, 1, added(0), shift(10, 0, 1)), renamed, []string{"UPDATED"}},
		"the log is ahead of the stage":                 {look(15, 0, added(0)), look(60, 0, added(0), shift(20, 0, 1)), []string{"UPDATED"}},
		"the stage is ahead of the log": {look(15, 0, added(0)), look(60, 2, added(0), shift(20, 0, 1)),
			[]string{"STAGE_MOVED 初筛→面试 at 20 by 20 after 20", "STAGE_MOVED 面试→沟通Offer"}},
		"put into the log afterwards": {look(25, 1, added(0), shift(20, 0, 1)), look(60, 1, added(0), shift(5, 2, 1), shift(20, 0, 1)), []string{"UPDATED"}},
		"within a second, newest first": {look(5, 0, added(0)), look(60, 2, shift(20, 1, 2), shift(20, 0, 1), added(0)),
			[]string{"STAGE_MOVED 初筛→面试 at 20 by 20 after 20", "STAGE_MOVED 面试→沟通Offer at 20 by 20 after 0"}},
		"ids of another kind": {foreign(5, 0, added(0)), foreign(60, 2, added(0), shift(10, 0, 1), shift(20, 1, 2)),
			[]string{"STAGE_MOVED 初筛→面试 at 10 by 10 after 10", "STAGE_MOVED 面试→沟通Offer at 20 by 20 after 10"}},
	} {
		t.Run(name, func(t *testing.T) {
			s := story{decider: newDecider(t)}
			if c.before != nil {
				s.next(t, c.before, "before")
			}
			events := candidateEvents(t, s.next(t, c.after, "after"))
			if d := cmp.Diff(c.want, route(events)); d != "" {
				t.Errorf("told:\n%s", d)
			}
			continuous(t, events, s.state.(*schemas.CandidateState))
		})
	}
}

// continuous checks that each event begins where the one before it ended, and
// that the state is where the last ended.
func continuous(t testing.TB, events []*schemas.CandidateEvent, state *schemas.CandidateState) {
	t.Helper()
	ids := map[string]bool{}
	for i, ev := range events {
		if ids[ev.EventID] {
			t.Errorf("event %d has the identity of another", i)
		}
		ids[ev.EventID] = true
		if i > 0 && (!cmp.Equal(ev.Before, events[i-1].After, ratComparer) || ev.Version != events[i-1].Version+1) {
			t.Errorf("event %d does not follow from the one before it", i)
		}
		if ev.Before != nil && len(ev.ChangedFields) == 0 {
			t.Errorf("event %d says nothing changed", i)
		}
	}
	last := events[len(events)-1]
	if !cmp.Equal(last.After, state.Entity, ratComparer) || last.EventID != state.EventID || last.Version != state.Version {
		t.Error("the state is not where the last event ended")
	}
}

func TestWhatChangedBesidesGoesWithTheLastMove(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, look(15, 0, added(0)), "before")
	o := look(60, 2, added(0), shift(20, 0, 1), shift(30, 1, 2))
	o.Entity.(*schemas.Candidate).Name = ptr("张三")
	o.Carries = append(o.Carries, "name")
	events := candidateEvents(t, s.next(t, o, "after"))
	if d := cmp.Diff([]string{"stage.id", "stage.name", "stage.type", "moved_at"}, sortedLike(events[0].ChangedFields)); d != "" {
		t.Errorf("the first move changed:\n%s", d)
	}
	if !slices.Contains(events[1].ChangedFields, "name") || !slices.Contains(events[1].ChangedFields, "activities") {
		t.Errorf("the last move changed %v", events[1].ChangedFields)
	}
	if !events[0].OccurredAt.Equal(at(20)) || *events[0].Source.Operator.ID != 20 {
		t.Errorf("the first move occurred at %v by %v", events[0].OccurredAt, events[0].Source.Operator)
	}
}

// sortedLike puts the fields of a stage before others.
func sortedLike(fields []string) []string {
	out := slices.Clone(fields)
	slices.SortStableFunc(out, func(a, b string) int {
		rank := func(f string) int {
			return slices.Index([]string{"stage.id", "stage.name", "stage.type", "moved_at"}, f)
		}
		return rank(a) - rank(b)
	})
	return out
}

func TestMoveThatTheStageDidNotShowYetIsToldWhenItDoes(t *testing.T) {
	s := story{decider: newDecider(t)}
	early := look(60, 0, added(0), shift(20, 0, 1))
	early.Entity.(*schemas.Candidate).MovedAt = nil
	s.next(t, look(15, 0, added(0)), "before")
	s.next(t, early, "early")
	got := route(candidateEvents(t, s.next(t, look(70, 1, added(0), shift(20, 0, 1)), "late")))
	if d := cmp.Diff([]string{"STAGE_MOVED 初筛→面试 at 20 by 20 after 20"}, got); d != "" {
		t.Errorf("told:\n%s", d)
	}
}

func TestIdentityOfAMoveDoesNotDependOnWhatWasKnown(t *testing.T) {
	ids := func(before *normalize.Observation) map[string]string {
		s := story{decider: newDecider(t)}
		s.next(t, before, "before")
		out := map[string]string{}
		for _, ev := range candidateEvents(t, s.next(t, look(60, 3, added(0), shift(10, 0, 1), shift(20, 1, 2), shift(30, 2, 3)), "after")) {
			out[fmt.Sprint(ev.Transition.At)] = ev.EventID
		}
		return out
	}
	many, few := ids(look(5, 0, added(0))), ids(look(15, 1, added(0), shift(10, 0, 1)))
	if len(many) != 3 || len(few) != 2 {
		t.Fatalf("%d and %d moves", len(many), len(few))
	}
	for when, id := range few {
		if many[when] != id {
			t.Errorf("the move at %s is %s or %s, depending on the last look", when, many[when], id)
		}
	}
}

// However often one looks, each move since the first look is told once, in order.
func TestEveryMoveIsToldOnceHoweverOneLooks(t *testing.T) {
	decider := newDecider(t)
	rapid.Check(t, func(t *rapid.T) {
		log, stage := []schemas.Activity{added(0)}, 0
		s := story{decider: decider}
		var told []string
		firstMoves, last := 0, (*schemas.CandidateEvent)(nil)
		looks := rapid.SliceOfN(rapid.SliceOfN(rapid.IntRange(0, len(stages)-1), 0, 4), 1, 8).Draw(t, "moves before each look")
		n := 0
		for i, moves := range looks {
			for _, to := range moves {
				n++
				if to == stage {
					continue
				}
				log, stage = append(log, shift(100*n, stage, to)), to
			}
			if i == 0 {
				firstMoves = len(log) - 1
			}
			shown := slices.Clone(log)
			if rapid.Bool().Draw(t, "newest first") {
				slices.Reverse(shown)
			}
			out, err := s.decider.Decide(s.state, look(100*n+i, stage, shown...), from(fmt.Sprint(i)))
			if err != nil {
				t.Fatal(err)
			}
			if out.State != nil {
				s.state = out.State
			}
			for _, event := range out.Events {
				ev := event.Value.(*schemas.CandidateEvent)
				if last != nil && (!cmp.Equal(ev.Before, last.After, ratComparer) || ev.Version <= last.Version) {
					t.Fatalf("an event of look %d does not follow from the one before it", i)
				}
				if last = ev; ev.Transition != nil {
					told = append(told, fmt.Sprintf("%s→%s at %s", *ev.Transition.From.Name, *ev.Transition.To.Name, ev.Transition.At))
				}
			}
		}
		var want []string
		for _, a := range log[1+firstMoves:] {
			want = append(want, fmt.Sprintf("%s→%s at %s", *a.FromStageName, *a.ToStageName, a.At))
		}
		if d := cmp.Diff(want, told); d != "" {
			t.Fatalf("moves told:\n%s", d)
		}
	})
}

// An application's updatedAt moves with its interviews and its offer, too.
func TestOnlyANewerVersionIsNoNews(t *testing.T) {
	s := story{decider: newDecider(t)}
	touched := func(n int) *normalize.Observation {
		o := look(n, 1, added(0))
		o.Entity.(*schemas.Candidate).UpdatedAt = ptr(at(n))
		o.Carries = append(o.Carries, "updated_at")
		return o
	}
	s.next(t, touched(10), "a")
	out := s.next(t, touched(20), "b")
	if out.Verdict != derive.Unchanged || len(out.Events) != 0 {
		t.Errorf("%s with %d events, wanted unchanged with none", out.Verdict, len(out.Events))
	}
	if got := out.State.(*schemas.CandidateState).Entity.UpdatedAt; !got.Equal(at(20)) {
		t.Errorf("the state is of %s, wanted the newer time", got)
	}
	late := touched(15)
	late.Entity.(*schemas.Candidate).Name = ptr("older")
	late.Carries = append(late.Carries, "name")
	if out := s.next(t, late, "c"); out.Verdict != derive.Stale {
		t.Errorf("a version between the two is %s, wanted stale", out.Verdict)
	}
}
