package writeback_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

const partitions = 4

// rig is a cluster with the topics, a registry and a Moka, and what is needed to
// run workers on them.
type rig struct {
	t        testing.TB
	cluster  *kafkatest.Cluster
	topics   publish.Topics
	codec    *schemas.Codec
	encoder  *publish.Encoder
	records  *publish.Records
	decoder  *schemas.Decoder
	writer   *kgo.Client
	moka     *fakeMoka
	sequence int
	// config and deps change what the workers are made with.
	config func(*writeback.Config)
	deps   func(*writeback.Deps)
}

func newRig(t testing.TB, m *fakeMoka, opts ...kafkatest.Option) *rig {
	t.Helper()
	server := httptest.NewServer(schemastest.New())
	t.Cleanup(server.Close)
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{server.URL}, Timeout: 5 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{t: t, cluster: kafkatest.Start(t, opts...), codec: codec, encoder: publish.NewEncoder(codec), decoder: decoder, moka: m}
	cfg := publish.TopicConfig{Prefix: r.cluster.Prefix(), Partitions: partitions, Replication: 1}
	if r.cluster.IsReal() && len(r.cluster.Brokers) >= 3 {
		cfg.Replication = 3
	}
	r.topics = cfg.Topics()
	for _, spec := range publish.Catalogue(cfg) {
		id, err := registry.Register(t.Context(), codec.Bundle(), spec.Subject, spec.Record)
		if err != nil {
			t.Fatal(err)
		}
		r.encoder.Use(spec.Name, spec.Record, id)
	}
	r.records = publish.NewRecords(r.encoder, r.topics, "")
	r.writer = r.cluster.Client(publish.ProducerOptions(r.topics)...)
	if _, err := publish.Apply(t.Context(), kadm.NewClient(r.writer), publish.Catalogue(cfg), publish.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	r.cluster.AwaitTopic(publish.Names(publish.Catalogue(cfg))...)
	t.Cleanup(m.later.Wait)
	return r
}

// open is a gate that lets everybody through.
type open struct{}

func (open) Acquire(ctx context.Context, _ moka.Class) error { return ctx.Err() }
func (open) Refused(time.Duration)                           {}
func (open) Accepted()                                       {}

// running is a worker in the background.
type running struct {
	worker   *writeback.Worker
	registry *prometheus.Registry
	// stop ends it and waits; kill has it lose Kafka first, as a killed process
	// does.
	stop func()
}

func (r *rig) worker(instance string) *running { return r.workerIn(instance, r.t.TempDir()) }

func (r *rig) workerIn(instance, dir string) *running {
	r.t.Helper()
	store, err := state.Open(dir, "boot")
	if err != nil {
		r.t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	letters, err := publish.NewDeadLetters(publish.DeadLetterDeps{
		Records: r.records, Now: time.Now, NewID: func() string { return "unused" }, Registerer: reg,
	})
	if err != nil {
		r.t.Fatal(err)
	}
	cfg := writeback.Config{
		Group: r.cluster.Prefix() + "-writeback", Instance: instance, StateDir: dir, Parallel: 16, MaxPending: 2000,
		QuotaPerMinute: 20, HeadcountWritesPerMinute: 30, MaxAttempts: 4, Backoff: 5 * time.Millisecond, BackoffMax: 20 * time.Millisecond, MaxParked: 5,
		CallTimeout: 400 * time.Millisecond, Grace: 300 * time.Millisecond, ReadMaxAge: 5 * time.Second, LookupTTL: time.Minute,
		AuthPause: 50 * time.Millisecond, StopTimeout: 3 * time.Second, SessionTimeout: 6 * time.Second, TransactionTimeout: 2 * time.Second,
	}
	if r.config != nil {
		r.config(&cfg)
	}
	deps := writeback.Deps{
		Client: func() ([]kgo.Opt, error) {
			return []kgo.Opt{kgo.SeedBrokers(r.cluster.Brokers...), kgo.HeartbeatInterval(200 * time.Millisecond), kgo.MetadataMinAge(100 * time.Millisecond)}, nil
		},
		Topics: r.topics, Records: r.records, Encoder: r.encoder, Codec: r.codec, Decoder: r.decoder, DeadLetters: letters,
		Store: store, OrgID: "demo", Moka: r.moka, Gate: writeback.Prepaid(open{}), Now: time.Now, Sleep: sleep,
		Jitter: func() float64 { return 0.5 },
		Log:    zerolog.New(zerolog.NewTestWriter(r.t)).With().Str("worker", instance).Logger().Level(zerolog.InfoLevel), Registerer: reg,
	}
	if r.deps != nil {
		r.deps(&deps)
	}
	worker, err := writeback.New(cfg, deps)
	if err != nil {
		r.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- worker.Run(ctx) }()
	w := &running{worker: worker, registry: reg}
	w.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, store.Close()); err != nil {
			r.t.Error(err)
		}
	})
	r.t.Cleanup(w.stop)
	return w
}

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

// move is a command that moves an application.
func (r *rig) move(app, stage int64) *schemas.WritebackCommand {
	r.sequence++
	return &schemas.WritebackCommand{
		CommandID: fmt.Sprintf("c%04d", r.sequence), OrgID: "demo", ApplicationID: &app, RequestedBy: "test",
		RequestedAt: time.Now().Truncate(time.Millisecond), MoveStage: &schemas.MoveStage{StageID: &stage},
	}
}

// send produces commands, in order, and waits until they are safe.
func (r *rig) send(commands ...*schemas.WritebackCommand) {
	r.t.Helper()
	var recs []*kgo.Record
	for _, c := range commands {
		rec, err := r.records.Command(c)
		if err != nil {
			r.t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	r.produce(recs...)
}

func (r *rig) produce(recs ...*kgo.Record) {
	r.t.Helper()
	if err := r.writer.ProduceSync(r.t.Context(), recs...).FirstErr(); err != nil {
		r.t.Fatal(err)
	}
}

// read returns all committed records of a topic, by partition and offset.
func (r *rig) read(topic string) []*kgo.Record {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), 30*time.Second)
	defer cancel()
	ends, err := kadm.NewClient(r.writer).ListCommittedOffsets(ctx, topic)
	// A client that has not met the topic yet may say that it is unknown.
	for err == nil && ends.Error() != nil && ctx.Err() == nil {
		ends, err = kadm.NewClient(r.writer).ListCommittedOffsets(ctx, topic)
	}
	if err := errors.Join(err, ends.Error()); err != nil {
		r.t.Fatal(err)
	}
	client := r.cluster.Client(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer client.Close()
	left := map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	var out []*kgo.Record
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			r.t.Fatalf("reading %s: %v", topic, ctx.Err())
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			if !rec.Attrs.IsControl() {
				out = append(out, rec)
			}
			if end, ok := left[rec.Partition]; ok && rec.Offset >= end-1 {
				delete(left, rec.Partition)
			}
		})
	}
	return out
}

// history returns the results of all commands, in order; memories left out.
func (r *rig) history() map[string][]*schemas.WritebackResult {
	r.t.Helper()
	out := map[string][]*schemas.WritebackResult{}
	for _, rec := range r.read(r.topics.Results()) {
		v := new(schemas.WritebackResult)
		if err := r.codec.Unmarshal(rec.Value[publish.FrameHeader:], v); err != nil {
			r.t.Fatal(err)
		}
		if string(rec.Key) == v.CommandID {
			out[v.CommandID] = append(out[v.CommandID], v)
		}
	}
	return out
}

// last is a command's latest result, nil if it has none.
func (r *rig) last(id string) *schemas.WritebackResult {
	r.t.Helper()
	all := r.history()[id]
	if len(all) == 0 {
		return nil
	}
	return all[len(all)-1]
}

// await polls until the condition holds.
func (r *rig) await(what string, condition func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(45 * time.Second)
	tick := time.NewTicker(30 * time.Millisecond)
	defer tick.Stop()
	for !condition() {
		if time.Now().After(deadline) {
			r.t.Fatalf("not in time: %s", what)
		}
		<-tick.C
	}
}

// caughtUp waits until the group has committed every command.
func (r *rig) caughtUp() {
	r.t.Helper()
	adm, group := kadm.NewClient(r.writer), r.cluster.Prefix()+"-writeback"
	r.await("all commands are settled and committed", func() bool {
		ends, err := adm.ListEndOffsets(r.t.Context(), r.topics.Commands())
		if err != nil || ends.Error() != nil {
			return false
		}
		offsets, err := adm.FetchOffsets(r.t.Context(), group)
		if err != nil || offsets.Error() != nil {
			return false
		}
		ok := true
		ends.Each(func(o kadm.ListedOffset) {
			at, _ := offsets.Lookup(r.topics.Commands(), o.Partition)
			ok = ok && (o.Offset == 0 || at.At >= o.Offset)
		})
		return ok
	})
}

func (r *rig) outcome(id string, want schemas.WritebackOutcome) *schemas.WritebackResult {
	r.t.Helper()
	got := r.last(id)
	if got == nil {
		r.t.Fatalf("command %s has no result, want %s", id, want)
	}
	if got.Outcome != want {
		r.t.Errorf("command %s is %s (%s), want %s", id, got.Outcome, text(got.Reason), want)
	}
	return got
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

// letters are the dead letters by class.
func (r *rig) letters() map[string]int {
	r.t.Helper()
	out := map[string]int{}
	for _, rec := range r.read(r.topics.DeadLetters()) {
		v := new(schemas.DeadLetter)
		if err := r.codec.Unmarshal(rec.Value[publish.FrameHeader:], v); err != nil {
			r.t.Fatal(err)
		}
		out[v.ErrorClass]++
	}
	return out
}
