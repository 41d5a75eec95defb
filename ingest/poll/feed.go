package poll

import (
	"context"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// API is what the feeds ask of Moka; *moka.Client is one.
type API interface {
	Applications(ctx context.Context, class moka.Class, q moka.ApplicationsQuery) (moka.Page, error)
	ApplicationsV1(ctx context.Context, class moka.Class, q moka.ApplicationsV1Query) (moka.Page, error)
	MovedApplications(ctx context.Context, class moka.Class, q moka.MovedQuery) (moka.Page, error)
	Reader
}

// Reader is the part of the API that is not about applications.
type Reader interface {
	Headcounts(ctx context.Context, class moka.Class, q moka.FeedQuery) (moka.Page, error)
	Headcount(ctx context.Context, class moka.Class, id int64) (moka.Item, time.Time, error)
	MinimalHeadcounts(ctx context.Context, class moka.Class) (moka.Page, error)
	Interviews(ctx context.Context, class moka.Class, q moka.InterviewsQuery) (moka.Page, error)
	InterviewerFeedbacks(ctx context.Context, class moka.Class, q moka.FeedQuery) (moka.Page, error)
}

// The endpoints, as journal entries name them.
const (
	endpointApplications   = "v2/data/ehrApplications"
	endpointApplicationsV1 = "v1/data/ehrApplications"
	endpointMoved          = "v1/data/movedApplications"
	endpointHeadcounts     = "v1/data/headcounts"
	endpointHeadcount      = "v1/headcount"
	endpointInterviews     = "v1/interviews"
	endpointFeedbacks      = "v1/data/interviewer_feedbacks"
	endpointSweep          = "sweep"
)

// feed is one way of looking at Moka. The engine calls it from one goroutine.
// Between begin and done of a call it is asked for no other.
type feed interface { //nolint:interfacebloat // what there is to say of a feed, one method each
	// name is what metrics, logs and checkpoints call it.
	name() string
	class() moka.Class
	// due is when it wants its next call; false when there is nothing to ask.
	due(now time.Time) (time.Time, bool)
	// begin says what to ask. It may be given up with failed, and changes nothing
	// that matters until then.
	begin(now time.Time) call
	// done says what an answer comes to. It changes nothing: what outcome.then
	// does is done once the outcome is durable.
	done(now time.Time, a answer) outcome
	// failed is told why there is no answer. The engine sees to pauses.
	failed(now time.Time, err error)
}

// call is one request to Moka.
type call func(ctx context.Context, api API) (answer, error)

// answer is what Moka said.
type answer struct {
	page moka.Page
	// second is what another endpoint said, where one was asked.
	second moka.Page
	// denied are those that were asked for by id and that Moka says are not there.
	denied map[int64]bool
}

// outcome is what follows from an answer.
type outcome struct {
	found []found
	// cursors are saved, and those of the feeds in gone deleted, in one
	// transaction with what was found.
	cursors []*schemas.Checkpoint
	gone    []string
	// notes are fingerprints to remember beside those of what was found.
	notes map[string]uint64
	// then is called when all that is durable; nil for nothing to do.
	then func(t *tally)
}

// tally is what became of an outcome.
type tally struct {
	// journaled counts the items that were news.
	journaled int
	// missing are applications that were asked for by id and are not there.
	missing []int64
}

// found is an item of a page that may be worth a journal entry.
type found struct {
	endpoint string
	channel  schemas.Channel
	item     moka.Item
	began    time.Time
	// headcount tells that item.ID is a headcount's.
	headcount bool
	// sure has it be journaled also where its content is known: what derive makes of
	// a look depends on when it began, where something else came in between.
	sure bool
	// gone tells that there is no item: the entity of ID is not there any more.
	gone bool
}

// pageOf turns a page into what was found.
func pageOf(p moka.Page, endpoint string, channel schemas.Channel, headcount bool) []found {
	all := make([]found, 0, len(p.Items))
	for _, item := range p.Items {
		all = append(all, found{endpoint: endpoint, channel: channel, item: item, began: p.Began, headcount: headcount})
	}
	return all
}

// clockOf is Moka's time when it answered, as it said itself, else our own
// before the request: nothing that a page shows can be complete beyond it.
func clockOf(p moka.Page) time.Time {
	if !p.Date.IsZero() {
		return p.Date
	}
	return p.Began
}

// versionOf is Moka's time of an item: updatedAt, or where the feed goes by them,
// when the application came into its stage. Zero where Moka gives neither.
func versionOf(item moka.Item) time.Time {
	if item.UpdatedAt.IsZero() {
		return item.MovedAt
	}
	return item.UpdatedAt
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
