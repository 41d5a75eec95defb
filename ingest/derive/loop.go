package derive

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Decoder reads framed values of any version; *schemas.Decoder does.
type Decoder interface {
	Decode(ctx context.Context, value []byte) (any, error)
}

// DeadLetters builds and counts dead letters; *publish.DeadLetters does.
type DeadLetters interface {
	Record(letter schemas.DeadLetter) (*kgo.Record, error)
	Count(letter schemas.DeadLetter)
}

// Deps are what the loop works with; all are needed, but for Mapper and Hints.
type Deps struct {
	// Client makes the options to reach Kafka: brokers, TLS, SASL, logger. It is
	// called for each client; a hook must not serve two.
	Client      func() ([]kgo.Opt, error)
	Topics      publish.Topics
	Records     *publish.Records
	Encoder     *publish.Encoder
	Codec       *schemas.Codec
	Decoder     Decoder
	DeadLetters DeadLetters
	Store       *state.Store
	Normalize   normalize.Options
	// Mapper reads the entries; the zero one is that of this build.
	Mapper normalize.Mapper
	// Hints has derive ask for the applications that webhooks and commands are
	// about, in the checkpoints; set it where somebody polls.
	Hints      bool
	Now        func() time.Time
	Log        zerolog.Logger
	Registerer prometheus.Registerer
	// Tracer makes a span of each entry, which its events name; nil makes none.
	Tracer *publish.Tracer
}

// Loop reads the journal and writes events and state, one transaction after
// the other. Several replicas share the partitions as a consumer group.
type Loop struct {
	cfg     Config
	deps    Deps
	topics  publish.Topics
	store   *state.Store
	decider *Decider
	metrics *metrics
	owned   *ownership
	backlog backlog
	fault   atomic.Pointer[error]
	batch   int // how many entries to poll
	// checkpointPartitions is how many the checkpoints have, if Hints is set.
	checkpointPartitions int
}

// New fails only on a bad configuration or metrics that can't be registered.
func New(cfg Config, deps Deps) (*Loop, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Group = cmp.Or(cfg.Group, deps.Topics.DeriveGroup())
	decider, err := NewDecider(deps.Codec.Bundle())
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	l := &Loop{cfg: cfg, deps: deps, topics: deps.Topics, store: deps.Store, decider: decider, metrics: m,
		owned: newOwnership(), batch: cfg.MaxBatch,
	}
	starting := errors.New("derive has not joined its group yet")
	l.fault.Store(&starting)
	return l, nil
}

// Ready returns nil while the loop does its work, else what keeps it from it.
func (l *Loop) Ready() error { return *l.fault.Load() }

const (
	firstPause = 250 * time.Millisecond
	longPause  = 15 * time.Second

	leaveTimeout = 3 * time.Second

	// givenBackMost is how many transactions in a row may come to nothing
	// without an error.
	givenBackMost = 5
)

// Run works until ctx ends, and returns nil then; the transaction under way is
// finished first. Trouble with Kafka or the registry is logged and tried again
// from the last commit, with growing pauses; Run does not return for it.
func (l *Loop) Run(ctx context.Context) error {
	pause := firstPause
	for ctx.Err() == nil {
		progressed, err := l.session(ctx)
		if progressed {
			pause = firstPause
		}
		if err != nil && ctx.Err() == nil {
			// A batch may have been too much for the time a transaction has.
			l.batch = max(1, l.batch/2)
			l.rest(ctx, err, pause)
			pause = min(2*pause, longPause)
		}
	}
	return nil
}

// rest says what went wrong and waits for a while.
func (l *Loop) rest(ctx context.Context, err error, pause time.Duration) {
	l.fail(err)
	l.metrics.restarts.Inc()
	l.deps.Log.Error().Err(err).Dur("pause", pause).Str("instance", l.cfg.Instance).
		Msg("derive starts over from the last commit")
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// well says that derive has a place in its group, or records to work on.
func (l *Loop) well() {
	var none error
	l.fault.Store(&none)
}

func (l *Loop) fail(err error) {
	err = fmt.Errorf("derive: %w", err)
	l.fault.Store(&err)
}
