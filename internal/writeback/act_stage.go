package writeback

import (
	"cmp"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

// moveStage moves an application; to is found out by name where no id is given.
type moveStage struct {
	*schemas.MoveStage
	onApplication
	to     int64
	toName string
}

func (a *moveStage) check() error {
	switch byID, byName := a.StageID != nil, a.StageName != nil && *a.StageName != ""; {
	case byID && byName:
		return bad("move_stage has both stage_id and stage_name, and needs one")
	case byID && *a.StageID <= 0:
		return bad("move_stage: stage_id is %d, and must be above 0", *a.StageID)
	case !byID && !byName:
		return bad("move_stage needs stage_id or stage_name")
	case byID:
		a.to = *a.StageID
	default:
		a.toName = *a.StageName
	}
	return nil
}

func (a *moveStage) parameters() map[string]any {
	p := map[string]any{}
	put(p, "stage_id", a.StageID)
	put(p, "stage_name", a.StageName)
	return p
}

func (a *moveStage) field() string { return stageField }
func (a *moveStage) value() string { return number(a.to) }

func (a *moveStage) before(v *View) any { return stageOf(v.StageID, v.StageName) }
func (a *moveStage) after() any         { return stageOf(a.to, a.toName) }

func stageOf(id int64, name string) any {
	s := map[string]any{"id": id}
	if name != "" {
		s["name"] = name
	}
	return s
}

// An archived application shows the stage it was in.
func (a *moveStage) inForce(v *View) bool {
	if v.Archived {
		return false
	}
	if a.to == 0 {
		return v.StageName != "" && v.StageName == a.toName
	}
	return v.StageID == a.to
}

func (a *moveStage) baseline(v *View) *baseline {
	return &baseline{Moves: movesTo(v, a.to), To: a.to}
}

func movesTo(v *View, stage int64) int {
	n := 0
	for _, m := range v.Moves {
		if m.To == stage {
			n++
		}
	}
	return n
}

func (a *moveStage) since(v *View, begin time.Time, base *baseline) bool {
	if base != nil {
		return movesTo(v, cmp.Or(base.To, a.to)) > base.Moves
	}
	for _, m := range v.Moves {
		if m.To == a.to && !m.At.Before(begin.Add(-slack)) {
			return true
		}
	}
	return false
}

// Whether Moka would bring an archived application back by moving it is not
// documented.
func (a *moveStage) blocked(v *View) string {
	if v.Archived {
		return "the application is archived (该申请已归档)"
	}
	return ""
}

func (a *moveStage) superseded(v *View, asked time.Time, own []Change) string {
	if why := movedSince(v, asked, own); why != "" {
		return why
	}
	return closedSince(v, asked, own)
}
