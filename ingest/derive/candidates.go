package derive

import (
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

type candidates struct{}

func (candidates) identify(entity any) (publish.Family, string) {
	c := entity.(*schemas.Candidate)
	return publish.Candidates, publish.CandidateKey(c.OrgID, c.ApplicationID)
}

func (candidates) last(state any) (last, error) {
	if state == nil {
		return last{}, nil
	}
	s, ok := state.(*schemas.CandidateState)
	if !ok {
		return last{}, wrongState(state)
	}
	l := last{version: s.Version, eventID: s.EventID, changedAt: s.ChangedAt, deletedAt: s.DeletedAt, claims: s.Claims}
	if s.Entity != nil {
		l.entity = s.Entity
	}
	return l, nil
}

func (candidates) kind(s *step) string {
	before, after := pointerOrNil[schemas.Candidate](s.before), pointerOrNil[schemas.Candidate](s.after)
	kind := schemas.CandidateEventTypeUpdated
	switch {
	case s.obs.Act == normalize.Gone:
		kind = schemas.CandidateEventTypeDeleted
	case s.obs.Act == normalize.Pushed:
		kind = schemas.CandidateEventTypePushed
	case before == nil:
		kind = schemas.CandidateEventTypeCreated
	case before.HiredAt == nil && after.HiredAt != nil:
		kind = schemas.CandidateEventTypeHired
	case before.ResignedAt == nil && after.ResignedAt != nil:
		kind = schemas.CandidateEventTypeResigned
	case became(before.Archived, after.Archived, true):
		kind = schemas.CandidateEventTypeArchived
	case became(before.Archived, after.Archived, false) && before.Archived != nil:
		kind = schemas.CandidateEventTypeRestored
	case touched(s.changed, "stage"):
		kind = schemas.CandidateEventTypeStageMoved
	}
	return string(kind)
}

func (candidates) event(s *step, kind string, origin Origin) any {
	id := s.obs.Entity.(*schemas.Candidate)
	before, after := pointerOrNil[schemas.Candidate](s.before), pointerOrNil[schemas.Candidate](s.after)
	ev := &schemas.CandidateEvent{
		EventID: s.next.eventID, Type: schemas.CandidateEventType(kind), Op: s.op,
		OrgID: id.OrgID, ApplicationID: id.ApplicationID, CandidateID: id.CandidateID,
		OccurredAt: s.obs.OccurredAt, ObservedAt: s.obs.ReadAt, Version: s.next.version,
		Source: source(s, origin), ChangedFields: list(s.changed), Before: before, After: after,
	}
	if ev.Type == schemas.CandidateEventTypeStageMoved {
		ev.Transition = transition(before, after, s.obs.Operator)
	}
	return ev
}

// transition tells of a move where only the two versions are known.
func transition(before, after *schemas.Candidate, by *schemas.Person) *schemas.StageTransition {
	t := &schemas.StageTransition{From: before.Stage, To: after.Stage, At: after.MovedAt, By: by}
	if before.MovedAt != nil && after.MovedAt != nil && after.MovedAt.After(*before.MovedAt) {
		ms := after.MovedAt.Sub(*before.MovedAt).Milliseconds()
		t.TimeInStageMs = &ms
	}
	return t
}

func (candidates) state(next *last, fingerprint string) any {
	return &schemas.CandidateState{
		Entity: pointerOrNil[schemas.Candidate](next.entity), Version: next.version, Fingerprint: fingerprint,
		EventID: next.eventID, DeletedAt: next.deletedAt, ChangedAt: next.changedAt, Claims: next.claims,
	}
}
