package writeback

import (
	"context"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

// Moka is what the worker needs of Moka's API; *moka.Client has it. Writes are
// sent once a call; of their errors, those of moka.KindAmbiguous and of no kind
// leave open whether it happened.
type Moka interface {
	Reader
	ApplicationWriter
	FakeOfferWriter
	HeadcountWriter
}

// Reader reads what commands depend on.
type Reader interface { //nolint:interfacebloat // one method an endpoint
	Applications(ctx context.Context, class moka.Class, q moka.ApplicationsQuery) (moka.Page, error)
	ApplicationStates(ctx context.Context, class moka.Class, candidateID int64) ([]moka.ApplicationState, error)
	JobStages(ctx context.Context, class moka.Class, jobID string) ([]moka.Stage, error)
	ArchiveReasons(ctx context.Context, class moka.Class) ([]moka.Reason, error)
	Headcount(ctx context.Context, class moka.Class, id int64) (item moka.Item, began time.Time, err error)
	MinimalHeadcounts(ctx context.Context, class moka.Class) (moka.Page, error)
}

// ApplicationWriter changes applications and their offers.
type ApplicationWriter interface { //nolint:interfacebloat // one method an endpoint
	MoveStage(ctx context.Context, applicationID, stageID int64) error
	MarkHired(ctx context.Context, applicationID int64, p moka.HiredParams) error
	SetOfferStatus(ctx context.Context, applicationID int64, p moka.OfferStatusParams) error
	SetOfferApproval(ctx context.Context, applicationID int64, result moka.Approval) error
	MarkRejected(ctx context.Context, applicationID int64, p moka.RejectedParams) error
	MarkRegular(ctx context.Context, applicationID int64, p moka.RegularParams) error
	MarkResigned(ctx context.Context, applicationID int64, p moka.ResignedParams) error
}

// FakeOfferWriter handles offers that are kept outside Moka's own flow.
type FakeOfferWriter interface {
	CreateOffer(ctx context.Context, applicationID int64, by moka.Operator) (offerID string, err error)
	AcceptOffer(ctx context.Context, offerID string, by moka.Operator) error
	DeleteOffer(ctx context.Context, offerID string, by moka.Operator) error
	MarkCandidateHired(ctx context.Context, applicationID int64, by moka.Operator) error
	RejectCandidate(ctx context.Context, applicationID int64, p moka.RejectCandidateParams, by moka.Operator) error
}

// HeadcountWriter changes headcounts.
type HeadcountWriter interface {
	CreateHeadcount(ctx context.Context, p moka.HeadcountParams) (id int64, err error)
	UpdateHeadcount(ctx context.Context, id int64, fields []byte) error
	DeleteHeadcount(ctx context.Context, id int64) error
}

// Quota is told what this worker's share is; *moka.Quota is one.
type Quota interface {
	SetPerMinute(perMinute float64)
	SetHeadcountWritesPerMinute(perMinute float64)
}

// Prepaid makes a gate for the client of a worker: a call whose permit the worker
// took before it announced the write passes at once, all others ask gate. Without
// it, a write would wait for the quota after its intent, and what was read before
// it would grow old. Give it to the client as its Gate and to the worker as
// Deps.Gate.
func Prepaid(gate moka.Gate) moka.Gate { return prepaid{gate} }

type prepaid struct{ moka.Gate }

type permitKey struct{}

// withPermit marks the call as paid for.
func withPermit(ctx context.Context) context.Context {
	return context.WithValue(ctx, permitKey{}, true)
}

// HeadcountWrites is the gate of the limit that writes to headcounts have besides,
// by which the client asks for it; one that is never shut where there is none.
func (p prepaid) HeadcountWrites() moka.Gate {
	if limited, ok := p.Gate.(interface{ HeadcountWrites() moka.Gate }); ok {
		return prepaid{limited.HeadcountWrites()}
	}
	return unlimited{}
}

type unlimited struct{}

func (unlimited) Acquire(ctx context.Context, _ moka.Class) error { return ctx.Err() }
func (unlimited) Refused(time.Duration)                           {}
func (unlimited) Accepted()                                       {}

func (p prepaid) Acquire(ctx context.Context, class moka.Class) error {
	if ctx.Value(permitKey{}) != nil {
		return nil
	}
	return p.Gate.Acquire(ctx, class)
}
