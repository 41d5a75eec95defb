package commands

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// patience bounds one measurement.
const patience = 2 * time.Minute

// worker measures write-back as it is deployed, but for the quota.
func (b Bench) worker(ctx context.Context, cfg Config, prefix string, c cell) (rate float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	in, drop, err := b.install(ctx, prefix)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	n := many(cfg, c.latency, c.parallel)
	if err := send(ctx, in, n, c.parallel); err != nil {
		return 0, err
	}
	m, err := startMoka(ctx, c.latency, n)
	if err != nil {
		return 0, err
	}
	defer m.stop()
	dir := filepath.Join(cfg.Dir, prefix)
	store, err := state.Open(dir, "bench")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close(), os.RemoveAll(dir)) }()
	w, err := newWorker(in, store, m.url, dir, c.parallel)
	if err != nil {
		return 0, err
	}
	running, stop := context.WithCancel(ctx)
	ran := make(chan error, 1)
	go func() { ran <- w.Run(running) }()
	rate, err = m.rate(ctx)
	stop()
	return rate, errors.Join(err, <-ran)
}

func newWorker(in *installation.Installation, store *state.Store, url, dir string, parallel int) (*writeback.Worker, error) {
	registry := prometheus.NewRegistry()
	letters, err := publish.NewDeadLetters(publish.DeadLetterDeps{
		Records: in.Records, Now: time.Now, NewID: func() string { return "" }, Registerer: registry,
	})
	if err != nil {
		return nil, err
	}
	gate := writeback.Prepaid(open{})
	client, err := moka.New(moka.Config{BaseURL: url + "/api-platform", APIKey: "bench", Timeout: 30 * time.Second, MaxBody: 64 << 20},
		moka.Deps{Gate: gate, Attempts: 1, Log: in.Log, Registerer: registry})
	if err != nil {
		return nil, err
	}
	// The defaults, but for the quota, names and places.
	return writeback.New(writeback.Config{
		Instance: "bench", StateDir: dir, Parallel: parallel, MaxPending: 2000, QuotaPerMinute: 1_000_000,
		HeadcountWritesPerMinute: 1_000_000, MaxAttempts: 8, Backoff: time.Second, BackoffMax: time.Minute, MaxParked: 1000,
		CallTimeout: 30 * time.Second, Grace: 30 * time.Second, ReadMaxAge: 2 * time.Second, LookupTTL: 10 * time.Minute,
		AuthPause: 30 * time.Second, StopTimeout: 25 * time.Second, SessionTimeout: 20 * time.Second, TransactionTimeout: 20 * time.Second,
	}, writeback.Deps{
		Client: func() ([]kgo.Opt, error) { return in.Options("writeback", prometheus.NewRegistry()) },
		Topics: in.Topics, Records: in.Records, Encoder: in.Encoder, Codec: in.Codec, Decoder: ownOnly{in}, DeadLetters: letters,
		Store: store, OrgID: installation.Org, Moka: client, Gate: gate, Now: time.Now, Sleep: sleep, Jitter: rand.Float64,
		Log: in.Log, Registerer: registry,
	})
}

// send fills the topic with n commands, which move so many applications in turn.
func send(ctx context.Context, in *installation.Installation, n, applications int) (err error) {
	client, err := in.Client("commands", prometheus.NewRegistry(), publish.ProducerOptions(in.Topics)...)
	if err != nil {
		return err
	}
	defer client.Close()
	recs := make([]*kgo.Record, n)
	for i := range recs {
		app, stage := int64(1+i%applications), int64(firstStage+1+i/applications%2)
		recs[i], err = in.Records.Command(&schemas.WritebackCommand{
			CommandID: fmt.Sprintf("c%08d", i), OrgID: installation.Org, ApplicationID: &app, RequestedBy: "bench",
			RequestedAt: time.Now(), MoveStage: &schemas.MoveStage{StageID: &stage},
		})
		if err != nil {
			return err
		}
	}
	if err := client.ProduceSync(ctx, recs...).FirstErr(); err != nil {
		return fmt.Errorf("send commands: %w", err)
	}
	return nil
}

// ownOnly reads commands of this build; there is no registry.
type ownOnly struct{ in *installation.Installation }

func (o ownOnly) Decode(_ context.Context, value []byte) (any, error) {
	own, _ := o.in.Encoder.ID(o.in.Topics.Commands())
	if id, ok := publish.SchemaID(value); !ok || id != own {
		return nil, fmt.Errorf("decode: %w", schemas.ErrUnknownSchema)
	}
	c := new(schemas.WritebackCommand)
	return c, o.in.Codec.Unmarshal(value[publish.FrameHeader:], c)
}

// open is a gate that lets everybody through.
type open struct{}

func (open) Acquire(ctx context.Context, _ moka.Class) error { return ctx.Err() }

func (open) Refused(time.Duration) {}

func (open) Accepted() {}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-timer.C:
		return nil
	}
}
