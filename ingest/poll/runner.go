package poll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// Leader chooses which replica polls; *checkpoint.Leader does.
type Leader interface {
	Run(ctx context.Context, hold checkpoint.Hold) error
	Leading() bool
	Ready() error
}

// Deps are what a Runner works with; all are needed.
type Deps struct {
	API     API
	Leader  Leader
	Letters Letters
	Index   *Index
	// Client makes the options to reach Kafka. It is called for each client.
	Client    func() ([]kgo.Opt, error)
	Topics    publish.Topics
	Decoder   Decoder
	Bundle    avsc.Bundle
	OrgID     string
	Normalize normalize.Options
	Now       func() time.Time
	// After is time.After, or that of the clock of Now.
	After      func(time.Duration) <-chan time.Time
	Jitter     func() float64
	Log        zerolog.Logger
	Registerer prometheus.Registerer
	// Tracer is the engine's; nil makes no spans.
	Tracer *publish.Tracer
}

// Runner polls while this replica is the one to do it.
type Runner struct {
	cfg     Config
	deps    Deps
	model   *content.Model
	budget  *moka.Budget
	metrics *Metrics
	trouble atomic.Pointer[error]
}

// New fails on a bad configuration, broken schemas, or metrics that can't be
// registered. quota is what the poller may spend: Moka's less what is kept for
// commands.
func New(cfg Config, quota moka.QuotaConfig, deps Deps) (*Runner, error) {
	if err := errors.Join(cfg.Validate(), quota.Validate()); err != nil {
		return nil, err
	}
	model, err := NewModel(deps.Bundle)
	if err != nil {
		return nil, err
	}
	m, err := NewMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	r := &Runner{cfg: cfg, deps: deps, model: model, budget: moka.NewBudget(quota, deps.Now()), metrics: m}
	r.ready(nil)
	return r, nil
}

// NewModel learns the content of the entities; it fails when the schemas are
// broken.
func NewModel(bundle avsc.Bundle) (*content.Model, error) {
	model, err := content.New(bundle, schemas.Candidate{}, schemas.Offer{}, schemas.Interview{}, schemas.Headcount{})
	if err != nil {
		return nil, fmt.Errorf("learn the entities: %w", err)
	}
	return model, nil
}

// Leading tells whether this replica polls.
func (r *Runner) Leading() bool { return r.deps.Leader.Leading() }

// Ready returns nil while this replica stands by, or polls and Moka answers.
func (r *Runner) Ready() error {
	if err := r.deps.Leader.Ready(); err != nil {
		return err
	}
	if err := *r.trouble.Load(); err != nil && r.Leading() {
		return fmt.Errorf("poll Moka: %w", err)
	}
	return nil
}

func (r *Runner) ready(err error) { r.trouble.Store(&err) }

// Run polls until ctx ends, and returns nil then.
func (r *Runner) Run(ctx context.Context) error { return r.deps.Leader.Run(ctx, r.hold) }

// hold polls for as long as the lease lasts.
func (r *Runner) hold(ctx context.Context, lease *checkpoint.Lease) error {
	r.ready(errors.New("Moka has not answered yet"))
	defer r.ready(nil)
	f := &follower{
		client: r.deps.Client, topics: r.deps.Topics, decoder: r.deps.Decoder, org: r.deps.OrgID, index: r.deps.Index, log: r.deps.Log,
	}
	opts, err := r.deps.Client()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return fmt.Errorf("make a client to look up the topics with: %w", err)
	}
	details, err := f.belong(ctx, client, normalize.Revision)
	client.Close()
	if err != nil {
		return err
	}
	engine, err := NewEngine(r.cfg, EngineDeps{
		API: r.deps.API, Lease: lease, Letters: r.deps.Letters, Index: r.deps.Index, Budget: r.budget, OrgID: r.deps.OrgID, Model: r.model,
		Normalize: r.deps.Normalize, Now: r.deps.Now, Jitter: r.deps.Jitter, Log: r.deps.Log, Metrics: r.metrics,
		Tracer: r.deps.Tracer,
	})
	if err != nil {
		return err
	}
	r.deps.Log.Info().Int("hot_set", engine.hot.count()).Int("backfills", len(engine.jobs)).
		Time("applications_from", engine.main.cursor).Msg("this replica polls Moka")
	group, ctx := errgroup.WithContext(ctx)
	group.Go(func() error { return f.run(ctx, details) })
	group.Go(func() error { return engine.Run(ctx, r.deps.After, r.ready) })
	err = group.Wait()
	return cmp.Or(err, context.Cause(ctx))
}
