package moka

import (
	"context"
	"net/url"
	"strconv"
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
	if err := checkID("headcount", id); err != nil {
		return Item{}, time.Time{}, invalid(headcountDetail, err)
	}
	a, err := c.call(ctx, class, headcountDetail, request{id: strconv.FormatInt(id, 10)})
	if err != nil {
		return Item{}, time.Time{}, err
	}
	return c.item(a.headcount, headcount), a.began, nil
}

// MinimalHeadcounts lists all headcounts with few fields and no UpdatedAt, GET
// v1/headcount/minimal_headcounts. It asks once for each recruitment mode
// (招聘模式: 社招, 校招), since what Moka lists without one is not documented, and
// fails as a whole: what it does not list does not exist.
func (c *Client) MinimalHeadcounts(ctx context.Context, class Class) (Page, error) {
	var all Page
	listed := map[int64]bool{}
	for i, mode := range []HireMode{SocialHiring, CampusHiring} {
		query := url.Values{"currentHireMode": {strconv.Itoa(int(mode))}}
		a, err := c.call(ctx, class, headcountsMinimal, request{query: query})
		if err != nil {
			return Page{}, err
		}
		page, err := c.paged(headcountsMinimal, a, a.headcounts, headcount)
		if err != nil {
			return Page{}, err
		}
		if i == 0 {
			all = page
			all.Items = nil
		}
		for _, item := range page.Items {
			// One that is for both modes is listed in both.
			if item.ID == 0 || !listed[item.ID] {
				listed[item.ID] = true
				all.Items = append(all.Items, item)
			}
		}
	}
	all.Next, all.Sorted = "", len(all.Items) == 0
	return all, nil
}
