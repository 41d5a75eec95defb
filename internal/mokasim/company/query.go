package company

// Application finds an application in progress or among the closed ones still
// remembered; nil if there is none with that id.
func (c *Company) Application(id int64) *Application {
	for _, list := range [][]*Application{c.open, c.closed} {
		for _, app := range list {
			if app.ID == id {
				return app
			}
		}
	}
	return nil
}

// Census counts what is there.
type Census struct {
	Jobs           int            `json:"jobs"`
	Employees      int            `json:"employees"`
	Candidates     int64          `json:"candidates"`   // ever
	Applications   int64          `json:"applications"` // ever
	Open           int            `json:"open"`
	Closed         int            `json:"closed"` // and still remembered
	Hired          int            `json:"hired"`  // of those
	Stages         map[string]int `json:"stages"` // open applications by stage name
	OpenInterviews int            `json:"openInterviews"`
	Offers         map[string]int `json:"offers"` // of open applications, by status
}

// Census counts the company as it is.
func (c *Company) Census() Census {
	census := Census{
		Jobs: len(c.jobs), Employees: len(c.staff), Candidates: c.candidates, Applications: c.serial,
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
