package moka

import (
	"context"
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
	return c.interviews(ctx, class, q)
}

// InterviewerFeedbacks reads a page of GET v1/data/interviewer_feedbacks.
func (c *Client) InterviewerFeedbacks(ctx context.Context, class Class, q FeedQuery) (Page, error) {
	query, err := c.feed(q, MaxFeed)
	if err != nil {
		return Page{}, invalid(interviewerFeedbacks, err)
	}
	return c.page(ctx, class, interviewerFeedbacks, request{query: query}, feedback)
}
