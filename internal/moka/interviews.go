package moka

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"
)

// MaxInterviewDays is how far apart the ends of a window of interviews may be
// (Moka documents 31 days).
const MaxInterviewDays = 31

// InterviewsQuery asks for interviews by when they take place, or by when they
// were arranged; one of the pairs is required. All are days in Moka's zone, both
// ends included, at most 31 days apart.
type InterviewsQuery struct {
	From, Until               time.Time
	CreatedFrom, CreatedUntil time.Time
	HireMode                  HireMode // 0: both
}

// Interviews lists interviews, GET v1/interviews, by their beginning. It has no
// pages and no UpdatedAt.
func (c *Client) Interviews(ctx context.Context, class Class, q InterviewsQuery) (Page, error) {
	query := url.Values{}
	err := errors.Join(
		c.days(query, "startDate", "endDate", q.From, q.Until),
		c.days(query, "createStartDate", "createEndDate", q.CreatedFrom, q.CreatedUntil))
	if err == nil && len(query) == 0 {
		err = errors.New("no days to look at")
	}
	if err != nil {
		return Page{}, invalid(interviewList, err)
	}
	if q.HireMode != 0 {
		query.Set("hireMode", strconv.Itoa(int(q.HireMode)))
	}
	return c.page(ctx, class, interviewList, request{query: query}, interview)
}

// days sets a window of days, if it is given.
func (c *Client) days(query url.Values, from, until string, first, last time.Time) error {
	if first.IsZero() && last.IsZero() {
		return nil
	}
	if first.IsZero() || last.IsZero() {
		return fmt.Errorf("%s and %s: one is missing", from, until)
	}
	begin, end := c.midnight(first), c.midnight(last)
	if end.Before(begin) || end.After(begin.AddDate(0, 0, MaxInterviewDays)) {
		return fmt.Errorf("%s to %s: not a window of up to %d days", from, until, MaxInterviewDays)
	}
	query.Set(from, begin.Format(isoMillis))
	query.Set(until, end.Format(isoMillis))
	return nil
}

// InterviewerFeedbacks reads a page of GET v1/data/interviewer_feedbacks.
func (c *Client) InterviewerFeedbacks(ctx context.Context, class Class, q FeedQuery) (Page, error) {
	query, err := c.feed(q, MaxFeed)
	if err != nil {
		return Page{}, invalid(interviewerFeedbacks, err)
	}
	return c.page(ctx, class, interviewerFeedbacks, request{query: query}, feedback)
}
