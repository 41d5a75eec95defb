package poll_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
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

// clock is moved by the test; reads may come from other goroutines.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// topic is where a lease writes: the journal and the cursors, as they would be in
// Kafka.
type topic struct {
	entries []*schemas.JournalEntry
	cursors map[string]*schemas.Checkpoint
	updates chan checkpoint.Update
	refuse  error
	// unknown has the next commit of an application take place, and fail; it is
	// called then.
	unknown func()
	// tooLarge is an application that no record can hold; 0 for none.
	tooLarge int64
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
	for _, e := range entries {
		if e.ApplicationID != nil && *e.ApplicationID == s.tooLarge {
			return fmt.Errorf("build a record: %w", publish.ErrTooLarge)
		}
	}
	s.entries = append(s.entries, entries...)
	for _, c := range cursors {
		own := *c
		s.cursors[c.Feed] = &own
	}
	for _, feed := range gone {
		delete(s.cursors, feed)
	}
	if s.unknown != nil && len(entries) > 0 {
		s.unknown()
		s.unknown = nil
		return errCrash
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
	api     poll.API // nil: the account
	topic   *topic
	clock   *clock
	index   *poll.Index
	budget  *moka.Budget
	engine  *poll.Engine
	metrics *poll.Metrics
	letters *letters
}

func config() poll.Config {
	return poll.Config{
		Applications: poll.ApplicationsV2, ApplicationsInterval: 10 * time.Second, ApplicationsIdleInterval: 20 * time.Second,
		Overlap: 20 * time.Second, LookBack: 10 * time.Minute, HotSetMinAge: 2 * time.Minute, GoneAfter: 10 * time.Minute, GoneLimit: 500, Parallel: 4,
	}
}

func newHouse(t tester, cfg poll.Config, dir string, perMinute int) *house {
	t.Helper()
	c := &clock{now: start}
	h := &house{cfg: cfg, clock: c, account: newAccount(c), topic: newTopic(), letters: &letters{}}
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

func (h *house) closeIndex(t tester) {
	t.Helper()
	if err := h.index.Close(); err != nil {
		t.Errorf("close the index: %v", err)
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
	api := h.api
	if api == nil {
		api = h.account
	}
	h.engine, err = poll.NewEngine(h.cfg, poll.EngineDeps{
		API: api, Lease: h.topic, Letters: h.letters, Index: h.index, Budget: h.budget, OrgID: "org", Model: model,
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
