package company

import (
	"slices"
	"strconv"
	"strings"
	"time"
)

// FakeOfferMarked is the kind of changes of fake offers.
const FakeOfferMarked Kind = "fake_offer_marked"

// CreateOffer gives an application an offer, as the company would make it.
func (o Commands) CreateOffer(id int64) error {
	return o.open(id, func(app *Application) error {
		if app.Offer != nil {
			return ErrOfferExists
		}
		o.c.createOffer(app, o.now)
		return nil
	})
}

// ApproveOffer sets how far the approval of an offer is: one of the Approval
// constants. ErrOfferAccepted: the candidate has accepted it already.
func (o Commands) ApproveOffer(id int64, approval string) error {
	return o.open(id, func(app *Application) error {
		switch {
		case !slices.Contains([]string{ApprovalUninitiated, ApprovalInProgress, ApprovalApproved, ApprovalRejected}, approval):
			return ErrArgument
		case app.Offer == nil:
			return ErrNoOffer
		case app.Offer.Approval == approval:
			return nil
		case app.Offer.Status == OfferAccepted:
			return ErrOfferAccepted
		}
		o.c.approval(app, approval, o.now)
		return nil
	})
}

// SendOffer sends an offer to the candidate.
func (o Commands) SendOffer(id int64) error {
	return o.open(id, func(app *Application) error {
		switch {
		case app.Offer == nil:
			return ErrNoOffer
		case app.Offer.Status == OfferAccepted:
			return ErrOfferAccepted
		case app.Offer.Status != OfferPending || app.Offer.Approval == ApprovalRejected:
			return ErrOfferStatus
		}
		o.c.sendOffer(app, o.now)
		return nil
	})
}

// Answer is what a candidate says to an offer.
type Answer struct {
	Accepted bool
	Closing            // of a rejection: the application is archived with it; ReasonID is required
	At       time.Time // zero: now
	ByAPI    bool      // else HR marked it
}

// AnswerOffer marks an offer that was sent as accepted or rejected.
func (o Commands) AnswerOffer(id int64, answer Answer) error {
	return o.open(id, func(app *Application) error {
		switch {
		case app.Offer == nil:
			return ErrNoOffer
		case app.Offer.Status == OfferAccepted:
			return ErrOfferAccepted
		case app.Offer.Status != OfferSent:
			return ErrOfferStatus
		}
		how := 2
		if answer.ByAPI {
			how = 3
		}
		if answer.At.IsZero() {
			answer.At = o.now
		}
		if answer.Accepted {
			o.c.answerOffer(app, OfferAccepted, how, answer.At, o.now)
			return nil
		}
		if answer.ReasonID == 0 {
			return ErrArchiveReason
		}
		if _, err := o.c.reasonOf(answer.ReasonID); err != nil {
			return err
		}
		if _, err := o.c.poolOf(answer.TalentPoolID); err != nil {
			return err
		}
		o.c.answerOffer(app, OfferRejected, how, answer.At, o.now)
		return o.archive(app, answer.Closing)
	})
}

// CreateFakeOffer marks an application as having an offer elsewhere, and returns
// the mark's id.
func (o Commands) CreateFakeOffer(id int64, name string) (offer string, err error) {
	err = o.open(id, func(app *Application) error {
		if app.Fake != nil {
			return ErrOfferExists
		}
		offer = fakeOfferID(app.ID, o.now)
		app.Fake = &FakeOffer{ID: offer, Status: OfferPending, Operator: name, CreatedAt: o.now}
		o.mark(app, "", OfferPending)
		return nil
	})
	return offer, err
}

// fakeOfferID is 16 characters: four that differ from one time to the next, and
// the application's id in base 36.
func fakeOfferID(application int64, now time.Time) string {
	lot := strconv.FormatUint(mix(uint64(application)^uint64(now.UnixNano()))|1<<63, 36)
	id := strconv.FormatInt(application, 36)
	return "g" + lot[:3] + strings.Repeat("0", 12-len(id)) + id
}

// FakeOffer finds the application of a fake offer; 0: there is none.
func (c *Company) FakeOffer(offer string) (applicationID int64) {
	if len(offer) != 16 {
		return 0
	}
	id, err := strconv.ParseInt(strings.TrimLeft(offer[4:], "0"), 36, 64)
	if err != nil {
		return 0
	}
	if app := c.Application(id); app == nil || app.Fake == nil || app.Fake.ID != offer {
		return 0
	}
	return id
}

// AcceptFakeOffer marks a fake offer as accepted. ErrNoOffer: there is none.
func (o Commands) AcceptFakeOffer(offer string) error {
	return o.fake(offer, func(app *Application) error {
		switch from := app.Fake.Status; from {
		case OfferAccepted:
			return nil
		case OfferRejected:
			return ErrOfferStatus
		default:
			app.Fake.Status = OfferAccepted
			o.mark(app, from, OfferAccepted)
			return nil
		}
	})
}

// DeleteFakeOffer takes the mark away.
func (o Commands) DeleteFakeOffer(offer string) error {
	return o.fake(offer, func(app *Application) error {
		from := app.Fake.Status
		app.Fake = nil
		o.mark(app, from, "")
		return nil
	})
}

func (o Commands) fake(offer string, do func(app *Application) error) error {
	id := o.c.FakeOffer(offer)
	if id == 0 {
		return ErrNoOffer
	}
	return o.open(id, do)
}

func (o Commands) mark(app *Application, from, to string) {
	o.c.tell(o.now, FakeOfferMarked, app, Change{From: from, To: to})
}

// Reject closes an application whose candidate said no to the offer, or will not
// join, from whatever stage; a fake offer that is named becomes rejected.
func (o Commands) Reject(id int64, closing Closing, offer string) error {
	return o.open(id, func(app *Application) error {
		if closing.ReasonID == 0 {
			return ErrArchiveReason
		}
		if _, err := o.c.reasonOf(closing.ReasonID); err != nil {
			return err
		}
		if _, err := o.c.poolOf(closing.TalentPoolID); err != nil {
			return err
		}
		if offer != "" {
			if app.Fake == nil || app.Fake.ID != offer {
				return ErrNoOffer
			}
			if from := app.Fake.Status; from != OfferRejected {
				app.Fake.Status = OfferRejected
				o.mark(app, from, OfferRejected)
			}
		}
		return o.archive(app, closing)
	})
}
