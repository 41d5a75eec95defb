package derive_test

import (
	"fmt"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

func ptr[T any](v T) *T { return &v }

func newDecider(t interface {
	Helper()
	Fatal(...any)
}) *derive.Decider {
	t.Helper()
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	d, err := derive.NewDecider(bundle)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// at is a moment n seconds into the story.
func at(n int) time.Time { return epoch.Add(time.Duration(n) * time.Second) }

// push is HR pressing "Import EHR" at second n for a candidate of that name.
func push(n int, name string) *normalize.Observation {
	return &normalize.Observation{
		Act: normalize.Pushed, Feed: schemas.FeedWebhookPush,
		Entity:  &schemas.Candidate{OrgID: "demo", ApplicationID: 7, CandidateID: ptr(int64(9)), Name: &name},
		Carries: []string{"name"}, OccurredAt: ptr(at(n)), UpdatedAt: ptr(at(n)), ReadAt: at(n + 1),
	}
}

// arrange is a webhook at second n that sets an interview to start at the given second.
func arrange(n, start int) *normalize.Observation {
	return &normalize.Observation{
		Act: normalize.Seen, Feed: schemas.FeedWebhookInterview,
		Entity:  &schemas.Interview{OrgID: "demo", ApplicationID: 7, InterviewID: "iv", StartsAt: ptr(at(start))},
		Carries: []string{"starts_at"}, OccurredAt: ptr(at(n)), UpdatedAt: ptr(at(n)), ReadAt: at(n + 1),
	}
}

func cancel(n int) *normalize.Observation {
	o := arrange(n, 0)
	o.Act, o.Carries = normalize.Gone, nil
	return o
}

func from(entryID string) derive.Origin {
	return derive.Origin{
		Entry:     &schemas.JournalEntry{EntryID: entryID, OrgID: "demo", Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest", WebhookID: &entryID},
		Partition: 3, Offset: 14, Revision: normalize.Revision,
	}
}

// story feeds observations one after the other and keeps the state between them.
type story struct {
	decider *derive.Decider
	state   any
}

func (s *story) next(t testing.TB, obs *normalize.Observation, entry string) derive.Outcome {
	t.Helper()
	out, err := s.decider.Decide(s.state, obs, from(entry))
	if err != nil {
		t.Fatal(err)
	}
	if out.State != nil {
		s.state = out.State
	}
	return out
}

// only is the one event of an outcome.
func only[T any](t testing.TB, out derive.Outcome) *T {
	t.Helper()
	if len(out.Events) != 1 {
		t.Fatalf("%d events, want one", len(out.Events))
	}
	ev, ok := out.Events[0].Value.(*T)
	if !ok {
		t.Fatalf("the event is a %T", out.Events[0].Value)
	}
	return ev
}

func TestFirstPushCreates(t *testing.T) {
	s := story{decider: newDecider(t)}
	ev := only[schemas.CandidateEvent](t, s.next(t, push(1, "张三"), "a"))
	if ev.Type != schemas.CandidateEventTypePushed || ev.Op != schemas.OperationCreate || ev.Before != nil || *ev.After.Name != "张三" {
		t.Errorf("first push gave %s %s, before %v", ev.Op, ev.Type, ev.Before)
	}
	if ev.Source.JournalPartition != 3 || ev.Source.JournalOffset != 14 || *ev.Source.WebhookID != "a" {
		t.Errorf("the event does not name its journal entry: %+v", ev.Source)
	}
}

func TestPushIsAnActEvenWithoutAChange(t *testing.T) {
	s := story{decider: newDecider(t)}
	first := only[schemas.CandidateEvent](t, s.next(t, push(1, "x"), "a"))
	second := only[schemas.CandidateEvent](t, s.next(t, push(2, "x"), "b"))
	if second.Op != schemas.OperationUpdate || len(second.ChangedFields) != 0 || second.Version <= first.Version {
		t.Errorf("second push: %s, changed %v, version %d after %d", second.Op, second.ChangedFields, second.Version, first.Version)
	}
}

func TestAThenBThenAGivesThreeIdentities(t *testing.T) {
	s := story{decider: newDecider(t)}
	ids := map[string]bool{}
	for i, name := range []string{"A", "B", "A"} {
		ids[only[schemas.CandidateEvent](t, s.next(t, push(i, name), fmt.Sprint(i))).EventID] = true
	}
	if len(ids) != 3 {
		t.Errorf("three changes have %d identities", len(ids))
	}
}

func TestIdentityIsAFunctionOfTheEntryAlone(t *testing.T) {
	fresh, used := story{decider: newDecider(t)}, story{decider: newDecider(t)}
	used.next(t, push(5, "before"), "z") // the version differs too
	a := only[schemas.CandidateEvent](t, fresh.next(t, push(5, "x"), "a"))
	b := only[schemas.CandidateEvent](t, used.next(t, push(5, "x"), "a"))
	if a.EventID != b.EventID {
		t.Errorf("the state changed the identity: %s and %s", a.EventID, b.EventID)
	}
}

func TestWebhookDeliveredTwiceDerivesOnce(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, push(1, "x"), "a")
	s.next(t, push(1, "x"), "b") // another one within the same second
	for _, entry := range []string{"a", "b"} {
		if out := s.next(t, push(1, "x"), entry); out.Verdict != derive.Duplicate || len(out.Events) > 0 || out.State != nil {
			t.Errorf("entry %s again: %v", entry, out.Verdict)
		}
	}
}

func TestOlderVersionDerivesNothing(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, arrange(1, 100), "a")
	// The same content, said again later, moves the version too.
	if out := s.next(t, arrange(5, 100), "b"); out.Verdict != derive.Unchanged || len(out.Events) > 0 {
		t.Fatalf("repeated content: %v", out.Verdict)
	}
	if out := s.next(t, arrange(3, 200), "late"); out.Verdict != derive.Stale || len(out.Events) > 0 || out.State != nil {
		t.Errorf("a version between the two arrived late and gave %v", out.Verdict)
	}
}

func TestInterviewLife(t *testing.T) {
	s := story{decider: newDecider(t)}
	steps := []struct {
		obs  *normalize.Observation
		want schemas.InterviewEventType
	}{
		{arrange(1, 100), schemas.InterviewEventTypeCreated},
		{arrange(2, 200), schemas.InterviewEventTypeRescheduled},
		{cancel(3), schemas.InterviewEventTypeDeleted},
	}
	var last *schemas.InterviewEvent
	for i, step := range steps {
		ev := only[schemas.InterviewEvent](t, s.next(t, step.obs, fmt.Sprint(i)))
		if ev.Type != step.want {
			t.Fatalf("step %d is %s, want %s", i, ev.Type, step.want)
		}
		if last != nil && (ev.Version <= last.Version || !cmp.Equal(ev.Before, last.After, ratComparer)) {
			t.Errorf("step %d does not follow from the one before it", i)
		}
		last = ev
	}
	if last.Op != schemas.OperationDelete || last.After != nil || last.Before == nil {
		t.Errorf("deletion: %s, before %v, after %v", last.Op, last.Before, last.After)
	}
}

func TestLateNewsDoesNotBringADeletedInterviewBack(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, cancel(10), "gone") // even where it had never been seen
	if out := s.next(t, arrange(5, 100), "late"); out.Verdict != derive.Stale {
		t.Errorf("news from before the deletion gave %v", out.Verdict)
	}
	if out := s.next(t, arrange(20, 100), "new"); out.Verdict != derive.Changed {
		t.Errorf("news from after the deletion gave %v", out.Verdict)
	}
}

// Stored fingerprints are compared by later builds.
func TestFingerprintStaysTheSame(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, push(1, "张三"), "a")
	const want = "5ee505c210101215"
	if got := s.state.(*schemas.CandidateState).Fingerprint; got != want {
		t.Errorf("fingerprint %s, was %s", got, want)
	}
}

func TestRicherFeedOutranksAndPoorerFillsIn(t *testing.T) {
	s := story{decider: newDecider(t)}
	read := push(10, "from the API")
	read.Act, read.Feed = normalize.Seen, schemas.FeedEhrApplicationsV2
	s.next(t, read, "api")
	hook := push(20, "from the webhook")
	hook.Entity.(*schemas.Candidate).Email = ptr("x@example.com")
	hook.Carries = []string{"email", "name"}
	ev := only[schemas.CandidateEvent](t, s.next(t, hook, "hook"))
	if *ev.After.Name != "from the API" || *ev.After.Email != "x@example.com" {
		t.Errorf("after the webhook: %s, %s", *ev.After.Name, *ev.After.Email)
	}
	if d := cmp.Diff([]string{"email"}, ev.ChangedFields); d != "" {
		t.Errorf("changed fields:\n%s", d)
	}
}

func TestFeedSpeaksOnlyForWhatItCarries(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, push(1, "x"), "a")
	silent := push(2, "")
	silent.Carries, silent.Entity.(*schemas.Candidate).Name = nil, nil
	if ev := only[schemas.CandidateEvent](t, s.next(t, silent, "b")); ev.After.Name == nil {
		t.Error("a field nobody spoke of was emptied")
	}
	spoken := push(3, "")
	spoken.Entity.(*schemas.Candidate).Name = nil
	if ev := only[schemas.CandidateEvent](t, s.next(t, spoken, "c")); ev.After.Name != nil {
		t.Error("a field that was said to be empty was kept")
	}
}

func TestAnotherSignatureIsNoChange(t *testing.T) {
	s := story{decider: newDecider(t)}
	with := func(n int, url string) *normalize.Observation {
		o := arrange(n, 100)
		iv := o.Entity.(*schemas.Interview)
		iv.FeedbackURL = &url
		iv.Interviewers = []schemas.Interviewer{{ID: ptr(int64(1)), InvitationURL: ptr(url + "&x=1")}}
		o.Carries = []string{"feedback_url", "interviewers", "starts_at"}
		return o
	}
	s.next(t, with(1, "https://example.com/a?sign=1"), "a")
	if out := s.next(t, with(2, "https://example.com/a?sign=2"), "b"); out.Verdict != derive.Unchanged {
		t.Errorf("another signature: %v", out.Verdict)
	}
	if out := s.next(t, with(3, "https://example.com/b?sign=2"), "c"); out.Verdict != derive.Changed {
		t.Errorf("another file: %v", out.Verdict)
	}
}

func TestChangedFieldsAreDotted(t *testing.T) {
	s := story{decider: newDecider(t)}
	with := func(n int, stage *schemas.Stage) *normalize.Observation {
		o := push(n, "x")
		o.Act, o.Feed = normalize.Seen, schemas.FeedEhrApplicationsV2
		o.Entity.(*schemas.Candidate).Stage = stage
		o.Carries = []string{"name", "stage"}
		return o
	}
	s.next(t, with(1, &schemas.Stage{ID: ptr(int64(1)), Name: ptr("面试")}), "a")
	ev := only[schemas.CandidateEvent](t, s.next(t, with(2, &schemas.Stage{ID: ptr(int64(2)), Name: ptr("待入职")}), "b"))
	if d := cmp.Diff([]string{"stage.id", "stage.name"}, ev.ChangedFields); d != "" {
		t.Errorf("changed fields:\n%s", d)
	}
	if ev.Type != schemas.CandidateEventTypeStageMoved || *ev.Transition.From.Name != "面试" || *ev.Transition.To.Name != "待入职" {
		t.Errorf("%s, transition %+v", ev.Type, ev.Transition)
	}
}

func TestSnapshotTwiceIsOneIdentity(t *testing.T) {
	snapshot := func(entry string, read int) *schemas.CandidateEvent {
		o := push(1, "x")
		o.Act, o.Feed, o.ReadAt = normalize.Seen, schemas.FeedEhrApplicationsV2, at(read)
		origin := from(entry)
		origin.Entry.Channel = schemas.ChannelBackfill
		out, err := newDecider(t).Decide(nil, o, origin)
		if err != nil {
			t.Fatal(err)
		}
		return only[schemas.CandidateEvent](t, out)
	}
	a, b := snapshot("first", 10), snapshot("second", 20)
	if a.Op != schemas.OperationSnapshot || a.EventID != b.EventID {
		t.Errorf("%s: %s and %s", a.Op, a.EventID, b.EventID)
	}
}

func TestOfferKinds(t *testing.T) {
	s := story{decider: newDecider(t)}
	offer := func(n int, status schemas.OfferStatus, approval schemas.ApprovalStatus, salary int64) *normalize.Observation {
		return &normalize.Observation{
			Feed: schemas.FeedEhrApplicationsV2, UpdatedAt: ptr(at(n)), ReadAt: at(n),
			Entity:  &schemas.Offer{OrgID: "demo", ApplicationID: 7, Status: &status, ApprovalStatus: &approval, SalaryAmount: big.NewRat(salary, 1)},
			Carries: []string{"approval_status", "salary_amount", "status"},
		}
	}
	for i, step := range []struct {
		obs  *normalize.Observation
		want schemas.OfferEventType
	}{
		{offer(1, schemas.OfferStatusPending, schemas.ApprovalStatusUninitiated, 1), schemas.OfferEventTypeCreated},
		{offer(2, schemas.OfferStatusPending, schemas.ApprovalStatusApproved, 1), schemas.OfferEventTypeApprovalChanged},
		{offer(3, schemas.OfferStatusPending, schemas.ApprovalStatusApproved, 2), schemas.OfferEventTypeUpdated},
		{offer(4, schemas.OfferStatusSent, schemas.ApprovalStatusApproved, 2), schemas.OfferEventTypeSent},
		{offer(5, schemas.OfferStatusAccepted, schemas.ApprovalStatusRecalled, 2), schemas.OfferEventTypeAccepted},
	} {
		if ev := only[schemas.OfferEvent](t, s.next(t, step.obs, fmt.Sprint(i))); ev.Type != step.want {
			t.Errorf("step %d is %s, want %s", i, ev.Type, step.want)
		}
	}
}

// However entries are repeated and however late they come, what was derived is
// the story in its order, and each entry's event comes at most once.
func TestAnyOrderNeverStepsBack(t *testing.T) {
	decider := newDecider(t)
	rapid.Check(t, func(t *rapid.T) {
		seconds := rapid.SliceOfN(rapid.IntRange(0, 8), 1, 40).Draw(t, "seconds")
		s := story{decider: decider}
		var version int64
		newest, ids := -1, map[string]bool{}
		for _, n := range seconds {
			entry := fmt.Sprintf("wh-%d", n)
			out, err := s.decider.Decide(s.state, arrange(n, n), from(entry))
			if err != nil {
				t.Fatal(err)
			}
			if out.State != nil {
				s.state = out.State
			}
			if n < newest && len(out.Events) > 0 {
				t.Fatalf("second %d after %d gave an event", n, newest)
			}
			newest = max(newest, n)
			if len(out.Events) == 0 {
				continue
			}
			ev := out.Events[0].Value.(*schemas.InterviewEvent)
			if ids[ev.EventID] {
				t.Fatalf("entry %s gave its event twice", entry)
			}
			if ev.Version <= version {
				t.Fatalf("version %d after %d", ev.Version, version)
			}
			ids[ev.EventID], version = true, ev.Version
		}
		if got := s.state.(*schemas.InterviewState).Entity.StartsAt; !got.Equal(at(newest)) {
			t.Fatalf("the state is of %s, not of second %d", got, newest)
		}
	})
}

var ratComparer = cmp.Comparer(func(x, y *big.Rat) bool {
	return (x == nil) == (y == nil) && (x == nil || x.Cmp(y) == 0)
})
