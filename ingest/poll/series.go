package poll

import (
	"context"
	"errors"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

const (
	// longestWindow keeps a cursor that is very old below the three months that
	// Moka allows the windows of its newer endpoints.
	longestWindow = 80 * 24 * time.Hour
	// mostPages ends a pass that does not end by itself.
	mostPages = 20_000
	// stubborn is how many failures in a row the pages of a pass may have before
	// it is begun anew: its token may be what is wrong.
	stubborn = 5
)

// anewPause is how long to wait before the nth time in a row, from 0, that pages
// are walked anew because they did not come to an end.
func anewPause(n int) time.Duration { return min(10*time.Second<<min(n, 10), 10*time.Minute) }

// errCircle says that a page chain came back to where it was.
var errCircle = errors.New("the page chain turns in circles: the same next came twice")

// fetch reads one page: from and until bound the first, next names the others.
type fetch func(ctx context.Context, api API, class moka.Class, from, until time.Time, next string) (moka.Page, error)

// series is a feed of what was updated since a cursor, page by page.
type series struct {
	label     string
	rank      moka.Class
	endpoint  string
	channel   schemas.Channel
	org       string
	headcount bool
	fetch     fetch
	// windowed endpoints take an end of the window.
	windowed          bool
	interval, idle    time.Duration
	overlap, lookBack time.Duration
	// details, where there are any, are to be read of each item.
	details *details

	cursor time.Time
	saved  time.Time
	lastID int64
	items  int64
	pass   *pass
	nextAt time.Time
	deepAt time.Time
	pause  time.Duration
	// least is what a pause must not be shorter than, whatever is configured.
	least   time.Duration
	failing int
	// clean is when, by Moka's own clock, the last pass began that came to its end:
	// the cursor stays at the last row, and behind it may lie thousands of the same
	// moment, which no pass needs to read again.
	clean time.Time
	// anew counts how often in a row a pass was given up.
	anew int
}

// pass is one walk over all pages from a cursor on.
type pass struct {
	from, until time.Time
	next        string
	seen        map[string]bool
	pages       int
	news        int
	// limit is Moka's clock when the pass began.
	limit time.Time
	// top is the newest updatedAt seen. sorted is false once a row descended, and
	// rising is true once one ascended: until both are known to hold, a pass counts
	// only at its end.
	top, last      time.Time
	lastID         int64
	sorted, rising bool
	// moves tells that the rows come by when they were moved, whenever they were
	// updated.
	moves bool
	// dated tells that limit is Moka's own.
	dated bool
}

func (s *series) name() string      { return s.label }
func (s *series) class() moka.Class { return s.rank }

// restore takes up the saved cursor, or starts a little before now.
func (s *series) restore(now time.Time, c *schemas.Checkpoint) {
	// A beginning is saved with the first page, or a restart would begin later.
	s.cursor, s.saved, s.pause = now.Add(-s.lookBack), time.Time{}, s.interval
	if c != nil && c.UpdatedAt != nil {
		s.cursor, s.saved, s.items = *c.UpdatedAt, *c.UpdatedAt, c.Items
		if c.LastID != nil {
			s.lastID = *c.LastID
		}
	}
	s.pass, s.nextAt, s.deepAt, s.clean, s.failing = nil, time.Time{}, time.Time{}, time.Time{}, 0
}

func (s *series) due(time.Time) (time.Time, bool) {
	if s.pass != nil {
		return time.Time{}, true
	}
	return s.nextAt, true
}

// hurry has the next pass begin soon: something is known to have changed.
func (s *series) hurry(now time.Time) {
	if s.pause = s.quickest(); s.pass == nil && s.nextAt.After(now.Add(s.pause)) {
		s.nextAt = now.Add(s.pause)
	}
}

func (s *series) begin(now time.Time) call {
	if s.pass == nil {
		s.pass = s.newPass(now)
	}
	p, rank, fetch := *s.pass, s.rank, s.fetch
	return func(ctx context.Context, api API) (answer, error) {
		page, err := fetch(ctx, api, rank, p.from, p.until, p.next)
		return answer{page: page}, err
	}
}

func (s *series) newPass(now time.Time) *pass {
	back := s.overlap
	if !now.Before(s.deepAt) {
		back, s.deepAt = s.lookBack, now.Add(s.lookBack/4)
	}
	p := &pass{from: later(s.cursor, s.clean).Add(-back), seen: map[string]bool{}, sorted: true, moves: s.moves()}
	if s.windowed && now.Sub(p.from) > longestWindow {
		p.until = p.from.Add(longestWindow)
	}
	return p
}

func (s *series) done(now time.Time, a answer) outcome {
	p := *s.pass // the pass moves when the outcome is durable
	p.take(a.page)
	cursor, lastID := s.cursor, s.lastID
	if p.sorted && p.rising && p.top.After(cursor) {
		cursor, lastID = p.top, p.lastID
	}
	end := a.page.Next == "" || p.stuck(a.page) || p.pages >= mostPages
	if end {
		cursor, lastID = s.after(&p, cursor, lastID)
	}
	out := outcome{found: pageOf(a.page, s.endpoint, s.channel, s.headcount)}
	unread, safe := s.unread(a.page, cursor)
	if !safe.Equal(s.saved) {
		out.cursors = []*schemas.Checkpoint{s.checkpoint(now, safe, lastID, s.items+int64(len(a.page.Items)))}
	}
	out.then = func(t *tally) {
		p.news += t.journaled
		s.cursor, s.lastID, s.items, s.failing = cursor, lastID, s.items+int64(len(a.page.Items)), 0
		p.next = a.page.Next
		s.pass, s.saved = &p, safe
		for _, item := range unread {
			s.details.want(item.ID, item.UpdatedAt)
		}
		if end {
			s.end(now, &p)
		}
	}
	return out
}

// unread are the items of a page whose details are to be read, and how far the
// saved cursor may go: not beyond those.
func (s *series) unread(page moka.Page, cursor time.Time) ([]moka.Item, time.Time) {
	if s.details == nil {
		return nil, cursor
	}
	items, err := s.details.unread(page)
	if err != nil {
		return page.Items, s.saved // once too often
	}
	if held, ok := s.details.hold(); ok {
		cursor = earlier(cursor, held)
	}
	for _, item := range items {
		if !item.UpdatedAt.IsZero() {
			cursor = earlier(cursor, item.UpdatedAt)
		}
	}
	return items, cursor
}

// take takes a page into account.
func (p *pass) take(page moka.Page) {
	if p.pages++; p.pages == 1 {
		p.limit, p.dated = clockOf(page), !page.Date.IsZero()
	}
	for _, item := range page.Items {
		at := versionOf(item)
		if p.moves {
			at = item.MovedAt
		}
		if at.Before(p.last) || at.IsZero() {
			p.sorted = false
		}
		if at.IsZero() {
			continue
		}
		p.rising = p.rising || !p.last.IsZero() && at.After(p.last)
		p.last = at
		// Never beyond Moka's own clock at the start: what is written in this very
		// moment may not be visible yet.
		if top := earlier(at, p.limit); !top.Before(p.top) {
			p.top, p.lastID = top, item.ID
		}
	}
}

// stuck tells that a page is empty and asks for itself: there is nothing more.
func (p *pass) stuck(page moka.Page) bool { return len(page.Items) == 0 && page.Next == p.next }

// after is the cursor behind a pass that came to its end.
func (s *series) after(p *pass, cursor time.Time, lastID int64) (time.Time, int64) {
	switch {
	case !p.until.IsZero():
		// The rest of a long absence comes in the next window. The window was
		// read to its end, and it lies in the past.
		return later(cursor, earlier(p.until, p.limit)), 0
	case p.top.After(cursor):
		return p.top, p.lastID
	case p.top.IsZero() && s.timeless():
		return later(cursor, p.limit), 0
	}
	return cursor, lastID
}

// timeless feeds show no updatedAt, or none in Moka's samples; their cursor is
// then the time of the last pass.
func (s *series) timeless() bool {
	return s.endpoint == endpointFeedbacks || s.endpoint == endpointApplicationsV1
}

// moves tells that the feed goes by when applications came into their stage.
func (s *series) moves() bool { return movesOf(s.endpoint) }

func movesOf(endpoint string) bool {
	return endpoint == endpointApplicationsV1 || endpoint == endpointMoved
}

func (s *series) end(now time.Time, p *pass) {
	s.pass, s.anew = nil, 0
	if p.until.IsZero() && p.dated && p.pages < mostPages {
		s.clean = later(s.clean, p.limit)
	}
	switch {
	case !p.until.IsZero():
		s.nextAt = now
		return
	case p.news > 0:
		s.pause = s.quickest()
	default:
		s.pause = min(s.pause+s.pause/2, max(s.idle, s.quickest()))
	}
	s.nextAt = now.Add(s.pause)
}

// quickest is the pause while there is news.
func (s *series) quickest() time.Duration { return max(s.interval, s.least) }

func (s *series) checkpoint(now, cursor time.Time, lastID, items int64) *schemas.Checkpoint {
	c := &schemas.Checkpoint{OrgID: s.org, Feed: s.label, UpdatedAt: &cursor, Items: items, SavedAt: now}
	if lastID != 0 {
		c.LastID = &lastID
	}
	return c
}

// check finds a chain that turns in circles before its page is used.
func (s *series) check(a answer) error {
	next := a.page.Next
	if next == "" || s.pass == nil || s.pass.stuck(a.page) {
		return nil
	}
	if s.pass.seen[next] {
		return errCircle
	}
	s.pass.seen[next] = true
	return nil
}

func (s *series) failed(now time.Time, err error) {
	s.failing++
	kind := moka.KindOf(err)
	token := s.pass != nil && s.pass.next != ""
	expired := token && (kind == moka.KindInvalid || kind == moka.KindNotFound || kind == moka.KindRefused)
	if expired || errors.Is(err, errCircle) || s.failing%stubborn == 0 {
		s.pass = nil // from the cursor, which is behind everything that is durable
		s.nextAt = now.Add(anewPause(s.anew))
		s.anew++
	}
}
