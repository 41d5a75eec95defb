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

// MoveStage moves an application to a stage of the same job's pipeline, PUT
// v1/applications/move_application_stage.
func (c *Client) MoveStage(ctx context.Context, applicationID, stageID int64) error {
	if err := checkID("stage", stageID); err != nil {
		return invalid(moveStage, err)
	}
	query := url.Values{"stageId": {strconv.FormatInt(stageID, 10)}}
	return c.toApplication(ctx, moveStage, applicationID, request{query: query})
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
	var body object
	switch {
	case p.HiredAt.IsZero():
		return invalid(markHired, errors.New("no day of joining"))
	case p.ProbationMonths < 0 || p.ProbationMonths > 6:
		return invalid(markHired, fmt.Errorf("a probation of %d months, not of 0 to 6", p.ProbationMonths))
	}
	body.text("hiredAt", instant(p.HiredAt))
	body.number("probation", int64(p.ProbationMonths))
	if p.HeadcountID != nil {
		if err := checkID("headcount", *p.HeadcountID); err != nil {
			return invalid(markHired, err)
		}
		body.number("hcId", *p.HeadcountID)
	}
	if p.UseOfferHeadcount != nil && *p.UseOfferHeadcount {
		body.number("isUseOfferHcid", 1)
	}
	return c.toApplication(ctx, markHired, applicationID, request{body: body.bytes()})
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
	var body object
	if p.ReasonID != nil {
		if err := checkID("reason", *p.ReasonID); err != nil {
			return invalid(markRejected, err)
		}
		body.number("archiveReasonId", *p.ReasonID)
	}
	body.optional("talentPoolId", p.TalentPoolID)
	body.optional("detail", p.Detail)
	return c.toApplication(ctx, markRejected, applicationID, request{body: body.bytes()})
}

// RegularParams are the parameters of MarkRegular.
type RegularParams struct {
	Regular bool       // false: not confirmed yet
	At      *time.Time // nil: now; only with Regular
}

// MarkRegular marks a hired candidate as a regular employee (转正), PUT
// v1/applications/{id}/corrected.
func (c *Client) MarkRegular(ctx context.Context, applicationID int64, p RegularParams) error {
	var body object
	body.number("status", bit(p.Regular))
	if p.At != nil {
		if !p.Regular {
			return invalid(markRegular, errors.New("a day of becoming regular for who is not"))
		}
		body.text("correctedAt", instant(*p.At))
	}
	return c.toApplication(ctx, markRegular, applicationID, request{body: body.bytes()})
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
	switch {
	case p.Detail == "":
		return invalid(markResigned, errors.New("no reason in words"))
	case p.WriteJob && p.JobName == "":
		return invalid(markResigned, errors.New("no job to write back"))
	case p.Reason != nil && (*p.Reason < 0 || *p.Reason > 2):
		return invalid(markResigned, fmt.Errorf("reason %d, not 0 to 2", *p.Reason))
	}
	var body object
	body.text("detail", p.Detail)
	if p.ReasonTypeID != nil {
		body.number("reasonType", *p.ReasonTypeID)
	}
	if p.Reason != nil {
		body.number("reason", int64(*p.Reason))
	}
	if p.At != nil {
		body.text("time", instant(*p.At))
	}
	body.optional("email", p.OperatorEmail)
	if len(p.TalentPoolIDs) > 0 {
		body.ids("talentPoolId", p.TalentPoolIDs)
	}
	if p.WriteJob {
		body.number("isResignWriteJob", 1)
		body.text("resignJobName", p.JobName)
		body.optional("resignDepartment", p.Department)
		body.optional("resignJobType", p.JobType)
	}
	return c.toApplication(ctx, markResigned, applicationID, request{body: body.bytes()})
}

// toApplication writes to an application, whose id goes into the path or, where
// that has no place for it, into the query.
func (c *Client) toApplication(ctx context.Context, e endpoint, applicationID int64, r request) error {
	if err := checkID("application", applicationID); err != nil {
		return invalid(e, err)
	}
	id := strconv.FormatInt(applicationID, 10)
	if strings.Contains(e.path, "{}") {
		r.id = id
	} else {
		r.query.Set("applicationId", id)
	}
	return c.write(ctx, e, r)
}

// write makes a call whose answer says nothing but that it was done.
func (c *Client) write(ctx context.Context, e endpoint, r request) error {
	_, err := c.call(ctx, ClassWriteback, e, r)
	return err
}

// bit is how Moka writes yes and no.
func bit(yes bool) int64 {
	if yes {
		return 1
	}
	return 0
}
