package resources

import (
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

const v2Most = 20 // rows of a page, and ids of a call

// Applications answers POST v2/data/ehrApplications: rows in the order of
// (updatedAt, applicationId), a next while there are more. Which filters a next
// remembers is not documented: here none, so they have to be sent again. Ids
// that are not there are left out.
func (v View) Applications(q ApplicationsQuery) Answer {
	if len(q.IDs) > v2Most {
		return refused(wrongParameter, "applicationIds参数错误")
	}
	r, limit := v.reading(), within(q.Limit, v2Most, v2Most)
	place := since(q.UpdatedFrom)
	if q.Next != "" {
		var err error
		if place, err = v2Place(q.Next); err != nil {
			return refused(wrongParameter, "next参数错误")
		}
	}
	rows, more := v.applications(q, place, limit)
	items := make([]object, 0, len(rows))
	for _, app := range rows {
		items = append(items, r.application(app, q))
	}
	answer := object{{"code", 200}, {"msg", "success"}, {"data", r.list(items)}}
	if more {
		last := rows[len(rows)-1]
		answer = append(answer, member{"next", r.v2Next(cursor{last.UpdatedAt, last.ID}, limit)})
	}
	return found(answer)
}

func (v View) applications(q ApplicationsQuery, place cursor, limit int) (rows []*company.Application, more bool) {
	if len(q.IDs) > 0 {
		return v.named(q), false
	}
	for app := range v.Company.ByUpdate(place.at, place.id) {
		if !q.UpdatedUntil.IsZero() && app.UpdatedAt.After(q.UpdatedUntil) {
			break
		}
		if app.UpdatedAt.Before(q.UpdatedFrom) || !v.shows(app) || !q.takes(app) {
			continue
		}
		if len(rows) == limit {
			return rows, true
		}
		rows = append(rows, app)
	}
	return rows, false
}

// named are the applications asked for by id, each once, in the order of the
// feed.
func (v View) named(q ApplicationsQuery) []*company.Application {
	var rows []*company.Application
	for _, id := range q.IDs {
		app := v.Company.Application(id)
		asked := slices.ContainsFunc(rows, func(other *company.Application) bool { return other.ID == id })
		if app != nil && !asked && q.takes(app) && inside(app.UpdatedAt, q.UpdatedFrom, q.UpdatedUntil) {
			rows = append(rows, app)
		}
	}
	slices.SortFunc(rows, func(a, b *company.Application) int {
		if order := a.UpdatedAt.Compare(b.UpdatedAt); order != 0 {
			return order
		}
		return int(a.ID - b.ID)
	})
	return rows
}

// takes applies the filters that are not about the time of the last change.
func (q ApplicationsQuery) takes(app *company.Application) bool {
	return (q.HireMode != 2) &&
		(q.Email == "" || strings.EqualFold(q.Email, app.Candidate.Email)) &&
		(q.Phone == "" || q.Phone == app.Candidate.Phone) &&
		(q.Archived == nil || *q.Archived == !app.Open()) &&
		(len(q.StageIDs) == 0 || slices.Contains(q.StageIDs, app.Stage.ID)) &&
		inside(app.CreatedAt, q.CreatedFrom, q.CreatedUntil)
}

// inside reports whether a time is between two, where they are given.
func inside(t, from, until time.Time) bool {
	return (from.IsZero() || !t.Before(from)) && (until.IsZero() || !t.After(until))
}

// application is one item of the v2 feed. Work trials and tests: the company has
// neither.
func (r *reading) application(app *company.Application, q ApplicationsQuery) object {
	return object{
		{"basicInfo", r.basicInfo(app, q)},
		{"offerInfo", r.offerInfo(app, q)},
		{"interviewInfo", r.interviewInfo(app)},
		{"shigongInfo", nil},
		{"examInfo", object{
			{"applicationId", r.id(app.ID)},
			{"exams", []object{}},
			{"surveys", []object{}},
		}},
		{"jobInfo", r.jobInfo(app.Job)},
		{"activities", r.activities(app)},
	}
}

// activities are in the field table; the sample has none.
func (r *reading) activities(app *company.Application) any {
	var all []object
	for _, move := range app.Moves {
		activity := object{{"operator", withID(move.By)}}
		if move.From == nil {
			activity = append(activity, member{"type", "ADD_CANDIDATE"}, member{"createAt", iso(move.At)},
				member{"toStageName", move.To.Name}, member{"fromStageName", nil},
				member{"toStageId", r.id(move.To.ID)}, member{"fromStageId", nil})
		} else {
			activity = append(activity, member{"type", "MOVE_STAGE"}, member{"createAt", iso(move.At)},
				member{"toStageName", move.To.Name}, member{"fromStageName", move.From.Name},
				member{"toStageId", r.id(move.To.ID)}, member{"fromStageId", r.id(move.From.ID)})
		}
		all = append(all, append(activity, member{"source", app.Source}))
	}
	return r.list(all)
}

// person is somebody of the company in the form of the v2 answers; null for nil.
func person(its *company.Employee) any {
	if its == nil {
		return nil
	}
	return object{
		{"name", its.Name}, {"email", its.Email}, {"employeeId", its.Number}, {"phone", its.Phone}, {"number", its.Number},
	}
}

func withID(its *company.Employee) object {
	return object{
		{"id", its.ID}, {"name", its.Name}, {"email", its.Email}, {"phone", its.Phone}, {"number", its.Number}, {"employeeId", its.Number},
	}
}
