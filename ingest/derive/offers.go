package derive

import (
	"cmp"
	"slices"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

type offers struct{}

func (offers) identify(e *schemas.Offer) (publish.Family, string) {
	return publish.Offers, publish.OfferKey(e.OrgID, e.ApplicationID)
}

func (offers) fields(s *schemas.OfferState) fields[schemas.Offer] {
	return fields[schemas.Offer]{
		&s.Entity, &s.Version, &s.Fingerprint, &s.EventID, &s.DeletedAt, &s.ChangedAt, &s.Commands, &s.Claims,
	}
}

func (offers) tell(m *content.Model, s *step, before, after *schemas.Offer) []telling {
	var kind schemas.OfferEventType
	switch {
	case s.obs.Act == normalize.Gone:
		kind = schemas.OfferEventTypeDeleted
	case before == nil:
		kind = schemas.OfferEventTypeCreated
	default:
		if i := sentBetween(before, after); i >= 0 {
			return tellSending(m, s, before, after, i)
		}
		kind = offerTurn(before, after, s.changed)
	}
	return []telling{whole(s, string(kind))}
}

func offerTurn(before, after *schemas.Offer, changed []string) schemas.OfferEventType {
	switch {
	case became(before.Status, after.Status, schemas.OfferStatusAccepted):
		return schemas.OfferEventTypeAccepted
	case became(before.Status, after.Status, schemas.OfferStatusRejected):
		return schemas.OfferEventTypeRejected
	case became(before.Status, after.Status, schemas.OfferStatusSent):
		return schemas.OfferEventTypeSent
	case touched(changed, "approval_status"):
		return schemas.OfferEventTypeApprovalChanged
	default:
		return schemas.OfferEventTypeUpdated
	}
}

// answered tells whether an offer was accepted or rejected.
func answered(status *schemas.OfferStatus) bool {
	return status != nil && (*status == schemas.OfferStatusAccepted || *status == schemas.OfferStatusRejected)
}

// sentBetween finds the sending that nobody saw: the offer was not sent at the
// last look, was sent since, and is answered already. It is the index of the
// newest of after.sendings, or -1. Where the last look knew nothing of sendings,
// the one that it told by its status alone must not be taken for new.
func sentBetween(before, after *schemas.Offer) int {
	if !answered(after.Status) || before.Status == nil || *before.Status == schemas.OfferStatusSent {
		return -1
	}
	newest := -1
	for i := range after.Sendings {
		at := after.Sendings[i].SentAt
		if at != nil && (newest < 0 || at.After(*after.Sendings[newest].SentAt)) {
			newest = i
		}
	}
	if newest < 0 {
		return -1
	}
	at := *after.Sendings[newest].SentAt
	if slices.ContainsFunc(before.Sendings, func(o schemas.OfferSending) bool {
		return o.SentAt != nil && !o.SentAt.Before(at)
	}) {
		return -1
	}
	if before.LastSentAt != nil && !at.After(*before.LastSentAt) ||
		len(before.Sendings) == 0 && before.LastSentAt == nil && answered(before.Status) {
		return -1
	}
	return newest
}

// tellSending tells an offer that was sent and answered between two looks as
// both: everything as it was sent, and then the answer.
func tellSending(m *content.Model, s *step, before, after *schemas.Offer, newest int) []telling {
	pending := schemas.OfferStatusSent
	sent := *after
	sent.Status, sent.AcceptedAt = &pending, before.AcceptedAt
	sent.Sendings = slices.Clone(after.Sendings)
	sending := &sent.Sendings[newest]
	sending.Status, sending.AnsweredThrough = nil, nil

	first, second := whole(s, string(schemas.OfferEventTypeSent)), whole(s, "")
	first.after, first.changed = &sent, m.Changed(before, &sent)
	first.occurredAt, first.operator = sending.SentAt, sending.SentBy
	second.before, second.changed = &sent, m.Changed(&sent, after)
	second.kind = string(offerTurn(&sent, after, second.changed))
	return []telling{first, second}
}

func (offers) event(s *step, t *telling, origin Origin, id, before, after *schemas.Offer) any {
	ev := &schemas.OfferEvent{
		EventID: t.id, Type: schemas.OfferEventType(t.kind), Op: s.op,
		OrgID: id.OrgID, ApplicationID: id.ApplicationID, CandidateID: id.CandidateID,
		OccurredAt: t.occurredAt, ObservedAt: s.obs.ReadAt, Version: t.version,
		Source: source(t, origin), ChangedFields: list(t.changed), Before: before, After: after,
	}
	if before != nil {
		ev.CandidateID = cmp.Or(id.CandidateID, before.CandidateID)
	}
	return ev
}
