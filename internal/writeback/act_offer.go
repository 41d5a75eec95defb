package writeback

import (
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// offerStatus answers an offer.
type offerStatus struct {
	*schemas.SetOfferStatus
	onApplication
}

func (a offerStatus) check() error {
	switch {
	case !a.Accepted && a.ReasonID == nil:
		return bad("set_offer_status needs reason_id to reject (ids from archiveReasons)")
	case a.Accepted && (a.ReasonID != nil || a.TalentPoolID != nil):
		return bad("set_offer_status: reason_id and talent_pool_id are for rejecting, and accepted is true")
	}
	return nil
}

func (a offerStatus) parameters() map[string]any {
	p := map[string]any{"accepted": a.Accepted}
	put(p, "reason_id", a.ReasonID)
	put(p, "talent_pool_id", a.TalentPoolID)
	put(p, "answered_at", a.AnsweredAt)
	return p
}

func (a offerStatus) want() schemas.OfferStatus {
	if a.Accepted {
		return schemas.OfferStatusAccepted
	}
	return schemas.OfferStatusRejected
}

func (a offerStatus) field() string { return offerField }
func (a offerStatus) value() string { return string(a.want()) }
func (a offerStatus) after() any    { return a.want() }

func (a offerStatus) before(v *View) any {
	if v.Offer == nil {
		return schemas.OfferStatusNotCreated
	}
	return v.Offer.Status
}

func (a offerStatus) inForce(v *View) bool { return v.Offer != nil && v.Offer.Status == a.want() }

func (a offerStatus) superseded(v *View, asked time.Time, own []Change) string {
	if o := v.Offer; o != nil && (o.Status == schemas.OfferStatusAccepted || o.Status == schemas.OfferStatusRejected) {
		at := o.AnsweredAt
		if at.IsZero() {
			at = v.UpdatedAt
		}
		if later(at, asked) && !ours(own, offerField, string(o.Status), at) {
			return "the offer was answered (" + string(o.Status) + ") " + moment(at)
		}
	}
	return closedSince(v, asked, own)
}

// offerApproval records the result of an approval outside of Moka.
type offerApproval struct {
	*schemas.SetOfferApproval
	onApplication
}

func (a offerApproval) check() error {
	if a.want() == schemas.ApprovalStatusUnknown {
		return bad("set_offer_approval: decision is none of APPROVED, DENIED, IN_APPROVAL")
	}
	return nil
}

func (a offerApproval) parameters() map[string]any {
	return map[string]any{"decision": string(a.Decision)}
}

func (a offerApproval) want() schemas.ApprovalStatus {
	switch a.Decision {
	case schemas.OfferApprovalDecisionApproved:
		return schemas.ApprovalStatusApproved
	case schemas.OfferApprovalDecisionDenied:
		return schemas.ApprovalStatusRejected
	case schemas.OfferApprovalDecisionInApproval:
		return schemas.ApprovalStatusInProgress
	case schemas.OfferApprovalDecisionUnknown:
	}
	return schemas.ApprovalStatusUnknown
}

func (a offerApproval) field() string        { return approvalField }
func (a offerApproval) value() string        { return string(a.want()) }
func (a offerApproval) after() any           { return a.want() }
func (a offerApproval) inForce(v *View) bool { return v.Offer != nil && v.Offer.Approval == a.want() }
func (a offerApproval) before(v *View) any {
	if v.Offer == nil {
		return nil
	}
	return v.Offer.Approval
}

// Moka does not say when an approval was decided. When it is decided otherwise
// than wanted, not by a command, and something about the application changed
// since, that may have been it.
func (a offerApproval) superseded(v *View, asked time.Time, own []Change) string {
	if o := v.Offer; o != nil {
		decided := o.Approval == schemas.ApprovalStatusApproved || o.Approval == schemas.ApprovalStatusRejected ||
			o.Approval == schemas.ApprovalStatusRecalled
		if decided && later(v.UpdatedAt, asked) && !lastOwn(own, approvalField, string(o.Approval)) && !anyOurs(own, v.UpdatedAt) {
			return "the approval is decided otherwise (" + string(o.Approval) + "), and the application was changed " + moment(v.UpdatedAt)
		}
		if (o.Status == schemas.OfferStatusAccepted || o.Status == schemas.OfferStatusRejected) &&
			later(o.AnsweredAt, asked) && !ours(own, offerField, string(o.Status), o.AnsweredAt) {
			return "the offer was answered (" + string(o.Status) + ") " + moment(o.AnsweredAt)
		}
	}
	return closedSince(v, asked, own)
}

// lastOwn tells whether the last change of the field by a command was to value.
func lastOwn(own []Change, field, value string) bool {
	for i := len(own) - 1; i >= 0; i-- {
		if own[i].Field == field {
			return own[i].Value == value
		}
	}
	return false
}
