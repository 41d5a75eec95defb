package api

import (
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/resources"
)

// applications reads the body of POST v2/data/ehrApplications. Its filters by
// update are Beijing time written with a Z, those by creation Unix milliseconds.
// Documented keys that this company has nothing for (invitationUpdateStatus,
// applicationForm) filter nothing.
func applications(c *call) (func(resources.View) resources.Answer, error) {
	body, err := c.fields()
	if err != nil {
		return nil, err
	}
	var q resources.ApplicationsQuery
	var from, until int64
	faults := []error{
		body.reading("applicationIds", &q.IDs), body.reading("pipelineIds", &q.PipelineIDs), body.reading("stageIds", &q.StageIDs),
		body.reading("archived", &q.Archived), body.reading("hireMode", &q.HireMode), body.reading("email", &q.Email),
		body.reading("phone", &q.Phone), body.reading("next", &q.Next), body.reading("limit", &q.Limit),
		body.reading("needAttachment", &q.Attachments), body.reading("offerAttachment", &q.OfferAttachment),
		body.reading("applicationCreateStartTime", &from), body.reading("applicationCreateEndTime", &until),
	}
	q.CreatedFrom, q.CreatedUntil = unixMillis(from), unixMillis(until)
	for name, target := range map[string]*time.Time{"updateAtStartTime": &q.UpdatedFrom, "updateAtEndTime": &q.UpdatedUntil} {
		at, err := body.beijing(name)
		*target = at
		faults = append(faults, err)
	}
	return func(v resources.View) resources.Answer { return v.Applications(q) }, first(faults)
}

// beijing is a key's time as the v2 feed takes it; zero for none.
func (f fields) beijing(name string) (time.Time, error) {
	text, err := f.text(name)
	if err != nil || text == "" {
		return time.Time{}, err
	}
	at, err := resources.BeijingTime(text)
	if err != nil {
		return time.Time{}, wrong(name)
	}
	return at, nil
}

func unixMillis(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func applicationsV1(c *call) (func(resources.View) resources.Answer, error) {
	q := resources.ApplicationsV1Query{
		Stage: c.query.Get("stage"), Email: c.query.Get("email"), Phone: c.query.Get("phone"), Next: c.query.Get("next"),
	}
	switch c.query.Get("order") {
	case "", "DESC":
	case "ASC":
		q.Ascending = true
	default:
		return nil, wrong("order")
	}
	limit, err := c.number("limit")
	q.Limit = int(limit)
	faults := []error{err}
	q.IDs, err = idList("applicationId", c.query.Get("applicationId"))
	faults = append(faults, err)
	q.MovedFrom, err = c.time("movedAtStartTime")
	faults = append(faults, err)
	q.MovedUntil, err = c.time("movedAtEndTime")
	return func(v resources.View) resources.Answer { return v.ApplicationsV1(q) }, first(append(faults, err))
}

// movedQuery are the parameters that movedApplications and moved_applications
// share; the latter knows no others.
func movedQuery(c *call) (resources.MovedQuery, error) {
	q := resources.MovedQuery{Stage: c.query.Get("stage")}
	var err error
	q.From, err = c.time("fromTime")
	return q, err
}

func movedApplications(c *call) (func(resources.View) resources.Answer, error) {
	q, err := movedQuery(c)
	limit, limitErr := c.number("limit")
	q.Next, q.ReqType, q.Limit = c.query.Get("next"), c.query.Get("reqType"), int(limit)
	return func(v resources.View) resources.Answer { return v.MovedApplications(q) }, errors.Join(err, limitErr)
}

func markedApplications(c *call) (func(resources.View) resources.Answer, error) {
	q, err := movedQuery(c)
	return func(v resources.View) resources.Answer { return v.MarkedApplications(q) }, err
}

// idList reads ids that are separated by commas.
func idList(name, text string) ([]int64, error) {
	var ids []int64
	for one := range strings.SplitSeq(text, ",") {
		if one = strings.TrimSpace(one); one == "" {
			continue
		}
		id, err := strconv.ParseInt(one, 10, 64)
		if err != nil {
			return nil, wrong(name)
		}
		ids = append(ids, id)
	}
	return ids, nil
}
