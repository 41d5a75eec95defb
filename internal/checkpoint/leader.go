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
	topics := deps.Records.Topics()
	cfg.Group = cmp.Or(cfg.Group, topics.Prefix()+"-poll-"+deps.OrgID)
	m, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	l := &Leader{cfg: cfg, deps: deps, topics: topics, metrics: m, table: Table{
		OrgID: deps.OrgID, Records: deps.Records, Encoder: deps.Encoder, Codec: deps.Codec, Decoder: deps.Decoder,
	}}
	l.fail(errors.New("it has not joined its group yet"))
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

// Hold works with a lease until its context ends, which is when the lease is
// over or Run's context ends.
type Hold func(ctx context.Context, lease *Lease) error

// Run takes part in the choice until ctx ends, and returns nil then.
func (l *Leader) Run(ctx context.Context, hold Hold) error {
	<-ctx.Done()
	return nil
}
