package company

import (
	"iter"
	"maps"
	"slices"
)

// Application finds an application, asleep or awake; nil if there is none with
// that id, or none any more. What is asleep is made up for this call.
func (c *Company) Application(id int64) *Application {
	if app := c.apps[id]; app != nil {
		return app
	}
	if n, asleep := c.asleep.number(id); asleep {
		return c.dream(n)
	}
	return nil
}

// Exists reports whether there is an application with that id, asleep or awake.
func (c *Company) Exists(id int64) bool {
	_, asleep := c.asleep.number(id)
	return asleep || c.apps[id] != nil
}

// Applications are all of them by id, behind the one given, those asleep
// included.
func (c *Company) Applications(after int64) iter.Seq[*Application] {
	return func(yield func(*Application) bool) {
		for n := max(after+1-c.asleep.first, 0); n < int64(c.asleep.count); n++ {
			if app := c.Application(c.asleep.first + n); app != nil && !yield(app) {
				return
			}
		}
		at, found := slices.BinarySearch(c.ids, after)
		if found {
			at++
		}
		for _, id := range c.ids[at:] {
			if app := c.apps[id]; app != nil && !yield(app) {
				return
			}
		}
	}
}

// Awake are the applications that never slept or woke, in no order.
func (c *Company) Awake() iter.Seq[*Application] { return maps.Values(c.apps) }

// OfCandidate are a candidate's applications, oldest first.
func (c *Company) OfCandidate(id int64) []*Application {
	if apps := c.byPerson[id]; len(apps) > 0 {
		return apps
	}
	if n, asleep := c.asleep.number(id + sleepersOffset); asleep {
		return []*Application{c.dream(n)}
	}
	return nil
}

// Job finds a job; nil if there is none with that id.
func (c *Company) Job(id string) *Job {
	for _, job := range c.jobs {
		if job.ID == id {
			return job
		}
	}
	return nil
}

// PipelineID of the company's one pipeline.
func (c *Company) PipelineID() int64 { return c.base + 485 }

// Stages of the pipeline, in its order.
func (c *Company) Stages() []*Stage { return c.stages }

// Reasons for archiving.
func (c *Company) Reasons() []Reason { return c.reasons }

// Marked reports whether a marking feed has returned the application since it
// was last moved.
func (c *Company) Marked(app *Application) bool { return c.marks[app.ID] == app.MovedAt.UnixNano() }

// Mark says that a marking feed returned it.
func (c *Company) Mark(app *Application) { c.marks[app.ID] = app.MovedAt.UnixNano() }

// Census counts what is there.
type Census struct {
	Jobs           int            `json:"jobs"`
	Employees      int            `json:"employees"`
	Candidates     int64          `json:"candidates"`   // ever
	Applications   int64          `json:"applications"` // ever, without those asleep
	Asleep         int            `json:"asleep"`       // applications of earlier years that nothing has touched
	Headcounts     int            `json:"headcounts"`
	Open           int            `json:"open"`
	Closed         int            `json:"closed"` // and not deleted
	Hired          int            `json:"hired"`  // of those
	Stages         map[string]int `json:"stages"` // open applications by stage name
	OpenInterviews int            `json:"openInterviews"`
	Offers         map[string]int `json:"offers"` // of open applications, by status
}

// Census counts the company as it is.
func (c *Company) Census() Census {
	census := Census{
		Jobs: len(c.jobs), Employees: len(c.staff), Candidates: c.candidates, Applications: c.serial,
		Asleep: c.asleep.still(), Headcounts: len(c.headcounts),
		Open: len(c.open), Closed: len(c.closed), Stages: map[string]int{}, Offers: map[string]int{},
	}
	for _, stage := range c.stages {
		census.Stages[stage.Name] = 0
	}
	meetings := map[*Meeting]bool{}
	for _, app := range c.open {
		census.Stages[app.Stage.Name]++
		if app.Offer != nil {
			census.Offers[app.Offer.Status]++
		}
		if meeting := app.OpenMeeting(); meeting != nil && !meetings[meeting] {
			meetings[meeting] = true
			census.OpenInterviews += len(meeting.Interviews)
		}
	}
	for _, app := range c.closed {
		if !app.HiredAt.IsZero() {
			census.Hired++
		}
	}
	return census
}
