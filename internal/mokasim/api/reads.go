package api

import (
	"net/http"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/resources"
)

// reading is how a read endpoint turns a call into a question.
type reading func(c *call) (func(resources.View) resources.Answer, error)

// reads are the endpoints that package resources answers.
func reads() []route {
	var all []route
	for _, one := range []struct {
		method, path string
		ask          reading
		shape        shape
	}{
		{http.MethodPost, "/v2/data/ehrApplications", applications, inCode},
		{http.MethodGet, "/v1/data/ehrApplications", applicationsV1, inStatus},
		{http.MethodGet, "/v1/data/movedApplications", movedApplications, inStatus},
		{http.MethodGet, "/v1/data/moved_applications", markedApplications, inStatus},
		{http.MethodGet, "/v1/data/applications", feed(resources.View.ApplicationFeed), inStatus},
		{http.MethodGet, "/v1/data/headcounts", feed(resources.View.HeadcountFeed), inStatus},
		{http.MethodGet, "/v1/data/interviewer_feedbacks", feed(resources.View.FeedbackFeed), inStatus},
		{http.MethodGet, "/v1/headcount/minimal_headcounts", byMode(resources.View.MinimalHeadcounts), inStatus},
		{http.MethodGet, "/v1/headcount_status/count", byMode(resources.View.HeadcountCount), inStatus},
		{http.MethodGet, "/v1/headcounts", headcountPage, inStatus},
		{http.MethodGet, "/v1/headcount/{id}", headcount, inStatus},
		{http.MethodGet, "/v1/interviews", interviews, inStatus},
		{http.MethodPost, "/candidate/v1/getApplicationStates", applicationStates, inCode},
		{http.MethodGet, "/v1/data/job_stages", jobStages, inStatus},
		{http.MethodGet, "/v1/archiveReasons", plainly(resources.View.ArchiveReasons), inStatus},
		{http.MethodGet, "/v2/stage/getStagesList", plainly(resources.View.Stages), inCode},
		{http.MethodGet, "/v2/pipelines/getPipelinesList", plainly(resources.View.Pipelines), inCode},
		{http.MethodGet, "/v1/pipelines/list", byMode(resources.View.PipelineRows), inStatus},
	} {
		all = append(all, route{
			method: one.method, path: one.path, shape: one.shape,
			do: func(s *Server, c *call) (answer, error) { return s.read(c, one.ask) },
		})
	}
	return all
}

func (s *Server) read(c *call, ask reading) (answer, error) {
	question, err := ask(c)
	if err != nil {
		return answer{}, err
	}
	var said resources.Answer
	err = s.deps.Act(func(co *company.Company, now time.Time) error {
		said = question(s.view(co, now))
		return nil
	})
	if err != nil {
		return answer{}, err
	}
	return stated(said.Status, said.Body), nil // while others use the company
}

// view is the next reading of the company.
func (s *Server) view(co *company.Company, now time.Time) resources.View {
	return resources.View{Company: co, OrgID: s.cfg.OrgID, Now: now, Number: s.reading.Add(1), Quirks: s.cfg.Quirks}
}

func plainly(ask func(resources.View) resources.Answer) reading {
	return func(*call) (func(resources.View) resources.Answer, error) { return ask, nil }
}

// byMode is for the endpoints that take nothing but currentHireMode.
func byMode(ask func(resources.View, int) resources.Answer) reading {
	return func(c *call) (func(resources.View) resources.Answer, error) {
		mode, err := c.number("currentHireMode")
		return func(v resources.View) resources.Answer { return ask(v, int(mode)) }, err
	}
}

// feed is for the endpoints that take fromTime on the first call and next on
// those that follow.
func feed(ask func(resources.View, resources.FeedQuery) resources.Answer) reading {
	return func(c *call) (func(resources.View) resources.Answer, error) {
		limit, err := c.number("limit")
		if err != nil {
			return nil, err
		}
		q := resources.FeedQuery{Next: c.query.Get("next"), Limit: int(limit)}
		q.From, err = c.time("fromTime")
		return func(v resources.View) resources.Answer { return ask(v, q) }, err
	}
}

// time is a time of the query; zero for none. Whether one is needed, package
// resources knows.
func (c *call) time(name string) (time.Time, error) {
	text := c.query.Get(name)
	if text == "" {
		return time.Time{}, nil
	}
	return moment(name, text)
}

func headcount(c *call) (func(resources.View) resources.Answer, error) {
	id, err := strconv.ParseInt(c.id, 10, 64)
	if err != nil {
		return nil, wrong("hcId")
	}
	return func(v resources.View) resources.Answer { return v.Headcount(id) }, nil
}

func headcountPage(c *call) (func(resources.View) resources.Answer, error) {
	var mode, page int64
	if err := c.numbers(map[string]*int64{"currentHireMode": &mode, "pageNumber": &page}); err != nil {
		return nil, wrong("currentHireMode, pageNumber")
	}
	q := resources.HeadcountsQuery{HireMode: int(mode), Status: c.query.Get("status"), Page: int(page)}
	return func(v resources.View) resources.Answer { return v.Headcounts(q) }, nil
}

func interviews(c *call) (func(resources.View) resources.Answer, error) {
	var q resources.InterviewsQuery
	mode, err := c.number("hireMode")
	if err != nil {
		return nil, err
	}
	q.HireMode = int(mode)
	for name, target := range map[string]*time.Time{
		"startDate": &q.From, "endDate": &q.Until, "createStartDate": &q.CreatedFrom, "createEndDate": &q.CreatedUntil,
	} {
		if *target, err = c.time(name); err != nil {
			return nil, err
		}
	}
	return func(v resources.View) resources.Answer { return v.Interviews(q) }, nil
}

func applicationStates(c *call) (func(resources.View) resources.Answer, error) {
	body, err := c.fields()
	if err != nil {
		return nil, err
	}
	var id int64
	if err := body.required("candidateId", &id); err != nil {
		return nil, err
	}
	return func(v resources.View) resources.Answer { return v.ApplicationStates(id) }, nil
}

func jobStages(c *call) (func(resources.View) resources.Answer, error) {
	job := c.query.Get("jobId")
	if job == "" {
		return nil, missing("jobId")
	}
	return func(v resources.View) resources.Answer { return v.JobStages(job) }, nil
}
