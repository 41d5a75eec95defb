package polling

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/schemas"
)

// stepper is a poller that somebody else drives: *poll.Engine is one.
type stepper interface {
	// Step makes the one call that is due, if any. It returns whether there was
	// one, and when to come again at the latest.
	Step(ctx context.Context) (worked bool, wake time.Time, err error)
}

// PollConfig is the poller's configuration: its defaults.
func PollConfig() poll.Config {
	return poll.Config{
		Applications: poll.ApplicationsV2, ApplicationsInterval: 3 * time.Second, ApplicationsIdleInterval: 5 * time.Second,
		Overlap: 20 * time.Second, LookBack: 10 * time.Minute, HeadcountsInterval: 30 * time.Second,
		InterviewsInterval: 5 * time.Minute, InterviewsPast: 7, InterviewsAhead: 22, FeedbacksInterval: 5 * time.Minute,
		HotSetMinAge: time.Minute, SweepEvery: 168 * time.Hour, GoneAfter: 10 * time.Minute, GoneLimit: 100_000, Parallel: 4,
	}
}

// engines makes an engine, and another one in its place when it is killed.
type engines struct {
	cfg      poll.Config
	house    *house
	client   *moka.Client
	index    *poll.Index
	perQuota int
	model    *content.Model
	registry *prometheus.Registry
	metrics  *poll.Metrics
	now      func() time.Time
	log      zerolog.Logger
	current  *poll.Engine
}

func newEngines(cfg poll.Config, perMinute int, h *house, client *moka.Client, index *poll.Index, log zerolog.Logger) (*engines, error) {
	model, err := poll.NewModel(h.codec.Bundle())
	if err != nil {
		return nil, err
	}
	e := &engines{
		cfg: cfg, house: h, client: client, index: index, perQuota: perMinute, model: model,
		registry: prometheus.NewRegistry(), now: h.world.clock.Now, log: log,
	}
	if e.metrics, err = poll.NewMetrics(e.registry); err != nil {
		return nil, err
	}
	if err := e.start(); err != nil {
		return nil, err
	}
	return e, nil
}

// start begins with nothing but the cursors and the index, as a process does.
func (e *engines) start() (err error) {
	for len(e.house.updates) > 0 {
		<-e.house.updates // it reads them all as it begins
	}
	e.current, err = poll.NewEngine(e.cfg, poll.EngineDeps{
		API: e.client, Lease: e.house, Index: e.index, OrgID: org, Model: e.model, Normalize: normalize.Options{},
		Budget: moka.NewBudget(moka.QuotaConfig{PerMinute: e.perQuota, HeadcountWritesPerMinute: 30}, e.now()),
		Now:    e.now, Jitter: func() float64 { return 0.5 }, Log: e.log, Metrics: e.metrics,
	})
	return err
}

// Step implements stepper. An engine that was killed is replaced at once.
func (e *engines) Step(ctx context.Context) (worked bool, wake time.Time, err error) {
	worked, wake, err = e.current.Step(ctx)
	if errors.Is(err, errKilled) {
		return true, e.now(), e.start()
	}
	return worked, wake, err
}

// calls are the poller's, by feed and outcome.
func (e *engines) calls() (map[string]int, error) {
	families, err := e.registry.Gather()
	if err != nil {
		return nil, fmt.Errorf("ask the poller what it did: %w", err)
	}
	all := map[string]int{}
	for _, family := range families {
		if family.GetName() != "mokafka_poll_calls_total" {
			continue
		}
		for _, metric := range family.GetMetric() {
			var name string
			for _, label := range metric.GetLabel() {
				switch {
				case label.GetName() == "feed":
					name = label.GetValue() + name
				case label.GetValue() != "ok":
					name += " (" + label.GetValue() + ")"
				}
			}
			all[name] = int(metric.GetCounter().GetValue())
		}
	}
	return all, nil
}

// since is how much more there is of each now.
func since(now, then map[string]int) map[string]int {
	all := map[string]int{}
	for name, n := range now {
		if n -= then[name]; n > 0 {
			all[name] = n
		}
	}
	return all
}

// acquaint has an index know the whole company, as a poller's does that was at
// work before.
func acquaint(index *poll.Index, w *world) error {
	if err := index.Belong("bench"); err != nil {
		return err
	}
	now := w.clock.now
	var all []poll.Sighting
	flush := func() error {
		err := index.Note(all, nil)
		all = all[:0]
		return err
	}
	for after := int64(0); ; {
		truths := w.sim.Truths(after, 5000)
		for i := range truths {
			t := &truths[i]
			after = t.ApplicationID
			all = append(all, poll.Sighting{Kind: poll.Applications, ID: t.ApplicationID, At: now.Add(-time.Hour), Hot: hot(t)})
		}
		if err := flush(); err != nil || len(truths) == 0 {
			if err != nil {
				return err
			}
			break
		}
	}
	for _, t := range w.sim.HeadcountTruths() {
		all = append(all, poll.Sighting{Kind: poll.Headcounts, ID: t.ID, At: now.Add(-time.Hour)})
	}
	return flush()
}

// hot tells what the poller would make of an application.
func hot(t *company.Truth) bool {
	if !t.Archived {
		switch t.StageName {
		case "面试", "沟通offer", "待入职":
			return true
		}
	}
	for _, iv := range t.Interviews {
		if iv.Status != company.MeetingCancelled && iv.Start.After(begin().Add(-48*time.Hour)) {
			return true
		}
	}
	return false
}

// sweepNow has the poller look at everything, as `mokafka audit` may.
func (h *house) sweepNow() {
	long := begin().AddDate(-1, 0, 0)
	h.write(&schemas.Checkpoint{OrgID: org, Feed: "sweep:applications", StartedAt: &long, Completed: true, SavedAt: h.world.clock.now})
	h.write(&schemas.Checkpoint{OrgID: org, Feed: "sweep:headcounts", StartedAt: &long, Completed: true, SavedAt: h.world.clock.now})
}

// swept tells whether a sweep that began after an instant is over.
func (h *house) swept(after time.Time) bool {
	for _, feed := range []string{"sweep:applications", "sweep:headcounts"} {
		c := h.cursors[feed]
		if c == nil || !c.Completed || c.StartedAt == nil || c.StartedAt.Before(after) {
			return false
		}
	}
	return true
}
