package derive_test

import (
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// read is what the API showed: a version of second updated, read at second at.
func read(updated, when, start int) *normalize.Observation {
	o := arrange(updated, start)
	o.Feed, o.ReadAt = schemas.FeedEhrApplicationsV2, at(when)
	return o
}

// undated is a webhook that does not say when it was triggered.
func undated(when, start int) *normalize.Observation {
	o := arrange(0, start)
	o.UpdatedAt, o.ReadAt = nil, at(when)
	return o
}

func (s *story) want(t *testing.T, verdict derive.Verdict, obs *normalize.Observation, entry string) {
	t.Helper()
	if out := s.next(t, obs, entry); out.Verdict != verdict {
		t.Errorf("entry %s came to %v, want %v", entry, out.Verdict, verdict)
	}
}

func TestWhatWasReadBeforeADeletionIsNoNews(t *testing.T) {
	for name, before := range map[string]*normalize.Observation{"of a feed that spoke before": read(1, 2, 100), "of a new feed": nil} {
		t.Run(name, func(t *testing.T) {
			s := story{decider: newDecider(t)}
			if before != nil {
				s.next(t, before, "first")
			}
			s.next(t, cancel(50), "gone") // known at second 51
			s.want(t, derive.Stale, read(30, 40, 200), "slow")
			s.want(t, derive.Changed, read(30, 60, 200), "fresh")
		})
	}
}

func TestReturnedEntityBelongsToWhoShowsIt(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.next(t, read(1, 2, 100), "api")
	s.next(t, cancel(50), "gone")
	if ev := only[schemas.InterviewEvent](t, s.next(t, arrange(60, 700), "again")); ev.After.StartsAt == nil {
		t.Error("a poorer feed could not fill a field that a richer one had decided before the deletion")
	}
}

func TestUndatedWebhookDeliveredTwiceDerivesOnce(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.want(t, derive.Changed, undated(10, 100), "a")
	s.want(t, derive.Changed, undated(20, 200), "b")
	s.want(t, derive.Duplicate, undated(30, 100), "a")
	s.want(t, derive.Duplicate, undated(40, 200), "b")
}

func TestUndatedWebhookDoesNotForgetTheVersion(t *testing.T) {
	s := story{decider: newDecider(t)}
	s.want(t, derive.Changed, arrange(50, 100), "a")
	s.want(t, derive.Changed, undated(60, 200), "b")
	late := arrange(10, 300)
	late.ReadAt = at(70)
	s.want(t, derive.Stale, late, "late")
}

func TestVersionFromTheFutureDoesNotSilenceTheFeed(t *testing.T) {
	s := story{decider: newDecider(t)}
	wrong := arrange(1_000_000_000, 100)
	wrong.ReadAt = at(1)
	s.want(t, derive.Changed, wrong, "a")
	s.want(t, derive.Changed, arrange(3600, 200), "b")
}

func TestTwoObservationsOfOneEntityInOneEntryBothCount(t *testing.T) {
	s := newSystem(t)
	s.loop("one", t.TempDir(), time.Now)
	e := interviewEntry("createInterviewsInfo", 1, 1, 100)
	e.Body = []byte(`{"id":"x","event":"createInterviewsInfo","triggeredAt":1767225601,"data":{"applicationIds":[1],"interviews":[` +
		`{"event_id":"iv","startTime":1767225700000},{"event_id":"iv","startTime":1767225800000}]}}`)
	s.say(e)
	s.await()
	events := decoded[schemas.InterviewEvent](s, s.topics.Events(publish.Interviews))
	if len(events) != 2 || events[0].EventID == events[1].EventID || !events[1].After.StartsAt.Equal(at(200)) {
		t.Errorf("two versions in one entry gave %+v", events)
	}
}

// From the richest to the poorest: each takes what the next had decided, and
// keeps it.
func TestFeedsOutrankEachOther(t *testing.T) {
	for _, order := range [][]schemas.Feed{
		{schemas.FeedEhrApplicationsV2, schemas.FeedEhrApplicationsV1, schemas.FeedMovedApplications, schemas.FeedWebhookPush},
		{schemas.FeedEhrApplicationsV1, schemas.FeedMovedApplications, schemas.FeedInterviewList, schemas.FeedWebhookInterview},
		{schemas.FeedHeadcountDetail, schemas.FeedHeadcountFeed},
	} {
		named := func(feed schemas.Feed, n int) *normalize.Observation {
			o := push(n, string(feed))
			o.Act, o.Feed = normalize.Seen, feed
			return o
		}
		for i := range order[1:] {
			s := story{decider: newDecider(t)}
			s.next(t, named(order[i+1], 1), "poorer")
			s.want(t, derive.Changed, named(order[i], 2), "richer")
			s.want(t, derive.Unchanged, named(order[i+1], 3), "poorer again")
		}
	}
}
