package company

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Errors of Commands, besides ErrUnknownApplication and ErrClosedApplication.
// After any of them the company is as it was.
var (
	ErrStage         = errors.New("the stage is not one the application can be moved to, or be in for this")
	ErrNoOffer       = errors.New("there is no such offer")
	ErrOfferStatus   = errors.New("the offer's status does not allow it")
	ErrOfferAccepted = errors.New("the offer has been accepted")
	ErrOfferExists   = errors.New("the application has an offer already")
	ErrArchiveReason = errors.New("there is no such archive reason")
	ErrTalentPool    = errors.New("there is no such talent pool")
	ErrHeadcount     = errors.New("there is no such headcount")
	ErrNotHired      = errors.New("nobody was hired by this application, or has left since")
	ErrArgument      = errors.New("an argument is not one there is")
)

// Commands are what somebody orders: the HTTP API, or a person by name. Each is
// refused with an error, or done by the company's own machinery and told to the
// observer as a change of that operator; one that leaves all as it was tells
// nothing.
//
// An application that is closed while an interview lies ahead has the interview
// cancelled first, as a change of its own.
type Commands struct {
	c        *Company
	operator string
	now      time.Time
}

// By lets an operator order something now. An empty operator is the company's
// own life.
func (c *Company) By(operator string, now time.Time) Commands { return Commands{c, operator, now} }

// about does something with an application, open or not.
func (o Commands) about(id int64, do func(app *Application) error) error {
	app := o.c.wake(id)
	if app == nil {
		return fmt.Errorf("application %d: %w", id, ErrUnknownApplication)
	}
	o.c.operator = o.operator
	defer func() { o.c.operator = "" }()
	if err := do(app); err != nil {
		return fmt.Errorf("application %d: %w", id, err)
	}
	return nil
}

// open does something with an application in progress.
func (o Commands) open(id int64, do func(app *Application) error) error {
	return o.about(id, func(app *Application) error {
		if !app.Open() {
			return ErrClosedApplication
		}
		return do(app)
	})
}

// MoveStage moves an application to any stage of the pipeline.
func (o Commands) MoveStage(id, stageID int64) error {
	return o.open(id, func(app *Application) error {
		at := slices.IndexFunc(o.c.stages, func(stage *Stage) bool { return stage.ID == stageID })
		if at < 0 {
			return ErrStage
		}
		if to := o.c.stages[at]; to != app.Stage {
			o.c.move(app, to, o.now)
		}
		return nil
	})
}

// Closing is how an application is archived.
type Closing struct {
	ReasonID     int64 // 0: the first there is
	TalentPoolID int64 // 0: the public one
	Detail       string
}

// Archive closes an application without hiring.
func (o Commands) Archive(id int64, closing Closing) error {
	return o.open(id, func(app *Application) error { return o.archive(app, closing) })
}

// GiveUp closes an application whose candidate will not join. It must be in the
// stage 待入职.
func (o Commands) GiveUp(id int64, closing Closing) error {
	return o.open(id, func(app *Application) error {
		if app.Stage != o.c.stages[stageOnboarding] {
			return ErrStage
		}
		return o.archive(app, closing)
	})
}

func (o Commands) archive(app *Application, closing Closing) error {
	reason, err := o.c.reasonOf(closing.ReasonID)
	if err != nil {
		return err
	}
	pool, err := o.c.poolOf(closing.TalentPoolID)
	if err != nil {
		return err
	}
	o.clear(app)
	o.c.archiveAs(app, Archive{At: o.now, Reason: reason, TalentPoolID: pool, Detail: closing.Detail}, o.now)
	return nil
}

// clear cancels the interviews that lie ahead.
func (o Commands) clear(app *Application) {
	for meeting := app.OpenMeeting(); meeting != nil; meeting = app.OpenMeeting() {
		o.c.cancel(meeting, o.now)
	}
}

// Restore takes an application out of the archive. ErrStage: it is not in it.
func (o Commands) Restore(id int64) error {
	return o.about(id, func(app *Application) error {
		if app.Archive == nil {
			return ErrStage
		}
		o.c.reopen(app, o.now)
		return nil
	})
}

// Delete deletes an application for good.
func (o Commands) Delete(id int64) error {
	return o.about(id, func(app *Application) error {
		o.clear(app)
		o.c.remove(app, o.now)
		return nil
	})
}

// Apply lets somebody apply, and returns the application's id.
func (o Commands) Apply() int64 {
	o.c.operator = o.operator
	defer func() { o.c.operator = "" }()
	return o.c.receive(o.now).ID
}

// Remark adds a remark.
func (o Commands) Remark(id int64) error {
	return o.about(id, func(app *Application) error {
		o.c.note(app, o.now)
		return nil
	})
}

// Perform is Company.Perform, by the operator.
func (o Commands) Perform(act Act, id int64) error {
	o.c.operator = o.operator
	defer func() { o.c.operator = "" }()
	return o.c.Perform(act, id, o.now)
}

func (c *Company) reasonOf(id int64) (Reason, error) {
	if id == 0 {
		return c.reasons[0], nil
	}
	at := slices.IndexFunc(c.reasons, func(reason Reason) bool { return reason.ID == id })
	if at < 0 {
		return Reason{}, ErrArchiveReason
	}
	return c.reasons[at], nil
}

// TalentPool is where archived applications are put.
type TalentPool struct {
	ID   int64
	Name string
}

// TalentPools are those that every Moka has, the public one second.
func (c *Company) TalentPools() []TalentPool {
	return []TalentPool{{c.base + 115, "系统入职人才库"}, {c.base + 116, "系统公共人才库"}, {c.base + 117, "系统黑名单"}}
}

func (c *Company) poolOf(id int64) (int64, error) {
	pools := c.TalentPools()
	if id == 0 {
		return pools[1].ID, nil
	}
	if !slices.ContainsFunc(pools, func(pool TalentPool) bool { return pool.ID == id }) {
		return 0, ErrTalentPool
	}
	return id, nil
}
