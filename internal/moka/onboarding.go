package moka

import (
	"context"
	"time"
)

// MoveStage moves an application to a stage of the same job's pipeline, PUT
// v1/applications/move_application_stage.
func (c *Client) MoveStage(ctx context.Context, applicationID, stageID int64) error {
	return c.moveStage(ctx, applicationID, stageID)
}

// HiredParams are the parameters of MarkHired.
type HiredParams struct {
	HiredAt         time.Time // required: the day of joining
	ProbationMonths int       // 0 (none) to 6
	// HeadcountID is the headcount that the hire fills; nil: none, and nothing is
	// sent, since Moka refuses null.
	HeadcountID *int64
	// UseOfferHeadcount takes the offer's headcount where HeadcountID is nil; nil
	// and false: not.
	UseOfferHeadcount *bool
}

// MarkHired marks an application as hired (已入职), PUT v1/applications/{id}/hired.
func (c *Client) MarkHired(ctx context.Context, applicationID int64, p HiredParams) error {
	return c.markHired(ctx, applicationID, p)
}

// RejectedParams are the parameters of MarkRejected.
type RejectedParams struct {
	ReasonID     *int64 // nil: Moka's own 福利待遇不满足
	TalentPoolID string // "": the public pool
	Detail       string // may be empty
}

// MarkRejected marks that a candidate gave up onboarding (放弃入职) and archives
// the application, PUT v1/applications/{id}/rejected.
func (c *Client) MarkRejected(ctx context.Context, applicationID int64, p RejectedParams) error {
	return c.markRejected(ctx, applicationID, p)
}

// RegularParams are the parameters of MarkRegular.
type RegularParams struct {
	Regular bool       // false: not confirmed yet
	At      *time.Time // nil: now; only with Regular
}

// MarkRegular marks a hired candidate as a regular employee (转正), PUT
// v1/applications/{id}/corrected.
func (c *Client) MarkRegular(ctx context.Context, applicationID int64, p RegularParams) error {
	return c.markRegular(ctx, applicationID, p)
}

// ResignedParams are the parameters of MarkResigned; what is nil or empty is not
// sent.
type ResignedParams struct {
	Detail        string     // required
	ReasonTypeID  *int64     // an archive reason of the resigned type
	Reason        *int       // 0: terminated, 1: resigned, 2: dismissed
	At            *time.Time // nil: now
	OperatorEmail string
	TalentPoolIDs []int64
	// WriteJob has the job fields below written back; then JobName is required.
	WriteJob                     bool
	JobName, Department, JobType string
}

// MarkResigned marks a hired candidate as resigned (离职), PUT
// v1/applications/{id}/resign.
func (c *Client) MarkResigned(ctx context.Context, applicationID int64, p ResignedParams) error {
	return c.markResigned(ctx, applicationID, p)
}
