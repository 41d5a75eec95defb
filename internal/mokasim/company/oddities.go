package company

import "time"

// oddity does one of the things that happen now and then: headcounts open,
// change and go, people resign, applications return from the archive, move
// back, are deleted. Where the one drawn is impossible, somebody adds a remark.
func (c *Company) oddity(now time.Time) {
	done := true
	switch dice := c.rng.IntN(100); {
	case dice < 45:
		c.headcountLife(now)
	case dice < 60:
		done = c.restore(now)
	case dice < 70:
		done = c.moveBack(now)
	case dice < 80:
		done = c.employmentLife(now)
	case dice < 84:
		done = c.removeSome(now)
	default:
		done = c.wakeSome(now)
	}
	if !done {
		c.note(c.anyOpen(), now)
	}
}

func (c *Company) headcountLife(now time.Time) {
	switch dice := c.rng.IntN(10); {
	case len(c.headcounts) < 3, dice < 4 && len(c.headcounts) < maxHeadcounts:
		c.openHeadcount(now)
	case dice < 5:
		c.deleteHeadcount(c.headcounts[c.rng.IntN(len(c.headcounts))], now)
	default:
		c.changeHeadcount(now)
	}
}

// restore takes an application out of the archive.
func (c *Company) restore(now time.Time) bool {
	app := c.someClosed(func(app *Application) bool { return app.Archive != nil })
	if app == nil || c.busy() {
		return false
	}
	c.reopen(app, now)
	return true
}

func (c *Company) reopen(app *Application, now time.Time) {
	reason := app.Archive.Reason.Name
	app.Archive = nil
	c.closed = without(c.closed, app)
	c.open = append(c.open, app)
	c.tell(now, ApplicationRestored, app, Change{From: reason, Field: FieldArchived, Was: "true", Is: "false"})
}

func without(apps []*Application, one *Application) []*Application {
	for at, app := range apps {
		if app == one {
			return append(apps[:at], apps[at+1:]...)
		}
	}
	return apps
}

// moveBack moves an application to an earlier stage.
func (c *Company) moveBack(now time.Time) bool {
	app := c.anyOpen()
	for at, stage := range c.stages {
		if stage == app.Stage && at > stageScreen && app.OpenMeeting() == nil {
			c.move(app, c.stages[c.rng.IntN(at)], now)
			return true
		}
	}
	return false
}

// employmentLife makes somebody regular, or lets somebody leave.
func (c *Company) employmentLife(now time.Time) bool {
	app := c.someClosed(func(app *Application) bool { return !app.HiredAt.IsZero() && app.Work.Resignation == nil })
	if app == nil {
		return false
	}
	if app.Work.RegularAt.IsZero() && c.rng.IntN(2) == 0 {
		app.Work.RegularAt = now
		c.tell(now, MadeRegular, app, Change{Field: FieldEmployment, Was: "hired", Is: "regular"})
		return true
	}
	was := "hired"
	if !app.Work.RegularAt.IsZero() {
		was = "regular"
	}
	app.Work.Resignation = &Resignation{At: now, Detail: c.word(leaving), Reason: 1, JobName: app.Job.Title, Department: app.Job.Department.Name}
	c.tell(now, Resigned, app, Change{Field: FieldEmployment, Was: was, Is: "resigned"})
	return true
}

func (c *Company) removeSome(now time.Time) bool {
	app := c.someClosed(func(*Application) bool { return true })
	if app == nil {
		return false
	}
	c.remove(app, now)
	return true
}

// wakeSome does something with an application of earlier years.
func (c *Company) wakeSome(now time.Time) bool {
	if c.asleep.count == 0 || c.busy() {
		return false
	}
	id := c.asleep.first + int64(c.rng.IntN(c.asleep.count))
	if _, asleep := c.asleep.number(id); !asleep {
		return false
	}
	app := c.wake(id)
	switch {
	case app.Archive != nil && c.rng.IntN(3) > 0:
		c.reopen(app, now)
	case !app.Open() && c.rng.IntN(2) == 0:
		c.remove(app, now)
	default:
		c.note(app, now)
	}
	return true
}

// someClosed finds one that suits, looking at some from a random one on.
func (c *Company) someClosed(suits func(*Application) bool) *Application {
	if len(c.closed) == 0 {
		return nil
	}
	from := c.rng.IntN(len(c.closed))
	for n := range min(len(c.closed), 200) {
		if app := c.closed[(from+n)%len(c.closed)]; suits(app) {
			return app
		}
	}
	return nil
}
