package company

import (
	"errors"
	"fmt"
	"time"
)

// Act is something a recruiter does on request, outside the company's own life.
type Act string

// The acts that Moka tells the world about.
const (
	ImportEHR        Act = "import_ehr"
	ArrangeInterview Act = "arrange_interview"
	UpdateInterview  Act = "update_interview"
	CancelInterview  Act = "cancel_interview"
)

// Errors of Perform.
var (
	ErrUnknownApplication = errors.New("no such application")
	ErrClosedApplication  = errors.New("the application is closed")
)

// Perform makes a recruiter do an act now, for the application with that id or,
// for 0, for one that suits the act. Where something has to be there first (an
// application, an interview to update), it is made first and observed as a
// change of its own. The act's own change is the last one observed.
//
// An application that has had MaxMeetings meetings forgets the first when another
// is arranged for it here; life arranges none.
//
// A closed application can be pushed to the EHR system, since people do that,
// but no interview can be arranged for it: ErrClosedApplication. An id that is
// not known, or was deleted, is ErrUnknownApplication.
func (c *Company) Perform(act Act, applicationID int64, now time.Time) error {
	app, err := c.subject(act, applicationID, now)
	if err != nil {
		return err
	}
	if act == ImportEHR {
		c.importEHR(app, now)
		return nil
	}
	if !app.Open() {
		return fmt.Errorf("application %d: %w", app.ID, ErrClosedApplication)
	}
	meeting := app.OpenMeeting()
	if act == ArrangeInterview || meeting == nil {
		meeting = c.arrange(app, now)
	}
	switch act {
	case ArrangeInterview:
		return nil
	case UpdateInterview:
		c.reschedule(meeting, now)
	case CancelInterview:
		c.cancel(meeting, now)
	default:
		return fmt.Errorf("unknown act %q", act)
	}
	return nil
}

func (c *Company) subject(act Act, id int64, now time.Time) (*Application, error) {
	if id != 0 {
		if app := c.wake(id); app != nil {
			return app, nil
		}
		return nil, fmt.Errorf("application %d: %w", id, ErrUnknownApplication)
	}
	suits := func(app *Application) bool {
		switch act {
		case ImportEHR:
			return app.Stage.Type == c.stages[stageOffer].Type || app.Stage.Type == c.stages[stageOnboarding].Type
		case ArrangeInterview:
			return app.Stage.Type == c.stages[stageInterview].Type && app.OpenMeeting() == nil
		default:
			return app.OpenMeeting() != nil
		}
	}
	var suitable []*Application
	for _, app := range c.open {
		if suits(app) {
			suitable = append(suitable, app)
		}
	}
	switch {
	case len(suitable) > 0:
		return suitable[c.rng.IntN(len(suitable))], nil
	case len(c.open) > 0:
		return c.anyOpen(), nil
	default:
		return c.receive(now), nil
	}
}
