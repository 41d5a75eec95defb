package resources

import (
	"net/http"
	"slices"
	"strings"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// stageTypes are the words of the v1 parameter stage; all is every type.
func stageTypes(stage string) (types []int, ok bool) {
	switch stage {
	case "", "all":
		return nil, true
	case "preliminary_filter":
		return []int{100}, true
	case "offer":
		return []int{101}, true
	case "pending_checkin":
		return []int{102}, true
	case "filter":
		return []int{200}, true
	case "interview":
		return []int{201}, true
	case "exam":
		return []int{202}, true
	case "none":
		return []int{205}, true
	case "shigong":
		return []int{206}, true
	default:
		return nil, false
	}
}

// MovedApplications answers GET v1/data/movedApplications: rows in the order of
// (moved_at, applicationId), ascending from fromTime. Unless ReqType is all, it
// leaves out what a marking feed has returned since it was last moved, and marks
// what it returns: a caller that loses the answer loses the rows.
func (v View) MovedApplications(q MovedQuery) Answer {
	types, ok := stageTypes(q.Stage)
	if !ok || !slices.Contains([]string{"", "all", "update"}, q.ReqType) {
		return refused(wrongParameter, "stage或reqType参数错误")
	}
	if q.Next == "" && q.From.IsZero() {
		return refused(missingParameter, "缺少fromTime或next")
	}
	place := since(q.From)
	if q.Next != "" {
		var err error
		if place, err = movedPlace(q.Next); err != nil {
			return refused(wrongParameter, "next参数错误")
		}
	}
	marking := q.ReqType != "all"
	r := v.reading()
	rows, more := v.movedRows(types, place, within(q.Limit, v2Most, v2Most), marking)
	items := r.movedItems(rows, marking)
	if more {
		last := rows[len(rows)-1]
		return found(object{{"next", movedNext(cursor{last.MovedAt, last.ID})}, {"data", items}})
	}
	return found(object{{"data", items}})
}

const markedMost = 100

// MarkedApplications answers GET v1/data/moved_applications, a bare array of 100
// rows at most. It marks what it returns, together with MovedApplications.
func (v View) MarkedApplications(q MovedQuery) Answer {
	types, ok := stageTypes(q.Stage)
	if !ok {
		return refused(wrongParameter, "stage参数错误")
	}
	rows, _ := v.movedRows(types, since(q.From), markedMost, true)
	return found(v.reading().movedItems(rows, true))
}

func (v View) movedRows(types []int, place cursor, limit int, marking bool) (rows []*company.Application, more bool) {
	for app := range v.Company.ByMove(place.at, place.id) {
		switch {
		case types != nil && !slices.Contains(types, app.Stage.Type), !v.visible(app.ID, app.MovedAt), marking && v.Company.Marked(app):
		case len(rows) == limit:
			return rows, true
		default:
			rows = append(rows, app)
		}
	}
	return rows, false
}

// movedItems writes rows, and marks them if this is a marking feed.
func (r *reading) movedItems(rows []*company.Application, marking bool) []object {
	items := make([]object, 0, len(rows))
	for _, app := range rows {
		items = append(items, r.moved(app))
		if marking {
			r.Company.Mark(app)
		}
	}
	return items
}

// ApplicationsV1 answers GET v1/data/ehrApplications: by ids, or those in the
// offer and onboarding stages in the order of moved_at, newest first unless
// Ascending, which always gives a next. Moka documents that it fails where a
// stage has nobody in it.
func (v View) ApplicationsV1(q ApplicationsV1Query) Answer {
	r := v.reading()
	if len(q.IDs) > 0 {
		items := make([]object, 0, len(q.IDs))
		for _, id := range q.IDs[:min(len(q.IDs), v2Most)] {
			if app := v.Company.Application(id); app != nil {
				items = append(items, r.flat(app))
			}
		}
		return found(object{{"data", items}})
	}
	types := map[string][]int{"offer": {101}, "pending_checkin": {102}, "all": {101, 102}}[q.Stage]
	if types == nil {
		return refused(missingParameter, "applicationId和stage参数必须传其一")
	}
	rows, more, err := v.ehrRows(q, types)
	switch {
	case err != nil:
		return refused(wrongParameter, "next参数错误")
	case len(rows) == 0 && q.Next == "":
		return Answer{http.StatusInternalServerError, object{{"code", -1}, {"success", false}, {"msg", "服务器异常"}}}
	}
	items := make([]object, 0, len(rows))
	for _, app := range rows {
		items = append(items, r.flat(app))
	}
	answer := object{{"data", items}}
	switch {
	case len(rows) > 0 && (more || q.Ascending):
		last := rows[len(rows)-1]
		answer = append(answer, member{"next", feedNext(cursor{last.MovedAt, last.ID})})
	case q.Ascending:
		answer = append(answer, member{"next", q.Next})
	}
	return found(answer)
}

func (v View) ehrRows(q ApplicationsV1Query, types []int) (rows []*company.Application, more bool, err error) {
	limit := within(q.Limit, v2Most, v2Most)
	ordered := v.Company.ByMoveBack
	place := cursor{q.MovedUntil, 1<<63 - 1}
	if q.MovedUntil.IsZero() {
		place.at = v.Now.AddDate(1, 0, 0)
	}
	if q.Ascending {
		ordered, place = v.Company.ByMove, since(q.MovedFrom)
	}
	if q.Next != "" {
		if place, err = feedPlace(q.Next); err != nil {
			return nil, false, err
		}
	}
	for app := range ordered(place.at, place.id) {
		if q.Ascending && !q.MovedUntil.IsZero() && app.MovedAt.After(q.MovedUntil) || !q.Ascending && app.MovedAt.Before(q.MovedFrom) {
			break
		}
		who := app.Candidate
		switch {
		case !slices.Contains(types, app.Stage.Type), !v.visible(app.ID, app.MovedAt), !inside(app.MovedAt, q.MovedFrom, q.MovedUntil),
			q.Email != "" && !strings.EqualFold(q.Email, who.Email), q.Phone != "" && q.Phone != who.Phone:
		case len(rows) == limit:
			return rows, true, nil
		default:
			rows = append(rows, app)
		}
	}
	return rows, false, nil
}
