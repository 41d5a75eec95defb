package mokasim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/push"
)

// Human is what somebody in the company does in the same records as the API:
// the body of POST /__sim/act.
type Human struct {
	ApplicationID int64 `json:"applicationId,omitempty"`
	HeadcountID   int64 `json:"headcountId,omitempty"`
	// Act is what to do: move (StageID), archive (ReasonID), restore, delete,
	// remark, hire (HiredAt, Probation, HeadcountID), give_up (ReasonID), regular,
	// irregular, resign (Detail); offer_create, offer_approve, offer_deny,
	// offer_in_approval, offer_send, offer_accept, offer_reject (ReasonID);
	// interview_arrange, interview_update, interview_cancel, push (Import EHR);
	// headcount_status (Status), headcount_delete; apply (Count new
	// applications).
	Act string `json:"act"`
	// Operator is who does it. "": "HR".
	Operator  string    `json:"operator,omitempty"`
	StageID   int64     `json:"stageId,omitempty"`
	ReasonID  int64     `json:"reasonId,omitempty"` // 0: the first there is
	HiredAt   time.Time `json:"hiredAt,omitzero"`   // zero: now
	Probation int       `json:"probation,omitempty"`
	Detail    string    `json:"detail,omitempty"`
	Status    string    `json:"status,omitempty"`
	Count     int       `json:"count,omitempty"` // 0: one; 10,000 at most
}

// Acted is its answer.
type Acted struct {
	Changes []Entry       `json:"changes"` // in order; none if all was so already
	Pushes  []push.Record `json:"pushes,omitempty"`
}

// Do lets a human do something now, and pushes the webhooks that come of it
// before it returns. Errors are those of company.Commands.
func (s *Simulator) Do(ctx context.Context, human Human) (Acted, error) {
	do, err := human.command()
	if err != nil {
		return Acted{}, err
	}
	if human.Operator == "" {
		human.Operator = "HR"
	}
	acted := Acted{Changes: []Entry{}}
	deliveries, err := s.act(originHuman, func(c *company.Company, now time.Time) error {
		_, before, _ := s.changes.page(0, 0)
		err := do(c, c.By(human.Operator, now))
		acted.Changes, _, _ = s.changes.page(before, maxApply)
		return err
	})
	if err != nil {
		return Acted{}, err
	}
	for _, one := range deliveries {
		record, err := s.send(ctx, one, originHuman, s.cfg.manner(), s.cfg.Retries)
		if err != nil {
			return acted, err
		}
		acted.Pushes = append(acted.Pushes, record)
	}
	return acted, nil
}

const maxApply = 10_000

// errAct is about an act that there is not.
var errAct = errors.New("there is no such act")

type command func(*company.Company, company.Commands) error

// command is the act as an order to the company.
func (h Human) command() (command, error) {
	switch h.Act {
	case "apply":
		if h.Count < 0 || h.Count > maxApply {
			return nil, fmt.Errorf("%w: count %d is not between 0 and %d", errAct, h.Count, maxApply)
		}
		return func(_ *company.Company, do company.Commands) error {
			for range max(h.Count, 1) {
				do.Apply()
			}
			return nil
		}, nil
	case "headcount_status":
		return func(_ *company.Company, do company.Commands) error {
			return do.UpdateHeadcount(h.HeadcountID, company.HeadcountFields{Status: &h.Status})
		}, nil
	case "headcount_delete":
		return func(_ *company.Company, do company.Commands) error { return do.DeleteHeadcount(h.HeadcountID) }, nil
	}
	do, ok := h.withApplication()
	if !ok {
		if do, ok = h.withOffer(); !ok {
			return nil, fmt.Errorf("%w: %q", errAct, h.Act)
		}
	}
	if h.ApplicationID <= 0 {
		return nil, fmt.Errorf("%w: %s wants an applicationId", errAct, h.Act)
	}
	return func(_ *company.Company, commands company.Commands) error { return do(commands) }, nil
}

func (h Human) closing() company.Closing {
	return company.Closing{ReasonID: h.ReasonID, Detail: h.Detail}
}

func (h Human) withApplication() (func(company.Commands) error, bool) {
	id := h.ApplicationID
	performs := func(act company.Act) (func(company.Commands) error, bool) {
		return func(do company.Commands) error { return do.Perform(act, id) }, true
	}
	switch h.Act {
	case "move":
		return func(do company.Commands) error { return do.MoveStage(id, h.StageID) }, true
	case "archive":
		return func(do company.Commands) error { return do.Archive(id, h.closing()) }, true
	case "give_up":
		return func(do company.Commands) error { return do.GiveUp(id, h.closing()) }, true
	case "restore":
		return func(do company.Commands) error { return do.Restore(id) }, true
	case "delete":
		return func(do company.Commands) error { return do.Delete(id) }, true
	case "remark":
		return func(do company.Commands) error { return do.Remark(id) }, true
	case "hire":
		hiring := company.Hiring{At: h.HiredAt, Probation: h.Probation, HeadcountID: h.HeadcountID, UseOfferHeadcount: true}
		return func(do company.Commands) error { return do.Hire(id, hiring) }, true
	case "regular", "irregular":
		return func(do company.Commands) error { return do.MakeRegular(id, h.Act == "regular", time.Time{}) }, true
	case "resign":
		return func(do company.Commands) error {
			return do.Resign(id, company.Resignation{Detail: h.Detail, Reason: 1})
		}, true
	case "push":
		return performs(company.ImportEHR)
	case "interview_arrange":
		return performs(company.ArrangeInterview)
	case "interview_update":
		return performs(company.UpdateInterview)
	case "interview_cancel":
		return performs(company.CancelInterview)
	default:
		return nil, false
	}
}

func (h Human) withOffer() (func(company.Commands) error, bool) {
	id := h.ApplicationID
	approves := func(approval string) (func(company.Commands) error, bool) {
		return func(do company.Commands) error { return do.ApproveOffer(id, approval) }, true
	}
	switch h.Act {
	case "offer_create":
		return func(do company.Commands) error { return do.CreateOffer(id) }, true
	case "offer_approve":
		return approves(company.ApprovalApproved)
	case "offer_deny":
		return approves(company.ApprovalRejected)
	case "offer_in_approval":
		return approves(company.ApprovalInProgress)
	case "offer_send":
		return func(do company.Commands) error { return do.SendOffer(id) }, true
	case "offer_accept":
		return func(do company.Commands) error { return do.AnswerOffer(id, company.Answer{Accepted: true}) }, true
	case "offer_reject":
		return func(do company.Commands) error { return do.AnswerOffer(id, company.Answer{Closing: h.closing()}) }, true
	default:
		return nil, false
	}
}

// human answers POST /__sim/act.
func (s *Simulator) human(w http.ResponseWriter, r *http.Request) (any, error) {
	var wanted Human
	if err := read(w, r, &wanted); err != nil {
		return nil, err
	}
	acted, err := s.Do(r.Context(), wanted)
	switch {
	case err == nil:
		return acted, nil
	case errors.Is(err, errAct):
		return nil, refuse(http.StatusBadRequest, "%v", err)
	case errors.Is(err, company.ErrUnknownApplication), errors.Is(err, company.ErrHeadcount):
		return nil, refuse(http.StatusNotFound, "%v", err)
	default:
		return nil, refuse(http.StatusConflict, "%v", err)
	}
}
