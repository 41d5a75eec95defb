package derive

import (
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

type headcounts struct{}

func (headcounts) identify(entity any) (publish.Family, string) {
	e := entity.(*schemas.Headcount)
	return publish.Headcounts, publish.HeadcountKey(e.OrgID, e.HeadcountID)
}

func (headcounts) last(state any) (last, error) {
	if state == nil {
		return last{}, nil
	}
	s, ok := state.(*schemas.HeadcountState)
	if !ok {
		return last{}, wrongState(state)
	}
	l := last{version: s.Version, eventID: s.EventID, changedAt: s.ChangedAt, deletedAt: s.DeletedAt, claims: s.Claims}
	if s.Entity != nil {
		l.entity = s.Entity
	}
	return l, nil
}

func (headcounts) kind(s *step) string {
	before := pointerOrNil[schemas.Headcount](s.before)
	kind := schemas.HeadcountEventTypeUpdated
	switch {
	case s.obs.Act == normalize.Gone:
		kind = schemas.HeadcountEventTypeDeleted
	case before == nil:
		kind = schemas.HeadcountEventTypeCreated
	case touched(s.changed, "status"):
		kind = schemas.HeadcountEventTypeStatusChanged
	}
	return string(kind)
}

func (headcounts) event(s *step, kind string, origin Origin) any {
	id := s.obs.Entity.(*schemas.Headcount)
	return &schemas.HeadcountEvent{
		EventID: s.next.eventID, Type: schemas.HeadcountEventType(kind), Op: s.op,
		OrgID: id.OrgID, HeadcountID: id.HeadcountID,
		OccurredAt: s.obs.OccurredAt, ObservedAt: s.obs.ReadAt, Version: s.next.version,
		Source: source(s, origin), ChangedFields: list(s.changed),
		Before: pointerOrNil[schemas.Headcount](s.before), After: pointerOrNil[schemas.Headcount](s.after),
	}
}

func (headcounts) state(next *last, fingerprint string) any {
	return &schemas.HeadcountState{
		Entity: pointerOrNil[schemas.Headcount](next.entity), Version: next.version, Fingerprint: fingerprint,
		EventID: next.eventID, DeletedAt: next.deletedAt, ChangedAt: next.changedAt, Claims: next.claims,
	}
}
