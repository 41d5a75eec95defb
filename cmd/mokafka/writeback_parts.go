package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/ops"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// writebackWorker makes the parts of write-back.
type writebackWorker struct {
	settings writebackSettings
	port     *ops.Server
	metrics  *prometheus.Registry
	// apiMetrics takes those of the client for Moka; nil where another client of
	// the same process has them.
	apiMetrics prometheus.Registerer
	log        zerolog.Logger
	now        clock
	tracer     *publish.Tracer // nil: no traces
	// kafka is set by prepare, or by whoever shares its own.
	kafka kafkaParts
}

// prepare waits for Kafka and the registry, and makes what reading and writing
// records takes.
func (w *writebackWorker) prepare(ctx context.Context, ps *parts) error {
	s := w.settings
	codec, err := schemas.NewCodec()
	if err != nil {
		return err
	}
	registry, err := s.Registry.client()
	if err != nil {
		return &wrongUseError{err}
	}
	client, err := w.watchingClient(ps)
	if err != nil {
		return err
	}
	encoder := publish.NewEncoder(codec)
	check := preparation{
		connection: connection{Kafka: s.Kafka, Topics: s.Topics, Registry: s.Registry}, name: "write-back", limit: s.Patience.Start,
		client: client, registry: registry, encoder: encoder, log: w.log, now: w.now,
	}
	if err := check.wait(ctx, ps); err != nil {
		return err
	}
	topics := s.Topics.Topics()
	records := publish.NewRecords(encoder, topics, s.Registry.URLs[0])
	letters, err := publish.NewDeadLetters(publish.DeadLetterDeps{
		Client: client, Records: records, Timeout: attemptTimeout, Now: w.now, NewID: newID, Registerer: w.metrics,
	})
	if err != nil {
		return err
	}
	decoder, err := schemas.NewDecoder(registry, schemas.WithDecoderClock(w.now))
	if err != nil {
		return err
	}
	w.kafka = kafkaParts{topics, codec, decoder, encoder, records, letters}
	return nil
}

// watchingClient makes the client by which readiness asks whether Kafka is there.
func (w *writebackWorker) watchingClient(ps *parts) (*kgo.Client, error) {
	opts, err := w.settings.Kafka.Options("writeback-check", kafkaLog(w.log), w.metrics)
	if err != nil {
		return nil, &wrongUseError{err}
	}
	client, err := kgo.NewClient(append(opts, kgo.MetadataMinAge(250*time.Millisecond))...)
	if err != nil {
		return nil, fmt.Errorf("make the client that looks after Kafka: %w", err)
	}
	ps.hold("the client that looks after Kafka", func(context.Context) error { client.Close(); return nil })
	w.port.Require(ops.Check{Name: "kafka", Ready: func(ctx context.Context) error {
		if err := client.Ping(ctx); err != nil {
			return fmt.Errorf("no broker answers: %w", err)
		}
		return nil
	}})
	return client, nil
}

// start starts the worker, and finds out whether Moka takes the key. It returns at
// once: how both go shows in readiness.
func (w *writebackWorker) start(ctx context.Context, ps *parts) error {
	s, d := w.settings.Writing, w.kafka
	store, err := state.Open(s.Worker.StateDir, state.BootID())
	if err != nil {
		return fmt.Errorf("%w (WRITEBACK_STATE_DIR)", err)
	}
	ps.hold("the local copy of the ledger", func(context.Context) error { return store.Close() })
	quota, err := moka.NewQuota(s.quota(), w.now, nil, w.metrics)
	if err != nil {
		return &wrongUseError{err}
	}
	gate := writeback.Prepaid(quota)
	api, err := w.client(ps, gate, w.apiMetrics)
	if err != nil {
		return err
	}
	// The worker makes several; those that live at the same time want a role each
	// for metrics, so they have none.
	options := func() ([]kgo.Opt, error) { return w.settings.Kafka.Options("writeback", kafkaLog(w.log), nil) }
	worker, err := writeback.New(s.Worker, writeback.Deps{
		Client: options, Topics: d.topics, Records: d.records, Encoder: d.encoder, Codec: d.codec, Decoder: d.decoder,
		DeadLetters: d.letters, Store: store, OrgID: w.settings.Moka.OrgID, Moka: api, Gate: gate, Quota: quota,
		Location: w.settings.Moka.zone(), Now: w.now, Sleep: wait, Jitter: rand.Float64, Log: w.log, Registerer: w.metrics,
		Tracer: w.tracer,
	})
	if err != nil {
		return fmt.Errorf("make write-back: %w", err)
	}
	w.port.Require(ops.Check{Name: "writeback", Ready: func(context.Context) error { return worker.Ready() }})
	if err := w.proveKey(ctx, ps); err != nil {
		return err
	}
	ps.start(ctx, "write-back", worker.Run)
	return nil
}

// client makes one for Moka, whose calls wait at gate.
func (w *writebackWorker) client(ps *parts, gate moka.Gate, reg prometheus.Registerer) (*moka.Client, error) {
	s := w.settings.Writing
	api, err := moka.New(s.API, moka.Deps{
		Gate: gate, Attempts: 1, Location: w.settings.Moka.zone(), Now: w.now, Log: w.log, Registerer: reg,
		Secret: s.Files.secret(s.API, w.now, w.log),
	})
	if err != nil {
		return nil, &wrongUseError{err}
	}
	ps.hold("the client for Moka", func(context.Context) error { api.CloseIdle(); return nil })
	return api, nil
}

// proveKey has Moka asked for something small until it answers, and the worker not
// ready before that: no command may come for days, and a wrong key is to stop a
// rollout. Its few calls are beside the quota: a replica without partitions has
// no share of it.
func (w *writebackWorker) proveKey(ctx context.Context, ps *parts) error {
	api, err := w.client(ps, nil, nil)
	if err != nil {
		return err
	}
	p := &keyProof{
		ask: func(ctx context.Context) error {
			_, err := api.ArchiveReasons(ctx, moka.ClassWriteback)
			return err
		},
		pause: w.settings.Writing.Worker.AuthPause, log: w.log,
	}
	w.port.Require(ops.Check{Name: "moka", Ready: func(context.Context) error { return p.ready() }})
	ps.start(ctx, "the proof of the key", p.run)
	return nil
}

// keyProof finds out whether Moka takes the key.
type keyProof struct {
	ask   func(context.Context) error
	pause time.Duration
	log   zerolog.Logger
	state atomic.Pointer[proofState]
}

type proofState struct{ fault error }

// ready is nil once Moka has taken the key.
func (p *keyProof) ready() error {
	if s := p.state.Load(); s != nil {
		return s.fault
	}
	return errors.New("whether Moka takes the key is being found out")
}

// run asks until Moka answers to who we are, and returns when ctx ends.
func (p *keyProof) run(ctx context.Context) error {
	for last := moka.Kind(0); ctx.Err() == nil; {
		err := p.ask(ctx)
		kind := moka.KindOf(err)
		switch {
		case ctx.Err() != nil:
			return nil //nolint:nilerr // told to stop
		case err == nil, kind == moka.KindNotFound, kind == moka.KindInvalid, kind == moka.KindRefused, kind == moka.KindQuota:
			// It knows who asks, whatever it thinks of the question.
			p.state.Store(&proofState{})
			<-ctx.Done()
			return nil
		case kind == moka.KindAuth:
			err = fmt.Errorf("Moka does not accept the credentials (MOKA_API_KEY, or MOKA_CLIENT_ID and MOKA_CLIENT_SECRET): %w", err)
		default:
			err = fmt.Errorf("Moka does not answer: %w", err)
		}
		p.state.Store(&proofState{err})
		if kind != last {
			p.log.Error().Err(err).Stringer("again_in", p.pause).Msg("write-back is not ready")
		}
		last = kind
		_ = wait(ctx, p.pause) // its end is the loop's
	}
	return nil
}
