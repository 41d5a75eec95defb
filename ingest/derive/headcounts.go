package derive

import (
	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

type headcounts struct{}

func (headcounts) identify(e *schemas.Headcount) (publish.Family, string) {
	return publish.Headcounts, publish.HeadcountKey(e.OrgID, e.HeadcountID)
}

func (headcounts) fields(s *schemas.HeadcountState) fields[schemas.Headcount] {
	return fields[schemas.Headcount]{
		&s.Entity, &s.Version, &s.Fingerprint, &s.EventID, &s.DeletedAt, &s.ChangedAt, &s.Commands, &s.Claims,
	}
}

func (headcounts) tell(_ *content.Model, s *step, before, _ *schemas.Headcount) []telling {
	kind := schemas.HeadcountEventTypeUpdated
	switch {
	case s.obs.Act == normalize.Gone:
		kind = schemas.HeadcountEventTypeDeleted
	case before == nil:
		kind = schemas.HeadcountEventTypeCreated
	case touched(s.changed, "status"):
		kind = schemas.HeadcountEventTypeStatusChanged
	}
	return []telling{whole(s, string(kind))}
}

func (headcounts) event(s *step, t *telling, origin Origin, id, before, after *schemas.Headcount) any {
	return &schemas.HeadcountEvent{
		EventID: t.id, Type: schemas.HeadcountEventType(t.kind), Op: s.op,
		OrgID: id.OrgID, HeadcountID: id.HeadcountID,
		OccurredAt: t.occurredAt, ObservedAt: s.obs.ReadAt, Version: t.version,
		Source: source(t, origin), ChangedFields: list(t.changed), Before: before, After: after,
	}
}
