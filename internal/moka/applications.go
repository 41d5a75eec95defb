package moka

import (
	"context"
	"errors"
	"net/url"
	"time"
)

// MaxApplications is how many applications a page, and how many ids a query, may
// have (Moka documents 20).
const MaxApplications = 20

// ApplicationsQuery asks for applications by their ids, by when they were
// updated, or for the next page of either. With Next, the rest is sent too, for
// Moka's next is opaque and may hold no filters.
type ApplicationsQuery struct {
	IDs []int64 // at most 20
	// UpdatedFrom and UpdatedUntil are inclusive, to the millisecond; zero: open.
	UpdatedFrom, UpdatedUntil time.Time
	Next                      string
	Limit                     int // 0: 20, which is also the largest
}

// Applications reads a page of POST v2/data/ehrApplications, the richest feed:
// one item has the person, the application and its stage, the offer, the
// interviews and the job. ids that Moka does not know are left out of the page.
func (c *Client) Applications(ctx context.Context, class Class, q ApplicationsQuery) (Page, error) {
	var body object
	if err := checkPage(q.IDs, q.Limit, MaxApplications); err != nil {
		return Page{}, invalid(applicationsV2, err)
	}
	if len(q.IDs) > 0 {
		body.ids("applicationIds", q.IDs)
	}
	if !q.UpdatedFrom.IsZero() {
		body.text("updateAtStartTime", c.beijing(q.UpdatedFrom))
	}
	if !q.UpdatedUntil.IsZero() {
		body.text("updateAtEndTime", c.beijing(ceilMilli(q.UpdatedUntil)))
	}
	if q.Next != "" {
		body.text("next", q.Next)
	}
	if q.Limit > 0 {
		body.number("limit", int64(q.Limit))
	}
	return c.page(ctx, class, applicationsV2, request{body: body.bytes()}, application)
}

// Stages that ApplicationsV1 may ask for.
const (
	StageOffer          = "offer"
	StagePendingCheckin = "pending_checkin"
	StageOfferOrCheckin = "all" // not all stages: those two
)

// ApplicationsV1Query asks for applications by their ids (the rest is ignored
// then) or by their stage. Moka wants one of the two.
type ApplicationsV1Query struct {
	IDs   []int64 // at most 20
	Stage string  // StageOffer …
	// MovedFrom and MovedUntil are when they came into their stage; zero: open.
	// In which zone Moka reads them is not documented, so up to eight hours more
	// may come at either end.
	MovedFrom, MovedUntil time.Time
	Next                  string
	Limit                 int // 0: 20, which is also the largest
}

// ApplicationsV1 reads a page of GET v1/data/ehrApplications, for accounts
// without v2, in the order in which the applications came into their stages.
// In that order every page has a Next, the last too, which a later call can go
// on from. Moka documents that a stage without candidates answers with a server
// error (服务器异常): that is KindTransient here, as an outage is.
func (c *Client) ApplicationsV1(ctx context.Context, class Class, q ApplicationsV1Query) (Page, error) {
	if err := checkPage(q.IDs, q.Limit, MaxApplications); err != nil {
		return Page{}, invalid(applicationsV1, err)
	}
	if len(q.IDs) == 0 && q.Stage == "" {
		return Page{}, invalid(applicationsV1, errors.New("neither ids nor a stage"))
	}
	query := url.Values{}
	if len(q.IDs) > 0 {
		query.Set("applicationId", joinIDs(q.IDs))
	} else {
		query.Set("stage", q.Stage)
		query.Set("order", "ASC")
		if !q.MovedFrom.IsZero() {
			query.Set("movedAtStartTime", instant(q.MovedFrom))
		}
		if !q.MovedUntil.IsZero() {
			query.Set("movedAtEndTime", c.beijing(ceilMilli(q.MovedUntil)))
		}
	}
	setPaging(query, q.Next, q.Limit)
	return c.page(ctx, class, applicationsV1, request{query: query}, application)
}

// MovedQuery asks for the applications that came into their stage since From,
// to the day, or for the next page.
type MovedQuery struct {
	From time.Time // the first call only
	Next string    // afterwards
}

// MovedApplications reads a page of GET v1/data/movedApplications with
// reqType=all. It never uses reqType=update, which would mark what it returns and
// not return it again. Moka documents an order from old to new; its sample has
// the other.
func (c *Client) MovedApplications(ctx context.Context, class Class, q MovedQuery) (Page, error) {
	query, err := c.feed(FeedQuery{From: q.From, Next: q.Next}, MaxApplications)
	if err != nil {
		return Page{}, invalid(movedApplications, err)
	}
	query.Set("reqType", "all")
	query.Set("stage", "all")
	return c.page(ctx, class, movedApplications, request{query: query}, application)
}
