package poll_test

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

var start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// tester is what *testing.T and *rapid.T share.
type tester interface {
	Helper()
	Fatalf(format string, args ...any)
	Errorf(format string, args ...any)
	Logf(format string, args ...any)
}

// row is an application as the model of Moka has it.
type row struct {
	id      int64
	updated time.Time // as Moka's clock says
	visible time.Time // when reads show it, by Moka's clock
	content int
	hot     bool // in a stage where things change quietly
	old     *row // what reads show until then
}

// account is a model of Moka: a table of applications, read by window and by id.
type account struct {
	clock    *clock
	skew     time.Duration // Moka's clock less ours
	rows     map[int64]*row
	pageSize int
	calls    int
	byID     int
	history  int // calls of class backfill
	fail     func(call int) error
	onPage   func()
	circle   bool
	backward bool           // newest first
	expired  bool           // tokens are refused
	hidden   map[int64]bool // from the first endpoint, not from the second
	hcs      map[int64]time.Time
	hcCalls  int
}

func newAccount(c *clock) *account {
	return &account{clock: c, rows: map[int64]*row{}, hidden: map[int64]bool{}, pageSize: 3, hcs: map[int64]time.Time{}}
}

func (a *account) now() time.Time { return a.clock.now.Add(a.skew) }

// change gives an application new content, with a new updatedAt unless quiet.
func (a *account) change(id int64, quiet bool, delay time.Duration) *row {
	old := a.rows[id]
	r := &row{id: id, updated: a.now().Truncate(time.Second), visible: a.now().Add(delay), content: 1}
	if old != nil {
		r.content, r.hot = old.content+1, old.hot
		if quiet {
			r.updated = old.updated
		}
		if delay > 0 {
			r.old = a.shown(old)
		}
	}
	a.rows[id] = r
	return r
}

// shown is what a read shows of a row now; nil for nothing.
func (a *account) shown(r *row) *row {
	for r != nil && r.visible.After(a.now()) {
		r = r.old
	}
	return r
}

func (a *account) item(r *row) moka.Item {
	stage := 100
	if r.hot {
		stage = 201
	}
	body := fmt.Sprintf(`{"basicInfo":{"applicationId":%d,"name":"%d","stage":{"name":"x","type":%d}}}`, r.id, r.content, stage)
	return moka.Item{ID: r.id, ApplicationIDs: []int64{r.id}, UpdatedAt: r.updated, Body: []byte(body)}
}

func (a *account) begin() (moka.Page, error) {
	a.calls++
	p := moka.Page{Began: a.clock.now, Date: a.now().Truncate(time.Second), Sorted: true}
	if a.fail != nil {
		if err := a.fail(a.calls); err != nil {
			return p, err
		}
	}
	return p, nil
}

func (a *account) Applications(_ context.Context, class moka.Class, q moka.ApplicationsQuery) (moka.Page, error) {
	if class == moka.ClassBackfill {
		a.history++
	}
	p, err := a.begin()
	if err != nil {
		return p, err
	}
	var all []*row
	for _, r := range a.rows {
		if r = a.shown(r); r == nil || a.hidden[r.id] {
			continue
		}
		if len(q.IDs) > 0 && !slices.Contains(q.IDs, r.id) {
			continue
		}
		if len(q.IDs) == 0 && (r.updated.Before(q.UpdatedFrom) || !q.UpdatedUntil.IsZero() && r.updated.After(q.UpdatedUntil)) {
			continue
		}
		all = append(all, r)
	}
	slices.SortFunc(all, func(x, y *row) int { return cmp.Or(x.updated.Compare(y.updated), cmp.Compare(x.id, y.id)) })
	if a.backward {
		slices.Reverse(all)
	}
	if len(q.IDs) > 0 {
		a.byID++
	}
	if q.Next != "" && a.expired {
		return p, &moka.Error{Kind: moka.KindInvalid, Message: "unknown next"}
	}
	if q.Next != "" {
		at, id := untoken(q.Next)
		all = slices.DeleteFunc(all, func(r *row) bool {
			if a.backward {
				return r.updated.After(at) || r.updated.Equal(at) && r.id >= id
			}
			return r.updated.Before(at) || r.updated.Equal(at) && r.id <= id
		})
	}
	size := a.pageSize
	if len(q.IDs) > 0 {
		size = moka.MaxApplications
	}
	for _, r := range all[:min(size, len(all))] {
		p.Items = append(p.Items, a.item(r))
	}
	if len(all) > size {
		last := all[size-1]
		p.Next = token(last.updated, last.id)
	}
	if a.circle {
		p.Next = "the same"
	}
	if a.onPage != nil {
		a.onPage()
	}
	return p, nil
}

func token(at time.Time, id int64) string {
	return base64.StdEncoding.EncodeToString([]byte(strconv.FormatInt(at.UnixMilli(), 10) + "/" + strconv.FormatInt(id, 10)))
}

func untoken(s string) (time.Time, int64) {
	raw, _ := base64.StdEncoding.DecodeString(s)
	at, id, _ := strings.Cut(string(raw), "/")
	ms, _ := strconv.ParseInt(at, 10, 64)
	n, _ := strconv.ParseInt(id, 10, 64)
	return time.UnixMilli(ms).UTC(), n
}

func (a *account) ApplicationsV1(ctx context.Context, class moka.Class, q moka.ApplicationsV1Query) (moka.Page, error) {
	hidden := a.hidden
	a.hidden = map[int64]bool{}
	defer func() { a.hidden = hidden }()
	return a.Applications(ctx, class, moka.ApplicationsQuery{IDs: q.IDs})
}

func (a *account) MovedApplications(context.Context, moka.Class, moka.MovedQuery) (moka.Page, error) {
	return a.begin()
}

func (a *account) Headcounts(_ context.Context, _ moka.Class, q moka.FeedQuery) (moka.Page, error) {
	p, err := a.begin()
	for id, at := range a.hcs {
		if !at.Before(q.From.Truncate(24 * time.Hour)) {
			p.Items = append(p.Items, moka.Item{ID: id, UpdatedAt: at, Body: fmt.Appendf(nil, `{"id":%d,"updatedAt":%q}`, id, at.Format(time.RFC3339))})
		}
	}
	slices.SortFunc(p.Items, func(x, y moka.Item) int { return x.UpdatedAt.Compare(y.UpdatedAt) })
	return p, err
}

func (a *account) Headcount(_ context.Context, _ moka.Class, id int64) (moka.Item, time.Time, error) {
	p, err := a.begin()
	a.hcCalls++
	at, ok := a.hcs[id]
	if !ok && err == nil {
		err = &moka.Error{Kind: moka.KindNotFound}
	}
	return moka.Item{ID: id, UpdatedAt: at, Body: fmt.Appendf(nil, `{"id":%d,"jobName":"x","updatedAt":%q}`, id, at.Format(time.RFC3339))}, p.Began, err
}

func (a *account) MinimalHeadcounts(context.Context, moka.Class) (moka.Page, error) {
	p, err := a.begin()
	for id := range a.hcs {
		p.Items = append(p.Items, moka.Item{ID: id, Body: []byte(`{}`)})
	}
	return p, err
}

func (a *account) Interviews(context.Context, moka.Class, moka.InterviewsQuery) (moka.Page, error) {
	return a.begin()
}

func (a *account) InterviewerFeedbacks(context.Context, moka.Class, moka.FeedQuery) (moka.Page, error) {
	return a.begin()
}

type clock struct{ now time.Time }

func (c *clock) Now() time.Time { return c.now }

// topic is where a lease writes: the journal and the cursors, as they would be in
// Kafka.
type topic struct {
	entries []*schemas.JournalEntry
	cursors map[string]*schemas.Checkpoint
	updates chan checkpoint.Update
	refuse  error
}

func newTopic() *topic {
	return &topic{cursors: map[string]*schemas.Checkpoint{}, updates: make(chan checkpoint.Update, 1000)}
}

func (s *topic) Cursors() map[string]*schemas.Checkpoint {
	all := map[string]*schemas.Checkpoint{}
	for feed, c := range s.cursors {
		own := *c
		all[feed] = &own
	}
	return all
}

func (s *topic) Updates() <-chan checkpoint.Update { return s.updates }

func (s *topic) Commit(_ context.Context, entries []*schemas.JournalEntry, cursors []*schemas.Checkpoint, gone []string) error {
	if s.refuse != nil {
		return s.refuse
	}
	s.entries = append(s.entries, entries...)
	for _, c := range cursors {
		own := *c
		s.cursors[c.Feed] = &own
	}
	for _, feed := range gone {
		delete(s.cursors, feed)
	}
	return nil
}

// write is what somebody else writes about a feed.
func (s *topic) write(c *schemas.Checkpoint) {
	s.cursors[c.Feed] = c
	s.updates <- checkpoint.Update{Feed: c.Feed, Checkpoint: c}
}

// house is an engine with all that it needs.
type house struct {
	cfg     poll.Config
	account *account
	topic   *topic
	clock   *clock
	index   *poll.Index
	budget  *moka.Budget
	engine  *poll.Engine
	metrics *poll.Metrics
}

func config() poll.Config {
	return poll.Config{
		Applications: poll.ApplicationsV2, ApplicationsInterval: 10 * time.Second, ApplicationsIdleInterval: 20 * time.Second,
		Overlap: 20 * time.Second, LookBack: 10 * time.Minute, HotSetMinAge: 2 * time.Minute, GoneAfter: 10 * time.Minute, Parallel: 4,
	}
}

func newHouse(t tester, cfg poll.Config, dir string, perMinute int) *house {
	t.Helper()
	c := &clock{now: start}
	h := &house{cfg: cfg, clock: c, account: newAccount(c), topic: newTopic()}
	h.budget = moka.NewBudget(moka.QuotaConfig{PerMinute: perMinute, HeadcountWritesPerMinute: 30}, c.now)
	var err error
	if h.metrics, err = poll.NewMetrics(prometheus.NewRegistry()); err != nil {
		t.Fatalf("metrics: %v", err)
	}
	h.open(t, dir)
	h.lead(t)
	return h
}

func (h *house) open(t tester, dir string) {
	t.Helper()
	var err error
	if h.index, err = poll.OpenIndex(dir, "boot"); err == nil {
		err = h.index.Belong("org/1/topic")
	}
	if err != nil {
		t.Fatalf("open the index: %v", err)
	}
}

// lead begins a new lease, as a restarted or another replica would.
func (h *house) lead(t tester) {
	t.Helper()
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatalf("schemas: %v", err)
	}
	model, err := poll.NewModel(bundle)
	if err != nil {
		t.Fatalf("model: %v", err)
	}
	h.engine, err = poll.NewEngine(h.cfg, poll.EngineDeps{
		API: h.account, Lease: h.topic, Index: h.index, Budget: h.budget, OrgID: "org", Model: model,
		Normalize: normalize.Options{}, Now: h.clock.Now, Jitter: func() float64 { return 0.5 },
		Log: zerolog.Nop(), Metrics: h.metrics,
	})
	if err != nil {
		t.Fatalf("engine: %v", err)
	}
}

// live lets time pass: the engine makes each call as soon as it may.
func (h *house) live(t tester, d time.Duration) {
	t.Helper()
	end := h.clock.now.Add(d)
	for range 1_000_000 {
		worked, wake, err := h.engine.Step(context.Background())
		if err != nil && !errors.Is(err, errCrash) {
			t.Fatalf("step: %v", err)
		}
		if errors.Is(err, errCrash) {
			h.topic.refuse = nil
			h.lead(t)
		}
		if worked {
			continue
		}
		if wake.After(end) {
			h.clock.now = end
			return
		}
		if !wake.After(h.clock.now) {
			t.Fatalf("the engine wants to be woken at %s, and it is %s", wake, h.clock.now)
		}
		h.clock.now = wake
	}
	t.Fatalf("the engine makes no pause")
}

var errCrash = errors.New("the process is killed before Kafka has the answer")

// journaled tells whether an entry with that content of the application is there.
func (h *house) journaled(r *row) int {
	n := 0
	body := string(h.account.item(r).Body)
	for _, e := range h.topic.entries {
		if string(e.Body) == body {
			n++
		}
	}
	return n
}
