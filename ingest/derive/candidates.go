package derive

import (
	"cmp"
	"slices"
	"strings"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

type candidates struct{}

func (candidates) identify(c *schemas.Candidate) (publish.Family, string) {
	return publish.Candidates, publish.CandidateKey(c.OrgID, c.ApplicationID)
}

func (candidates) fields(s *schemas.CandidateState) fields[schemas.Candidate] {
	return fields[schemas.Candidate]{
		&s.Entity, &s.Version, &s.Fingerprint, &s.EventID, &s.DeletedAt, &s.ChangedAt, &s.Commands, &s.Claims,
	}
}

// tell is one event for whatever a push changed, and at first sight: the moves
// that lie behind an application which was not known are its history, in
// after.activities, and nobody's news. Otherwise each move between stages is an
// event, then what else is telling by itself; what changed besides goes with the
// last move, or with the other where nothing moved.
func (candidates) tell(m *content.Model, s *step, before, after *schemas.Candidate) []telling {
	switch {
	case s.obs.Act == normalize.Gone:
		return []telling{whole(s, string(schemas.CandidateEventTypeDeleted))}
	case s.obs.Act == normalize.Pushed:
		return []telling{whole(s, string(schemas.CandidateEventTypePushed))}
	case before == nil:
		return []telling{whole(s, string(schemas.CandidateEventTypeCreated))}
	}
	turn := turnOf(before, after)
	moves := newMoves(before, after)
	if len(moves) == 0 && !restaged(before, after) {
		return turned(m, s, before, after, turn)
	}
	if turn == schemas.CandidateEventTypeUpdated {
		return tellMoves(m, s, before, after, moves)
	}
	// What turned is told by itself, after the moves.
	moved := *after
	moved.HiredAt, moved.ResignedAt = before.HiredAt, before.ResignedAt
	moved.Archived, moved.ArchivedAt = before.Archived, before.ArchivedAt
	moved.ArchiveReasonID, moved.ArchiveReason = before.ArchiveReasonID, before.ArchiveReason
	moved.ArchiveReasonDetails = before.ArchiveReasonDetails
	return append(tellMoves(m, s, before, &moved, moves), turned(m, s, &moved, after, turn)...)
}

// turned tells of a turn, and what changed with it. Whoever was hired and has left
// since the last look did both: the date tells of the one, and the reason of the
// archive, or another date, of the other.
func turned(m *content.Model, s *step, before, after *schemas.Candidate, turn schemas.CandidateEventType) []telling {
	second := whole(s, string(turn))
	second.before, second.changed = before, m.Changed(before, after)
	if turn != schemas.CandidateEventTypeHired || after.HiredAt == nil || resigned(before) || !resigned(after) {
		return []telling{second}
	}
	there := *after
	there.ResignedAt = nil
	there.ArchiveReasonID, there.ArchiveReason = before.ArchiveReasonID, before.ArchiveReason
	there.ArchiveReasonDetails = before.ArchiveReasonDetails
	first := second
	first.after, first.changed = &there, m.Changed(before, &there)
	second.kind, second.before, second.changed = string(schemas.CandidateEventTypeResigned), &there, m.Changed(&there, after)
	return []telling{first, second}
}

// turnOf names the most telling change beside moves; UPDATED is none.
func turnOf(before, after *schemas.Candidate) schemas.CandidateEventType {
	switch {
	case !hired(before) && hired(after):
		return schemas.CandidateEventTypeHired
	case !resigned(before) && resigned(after):
		return schemas.CandidateEventTypeResigned
	case became(before.Archived, after.Archived, true):
		return schemas.CandidateEventTypeArchived
	case became(before.Archived, after.Archived, false) && before.Archived != nil:
		return schemas.CandidateEventTypeRestored
	default:
		return schemas.CandidateEventTypeUpdated
	}
}

// hired tells whether an application ended well. Moka documents hiring and
// leaving as kinds of archiving (v3 archiveReasons.type 3 and 5), and no feed
// that shows when; v1 and v2 give the reason's name alone.
func hired(c *schemas.Candidate) bool {
	return c.HiredAt != nil || archivedFor(c, "已入职", "入职", "Hired")
}

func resigned(c *schemas.Candidate) bool {
	return c.ResignedAt != nil || archivedFor(c, "已离职", "离职", "Resigned")
}

func archivedFor(c *schemas.Candidate, reasons ...string) bool {
	return c.Archived != nil && *c.Archived && c.ArchiveReason != nil && slices.Contains(reasons, strings.TrimSpace(*c.ArchiveReason))
}

func (candidates) event(s *step, t *telling, origin Origin, id, before, after *schemas.Candidate) any {
	ev := &schemas.CandidateEvent{
		EventID: t.id, Type: schemas.CandidateEventType(t.kind), Op: s.op,
		OrgID: id.OrgID, ApplicationID: id.ApplicationID, CandidateID: id.CandidateID,
		OccurredAt: t.occurredAt, ObservedAt: s.obs.ReadAt, Version: t.version,
		Source: source(t, origin), ChangedFields: list(t.changed), Before: before, After: after,
		Transition: t.transition,
	}
	if before != nil {
		ev.CandidateID = cmp.Or(id.CandidateID, before.CandidateID)
	}
	return ev
}
