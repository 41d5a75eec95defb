package moka

import (
	"context"
	"time"
)

// MaxFeed is the largest page of the v1/data feeds (Moka documents 500).
const MaxFeed = 500

// FeedQuery asks one of the v1/data feeds for what changed since From, or for the
// next page. From is sent to the day, as Moka documents it, and in which zone it
// begins is not documented: up to 32 hours more than asked for may come.
type FeedQuery struct {
	From  time.Time // the first call only
	Next  string    // afterwards
	Limit int       // 0: Moka's 100; at most 500
}

// Headcounts reads a page of GET v1/data/headcounts. Its items carry few fields:
// Headcount has the rest.
func (c *Client) Headcounts(ctx context.Context, class Class, q FeedQuery) (Page, error) {
	query, err := c.feed(q, MaxFeed)
	if err != nil {
		return Page{}, invalid(headcountsFeed, err)
	}
	return c.page(ctx, class, headcountsFeed, request{query: query}, headcount)
}

// Headcount reads one headcount, GET v1/headcount/{id}. The item's Body is the
// object inside "headcount"; began is our clock before the request. KindNotFound
// when there is none.
func (c *Client) Headcount(ctx context.Context, class Class, id int64) (item Item, began time.Time, err error) {
	return c.headcount(ctx, class, id)
}

// MinimalHeadcounts lists all headcounts with few fields and no UpdatedAt, GET
// v1/headcount/minimal_headcounts. It asks once for each recruitment mode
// (招聘模式: 社招, 校招), since what Moka lists without one is not documented, and
// fails as a whole: what it does not list does not exist.
func (c *Client) MinimalHeadcounts(ctx context.Context, class Class) (Page, error) {
	return c.minimalHeadcounts(ctx, class)
}
