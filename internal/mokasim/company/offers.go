package company

import "time"

// advanceOffer does what is next for an application in the offer stage.
func (c *Company) advanceOffer(app *Application, now time.Time) {
	offer := app.Offer
	switch {
	case offer == nil:
		c.createOffer(app, now)
	case offer.Approval == ApprovalUninitiated, offer.Approval == ApprovalRejected:
		c.approval(app, ApprovalInProgress, now)
	case offer.Approval == ApprovalInProgress:
		if c.rng.IntN(8) == 0 {
			c.approval(app, ApprovalRejected, now)
			return
		}
		c.approval(app, ApprovalApproved, now)
	case offer.Status == OfferPending && app.PushedAt.IsZero() && c.rng.IntN(2) == 0:
		c.importEHR(app, now) // to the customer's own approval, as Moka describes
	case offer.Status == OfferPending:
		c.sendOffer(app, now)
	case offer.Status == OfferSent:
		answer := OfferAccepted
		if c.rng.IntN(7) == 0 {
			answer = OfferRejected
		}
		c.answerOffer(app, answer, 1, now, now)
	case offer.Status == OfferRejected:
		c.archive(app, now)
	default:
		c.move(app, c.stages[stageOnboarding], now)
	}
}

// advanceOnboarding does what is next for somebody about to join: HR pushes
// them to the EHR system at least once after they entered the stage.
func (c *Company) advanceOnboarding(app *Application, now time.Time) {
	if !app.PushedAt.After(app.MovedAt) || c.rng.IntN(5) == 0 {
		c.importEHR(app, now)
		return
	}
	c.hire(app, now)
}

func (c *Company) createOffer(app *Application, now time.Time) {
	rank := app.Job.Ranks[c.rng.IntN(len(app.Job.Ranks))]
	app.Offer = &Offer{
		Status: OfferPending, Approval: ApprovalUninitiated, Salary: 8_000 + 500*c.rng.IntN(60),
		CheckIn:  now.AddDate(0, 0, 14+c.rng.IntN(45)).UTC().Truncate(24 * time.Hour),
		Location: c.word(offices), Creator: app.Owner, CreatedAt: now, Rank: rank, Grade: c.word(grades),
		Headcount: app.Job.free(),
	}
	c.tell(now, OfferCreated, app, Change{To: OfferPending, Field: FieldOfferStatus, Is: OfferPending})
}

func (c *Company) sendOffer(app *Application, now time.Time) {
	offer := app.Offer
	from := offer.Status
	offer.Status, offer.SentAt = OfferSent, now
	offer.Answers = append(offer.Answers, OfferAnswer{SentAt: now, By: offer.Creator, Status: OfferPending})
	c.tell(now, OfferSentOut, app, Change{From: from, To: OfferSent, Field: FieldOfferStatus, Was: from, Is: OfferSent})
}

// answerOffer marks an offer accepted or rejected as of a time; for how, see
// OfferAnswer.
func (c *Company) answerOffer(app *Application, answer string, how int, at, now time.Time) {
	offer := app.Offer
	from := offer.Status
	offer.Status, offer.FinishedAt = answer, at
	if n := len(offer.Answers); n > 0 {
		offer.Answers[n-1].Status, offer.Answers[n-1].How = answer, how
	}
	c.tell(now, OfferAnswered, app, Change{From: from, To: answer, Field: FieldOfferStatus, Was: from, Is: answer})
}

func (c *Company) approval(app *Application, to string, now time.Time) {
	from := app.Offer.Approval
	app.Offer.Approval = to
	c.tell(now, OfferApprovalMoved, app, Change{From: from, To: to, Field: FieldOfferApproval, Was: from, Is: to})
}

func (c *Company) importEHR(app *Application, now time.Time) {
	app.PushedAt, app.PushedBy = now, c.employee()
	c.tell(now, EHRPushed, app, Change{To: app.Stage.Name})
}
