package derive

import (
	"cmp"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

type interviews struct{}

func (interviews) identify(e *schemas.Interview) (publish.Family, string) {
	return publish.Interviews, publish.InterviewKey(e.OrgID, e.ApplicationID, e.InterviewID)
}

func (interviews) fields(s *schemas.InterviewState) fields[schemas.Interview] {
	return fields[schemas.Interview]{
		&s.Entity, &s.Version, &s.Fingerprint, &s.EventID, &s.DeletedAt, &s.ChangedAt, nil, &s.Claims,
	}
}

func (interviews) tell(_ *content.Model, s *step, before, after *schemas.Interview) []telling {
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
	return []telling{whole(s, string(kind))}
}

func (interviews) event(s *step, t *telling, origin Origin, id, before, after *schemas.Interview) any {
	ev := &schemas.InterviewEvent{
		EventID: t.id, Type: schemas.InterviewEventType(t.kind), Op: s.op,
		OrgID: id.OrgID, ApplicationID: id.ApplicationID, CandidateID: id.CandidateID, InterviewID: id.InterviewID,
		OccurredAt: t.occurredAt, ObservedAt: s.obs.ReadAt, Version: t.version,
		Source: source(t, origin), ChangedFields: list(t.changed), Before: before, After: after,
	}
	if before != nil {
		ev.CandidateID = cmp.Or(id.CandidateID, before.CandidateID)
	}
	return ev
}
