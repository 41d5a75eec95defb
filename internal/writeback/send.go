package writeback

import (
	"context"
	"fmt"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// receipt is what Moka told of something that it made.
type receipt struct {
	headcountID *int64
	fakeOfferID *string
}

// send makes the one call that the request is about.
func send(ctx context.Context, to Moka, r *Request) (receipt, error) {
	var id int64
	if r.Command.ApplicationID != nil {
		id = *r.Command.ApplicationID
	}
	switch a := r.act.(type) {
	case *moveStage:
		return receipt{}, to.MoveStage(ctx, id, a.to)
	case markHired:
		return receipt{}, to.MarkHired(ctx, id, moka.HiredParams{
			HiredAt: a.HiredAt, ProbationMonths: int(a.ProbationMonths),
			HeadcountID: a.HeadcountID, UseOfferHeadcount: a.UseOfferHeadcount,
		})
	case offerStatus:
		return receipt{}, to.SetOfferStatus(ctx, id, moka.OfferStatusParams{
			Accepted: a.Accepted, ReasonID: a.ReasonID, TalentPoolID: a.TalentPoolID, AnsweredAt: a.AnsweredAt,
		})
	case offerApproval:
		return receipt{}, to.SetOfferApproval(ctx, id, approvalNumber(a.Decision))
	case markRejected:
		return receipt{}, to.MarkRejected(ctx, id, moka.RejectedParams{
			ReasonID: a.ReasonID, TalentPoolID: deref(a.TalentPoolID), Detail: deref(a.Remark),
		})
	case markRegular:
		return receipt{}, to.MarkRegular(ctx, id, moka.RegularParams{Regular: !a.Undo, At: a.CorrectedAt})
	case markResigned:
		return receipt{}, to.MarkResigned(ctx, id, resignedParams(a))
	case *fakeOffer:
		return sendFakeOffer(ctx, to, id, a)
	case *changeHeadcount:
		return sendHeadcount(ctx, to, a)
	}
	return receipt{}, fmt.Errorf("send %s: %w", r.Action, schemas.ErrBadCommand)
}

func approvalNumber(d schemas.OfferApprovalDecision) moka.Approval {
	switch d {
	case schemas.OfferApprovalDecisionApproved:
		return moka.Approved
	case schemas.OfferApprovalDecisionDenied:
		return moka.Denied
	case schemas.OfferApprovalDecisionInApproval:
		return moka.InApproval
	case schemas.OfferApprovalDecisionUnknown:
	}
	return 0 // refused by check
}

func resignedParams(a markResigned) moka.ResignedParams {
	p := moka.ResignedParams{
		Detail: deref(a.Reason), ReasonTypeID: a.ReasonTypeID, At: a.ResignedAt, OperatorEmail: deref(a.OperatorEmail),
		TalentPoolIDs: a.TalentPoolIds, JobName: deref(a.JobName), Department: deref(a.Department), JobType: deref(a.JobType),
	}
	p.WriteJob = p.JobName != ""
	if a.Kind != nil {
		kind := 0
		switch *a.Kind {
		case schemas.ResignationKindResigned:
			kind = 1
		case schemas.ResignationKindDismissed:
			kind = 2
		case schemas.ResignationKindTerminated, schemas.ResignationKindUnknown:
		}
		p.Reason = &kind
	}
	return p
}

func sendFakeOffer(ctx context.Context, to Moka, id int64, a *fakeOffer) (receipt, error) {
	offer := deref(a.FakeOfferID)
	switch a.Operation {
	case schemas.FakeOfferOperationCreate:
		made, err := to.CreateOffer(ctx, id, a.by)
		return receipt{fakeOfferID: &made}, err
	case schemas.FakeOfferOperationAccept:
		return receipt{}, to.AcceptOffer(ctx, offer, a.by)
	case schemas.FakeOfferOperationDelete:
		return receipt{}, to.DeleteOffer(ctx, offer, a.by)
	case schemas.FakeOfferOperationHired:
		return receipt{}, to.MarkCandidateHired(ctx, id, a.by)
	case schemas.FakeOfferOperationReject:
		return receipt{}, to.RejectCandidate(ctx, id, moka.RejectCandidateParams{ReasonID: a.reason, OfferID: offer}, a.by)
	case schemas.FakeOfferOperationUnknown:
	}
	return receipt{}, fmt.Errorf("send a fake offer's %s: %w", a.Operation, schemas.ErrBadCommand)
}

func sendHeadcount(ctx context.Context, to Moka, a *changeHeadcount) (receipt, error) {
	switch a.Operation {
	case schemas.HeadcountOperationCreate:
		made, err := to.CreateHeadcount(ctx, a.create)
		return receipt{headcountID: &made}, err
	case schemas.HeadcountOperationUpdate:
		return receipt{}, to.UpdateHeadcount(ctx, *a.HeadcountID, []byte(*a.ParametersJSON))
	case schemas.HeadcountOperationDelete:
		return receipt{}, to.DeleteHeadcount(ctx, *a.HeadcountID)
	case schemas.HeadcountOperationUnknown:
	}
	return receipt{}, fmt.Errorf("send a headcount's %s: %w", a.Operation, schemas.ErrBadCommand)
}

func deref(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
