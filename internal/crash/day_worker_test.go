package crash_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"
	"golang.org/x/sync/errgroup"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// roleVariable makes the test's binary an ingest worker: the replica that its
// value, a JSON object, describes.
const roleVariable = "MOKAFKA_CRASH_REPLICA"

func TestMain(m *testing.M) {
	if text, ok := os.LookupEnv(roleVariable); ok {
		if err := work(text); err != nil {
			fmt.Fprintln(os.Stderr, "the replica failed:", err)
			os.Exit(1)
		}
		return
	}
	goleak.VerifyTestMain(m)
}

// replicaConfig is what a replica is told.
type replicaConfig struct {
	Instance  string         `json:"instance"`
	Clock     clock          `json:"clock"`
	Brokers   []string       `json:"brokers"`
	Prefix    string         `json:"prefix"`
	SchemaIDs map[string]int `json:"schemaIds"` // by topic
	Registry  string         `json:"registry"`
	Door      string         `json:"door"`
	Moka      string         `json:"moka"`
	Dir       string         `json:"dir"`
	Feeds     poll.Config    `json:"feeds"`
	PerMinute int            `json:"perMinute"`
}

// patienceWithMoka bounds one call, in real time.
const patienceWithMoka = time.Second

// work is an ingest worker by the clock of the test, until it is killed, fails, or
// its standard input ends: then the test is gone.
func work(text string) error {
	var cfg replicaConfig
	if err := json.Unmarshal([]byte(text), &cfg); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	r := ingester{cfg: cfg, log: zerolog.New(os.Stderr).With().Timestamp().Logger(), metrics: prometheus.NewRegistry()}
	if err := r.prepare(); err != nil {
		return err
	}
	group, ctx := errgroup.WithContext(ctx)
	for _, part := range []func() (func(context.Context) error, error){r.deriving, r.polling, r.door} {
		run, err := part()
		if err != nil {
			return err
		}
		group.Go(func() error { return run(ctx) })
	}
	return group.Wait()
}

// ingester is an ingest worker, put together as mokafka ingest is, but for its
// clock.
type ingester struct {
	cfg     replicaConfig
	log     zerolog.Logger
	metrics *prometheus.Registry

	topics  publish.Topics
	codec   *schemas.Codec
	decoder *schemas.Decoder
	encoder *publish.Encoder
	records *publish.Records
	writer  *kgo.Client
	letters *publish.DeadLetters
}

func (r *ingester) client() ([]kgo.Opt, error) {
	return []kgo.Opt{
		kgo.SeedBrokers(r.cfg.Brokers...), kgo.HeartbeatInterval(500 * time.Millisecond),
		kgo.MetadataMinAge(250 * time.Millisecond),
	}, nil
}

func (r *ingester) prepare() error {
	var err error
	if r.codec, err = schemas.NewCodec(); err != nil {
		return err
	}
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{r.cfg.Registry}})
	if err != nil {
		return err
	}
	if r.decoder, err = schemas.NewDecoder(registry); err != nil {
		return err
	}
	r.topics, r.encoder = publish.NewTopics(r.cfg.Prefix), publish.NewEncoder(r.codec)
	for _, spec := range publish.Catalogue(topicConfig(r.cfg.Prefix, 1)) {
		r.encoder.Use(spec.Name, spec.Record, r.cfg.SchemaIDs[spec.Name])
	}
	r.records = publish.NewRecords(r.encoder, r.topics, "")
	opts, _ := r.client()
	if r.writer, err = kgo.NewClient(append(opts, journalConfig().Options(r.topics)...)...); err != nil {
		return err
	}
	r.letters, err = publish.NewDeadLetters(publish.DeadLetterDeps{
		Client: r.writer, Records: r.records, Timeout: 4 * time.Second, Now: r.cfg.Clock.Now,
		NewID: func() string { return fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64()) }, Registerer: r.metrics,
	})
	return err
}

func journalConfig() publish.JournalConfig {
	return publish.JournalConfig{Timeout: 4 * time.Second, BufferRecords: 10_000, BufferBytes: 64 << 20}
}

func (r *ingester) deriving() (func(context.Context) error, error) {
	store, err := state.Open(filepath.Join(r.cfg.Dir, "state"), state.BootID())
	if err != nil {
		return nil, err
	}
	loop, err := derive.New(derive.Config{
		Group: r.cfg.Prefix + "-derive", Instance: r.cfg.Instance, StateDir: r.cfg.Dir, MaxBatch: 500,
		TransactionTimeout: 10 * time.Second, SessionTimeout: 6 * time.Second, GraveRetention: 7 * 24 * time.Hour,
	}, derive.Deps{
		Client: r.client, Topics: r.topics, Records: r.records, Encoder: r.encoder, Codec: r.codec, Decoder: r.decoder,
		DeadLetters: r.letters, Store: store, Hints: true, Now: r.cfg.Clock.Now, Log: r.log, Registerer: r.metrics,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error { return errors.Join(loop.Run(ctx), store.Close()) }, nil
}

func (r *ingester) polling() (func(context.Context) error, error) {
	index, err := poll.OpenIndex(filepath.Join(r.cfg.Dir, "poll"), state.BootID())
	if err != nil {
		return nil, err
	}
	api, err := moka.New(moka.Config{
		BaseURL: r.cfg.Moka, APIKey: apiKey, Timeout: patienceWithMoka, MaxBody: 16 << 20,
	}, moka.Deps{Gate: poll.Ungated(), Attempts: 1, Now: r.cfg.Clock.Now, Log: r.log, Registerer: r.metrics})
	if err != nil {
		return nil, err
	}
	leader, err := checkpoint.New(checkpoint.Config{
		Instance: r.cfg.Instance, SessionTimeout: 6 * time.Second, TransactionTimeout: 10 * time.Second,
	}, checkpoint.Deps{
		Client: r.client, OrgID: org, Topics: r.topics, Records: r.records, Encoder: r.encoder, Codec: r.codec, Decoder: r.decoder,
		Now: time.Now, Log: r.log, Registerer: r.metrics,
	})
	if err != nil {
		return nil, err
	}
	runner, err := poll.New(r.cfg.Feeds, moka.QuotaConfig{PerMinute: r.cfg.PerMinute, HeadcountWritesPerMinute: 30}, poll.Deps{
		API: api, Leader: leader, Letters: r.letters, Index: index, Client: r.client, Topics: r.topics, Decoder: r.decoder, Bundle: r.codec.Bundle(),
		OrgID: org, Normalize: normalize.Options{}, Now: r.cfg.Clock.Now, After: r.cfg.Clock.After, Jitter: rand.Float64,
		Log: r.log, Registerer: r.metrics,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		defer api.CloseIdle()
		return errors.Join(runner.Run(ctx), index.Close())
	}, nil
}

func (r *ingester) door() (func(context.Context) error, error) {
	journal, err := publish.NewJournal(journalConfig(), r.writer, r.records, time.Now, r.metrics)
	if err != nil {
		return nil, err
	}
	door, err := webhook.New(webhook.Config{
		Addr: r.cfg.Door, SigningKeys: []string{signingKey}, SOAPBearer: webhook.BearerOff, TLS: webhook.TLSOff, ZhirenTonce: 30 * time.Second,
		MaxBody: 10 << 20, MaxInFlight: 256, MaxInFlightBytes: 64 << 20, MaxHeader: 16 << 10,
		HeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 30 * time.Second, IdleTimeout: time.Minute,
		AnswerTimeout: 4500 * time.Millisecond, DrainTimeout: 5 * time.Second,
	}, webhook.Deps{
		OrgID: org, Journal: journal, DeadLetters: r.letters, Log: r.log, Metrics: r.metrics, Now: r.cfg.Clock.Now,
	})
	if err != nil {
		return nil, err
	}
	return func(ctx context.Context) error {
		defer r.writer.Close()
		return door.Run(ctx)
	}, nil
}
