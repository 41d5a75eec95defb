package resources

import (
	"cmp"
	"slices"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

const (
	feedPage = 100
	feedMost = 500
)

// begin reads fromTime or next of the v1 feeds, one of which is required.
func (q FeedQuery) begin() (place cursor, refusal *Answer) {
	var err error
	switch {
	case q.Next != "":
		if place, err = feedPlace(q.Next); err != nil {
			no := refused(wrongParameter, "next参数错误")
			return place, &no
		}
		return place, nil
	case q.From.IsZero():
		no := refused(missingParameter, "缺少fromTime或next")
		return place, &no
	default:
		return since(q.From), nil
	}
}

// ApplicationFeed answers GET v1/data/applications, in the order of
// (updatedAt, id). Unlike the other feeds it may begin without fromTime, at the
// first application there is.
func (v View) ApplicationFeed(q FeedQuery) Answer {
	if q.Next == "" && q.From.IsZero() {
		q.From = time.Unix(1, 0)
	}
	place, no := q.begin()
	if no != nil {
		return *no
	}
	r, limit := v.reading(), within(q.Limit, feedPage, feedMost)
	items, next := []object{}, ""
	var last *company.Application
	for app := range v.Company.ByUpdate(place.at, place.id) {
		if !v.shows(app) {
			continue
		}
		if len(items) == limit {
			next = feedNext(cursor{last.UpdatedAt, last.ID})
			break
		}
		items, last = append(items, object{
			{"id", r.id(app.ID)}, {"sourceName", app.Source}, {"headhunterCompany", nil}, {"stageName", app.Stage.Name},
			{"jobId", app.Job.ID}, {"updatedAt", local(app.UpdatedAt)},
		}), app
	}
	return feed(items, next)
}

func feed(items []object, next string, more ...member) Answer {
	answer := object{{"data", items}}
	if next != "" {
		answer = append(answer, member{"next", next})
	}
	return found(append(answer, more...))
}

// HeadcountFeed answers GET v1/data/headcounts, in the order of (updatedAt, id).
// It shows few of a headcount's fields, and no status.
func (v View) HeadcountFeed(q FeedQuery) Answer {
	place, no := q.begin()
	if no != nil {
		return *no
	}
	all := slices.Clone(v.Company.Headcounts())
	slices.SortFunc(all, func(a, b *company.Headcount) int {
		return cmp.Or(a.UpdatedAt.Compare(b.UpdatedAt), cmp.Compare(a.ID, b.ID))
	})
	r, limit := v.reading(), within(q.Limit, feedPage, feedMost)
	items, next := []object{}, ""
	var last *company.Headcount
	for _, h := range all {
		if order := cmp.Or(h.UpdatedAt.Compare(place.at), cmp.Compare(h.ID, place.id)); order <= 0 || !v.visible(h.ID, h.UpdatedAt) {
			continue
		}
		if len(items) == limit {
			next = feedNext(cursor{last.UpdatedAt, last.ID})
			break
		}
		items, last = append(items, object{
			{"id", r.id(h.ID)}, {"orgId", v.OrgID}, {"number", h.Number}, {"startDate", isoOrNil(h.StartDate)},
			{"completeDate", isoOrNil(h.FinishBy)}, {"needNumber", h.Need}, {"description", orNil(h.Description)},
			{"updatedAt", iso(h.UpdatedAt)}, {"connectedJobIds", jobIDs(h)},
		}), h
	}
	return feed(items, next, member{"code", 0}, member{"msg", "success"})
}

func orNil(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func jobIDs(h *company.Headcount) []string {
	ids := []string{}
	for _, job := range h.Jobs {
		ids = append(ids, job.ID)
	}
	return ids
}

// given is one feedback: rows of the feed have no id of their own.
type given struct {
	app     *company.Application
	meeting *company.Meeting
	verdict company.Verdict
	serial  int64 // tells apart feedbacks of the same instant
}

// FeedbackFeed answers GET v1/data/interviewer_feedbacks, in the order in which
// the feedbacks were given.
func (v View) FeedbackFeed(q FeedQuery) Answer {
	place, no := q.begin()
	if no != nil {
		return *no
	}
	limit := within(q.Limit, feedPage, feedMost)
	rows := v.feedbacks(place, limit+1)
	items, next := []object{}, ""
	r := v.reading()
	for n, row := range rows {
		if n == limit {
			last := rows[n-1]
			next = feedNext(cursor{last.verdict.At, last.serial})
			break
		}
		items = append(items, r.feedback(row))
	}
	return feed(items, next)
}

// feedbacks are the first ones behind a place, both of the story and of those
// asleep.
func (v View) feedbacks(place cursor, limit int) []given {
	rows := []given{}
	collect := func(app *company.Application) (count int) {
		for _, meeting := range app.Meetings {
			for _, interview := range meeting.Of(app) {
				for n, verdict := range interview.Verdicts {
					row := given{app, meeting, verdict, interview.ID*1_000 + int64(n)}
					if verdict.Application.ID == app.ID && cmp.Or(verdict.At.Compare(place.at), cmp.Compare(row.serial, place.id)) > 0 {
						rows = append(rows, row)
						count++
					}
				}
			}
		}
		return count
	}
	for app := range v.Company.Awake() {
		collect(app)
	}
	more := 0
	for app := range v.Company.SleepersMet(place.at.Add(-4*time.Hour), v.Now) {
		if more += collect(app); more >= limit+64 { // 64: those of the same instant come together
			break
		}
	}
	slices.SortFunc(rows, func(a, b given) int {
		return cmp.Or(a.verdict.At.Compare(b.verdict.At), cmp.Compare(a.serial, b.serial))
	})
	return rows[:min(len(rows), limit)]
}

func (r *reading) feedback(row given) object {
	verdict := row.verdict
	key := func(n int) float64 { return float64(row.serial%1_000_000)*1_000 + float64(n) + 0.25 }
	return object{
		{"applicationId", r.id(row.app.ID)},
		{"round", row.meeting.Round},
		{"interviewerName", verdict.By.Name},
		{"interviewerEmail", verdict.By.Email},
		{"interviewType", interviewType(row.meeting.Type)}, // table
		{"resultName", resultName(verdict)},
		{"resultType", resultType(verdict)},
		{"feedback", verdict.Text},
		{"feedbackTemplateResult", object{{"items", []object{
			{
				{"type", 1}, {"key", key(1)}, {"title", "专业能力"}, {"scoreType", 10}, {"calcScoreType", "total"},
				{"subjects", []object{{{"title", "技术深度"}, {"description", ""}, {"result", verdict.Score}, {"key", key(2)}}}},
			},
			{
				{"type", 2}, {"key", key(3)}, {"title", ""}, {"description", ""},
				{"subjects", []object{{
					{"title", "是否推荐"}, {"key", key(4)}, {"result", resultType(verdict)},
					{"options", []object{{{"value", "不推荐"}, {"key", key(5)}}, {{"value", "推荐"}, {"key", key(6)}}}},
				}}},
			},
			{
				{"type", 3}, {"key", key(7)}, {"title", ""}, {"description", ""},
				{"subjects", []object{{{"title", "综合评语"}, {"key", key(8)}, {"result", verdict.Text}}}},
			},
		}}}},
		{"updatedAt", iso(verdict.At)}, // table
	}
}
