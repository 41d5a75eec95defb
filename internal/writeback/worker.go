package writeback

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

	"github.com/mokafka/mokafka/internal/moka"
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

// Deps are what the worker works with; all are needed but where it says so.
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
	Store       *state.Store // of its own, in Config.StateDir
	// OrgID is the organisation that Moka's key belongs to; commands for others
	// are refused.
	OrgID string
	// Moka is the client, made with Gate as its gate.
	Moka Moka
	// Gate is what Prepaid made of the quota.
	Gate moka.Gate
	// Quota is told this worker's share; nil: nobody is.
	Quota Quota
	// Location is the zone of times that Moka writes without one; nil: Beijing.
	Location *time.Location
	Now      func() time.Time
	// Sleep waits, or until the context ends.
	Sleep func(ctx context.Context, d time.Duration) error
	// Jitter is in [0,1), for pauses.
	Jitter     func() float64
	Log        zerolog.Logger
	Registerer prometheus.Registerer
	// Tracer makes a span of each command, within the one that its record names, and
	// of each call to Moka; nil makes none.
	Tracer *publish.Tracer
}

// Worker carries out commands. Several share the partitions as a consumer group.
type Worker struct {
	cfg     Config
	deps    Deps
	topics  publish.Topics
	metrics *metrics
	pause   *pause
	lookup  *lookup
	fault   atomic.Pointer[error]
}

// New fails only on a bad configuration or metrics that can't be registered.
func New(cfg Config, deps Deps) (*Worker, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	if deps.OrgID == "" {
		return nil, errors.New("MOKA_ORG_ID is empty: name the organisation whose commands are carried out")
	}
	cfg.Group = cmp.Or(cfg.Group, deps.Topics.WritebackGroup())
	deps.Location = cmp.Or(deps.Location, time.FixedZone("Asia/Shanghai", 8*60*60))
	m, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	w := &Worker{cfg: cfg, deps: deps, topics: deps.Topics, metrics: m,
		pause: newPause(cfg.AuthPause, deps.Now, m), lookup: newLookup(deps.Moka, cfg.LookupTTL, deps.Now)}
	starting := errors.New("write-back has not joined its group yet")
	w.fault.Store(&starting)
	return w, nil
}

// Ready returns nil while the worker does its work, else what keeps it from it:
// Kafka, or a key that Moka does not know.
func (w *Worker) Ready() error {
	if err := *w.fault.Load(); err != nil {
		return err
	}
	return w.pause.Err()
}

const (
	firstPause = 250 * time.Millisecond
	longPause  = 15 * time.Second

	leaveTimeout = 3 * time.Second
)

// Run works until ctx ends, and returns nil then. Nothing new is begun; what is
// under way is finished, for Config.StopTimeout at most. Trouble with Kafka or
// the registry is logged and tried again with growing pauses; Run does not return
// for it.
func (w *Worker) Run(ctx context.Context) error {
	pause := firstPause
	for ctx.Err() == nil {
		progressed, err := w.session(ctx)
		if progressed {
			pause = firstPause
		}
		if err != nil && ctx.Err() == nil {
			w.fail(err)
			w.metrics.restarts.Inc()
			w.deps.Log.Error().Err(err).Dur("pause", pause).Str("instance", w.cfg.Instance).
				Msg("write-back starts over from the last commit")
			_ = w.deps.Sleep(ctx, pause) // fails only with ctx
			pause = min(2*pause, longPause)
		}
	}
	return nil
}

// well says that the worker has a place in its group, or records to work on.
func (w *Worker) well() {
	var none error
	w.fault.Store(&none)
}

func (w *Worker) fail(err error) {
	err = fmt.Errorf("write-back: %w", err)
	w.fault.Store(&err)
}
