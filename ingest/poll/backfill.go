package poll

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// BackfillPrefix begins the names of the checkpoints that ask for history:
// BackfillPrefix + one of BackfillFeeds. RangeStart and RangeEnd say of when;
// the slices of a backfill add "/" and their first day.
const BackfillPrefix = "backfill:"

// The feeds that have history.
const (
	backfillApplications = "applications"
	backfillHeadcounts   = "headcounts"
	backfillInterviews   = "interviews"
	backfillFeedbacks    = "feedbacks"
)

// BackfillFeeds are the feeds that history can be asked of.
func BackfillFeeds() []string {
	return []string{backfillApplications, backfillHeadcounts, backfillInterviews, backfillFeedbacks}
}

// BackfillRequest is the checkpoint that has the owner of the organisation read
// the history of a feed. It fails for a feed or a range that there can't be.
func BackfillRequest(org, feed string, since, until, now time.Time) (*schemas.Checkpoint, error) {
	if !slices.Contains(BackfillFeeds(), feed) {
		return nil, fmt.Errorf("%q is no feed with a history: it is one of %s", feed, strings.Join(BackfillFeeds(), ", "))
	}
	if !since.Before(until) {
		return nil, errors.New("the range is empty: it has to begin before it ends")
	}
	return &schemas.Checkpoint{
		OrgID: org, Feed: BackfillPrefix + feed, RangeStart: &since, RangeEnd: &until, SavedAt: now,
	}, nil
}

// BackfillProgress is how much of its range a backfill has read, 0 to 1 by dates:
// cursors are those of the organisation.
func BackfillProgress(request *schemas.Checkpoint, cursors []*schemas.Checkpoint) float64 {
	if request.Completed {
		return 1
	}
	if request.RangeStart == nil || request.RangeEnd == nil {
		return 0
	}
	var covered time.Duration
	for _, c := range cursors {
		if !strings.HasPrefix(c.Feed, request.Feed+"/") || c.WindowStart == nil || c.WindowEnd == nil {
			continue
		}
		switch {
		case c.Completed:
			covered += c.WindowEnd.Sub(*c.WindowStart)
		case c.UpdatedAt != nil && c.UpdatedAt.After(*c.WindowStart):
			covered += min(c.UpdatedAt.Sub(*c.WindowStart), c.WindowEnd.Sub(*c.WindowStart))
		}
	}
	return min(1, float64(covered)/float64(request.RangeEnd.Sub(*request.RangeStart)))
}

// job is one backfill: its slices, and how it began.
type job struct {
	request *schemas.Checkpoint
	slices  []*slice
	items   int64
}

// newJob cuts the range of a request into slices, and takes up those that were
// begun. cursors are the organisation's by feed.
func newJob(
	request *schemas.Checkpoint, cursors map[string]*schemas.Checkpoint, l lookup, slow *details, now time.Time,
) (*job, error) {
	feed := strings.TrimPrefix(request.Feed, BackfillPrefix)
	source, ok := historyOf(l)[feed]
	if !ok || request.RangeStart == nil || request.RangeEnd == nil || !request.RangeStart.Before(*request.RangeEnd) {
		return nil, fmt.Errorf("%q with its range is no backfill", request.Feed)
	}
	own := *request
	if own.StartedAt == nil {
		own.StartedAt = &now
	}
	j := &job{request: &own, items: own.Items}
	for from := *own.RangeStart; from.Before(*own.RangeEnd); {
		until := *own.RangeEnd
		if source.step > 0 {
			until = earlier(from.Add(source.step), until)
		}
		s := &slice{job: j, source: source, from: from, until: until, cursor: from, label: own.Feed + "/" + from.UTC().Format(time.RFC3339)}
		if source.headcount {
			s.details = slow
		}
		s.restore(cursors[s.label])
		j.slices = append(j.slices, s)
		from = until
	}
	return j, nil
}

// history is how the past of a feed is read.
type history struct {
	endpoint  string
	headcount bool
	step      time.Duration // of a slice; 0: one slice for all
	fetch     fetch
}

func historyOf(l lookup) map[string]history {
	all := map[string]history{
		backfillApplications: {endpoint: endpointApplications, step: longestWindow, fetch: fetchUpdated},
		backfillHeadcounts:   {endpoint: endpointHeadcounts, headcount: true, fetch: fetchHeadcounts},
		backfillInterviews:   {endpoint: endpointInterviews, step: (mostDays - 1) * 24 * time.Hour, fetch: fetchDays},
		backfillFeedbacks:    {endpoint: endpointFeedbacks, fetch: fetchFeedbacks},
	}
	if !l.v2 {
		all[backfillApplications] = history{endpoint: endpointMoved, fetch: fetchMoved}
	}
	return all
}

func fetchDays(ctx context.Context, api API, class moka.Class, from, until time.Time, _ string) (moka.Page, error) {
	return api.Interviews(ctx, class, moka.InterviewsQuery{From: from, Until: until})
}

// slice reads one stretch of history. It is a feed while its job lasts.
type slice struct {
	job         *job
	source      history
	label       string
	from, until time.Time
	cursor      time.Time
	next        string
	walk        pass
	seen        map[string]bool
	items       int64
	complete    bool
	failing     int
	anew        int // how often in a row it was begun anew
	notBefore   time.Time
	// read tells that all pages were read; details, where there are any, may
	// still be missing.
	read    bool
	details *details
}

func (s *slice) name() string      { return s.label }
func (s *slice) class() moka.Class { return moka.ClassBackfill }

func (s *slice) restore(c *schemas.Checkpoint) {
	s.begun()
	if c == nil {
		return
	}
	s.complete, s.items = c.Completed, c.Items
	if c.UpdatedAt != nil {
		s.cursor = *c.UpdatedAt
	}
	if s.complete && c.WindowEnd != nil && c.WindowEnd.Before(s.until) {
		// It was the last of an earlier request, which ended before this one does.
		s.complete, s.cursor = false, later(s.from, *c.WindowEnd)
	}
}

// begun has the pages be walked from the cursor on.
func (s *slice) begun() {
	s.next, s.read, s.seen = "", false, map[string]bool{}
	s.walk = pass{sorted: true, moves: movesOf(s.source.endpoint)}
}

func (s *slice) due(time.Time) (time.Time, bool) {
	waits := s.read && s.details != nil && len(s.details.queue) > 0
	return s.notBefore, !s.complete && !waits
}

func (s *slice) begin(time.Time) call {
	if s.read {
		return func(context.Context, API) (answer, error) { return answer{}, nil }
	}
	from, until, next := s.cursor, s.until, s.next
	return func(ctx context.Context, api API) (answer, error) {
		page, err := s.source.fetch(ctx, api, moka.ClassBackfill, from, until, next)
		return answer{page: page}, err
	}
}

func (s *slice) check(a answer) error {
	if a.page.Next != "" && !s.stuck(a.page) && s.seen[a.page.Next] {
		return errCircle
	}
	s.seen[a.page.Next] = true
	return nil
}

// stuck tells that a page is empty and asks for itself: there is nothing more.
func (s *slice) stuck(page moka.Page) bool { return len(page.Items) == 0 && page.Next == s.next }

func (s *slice) done(now time.Time, a answer) outcome {
	walk, cursor := s.walk, s.cursor
	walk.take(a.page)
	var unread []moka.Item
	if s.details != nil {
		var err error
		if unread, err = s.details.unread(a.page); err != nil {
			unread = a.page.Items
		}
	}
	read := a.page.Next == "" || s.stuck(a.page)
	complete := read && len(unread) == 0 && (s.details == nil || len(s.details.queue) == 0)
	if s.details != nil { // begun anew, it finds those whose details are missing
		walk.sorted = false
	}
	if walk.sorted && walk.rising && walk.top.After(cursor) {
		cursor = earlier(walk.top, s.until)
	}
	items := s.items + int64(len(a.page.Items))
	from, until := s.from, s.until
	own := &schemas.Checkpoint{
		OrgID: s.job.request.OrgID, Feed: s.label, UpdatedAt: &cursor, Items: items, Completed: complete,
		WindowStart: &from, WindowEnd: &until, StartedAt: s.job.request.StartedAt, SavedAt: now,
	}
	whole := *s.job.request
	whole.Items, whole.SavedAt = s.job.items+int64(len(a.page.Items)), now
	out := outcome{
		found:   pageOf(a.page, s.source.endpoint, schemas.ChannelBackfill, s.source.headcount),
		cursors: []*schemas.Checkpoint{own, &whole},
	}
	if complete && s.job.left() == 1 {
		whole.Completed = true
		out.cursors = []*schemas.Checkpoint{&whole}
		for _, other := range s.job.slices {
			out.gone = append(out.gone, other.label)
		}
	}
	out.then = func(*tally) {
		// While a chain goes on its token names the place; the cursor is for
		// beginning anew.
		s.walk, s.next, s.items, s.complete, s.failing = walk, a.page.Next, items, complete, 0
		s.read = read
		s.saved(cursor)
		s.job.items, s.job.request.Items, s.job.request.Completed = whole.Items, whole.Items, whole.Completed
		for _, item := range unread {
			s.details.want(item.ID, item.UpdatedAt)
		}
	}
	return out
}

// saved notes the cursor for the next beginning.
func (s *slice) saved(cursor time.Time) { s.walk.from = cursor }

func (s *slice) failed(now time.Time, err error) {
	s.failing++
	if errors.Is(err, errCircle) || s.failing%stubborn == 0 {
		s.cursor = later(s.cursor, s.walk.from)
		s.begun()
		s.notBefore = now.Add(anewPause(s.anew))
		s.anew++
	}
}

// left is how many slices are not complete.
func (j *job) left() int {
	n := 0
	for _, s := range j.slices {
		if !s.complete {
			n++
		}
	}
	return n
}

// active are the slices to work on: the first few that are not complete, so that
// a call that hangs does not hold up all of history.
func (j *job) active() []feed {
	const width = 3
	var all []feed
	for _, s := range j.slices {
		if !s.complete && len(all) < width {
			all = append(all, s)
		}
	}
	return all
}

// requests are the backfills among an organisation's cursors that are not done,
// in the order of their names.
func requests(cursors map[string]*schemas.Checkpoint) []*schemas.Checkpoint {
	var all []*schemas.Checkpoint
	for _, name := range slices.Sorted(maps.Keys(cursors)) {
		if c := cursors[name]; isRequest(name) && !c.Completed {
			all = append(all, c)
		}
	}
	return all
}

func isRequest(feed string) bool {
	return strings.HasPrefix(feed, BackfillPrefix) && !strings.Contains(feed, "/")
}
