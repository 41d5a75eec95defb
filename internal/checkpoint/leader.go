package checkpoint

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

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Deps are what the Leader works with; all are needed.
type Deps struct {
	// Client makes the options to reach Kafka: brokers, TLS, SASL, logger. It is
	// called for each client; a hook must not serve two.
	Client     func() ([]kgo.Opt, error)
	OrgID      string
	Topics     publish.Topics
	Records    *publish.Records
	Encoder    *publish.Encoder
	Codec      *schemas.Codec
	Decoder    Decoder
	Now        func() time.Time
	Log        zerolog.Logger
	Registerer prometheus.Registerer
}

// Leader takes part in the choice, for one organisation.
type Leader struct {
	cfg     Config
	deps    Deps
	table   Table
	topics  publish.Topics
	metrics *metrics
	leading atomic.Bool
	fault   atomic.Pointer[error]
}

// New fails only on a bad configuration or metrics that can't be registered.
func New(cfg Config, deps Deps) (*Leader, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.OrgID == "" {
		return nil, errors.New("MOKA_ORG_ID is empty: name the organisation to poll")
	}
	cfg.Group = cmp.Or(cfg.Group, deps.Topics.PollGroup(deps.OrgID))
	m, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	l := &Leader{cfg: cfg, deps: deps, topics: deps.Topics, metrics: m, table: Table{
		OrgID: deps.OrgID, Topics: deps.Topics, Records: deps.Records,
		Encoder: deps.Encoder, Codec: deps.Codec, Decoder: deps.Decoder,
	}}
	l.fail(errors.New("the group was not joined yet"))
	return l, nil
}

// Leading tells whether a lease is held here at this moment.
func (l *Leader) Leading() bool { return l.leading.Load() }

// Ready returns nil while this replica holds the lease or stands by to take it,
// else what keeps it from that.
func (l *Leader) Ready() error { return *l.fault.Load() }

func (l *Leader) well() {
	var none error
	l.fault.Store(&none)
}

func (l *Leader) fail(err error) {
	err = fmt.Errorf("choose who polls: %w", err)
	l.fault.Store(&err)
}

const (
	firstPause = 250 * time.Millisecond
	longPause  = 15 * time.Second

	leaveTimeout = 3 * time.Second

	// settled is how long a session lasts that was no part of a series of
	// failures.
	settled = time.Minute
)

// Hold works with a lease. Its context ends when the lease is over or when
// Run's does, and it is to return then; a commit may still be made in the latter
// case. When it returns before, its error (or that it gave the lease back) is
// logged, and after a pause the lease is taken anew.
type Hold func(ctx context.Context, lease *Lease) error

// Run takes part in the choice until ctx ends, calling hold whenever this
// replica is the one, never twice at a time. It returns nil then, after hold
// returned and the group was left, so that another takes over at once. Trouble
// with Kafka or the registry is logged and tried again, with growing pauses.
func (l *Leader) Run(ctx context.Context, hold Hold) error {
	pause := firstPause
	for ctx.Err() == nil {
		start := l.deps.Now()
		progressed, err := l.session(ctx, hold)
		if progressed || l.deps.Now().Sub(start) >= settled {
			pause = firstPause
		}
		if err != nil && ctx.Err() == nil {
			l.rest(ctx, err, pause)
			pause = min(2*pause, longPause)
		}
	}
	return nil
}

// rest says what went wrong and waits for a while.
func (l *Leader) rest(ctx context.Context, err error, pause time.Duration) {
	l.fail(err)
	l.metrics.restarts.Inc()
	l.deps.Log.Error().Err(err).Dur("pause", pause).Str("instance", l.cfg.Instance).
		Msg("the choice of who polls starts over here")
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
