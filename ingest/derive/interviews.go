package derive

import (
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

type interviews struct{}

func (interviews) identify(entity any) (publish.Family, string) {
	e := entity.(*schemas.Interview)
	return publish.Interviews, publish.InterviewKey(e.OrgID, e.ApplicationID, e.InterviewID)
}

func (interviews) last(state any) (last, error) {
	if state == nil {
		return last{}, nil
	}
	s, ok := state.(*schemas.InterviewState)
	if !ok {
		return last{}, wrongState(state)
	}
	l := last{version: s.Version, eventID: s.EventID, changedAt: s.ChangedAt, deletedAt: s.DeletedAt, claims: s.Claims}
	if s.Entity != nil {
		l.entity = s.Entity
	}
	return l, nil
}

func (interviews) kind(s *step) string {
	before, after := pointerOrNil[schemas.Interview](s.before), pointerOrNil[schemas.Interview](s.after)
	kind := schemas.InterviewEventTypeUpdated
	switch {
	case s.obs.Act == normalize.Gone:
		kind = schemas.InterviewEventTypeDeleted
	case before == nil:
		kind = schemas.InterviewEventTypeCreated
	case became(before.Status, after.Status, schemas.InterviewStatusCancelled):
		kind = schemas.InterviewEventTypeCancelled
	case touched(s.changed, "starts_at"), touched(s.changed, "ends_at"):
		kind = schemas.InterviewEventTypeRescheduled
	case touched(s.changed, "feedbacks"):
		kind = schemas.InterviewEventTypeFeedbackSubmitted
	}
	return string(kind)
}

func (interviews) event(s *step, kind string, origin Origin) any {
	id := s.obs.Entity.(*schemas.Interview)
	return &schemas.InterviewEvent{
		EventID: s.next.eventID, Type: schemas.InterviewEventType(kind), Op: s.op,
		OrgID: id.OrgID, ApplicationID: id.ApplicationID, CandidateID: id.CandidateID, InterviewID: id.InterviewID,
		OccurredAt: s.obs.OccurredAt, ObservedAt: s.obs.ReadAt, Version: s.next.version,
		Source: source(s, origin), ChangedFields: list(s.changed),
		Before: pointerOrNil[schemas.Interview](s.before), After: pointerOrNil[schemas.Interview](s.after),
	}
}

func (interviews) state(next *last, fingerprint string) any {
	return &schemas.InterviewState{
		Entity: pointerOrNil[schemas.Interview](next.entity), Version: next.version, Fingerprint: fingerprint,
		EventID: next.eventID, DeletedAt: next.deletedAt, ChangedAt: next.changedAt, Claims: next.claims,
	}
}
