package derive

import (
	"slices"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// move is an entry MOVE_STAGE of the log of an application.
type move struct {
	*schemas.Activity
	// mark is its identity: what the log says of it, and of several that say the
	// same, which one. Names change and ids do not.
	mark string
	// former is the one before it in the log; nil at the first.
	former *move
	// foreign says that the log's ids are not those of the stages that the
	// application shows. Then names have to do.
	foreign bool
}

func (m *move) leads(c *schemas.Candidate) bool  { return m.names(c, m.ToStageID, m.ToStageName) }
func (m *move) leaves(c *schemas.Candidate) bool { return m.names(c, m.FromStageID, m.FromStageName) }

// names tells whether c is in the stage that has this id and name in the log.
func (m *move) names(c *schemas.Candidate, id *int64, name *string) bool {
	if c.Stage == nil {
		return false
	}
	if !m.foreign && id != nil && (c.Stage.ID != nil || c.PipelineStageID != nil) {
		return sameID(c, id)
	}
	return name != nil && c.Stage.Name != nil && *c.Stage.Name == *name
}

// stage is what the log has, as a stage.
func (m *move) stage(id *int64, name *string) *schemas.Stage {
	if m.foreign {
		id = nil
	}
	return &schemas.Stage{ID: id, Name: name}
}

// knows tells whether the move names by its id the stage that c is in.
func (m *move) knows(c *schemas.Candidate) bool {
	return sameID(c, m.FromStageID) || sameID(c, m.ToStageID)
}

// sameID tells whether id is that of the stage c is in. Moka does not say
// whether the log has ids of stages or the pipeline's own.
func sameID(c *schemas.Candidate, id *int64) bool {
	if id == nil {
		return false
	}
	return c.Stage != nil && c.Stage.ID != nil && *c.Stage.ID == *id || c.PipelineStageID != nil && *c.PipelineStageID == *id
}

// movesOf reads the log, oldest first, whatever order it is in. A move without a
// time has no place in it; what it led to shows in the stage.
func movesOf(c *schemas.Candidate) []*move {
	var all []*move
	var first, last *time.Time
	for i := range c.Activities {
		a := &c.Activities[i]
		if a.At == nil {
			continue
		}
		if last = a.At; first == nil {
			first = a.At
		}
		if a.Type != nil && *a.Type == schemas.ActivityTypeMoveStage {
			all = append(all, &move{Activity: a})
		}
	}
	if first != nil && last.Before(*first) {
		slices.Reverse(all) // so that moves of one time keep their order
	}
	slices.SortStableFunc(all, func(a, b *move) int { return a.At.Compare(*b.At) })
	same := map[string]int{}
	for i, m := range all {
		m.mark = strconv.FormatInt(m.At.UnixMilli(), 10) + "/" + stageText(m.FromStageID, m.FromStageName) + "/" + stageText(m.ToStageID, m.ToStageName)
		if same[m.mark]++; same[m.mark] > 1 {
			m.mark += "/" + strconv.Itoa(same[m.mark])
		}
		if i > 0 {
			m.former = all[i-1]
		}
	}
	return all
}

func stageText(id *int64, name *string) string {
	switch {
	case id != nil:
		return strconv.FormatInt(*id, 10)
	case name != nil:
		return strconv.Quote(*name)
	default:
		return ""
	}
}

// restaged tells whether the application is in another stage than before. A
// stage that nobody had named, or that got another name, is no move.
func restaged(before, after *schemas.Candidate) bool {
	a, b := before.Stage, after.Stage
	switch {
	case a == nil || b == nil:
		return false
	case a.ID != nil && b.ID != nil:
		return *a.ID != *b.ID
	case a.Name != nil && b.Name != nil:
		return *a.Name != *b.Name
	default:
		return false
	}
}

// arrival is how far apart the time of a move in the log and the moved_at it
// leaves may be.
const arrival = time.Minute

// newMoves are the moves since the last look, oldest first: those that its log
// did not have or, where it had none, as of an application that only webhooks
// have told of, those after its moved_at. Where that is unknown too, only the one
// from its stage to the present can be told from history.
func newMoves(before, after *schemas.Candidate) []*move {
	all := movesOf(after)
	foreign := !slices.ContainsFunc(all, func(m *move) bool { return m.knows(before) || m.knows(after) })
	for _, m := range all {
		m.foreign = foreign
	}
	var fresh []*move
	switch {
	case len(before.Activities) > 0:
		fresh = since(all, movesOf(before))
	case before.MovedAt != nil:
		fresh = sinceMoved(all, before)
	}
	fresh = shown(fresh, before, after)
	if len(fresh) > 0 || !restaged(before, after) {
		return fresh
	}
	for _, m := range slices.Backward(all) {
		if m.leads(after) && m.leaves(before) && (before.MovedAt == nil || m.At.After(*before.MovedAt)) {
			return []*move{m}
		}
	}
	return nil
}

// sinceMoved are the moves after the one that moved_at tells of.
func sinceMoved(all []*move, before *schemas.Candidate) []*move {
	for i, m := range all {
		if !m.At.After(*before.MovedAt) {
			continue
		}
		if m.leads(before) && !m.leaves(before) && m.At.Sub(*before.MovedAt) < arrival {
			continue // that one
		}
		return all[i:]
	}
	return nil
}

// since are the moves that were not known. One that is older than a known one
// was put into the log afterwards, and is no news.
func since(all, known []*move) []*move {
	seen := map[string]bool{}
	for _, m := range known {
		seen[m.mark] = true
	}
	return slices.DeleteFunc(slices.Clone(all), func(m *move) bool {
		return seen[m.mark] || len(known) > 0 && m.At.Before(*known[len(known)-1].At)
	})
}

// shown drops the moves that the stage does not show yet: the look that shows
// it will tell of them. Where the stage is a new one to which no move leads, the
// moves before it are told all the same.
func shown(moves []*move, before, after *schemas.Candidate) []*move {
	for i, m := range slices.Backward(moves) {
		if m.leads(after) {
			return moves[:i+1]
		}
	}
	if restaged(before, after) {
		return moves
	}
	return nil
}
