package moka

import (
	"context"
	"errors"
	"net/url"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type Client struct{}

func New(Config, Deps) (*Client, error) { return nil, errors.ErrUnsupported }

type QuotaConfig struct {
	PerMinute                int `env:"MOKA_QUOTA_PER_MINUTE,default=60"`
	HeadcountWritesPerMinute int `env:"MOKA_HEADCOUNT_WRITES_PER_MINUTE,default=30"`
}

func (c QuotaConfig) Validate() error { return nil }

type Budget struct{}

func NewBudget(cfg QuotaConfig, now time.Time) *Budget { return &Budget{} }
func (b *Budget) Pick(now time.Time, wanting ...Class) (class Class, ok bool, at time.Time) {
	return 0, false, now
}
func (b *Budget) Refused(now time.Time, retryAfter time.Duration) {}
func (b *Budget) Accepted(now time.Time)                          {}
func (b *Budget) PerMinute(now time.Time) float64                 { return 0 }
func (b *Budget) Paused(now time.Time) time.Time                  { return now }
func (b *Budget) SetPerMinute(now time.Time, perMinute float64)   {}

type Quota struct{}

func NewQuota(cfg QuotaConfig, now func() time.Time, sleep func(context.Context, time.Duration) error, reg prometheus.Registerer) (*Quota, error) {
	return nil, errors.ErrUnsupported
}
func (q *Quota) Acquire(ctx context.Context, class Class) error { return nil }
func (q *Quota) Refused(retryAfter time.Duration)               {}
func (q *Quota) Accepted()                                      {}
func (q *Quota) SetPerMinute(perMinute float64)                 {}
func (q *Quota) SetHeadcountWritesPerMinute(perMinute float64)  {}
func (q *Quota) PerMinute() float64                             { return 0 }

type object struct{}

func (o *object) ids(string, []int64)      {}
func (o *object) text(string, string)      {}
func (o *object) number(string, int64)     {}
func (o *object) bytes() []byte            { return nil }
func checkPage(ids, limit, most int) error { return nil }
func invalid(endpoint, error) error        { return nil }

type endpoint struct{}
type request struct {
	query url.Values
	body  []byte
}
type reader func()

func application() {}
func headcount()   {}
func feedback()    {}

var applicationsV2, applicationsV1, movedApplications, headcountsFeed, interviewerFeedbacks, acceptOffer, deleteOffer endpoint

func joinIDs([]int64) string                              { return "" }
func setPaging(url.Values, string, int)                   {}
func instant(time.Time) string                            { return "" }
func ceilMilli(t time.Time) time.Time                     { return t }
func (c *Client) beijing(t time.Time) string              { return "" }
func (c *Client) feed(FeedQuery, int) (url.Values, error) { return nil, nil }
func (c *Client) page(context.Context, Class, endpoint, request, reader) (Page, error) {
	return Page{}, errors.ErrUnsupported
}
func (c *Client) headcount(context.Context, Class, int64) (Item, time.Time, error) {
	return Item{}, time.Time{}, errors.ErrUnsupported
}
func (c *Client) minimalHeadcounts(context.Context, Class) (Page, error) {
	return Page{}, errors.ErrUnsupported
}
func (c *Client) interviews(context.Context, Class, InterviewsQuery) (Page, error) {
	return Page{}, errors.ErrUnsupported
}
func (c *Client) applicationStates(context.Context, Class, int64) ([]ApplicationState, error) {
	return nil, errors.ErrUnsupported
}
func (c *Client) jobStages(context.Context, Class, string) ([]Stage, error) {
	return nil, errors.ErrUnsupported
}
func (c *Client) archiveReasons(context.Context, Class) ([]Reason, error) {
	return nil, errors.ErrUnsupported
}
func (c *Client) moveStage(context.Context, int64, int64) error       { return errors.ErrUnsupported }
func (c *Client) markHired(context.Context, int64, HiredParams) error { return errors.ErrUnsupported }
func (c *Client) markRejected(context.Context, int64, RejectedParams) error {
	return errors.ErrUnsupported
}
func (c *Client) markRegular(context.Context, int64, RegularParams) error {
	return errors.ErrUnsupported
}
func (c *Client) markResigned(context.Context, int64, ResignedParams) error {
	return errors.ErrUnsupported
}
func (c *Client) setOfferStatus(context.Context, int64, OfferStatusParams) error {
	return errors.ErrUnsupported
}
func (c *Client) setOfferApproval(context.Context, int64, Approval) error {
	return errors.ErrUnsupported
}
func (c *Client) createOffer(context.Context, int64, Operator) (string, error) {
	return "", errors.ErrUnsupported
}
func (c *Client) onOffer(context.Context, endpoint, string, Operator) error {
	return errors.ErrUnsupported
}
func (c *Client) markCandidateHired(context.Context, int64, Operator) error {
	return errors.ErrUnsupported
}
func (c *Client) rejectCandidate(context.Context, int64, RejectCandidateParams, Operator) error {
	return errors.ErrUnsupported
}
func (c *Client) createHeadcount(context.Context, HeadcountParams) (int64, error) {
	return 0, errors.ErrUnsupported
}
func (c *Client) updateHeadcount(context.Context, int64, []byte) error { return errors.ErrUnsupported }
func (c *Client) deleteHeadcount(context.Context, int64) error         { return errors.ErrUnsupported }
