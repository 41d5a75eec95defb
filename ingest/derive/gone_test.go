package derive_test

import (
	"testing"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// missed is a sweep that began at second n and did not find the application.
func missed(n int) *normalize.Observation {
	return &normalize.Observation{
		Act: normalize.Gone, Feed: schemas.FeedSweep,
		Entity: &schemas.Candidate{OrgID: "demo", ApplicationID: 7}, ReadAt: at(n),
	}
}

func TestNobodyMissesWhatWasNeverThere(t *testing.T) {
	s := story{decider: newDecider(t)}
	if out := s.next(t, missed(10), "sweep"); len(out.Events) > 0 || out.State != nil || out.Forget {
		t.Errorf("a sweep for an unknown application came to %+v", out)
	}
	s.want(t, derive.Changed, look(5, 0), "older") // not held against it
}

func TestSweepDeletesAndLaterSightBringsBack(t *testing.T) {
	s := story{decider: newDecider(t)}
	first := look(5, 1)
	first.Entity.(*schemas.Candidate).CandidateID = ptr(int64(9))
	s.next(t, first, "first")
	gone := only[schemas.CandidateEvent](t, s.next(t, missed(10), "sweep"))
	if gone.Type != schemas.CandidateEventTypeDeleted || gone.Before == nil || gone.After != nil || *gone.CandidateID != 9 {
		t.Errorf("%s of %v, before %v", gone.Type, gone.CandidateID, gone.Before)
	}
	s.want(t, derive.Duplicate, missed(10), "sweep")
	s.want(t, derive.Unchanged, missed(20), "next sweep")
	s.want(t, derive.Stale, look(8, 2), "read before it")
	s.want(t, derive.Stale, push(9, "x"), "pushed before it")
	back := only[schemas.CandidateEvent](t, s.next(t, look(30, 2), "back"))
	if back.Type != schemas.CandidateEventTypeCreated || back.Op != schemas.OperationCreate || back.Before != nil || back.Version <= gone.Version {
		t.Errorf("seen again it is %s %s, version %d after %d", back.Op, back.Type, back.Version, gone.Version)
	}
	s.want(t, derive.Changed, missed(40), "third sweep")
	s.want(t, derive.Changed, push(41, "x"), "pushed after it")
}

func TestSweepThatBeganBeforeTheLastSightIsStale(t *testing.T) {
	for name, seen := range map[string]*normalize.Observation{"by a read": look(10, 1), "by a webhook": push(9, "x")} {
		t.Run(name, func(t *testing.T) {
			s := story{decider: newDecider(t)}
			s.next(t, seen, "seen") // known at second 10
			s.want(t, derive.Stale, missed(8), "slow sweep")
			s.want(t, derive.Stale, missed(10), "at the same moment")
			s.want(t, derive.Changed, missed(11), "sweep")
		})
	}
}
