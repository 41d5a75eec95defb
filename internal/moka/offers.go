package moka

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// OfferStatusParams are the parameters of SetOfferStatus.
type OfferStatusParams struct {
	Accepted     bool
	ReasonID     *int64     // required to reject: one of ArchiveReasons
	TalentPoolID *int64     // where a rejection goes; nil: the public pool
	AnsweredAt   *time.Time // nil: now
}

// SetOfferStatus records the candidate's answer to an offer, PUT v1/offer/status.
func (c *Client) SetOfferStatus(ctx context.Context, applicationID int64, p OfferStatusParams) error {
	if !p.Accepted && p.ReasonID == nil {
		return invalid(offerStatus, errors.New("no reason for the rejection"))
	}
	query := url.Values{"accepted": {strconv.FormatInt(bit(p.Accepted), 10)}}
	for name, id := range map[string]*int64{"reasonId": p.ReasonID, "talentPoolId": p.TalentPoolID} {
		if id == nil {
			continue
		}
		if err := checkID(name, *id); err != nil {
			return invalid(offerStatus, err)
		}
		query.Set(name, strconv.FormatInt(*id, 10))
	}
	if p.AnsweredAt != nil {
		query.Set("fbTime", instant(*p.AnsweredAt))
	}
	return c.toApplication(ctx, offerStatus, applicationID, request{query: query})
}

// Approval is the result of an offer's approval (审批), as Moka numbers it.
type Approval int

// The results.
const (
	Approved   Approval = 1
	Denied     Approval = 2
	InApproval Approval = 3
)

// SetOfferApproval records the result of an approval outside of Moka, PUT
// v1/applications/offerApproval.
func (c *Client) SetOfferApproval(ctx context.Context, applicationID int64, result Approval) error {
	if err := checkID("application", applicationID); err != nil {
		return invalid(offerApproval, err)
	}
	if result < Approved || result > InApproval {
		return invalid(offerApproval, fmt.Errorf("result %d, not 1 to 3", result))
	}
	var body object
	body.number("applicationId", applicationID)
	body.number("status", int64(result))
	return c.write(ctx, offerApproval, request{body: body.bytes()})
}

// Operator is the person in whose name a fake offer is handled.
type Operator struct {
	Name         string // required
	Email, Phone string // may be empty
}

// CreateOffer makes a fake offer, a mark for Moka's reports, and returns its id,
// POST v1/offers.
func (c *Client) CreateOffer(ctx context.Context, applicationID int64, by Operator) (offerID string, err error) {
	var body object
	if err := errors.Join(checkID("application", applicationID), by.check()); err != nil {
		return "", invalid(createOffer, err)
	}
	body.number("applicationId", applicationID)
	by.addTo(&body)
	a, err := c.call(ctx, ClassWriteback, createOffer, request{body: body.bytes()})
	if err != nil {
		return "", err
	}
	return a.id.text(), nil
}

// AcceptOffer marks a fake offer as accepted, PUT v1/offers/{id}/accept.
func (c *Client) AcceptOffer(ctx context.Context, offerID string, by Operator) error {
	return c.onOffer(ctx, acceptOffer, offerID, by)
}

// DeleteOffer deletes a fake offer, PUT v1/offers/{id}/delete.
func (c *Client) DeleteOffer(ctx context.Context, offerID string, by Operator) error {
	return c.onOffer(ctx, deleteOffer, offerID, by)
}

// MarkCandidateHired marks a candidate with a fake offer as hired, PUT
// v1/candidates/{applicationId}/hired.
func (c *Client) MarkCandidateHired(ctx context.Context, applicationID int64, by Operator) error {
	if err := by.check(); err != nil {
		return invalid(candidateHired, err)
	}
	var body object
	by.addTo(&body)
	return c.toApplication(ctx, candidateHired, applicationID, request{body: body.bytes()})
}

// RejectCandidateParams are the parameters of RejectCandidate.
type RejectCandidateParams struct {
	ReasonID int64  // required: one of ArchiveReasons
	OfferID  string // a fake offer to be marked as rejected, too; "": none
}

// RejectCandidate marks that a candidate with a fake offer rejected it or gave
// up onboarding, PUT v1/candidates/{applicationId}/reject.
func (c *Client) RejectCandidate(ctx context.Context, applicationID int64, p RejectCandidateParams, by Operator) error {
	if err := errors.Join(checkID("reason", p.ReasonID), by.check()); err != nil {
		return invalid(candidateReject, err)
	}
	var body object
	body.number("archiveReasonId", p.ReasonID)
	body.optional("offerId", p.OfferID)
	by.addTo(&body)
	return c.toApplication(ctx, candidateReject, applicationID, request{body: body.bytes()})
}

// onOffer writes to a fake offer, whose id is a text of Moka's making.
func (c *Client) onOffer(ctx context.Context, e endpoint, offerID string, by Operator) error {
	if offerID == "" || strings.Trim(offerID, ".") == "" {
		return invalid(e, errors.New("no id of a fake offer"))
	}
	if err := by.check(); err != nil {
		return invalid(e, err)
	}
	var body object
	by.addTo(&body)
	return c.write(ctx, e, request{id: url.PathEscape(offerID), body: body.bytes()})
}

func (o Operator) check() error {
	if o.Name == "" {
		return errors.New("no name of an operator")
	}
	return nil
}

func (o Operator) addTo(body *object) {
	var operator object
	operator.text("name", o.Name)
	operator.optional("email", o.Email)
	operator.optional("phone", o.Phone)
	body.raw("operator", operator.bytes())
}
