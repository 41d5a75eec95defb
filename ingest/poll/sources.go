package poll

import (
	"context"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// feedLimit is a page of the v1/data feeds: fewer calls for the same rows.
const feedLimit = moka.MaxFeed

func fetchUpdated(ctx context.Context, api API, class moka.Class, from, until time.Time, next string) (moka.Page, error) {
	return api.Applications(ctx, class, moka.ApplicationsQuery{UpdatedFrom: from, UpdatedUntil: until, Next: next})
}

// fetchStages reads offers and onboardings by when they came into their stage.
// There every page has a next, so that one which is not full is the last.
func fetchStages(ctx context.Context, api API, class moka.Class, from, _ time.Time, next string) (moka.Page, error) {
	page, err := api.ApplicationsV1(ctx, class, moka.ApplicationsV1Query{Stage: moka.StageOfferOrCheckin, MovedFrom: from, Next: next})
	if len(page.Items) < perCall {
		page.Next = ""
	}
	return page, err
}

// fetchMoved reads stage moves. Moka takes the time of the first call to the day
// only; its next, which it documents as the time of a move and an application,
// can say it exactly.
func fetchMoved(ctx context.Context, api API, class moka.Class, from, _ time.Time, next string) (moka.Page, error) {
	if next == "" {
		next = from.UTC().Format("2006-01-02T15:04:05.000Z07:00") + "_" + strconv.Itoa(0)
	}
	return api.MovedApplications(ctx, class, moka.MovedQuery{Next: next})
}

func fetchHeadcounts(ctx context.Context, api API, class moka.Class, from, _ time.Time, next string) (moka.Page, error) {
	return api.Headcounts(ctx, class, moka.FeedQuery{From: from, Next: next, Limit: feedLimit})
}

func fetchFeedbacks(ctx context.Context, api API, class moka.Class, from, _ time.Time, next string) (moka.Page, error) {
	return api.InterviewerFeedbacks(ctx, class, moka.FeedQuery{From: from, Next: next, Limit: feedLimit})
}

// applications is the feed of what happens to applications.
func applications(cfg Config, org string) *series {
	s := &series{
		label: "applications", rank: moka.ClassIncremental, channel: schemas.ChannelPoll, org: org,
		interval: cfg.ApplicationsInterval, idle: cfg.ApplicationsIdleInterval,
		overlap: cfg.Overlap, lookBack: cfg.LookBack,
	}
	switch cfg.Applications {
	case ApplicationsV1:
		s.endpoint, s.fetch = endpointApplicationsV1, fetchStages
	case ApplicationsMoved:
		s.endpoint, s.fetch = endpointMoved, fetchMoved
	default:
		s.endpoint, s.fetch, s.windowed = endpointApplications, fetchUpdated, true
	}
	return s
}

// headcounts is the feed of what happens to headcounts; each that it shows is
// read in detail.
func headcounts(cfg Config, org string, d *details) *series {
	return &series{
		label: "headcounts", rank: moka.ClassIncremental, channel: schemas.ChannelPoll, org: org,
		endpoint: endpointHeadcounts, headcount: true, fetch: fetchHeadcounts,
		interval: cfg.HeadcountsInterval, idle: cfg.HeadcountsInterval, overlap: cfg.Overlap, lookBack: cfg.LookBack,
		details: d,
	}
}

// feedbacks is the feed of what interviewers said.
func feedbacks(cfg Config, org string) *series {
	return &series{
		label: "feedbacks", rank: moka.ClassHotSet, channel: schemas.ChannelPoll, org: org,
		endpoint: endpointFeedbacks, fetch: fetchFeedbacks,
		interval: cfg.FeedbacksInterval, idle: cfg.FeedbacksInterval, overlap: cfg.LookBack, lookBack: cfg.LookBack,
	}
}
