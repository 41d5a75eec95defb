package moka

import (
	"context"
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
	return c.setOfferStatus(ctx, applicationID, p)
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
	return c.setOfferApproval(ctx, applicationID, result)
}

// Operator is the person in whose name a fake offer is handled.
type Operator struct {
	Name         string // required
	Email, Phone string // may be empty
}

// CreateOffer makes a fake offer, a mark for Moka's reports, and returns its id,
// POST v1/offers.
func (c *Client) CreateOffer(ctx context.Context, applicationID int64, by Operator) (offerID string, err error) {
	return c.createOffer(ctx, applicationID, by)
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
	return c.markCandidateHired(ctx, applicationID, by)
}

// RejectCandidateParams are the parameters of RejectCandidate.
type RejectCandidateParams struct {
	ReasonID int64  // required: one of ArchiveReasons
	OfferID  string // a fake offer to be marked as rejected, too; "": none
}

// RejectCandidate marks that a candidate with a fake offer rejected it or gave
// up onboarding, PUT v1/candidates/{applicationId}/reject.
func (c *Client) RejectCandidate(ctx context.Context, applicationID int64, p RejectCandidateParams, by Operator) error {
	return c.rejectCandidate(ctx, applicationID, p, by)
}
