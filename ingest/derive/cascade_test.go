package derive_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// sweepEntry is a sweep that began at second n and did not find an application.
func sweepEntry(application int64, n int) *schemas.JournalEntry {
	return &schemas.JournalEntry{
		EntryID: fmt.Sprintf("poll:sweep:%d:%d", application, n), OrgID: "demo", Channel: schemas.ChannelSweep, Endpoint: "sweep",
		Event: ptr("gone"), ApplicationID: &application, ReceivedAt: at(n), ContentType: "application/json", Body: []byte(`{}`),
	}
}

// offerEntry is a push with an offer.
func offerEntry(application int64, n int) *schemas.JournalEntry {
	e := pushEntry(application, n, "x")
	e.Body = fmt.Appendf(nil, `{"id":"push-%d-%d","event":"pushCandidate","triggeredAt":%d,"data":{"applicationId":%d,"candidateId":%d,"name":"x","offer":{"status":"pending"}}}`,
		application, n, at(n).Unix(), application, application+1000)
	return e
}

func arranged(application int64, n int, interview string) *schemas.JournalEntry {
	e := interviewEntry("createInterviewsInfo", application, n, n+100)
	e.EntryID += interview
	e.Body = fmt.Appendf(nil, `{"id":"%s","event":"createInterviewsInfo","triggeredAt":%d,"data":{"applicationIds":[%d],"interviews":[{"event_id":%q,"applicationIds":[%d],"startTime":%d}]}}`,
		interview, at(n).Unix(), application, interview, application, at(n+100).UnixMilli())
	return e
}

// TestApplicationThatIsGoneTakesItsOfferAndInterviewsWithIt sweeps what was
// decided in transactions before, and in the same one.
func TestApplicationThatIsGoneTakesItsOfferAndInterviewsWithIt(t *testing.T) {
	for name, apart := range map[string]bool{"known before": true, "in one transaction": false} {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t)
			start := func() { s.loop("one", t.TempDir(), time.Now) }
			if apart {
				start()
			}
			const other = 11 // whose key begins like that of 1
			s.say(offerEntry(1, 1), arranged(1, 2, "a"), arranged(1, 3, "b"), offerEntry(other, 1), arranged(other, 2, "c"))
			if apart {
				s.await()
			}
			s.say(arranged(1, 30, "late"), sweepEntry(1, 20))
			if !apart {
				start()
			}
			s.await()
			var gone []string
			for _, ev := range decoded[schemas.CandidateEvent](s, s.topics.Events(publish.Candidates)) {
				if ev.Type == schemas.CandidateEventTypeDeleted {
					gone = append(gone, fmt.Sprintf("candidate %d", ev.ApplicationID))
				}
			}
			for _, ev := range decoded[schemas.OfferEvent](s, s.topics.Events(publish.Offers)) {
				if ev.Type == schemas.OfferEventTypeDeleted {
					gone = append(gone, fmt.Sprintf("offer %d of %d", ev.ApplicationID, *ev.CandidateID))
				}
			}
			for _, ev := range decoded[schemas.InterviewEvent](s, s.topics.Events(publish.Interviews)) {
				if ev.Type == schemas.InterviewEventTypeDeleted {
					gone = append(gone, fmt.Sprintf("interview %d %s", ev.ApplicationID, ev.InterviewID))
				}
			}
			// The interview that was seen after the sweep began stays.
			if d := cmp.Diff([]string{"candidate 1", "offer 1 of 1001", "interview 1 a", "interview 1 b"}, gone); d != "" {
				t.Errorf("gone:\n%s", d)
			}
			s.say(sweepEntry(1, 40))
			s.await()
			if !slices.ContainsFunc(decoded[schemas.InterviewEvent](s, s.topics.Events(publish.Interviews)), func(ev *schemas.InterviewEvent) bool {
				return ev.InterviewID == "late" && ev.Type == schemas.InterviewEventTypeDeleted
			}) {
				t.Error("the next sweep left an interview behind")
			}
		})
	}
}

func TestSweepForAnUnknownApplicationWritesNothing(t *testing.T) {
	s := newSystem(t)
	s.loop("one", t.TempDir(), time.Now)
	s.say(sweepEntry(1, 20))
	s.await()
	for _, f := range publish.Families() {
		if n, m := len(s.read(s.topics.Events(f))), len(s.read(s.topics.State(f))); n+m > 0 {
			t.Errorf("%d events and %d states of %s", n, m, f)
		}
	}
}
