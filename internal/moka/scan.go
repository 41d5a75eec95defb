package moka

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"time"
)

// scanner finds in an item what paging needs to know of it.
type scanner func(item *Item, name string, v raw, location *time.Location)

// application scans the items of all feeds of applications. v2 has in basicInfo
// what the others have in the item itself.
func application(item *Item, name string, v raw, location *time.Location) {
	switch name {
	case "applicationid":
		item.ID = v.id()
	case "updatedat":
		item.UpdatedAt = when(v, location)
	case "movedat", "moved_at":
		item.MovedAt = when(v, location)
	case "basicinfo":
		// It was read as JSON already, so it cannot fail.
		_ = members(v, func(name string, v raw) {
			if name != "basicinfo" {
				application(item, name, v, location)
			}
		})
	}
}

// headcount scans headcounts.
func headcount(item *Item, name string, v raw, location *time.Location) {
	switch name {
	case "id":
		item.ID = v.id()
	case "updatedat", "updateat":
		item.UpdatedAt = when(v, location)
	}
}

// feedback scans interviewers' feedback.
func feedback(item *Item, name string, v raw, location *time.Location) {
	switch name {
	case "applicationid":
		item.ID = v.id()
	case "updatedat":
		item.UpdatedAt = when(v, location)
	}
}

// interview scans the list of interviews, which has the applications in its
// candidates, and ids that are no numbers.
func interview(item *Item, name string, v raw, _ *time.Location) {
	if name != "candidates" {
		return
	}
	item.ApplicationIDs = nil
	// It was read as JSON already; a text that holds none has no applications.
	_ = elements(v, func(candidate raw) {
		var id int64
		_ = members(candidate, func(name string, v raw) {
			if name == "applicationid" {
				id = v.id()
			}
		})
		if id > 0 && !slices.Contains(item.ApplicationIDs, id) {
			item.ApplicationIDs = append(item.ApplicationIDs, id)
		}
	})
}

// item scans one element. What is no object has a Body alone.
func (c *Client) item(v raw, scan scanner) Item {
	item := Item{Body: v}
	_ = members(v, func(name string, v raw) { scan(&item, name, v, c.location) }) // read as JSON already
	return item
}

// page reads a page of a feed.
func (c *Client) page(ctx context.Context, class Class, e endpoint, r request, scan scanner) (Page, error) {
	a, err := c.call(ctx, class, e, r)
	if err != nil {
		return Page{}, err
	}
	return c.paged(e, a, a.data, scan)
}

// paged makes a page of a reply's list.
func (c *Client) paged(e endpoint, a reply, list raw, scan scanner) (Page, error) {
	page := Page{Next: a.next, Began: a.began, Date: a.date, Sorted: true}
	var last time.Time
	err := elements(list, func(v raw) {
		item := c.item(v, scan)
		if item.ApplicationIDs == nil && item.ID > 0 && e.ofApplications() {
			item.ApplicationIDs = []int64{item.ID}
		}
		page.Sorted = page.Sorted && !item.UpdatedAt.IsZero() && !item.UpdatedAt.Before(last)
		last = item.UpdatedAt
		page.Items = append(page.Items, item)
	})
	if err != nil {
		return Page{}, &Error{Kind: KindProtocol, Endpoint: e.name, Err: fmt.Errorf("read the list: %w", err)}
	}
	return page, nil
}

// ofApplications reports whether the items' ids are those of applications.
func (e endpoint) ofApplications() bool {
	return e == applicationsV2 || e == applicationsV1 || e == movedApplications || e == interviewerFeedbacks
}

// feed makes the query of a v1/data feed: fromTime or next, never both.
func (c *Client) feed(q FeedQuery, most int) (url.Values, error) {
	if err := checkPage(nil, q.Limit, most); err != nil {
		return nil, err
	}
	query := url.Values{}
	setPaging(query, q.Next, q.Limit)
	switch {
	case q.Next != "":
	case q.From.IsZero():
		return nil, errors.New("neither a time to begin at nor a next page")
	default:
		query.Set("fromTime", c.since(q.From))
	}
	return query, nil
}

func setPaging(query url.Values, next string, limit int) {
	if next != "" {
		query.Set("next", next)
	}
	if limit > 0 {
		query.Set("limit", strconv.Itoa(limit))
	}
}

// checkPage checks what a page is asked for with.
func checkPage(ids []int64, limit, most int) error {
	if len(ids) > MaxApplications {
		return fmt.Errorf("%d ids, more than %d", len(ids), MaxApplications)
	}
	for _, id := range ids {
		if err := checkID("application", id); err != nil {
			return err
		}
	}
	if limit < 0 || limit > most {
		return fmt.Errorf("a page of %d, not of 0 to %d", limit, most)
	}
	return nil
}

// checkID refuses ids that are not Moka's: those are positive.
func checkID(what string, id int64) error {
	if id <= 0 {
		return fmt.Errorf("%d is not the id of one of Moka's: no %s has it", id, what)
	}
	return nil
}
