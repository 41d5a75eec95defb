package derive

import (
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

type offers struct{}

func (offers) identify(entity any) (publish.Family, string) {
	e := entity.(*schemas.Offer)
	return publish.Offers, publish.OfferKey(e.OrgID, e.ApplicationID)
}

func (offers) last(state any) (last, error) {
	if state == nil {
		return last{}, nil
	}
	s, ok := state.(*schemas.OfferState)
	if !ok {
		return last{}, wrongState(state)
	}
	l := last{version: s.Version, eventID: s.EventID, changedAt: s.ChangedAt, deletedAt: s.DeletedAt, claims: s.Claims}
	if s.Entity != nil {
		l.entity = s.Entity
	}
	return l, nil
}

func (offers) kind(s *step) string {
	before, after := pointerOrNil[schemas.Offer](s.before), pointerOrNil[schemas.Offer](s.after)
	kind := schemas.OfferEventTypeUpdated
	switch {
	case s.obs.Act == normalize.Gone:
		kind = schemas.OfferEventTypeDeleted
	case before == nil:
		kind = schemas.OfferEventTypeCreated
	case became(before.Status, after.Status, schemas.OfferStatusAccepted):
		kind = schemas.OfferEventTypeAccepted
	case became(before.Status, after.Status, schemas.OfferStatusRejected):
		kind = schemas.OfferEventTypeRejected
	case became(before.Status, after.Status, schemas.OfferStatusSent):
		kind = schemas.OfferEventTypeSent
	case touched(s.changed, "approval_status"):
		kind = schemas.OfferEventTypeApprovalChanged
	}
	return string(kind)
}

func (offers) event(s *step, kind string, origin Origin) any {
	id := s.obs.Entity.(*schemas.Offer)
	return &schemas.OfferEvent{
		EventID: s.next.eventID, Type: schemas.OfferEventType(kind), Op: s.op,
		OrgID: id.OrgID, ApplicationID: id.ApplicationID, CandidateID: id.CandidateID,
		OccurredAt: s.obs.OccurredAt, ObservedAt: s.obs.ReadAt, Version: s.next.version,
		Source: source(s, origin), ChangedFields: list(s.changed),
		Before: pointerOrNil[schemas.Offer](s.before), After: pointerOrNil[schemas.Offer](s.after),
	}
}

func (offers) state(next *last, fingerprint string) any {
	return &schemas.OfferState{
		Entity: pointerOrNil[schemas.Offer](next.entity), Version: next.version, Fingerprint: fingerprint,
		EventID: next.eventID, DeletedAt: next.deletedAt, ChangedAt: next.changedAt, Claims: next.claims,
	}
}
