package poll_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// derived is the content of an application that derive has in the end: that of the
// entry whose read began last, of two at the same moment the first, which has the
// same id.
func (h *house) derived(id int64) string {
	var newest *schemas.JournalEntry
	for _, e := range h.topic.entries {
		if e.ApplicationID != nil && *e.ApplicationID == id && (newest == nil || e.ReceivedAt.After(newest.ReceivedAt)) {
			newest = e
		}
	}
	if newest == nil {
		return ""
	}
	return string(newest.Body)
}

func (h *house) wantDerived(t *testing.T, id int64, why string) {
	t.Helper()
	if got, want := h.derived(id), string(h.account.item(h.account.rows[id]).Body); got != want {
		t.Errorf("%s: derive has %s, and Moka %s", why, got, want)
	}
}

// ask has an application be fetched, as a webhook does.
func (h *house) ask(id int64) {
	h.topic.write(&schemas.Checkpoint{OrgID: "org", Feed: fmt.Sprintf("refetch:%d", id), LastID: &id, SavedAt: h.clock.now})
}

// slow is an account whose calls of one class, once, take as long as during does.
type slow struct {
	*account
	class  moka.Class
	during func()
}

func (s *slow) Applications(ctx context.Context, class moka.Class, q moka.ApplicationsQuery) (moka.Page, error) {
	began := s.clock.Now()
	if during := s.during; during != nil && class == s.class {
		s.during = nil
		during()
	}
	p, err := s.account.Applications(ctx, class, q)
	p.Began = began
	return p, err
}

// Calls overlap: one that began earlier may answer later and show more. derive
// takes it for older; what it showed must be read again.
func TestSlowReadHidesNothing(t *testing.T) {
	for _, pause := range []time.Duration{0, time.Second} {
		h := newHouse(t, config(), t.TempDir(), 600)
		h.account.change(7, false, 0).hot = true
		h.live(t, time.Hour)
		s := &slow{account: h.account, class: moka.ClassHotSet}
		s.during = func() {
			h.clock.pass(pause)
			h.account.change(7, true, 0)
			h.ask(7)
			if worked, _, err := h.engine.Step(t.Context()); !worked || err != nil {
				t.Fatalf("the refetch: %t, %v", worked, err)
			}
			h.account.change(7, true, 0)
		}
		h.api = s
		h.lead(t)
		h.live(t, 10*time.Minute)
		if s.during != nil {
			t.Fatal("the hot set was not asked for")
		}
		h.wantDerived(t, 7, "after a slow call")
		n := len(h.topic.entries)
		h.live(t, time.Hour)
		if len(h.topic.entries) != n {
			t.Errorf("%d entries more, and nothing changed", len(h.topic.entries)-n)
		}
		h.index.Close()
	}
}

// What a replica remembers of what it journaled says nothing once another one was
// at work: A, then B there, then A again is two changes.
func TestAnotherReplicaInBetween(t *testing.T) {
	dirs := []string{t.TempDir(), t.TempDir()}
	h := newHouse(t, config(), dirs[0], 600)
	h.account.change(7, false, 0).hot = true
	turn := func(dir string) {
		h.index.Close()
		h.open(t, dir)
		h.lead(t)
		h.live(t, 30*time.Minute)
	}
	h.live(t, 30*time.Minute)
	h.account.change(7, true, 0)
	turn(dirs[1])
	h.wantDerived(t, 7, "at the other replica")
	h.account.rows[7].content = 1
	turn(dirs[0])
	h.wantDerived(t, 7, "back at the first")
	n := len(h.topic.entries)
	turn(dirs[0])
	if len(h.topic.entries) != n {
		t.Errorf("%d entries more after a restart, and nothing changed", len(h.topic.entries)-n)
	}
	h.index.Close()
}

// A commit may have happened though its outcome is not known.
func TestCommitOfUnknownOutcome(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	h.account.change(7, false, 0).hot = true
	h.live(t, 30*time.Minute)
	h.account.change(7, true, 0)
	h.topic.unknown = func() {
		h.account.rows[7].content = 1
		h.clock.pass(time.Second)
	}
	h.live(t, 3*time.Minute)
	if h.topic.unknown != nil {
		t.Fatal("nothing was committed")
	}
	h.live(t, 10*time.Minute)
	h.wantDerived(t, 7, "A, B that may be written, and A again")
}

// A predecessor's clock was ahead: what is read before that is older to derive
// than what it has.
func TestPredecessorFromTheFuture(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	h.account.change(7, false, 0).hot = true
	h.live(t, 30*time.Minute)
	h.clock.now = h.clock.now.Add(-5 * time.Minute)
	h.index.Close()
	h.open(t, t.TempDir())
	h.budget = moka.NewBudget(moka.QuotaConfig{PerMinute: 600, HeadcountWritesPerMinute: 30}, h.clock.now)
	h.account.change(7, true, 0)
	h.lead(t)
	h.live(t, 30*time.Minute)
	h.wantDerived(t, 7, "after a successor whose clock is behind")
	n := len(h.topic.entries)
	h.live(t, 30*time.Minute)
	if len(h.topic.entries) != n {
		t.Errorf("%d entries more, and nothing changed", len(h.topic.entries)-n)
	}
	h.index.Close()
}

// A webhook may have come while a look was under way, or by a clock that is ahead:
// what derive has of it is settled only by a look that began later, also when that
// shows nothing new.
func TestHintIsSettledByALaterLook(t *testing.T) {
	for _, ahead := range []time.Duration{0, 3 * time.Second} {
		h := newHouse(t, config(), t.TempDir(), 600)
		h.account.change(7, false, 0)
		h.live(t, time.Hour)
		id, at := int64(7), h.clock.now.Add(ahead)
		h.topic.write(&schemas.Checkpoint{OrgID: "org", Feed: "refetch:7", LastID: &id, SavedAt: at})
		h.live(t, ahead+time.Second)
		last := h.topic.entries[len(h.topic.entries)-1]
		if *last.ApplicationID != 7 || last.ReceivedAt.Before(at) {
			t.Errorf("asked for at %s, the last entry is of %s", at, last.ReceivedAt)
		}
		n := len(h.topic.entries)
		h.live(t, time.Hour)
		if len(h.topic.entries) != n {
			t.Errorf("%d entries more, and nothing changed", len(h.topic.entries)-n)
		}
		h.index.Close()
	}
}

// A hint that comes while its application is fetched is followed by another fetch.
func TestHintDuringItsFetch(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	h.account.change(7, false, 0)
	h.live(t, time.Hour)
	h.account.change(8, false, 0) // the feed's look-back does not reach 7 any more
	h.live(t, 20*time.Minute)
	s := &answered{account: h.account, then: func() {
		h.clock.pass(time.Second)
		h.account.change(7, true, 0)
		h.ask(7)
	}}
	h.api = s
	h.lead(t)
	h.ask(7)
	h.live(t, time.Minute)
	h.wantDerived(t, 7, "hinted at during the fetch")
	if h.topic.cursors["refetch:7"] != nil {
		t.Error("the hint is left")
	}
}

// answered is an account in which something happens, once, after a fetch by id was
// answered.
type answered struct {
	*account
	then func()
}

func (s *answered) Applications(ctx context.Context, class moka.Class, q moka.ApplicationsQuery) (moka.Page, error) {
	p, err := s.account.Applications(ctx, class, q)
	if then := s.then; then != nil && class == moka.ClassRefetch {
		s.then = nil
		then()
	}
	return p, err
}

// A lease that ended over a broker's limit is over: nothing is called too large
// because of it, least of all what was beside it.
func TestLostLeaseBuriesNothing(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.index.Close()
	h.account.change(7, false, 0)
	h.topic.refuse = fmt.Errorf("commit: %w: %w", checkpoint.ErrLost, publish.ErrTooLarge)
	for range 100 {
		_, wake, err := h.engine.Step(t.Context())
		if errors.Is(err, checkpoint.ErrLost) {
			break
		}
		h.clock.now = later(h.clock.now, wake)
	}
	if len(h.letters.all) != 0 {
		t.Errorf("dead letters: %+v", h.letters.all)
	}
}

// What was set from outside while a call was under way is not undone by its
// answer.
func TestCursorSetDuringACall(t *testing.T) {
	h := newHouse(t, config(), t.TempDir(), 600)
	defer h.index.Close()
	h.account.change(7, false, 0)
	h.live(t, time.Hour)
	back := h.clock.now.Add(-24 * time.Hour)
	s := &slow{account: h.account, class: moka.ClassIncremental}
	s.during = func() {
		h.account.change(8, false, 0)
		h.topic.write(&schemas.Checkpoint{OrgID: "org", Feed: "applications", UpdatedAt: &back, SavedAt: h.clock.now})
	}
	h.api = s
	h.lead(t)
	for s.during != nil {
		_, wake, err := h.engine.Step(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.clock.now = later(h.clock.now, wake)
	}
	if got := h.topic.cursors["applications"].UpdatedAt; !got.Equal(back) {
		t.Errorf("the cursor that was set to %s was saved as %s", back, got)
	}
	h.live(t, time.Minute)
	h.wantDerived(t, 8, "changed during the call")
}

// An application that comes back brings its interviews with it.
func TestInterviewsOfWhatComesBackAreNews(t *testing.T) {
	cfg := config()
	cfg.InterviewsInterval, cfg.InterviewsPast, cfg.InterviewsAhead = time.Minute, 7, 22
	h := newHouse(t, cfg, t.TempDir(), 600)
	defer h.index.Close()
	seven := h.account.change(7, false, 0)
	h.account.interviews = map[int64]time.Time{7: h.clock.now.Add(time.Hour)}
	h.live(t, time.Hour)
	count := func() int {
		n := 0
		for _, e := range h.topic.entries {
			if e.Endpoint == "v1/interviews" {
				n++
			}
		}
		return n
	}
	if count() != 1 {
		t.Fatalf("%d entries of the interview, wanted one", count())
	}
	delete(h.account.rows, 7)
	h.ask(7)
	h.live(t, 20*time.Minute)
	h.account.rows[7] = seven
	h.ask(7)
	h.live(t, 20*time.Minute)
	if count() != 2 {
		t.Errorf("%d entries of the interview, wanted one more after the application came back", count())
	}
}

var _ poll.API = (*slow)(nil)

// What the mapper can't read is journaled once, also where its links are signed
// anew at every read.
func TestUnreadableWithSignedLinksIsJournaledOnce(t *testing.T) {
	t.Parallel()
	h := newHouse(t, config(), t.TempDir(), 60)
	defer h.closeIndex(t)
	h.account.change(7, false, 0).hot = true
	h.api = unreadable{h.account}
	h.lead(t)
	h.live(t, time.Hour)
	if n := len(h.topic.entries); n != 1 {
		t.Errorf("journaled %d times, wanted once", n)
	}
}

// unreadable shows applications as nobody can read them, with a link that is
// signed anew.
type unreadable struct{ *account }

func (u unreadable) Applications(ctx context.Context, class moka.Class, q moka.ApplicationsQuery) (moka.Page, error) {
	p, err := u.account.Applications(ctx, class, q)
	for i := range p.Items {
		p.Items[i].Body = fmt.Appendf(nil, `{"basicInfo":7,"resumeUrl":"https://f.example.com/1.pdf?Expires=%d&Signature=x"}`, u.calls)
	}
	return p, err
}
