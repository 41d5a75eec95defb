package company

import "time"

// Hiring is how somebody is hired.
type Hiring struct {
	At        time.Time // zero: now
	Probation int       // months
	// HeadcountID is the headcount hired under; 0: none, or with
	// UseOfferHeadcount the offer's, if it has one that still exists.
	HeadcountID       int64
	UseOfferHeadcount bool
}

// Hire closes an application by hiring, from whatever stage.
func (o Commands) Hire(id int64, hiring Hiring) error {
	return o.open(id, func(app *Application) error {
		wanted := hiring.HeadcountID
		var under *Headcount
		if wanted == 0 && hiring.UseOfferHeadcount && app.Offer != nil && app.Offer.Headcount != nil {
			under = o.c.Headcount(app.Offer.Headcount.ID)
		}
		if wanted != 0 {
			if under = o.c.Headcount(wanted); under == nil {
				return ErrHeadcount
			}
		}
		if hiring.At.IsZero() {
			hiring.At = o.now
		}
		o.clear(app)
		o.c.employ(app, hiring, under, o.now)
		return nil
	})
}

// employ hires, under a headcount or under none (nil).
func (c *Company) employ(app *Application, hiring Hiring, under *Headcount, now time.Time) {
	app.HiredAt, app.Work.Probation = hiring.At, hiring.Probation
	change := Change{Field: FieldHired, Was: "false", Is: "true", Headcount: under}
	if under != nil {
		under.Used++
		app.Work.HeadcountID = under.ID
	}
	c.close(app)
	c.tell(now, Hired, app, change)
	if under != nil {
		c.use(under, now)
	}
	c.forget(now)
}

// MakeRegular makes a hired person regular as of a time (zero: now), or takes
// that back.
func (o Commands) MakeRegular(id int64, regular bool, at time.Time) error {
	return o.about(id, func(app *Application) error {
		if app.HiredAt.IsZero() || app.Work.Resignation != nil {
			return ErrNotHired
		}
		was := app.Work.RegularAt
		switch {
		case !regular:
			at = time.Time{}
		case at.IsZero() && !was.IsZero():
			at = was
		case at.IsZero():
			at = o.now
		}
		if at.Equal(was) {
			return nil
		}
		app.Work.RegularAt = at
		o.c.tell(o.now, MadeRegular, app, Change{Field: FieldEmployment, Was: employment(was), Is: employment(at)})
		return nil
	})
}

func employment(regularAt time.Time) string {
	if regularAt.IsZero() {
		return "hired"
	}
	return "regular"
}

// Resign lets a hired person leave, as of a time (zero: now). Once somebody has
// left, only what is said about it changes, and the time if one is given.
func (o Commands) Resign(id int64, left Resignation) error {
	return o.about(id, func(app *Application) error {
		if app.HiredAt.IsZero() {
			return ErrNotHired
		}
		if left.ReasonType != 0 {
			if _, err := o.c.reasonOf(left.ReasonType); err != nil {
				return err
			}
		}
		was := employment(app.Work.RegularAt)
		if before := app.Work.Resignation; before != nil {
			was = "resigned"
			if left.At.IsZero() {
				left.At = before.At
			}
			if *before == left {
				return nil
			}
		}
		if left.At.IsZero() {
			left.At = o.now
		}
		app.Work.Resignation = &left
		o.c.tell(o.now, Resigned, app, Change{Field: FieldEmployment, Was: was, Is: "resigned"})
		return nil
	})
}
