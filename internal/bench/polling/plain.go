package polling

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// plain is a poller as a team would write one: every feed at the same fixed
// interval, from its last updatedAt on, and everything that comes is journaled.
// It knows no hints, no hot set, no sweep and no fingerprints. Within that it is
// right: its cursors overlap, and it keeps to the quota.
type plain struct {
	client   *moka.Client
	house    *house
	budget   *moka.Budget
	now      func() time.Time
	interval time.Duration
	nextAt   time.Time
	todo     []func(context.Context) error
	cursors  map[string]time.Time
	made     map[string]int
}

// plainOverlap is what its cursors go back by.
const plainOverlap = time.Minute

func newPlain(interval time.Duration, perMinute int, h *house, client *moka.Client) *plain {
	now := h.world.clock.Now
	p := &plain{
		client: client, house: h, now: now, interval: interval, cursors: map[string]time.Time{}, made: map[string]int{},
		budget: moka.NewBudget(moka.QuotaConfig{PerMinute: perMinute, HeadcountWritesPerMinute: 30}, now()),
	}
	for _, feed := range []string{"applications", "headcounts", "feedbacks"} {
		p.cursors[feed] = now().Add(-10 * time.Minute)
	}
	return p
}

// Step implements stepper.
func (p *plain) Step(ctx context.Context) (worked bool, wake time.Time, err error) {
	now := p.now()
	if len(p.todo) == 0 {
		if now.Before(p.nextAt) {
			return false, p.nextAt, nil
		}
		p.nextAt = now.Add(p.interval)
		p.todo = append(p.todo, p.applications(""), p.headcounts(""), p.interviews, p.feedbacks(""))
	}
	_, ok, at := p.budget.Pick(now, moka.ClassIncremental)
	if !ok {
		return false, at, nil
	}
	first := p.todo[0]
	p.todo = p.todo[1:]
	return true, now, first(ctx)
}

func (p *plain) applications(next string) func(context.Context) error {
	return func(ctx context.Context) error {
		q := moka.ApplicationsQuery{UpdatedFrom: p.cursors["applications"].Add(-plainOverlap), Next: next}
		page, err := p.client.Applications(ctx, moka.ClassIncremental, q)
		return p.took(ctx, "applications", "v2/data/ehrApplications", page, err, p.applications)
	}
}

func (p *plain) headcounts(next string) func(context.Context) error {
	return func(ctx context.Context) error {
		q := moka.FeedQuery{From: p.cursors["headcounts"].Add(-plainOverlap), Next: next, Limit: moka.MaxFeed}
		page, err := p.client.Headcounts(ctx, moka.ClassIncremental, q)
		return p.took(ctx, "headcounts", "v1/data/headcounts", page, err, p.headcounts)
	}
}

func (p *plain) feedbacks(next string) func(context.Context) error {
	return func(ctx context.Context) error {
		q := moka.FeedQuery{From: p.cursors["feedbacks"].Add(-plainOverlap), Next: next, Limit: moka.MaxFeed}
		page, err := p.client.InterviewerFeedbacks(ctx, moka.ClassIncremental, q)
		return p.took(ctx, "feedbacks", "v1/data/interviewer_feedbacks", page, err, p.feedbacks)
	}
}

func (p *plain) interviews(ctx context.Context) error {
	from := p.now().AddDate(0, 0, -7)
	page, err := p.client.Interviews(ctx, moka.ClassIncremental, moka.InterviewsQuery{From: from, Until: from.AddDate(0, 0, 29)})
	return p.took(ctx, "interviews", "v1/interviews", page, err, nil)
}

// took journals a page, and goes on with the next one.
func (p *plain) took(ctx context.Context, feed, endpoint string, page moka.Page, err error, more func(string) func(context.Context) error) error {
	p.made[feed]++
	if err != nil {
		return fmt.Errorf("poll %s: %w", feed, err)
	}
	var entries []*schemas.JournalEntry
	for _, item := range page.Items {
		ids := item.ApplicationIDs
		if feed == "headcounts" {
			ids = []int64{item.ID}
		}
		for _, id := range ids {
			entries = append(entries, p.entry(feed, endpoint, item, id, page.Began, len(entries)))
		}
		p.cursors[feed] = later(p.cursors[feed], item.UpdatedAt)
	}
	if feed == "feedbacks" { // they have no time of their own
		p.cursors[feed] = later(p.cursors[feed], page.Began)
	}
	if page.Next != "" && more != nil {
		p.todo = append([]func(context.Context) error{more(page.Next)}, p.todo...)
	}
	return p.house.Commit(ctx, entries, nil, nil)
}

func (p *plain) entry(feed, endpoint string, item moka.Item, id int64, began time.Time, n int) *schemas.JournalEntry {
	e := &schemas.JournalEntry{
		EntryID: "poll:" + endpoint + ":" + strconv.FormatInt(began.UnixMilli(), 10) + ":" + strconv.Itoa(n),
		OrgID:   org, Channel: schemas.ChannelPoll, Endpoint: endpoint, ReceivedAt: began,
		ContentType: "application/json", Body: item.Body,
	}
	if feed == "headcounts" {
		e.HeadcountID = &id
	} else {
		e.ApplicationID = &id
	}
	if !item.UpdatedAt.IsZero() {
		at := item.UpdatedAt
		e.UpdatedAt = &at
	}
	return e
}
