package derive

import (
	"time"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/schemas"
)

// tellMoves tells of the way from before to after, which are in different stages
// or have moves between them: each move leads to a version that differs in its
// stage alone, and the last to after, with all that changed besides. A move that
// only the stage shows comes last.
func tellMoves(m *content.Model, s *step, before, after *schemas.Candidate, moves []*move) []telling {
	var out []telling
	here := before
	for i, mv := range moves {
		there := after
		if i < len(moves)-1 || !mv.leads(after) {
			there = moved(here, mv, before, after)
		}
		t := telling{
			kind: string(schemas.CandidateEventTypeStageMoved), mark: mv.mark,
			before: here, after: there, changed: m.Changed(here, there),
			occurredAt: mv.At, operator: mv.Operator, transition: logged(mv, here, there),
		}
		t.transition.TimeInStageMs = between(entered(mv, before, after), mv.At)
		out = append(out, t)
		here = there
	}
	if here == after {
		return out
	}
	last := whole(s, string(schemas.CandidateEventTypeStageMoved))
	last.before, last.changed, last.transition = here, m.Changed(here, after), unlogged(here, after, s.obs.Operator)
	last.after = after
	return append(out, last)
}

// moved is what the application was after a move.
func moved(here *schemas.Candidate, mv *move, before, after *schemas.Candidate) *schemas.Candidate {
	there := *here
	there.MovedAt = mv.At
	switch {
	case mv.leads(before):
		there.Stage, there.PipelineStageID = before.Stage, before.PipelineStageID
	case mv.leads(after):
		there.Stage, there.PipelineStageID = after.Stage, after.PipelineStageID
	default:
		there.Stage, there.PipelineStageID = mv.stage(mv.ToStageID, mv.ToStageName), nil
	}
	return &there
}

// logged tells of a move that the log has.
func logged(mv *move, here, there *schemas.Candidate) *schemas.StageTransition {
	t := &schemas.StageTransition{From: here.Stage, To: there.Stage, At: mv.At, By: mv.Operator}
	if !mv.leaves(here) && (mv.FromStageID != nil || mv.FromStageName != nil) {
		t.From = mv.stage(mv.FromStageID, mv.FromStageName)
	}
	return t
}

// entered is when the application came into the stage that a move left: when it
// was moved there, else by its last look, else when it came in at all.
func entered(mv *move, before, after *schemas.Candidate) *time.Time {
	switch {
	case mv.former != nil:
		return mv.former.At
	case before.MovedAt != nil && before.MovedAt.Before(*mv.At):
		return before.MovedAt
	default:
		return arrived(after)
	}
}

// unlogged tells of a move where only the two versions are known.
func unlogged(before, after *schemas.Candidate, by *schemas.Person) *schemas.StageTransition {
	t := &schemas.StageTransition{From: before.Stage, To: after.Stage, By: by}
	if after.MovedAt != nil && (before.MovedAt == nil || !before.MovedAt.Equal(*after.MovedAt)) {
		t.At = after.MovedAt
	}
	t.TimeInStageMs = between(before.MovedAt, t.At)
	return t
}

// arrived is when the application came in, by its log or else by itself.
func arrived(c *schemas.Candidate) *time.Time {
	for i := range c.Activities {
		if a := &c.Activities[i]; a.Type != nil && *a.Type == schemas.ActivityTypeAddCandidate && a.At != nil {
			return a.At
		}
	}
	return c.CreatedAt
}

// between is the time from one moment to another in milliseconds, nil where one
// of them is unknown or they are out of order.
func between(from, to *time.Time) *int64 {
	if from == nil || to == nil || to.Before(*from) {
		return nil
	}
	ms := to.Sub(*from).Milliseconds()
	return &ms
}
