package checkpoint_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	partitions = 4
	org        = "demo"
	session    = 6 * time.Second
)

// noRegistry stands where only values of this build are read.
type noRegistry struct{}

func (noRegistry) Decode(context.Context, []byte) (any, error) {
	return nil, errors.New("no schema has that id")
}

// system is a cluster with the topics.
type system struct {
	t       testing.TB
	cluster *kafkatest.Cluster
	topics  publish.Topics
	table   checkpoint.Table
	writer  *kgo.Client
}

func newSystem(t testing.TB, opts ...kafkatest.Option) *system {
	t.Helper()
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	s := &system{t: t, cluster: kafkatest.Start(t, opts...)}
	cfg := publish.TopicConfig{Prefix: s.cluster.Prefix(), Partitions: partitions, Replication: 1}
	if s.cluster.IsReal() && len(s.cluster.Brokers) >= 3 {
		cfg.Replication = 3
	}
	s.topics = publish.NewTopics(cfg.Prefix)
	specs := publish.Catalogue(cfg)
	encoder := publish.NewEncoder(codec)
	for i, spec := range specs {
		encoder.Use(spec.Name, spec.Record, i+1)
	}
	s.table = checkpoint.Table{
		OrgID: org, Topics: s.topics, Records: publish.NewRecords(encoder, s.topics, ""),
		Encoder: encoder, Codec: codec, Decoder: noRegistry{},
	}
	s.writer = s.cluster.Client(publish.ProducerOptions(s.topics)...)
	if _, err := publish.Apply(t.Context(), kadm.NewClient(s.writer), specs, publish.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	s.cluster.AwaitTopic(publish.Names(specs)...)
	return s
}

// wire is what a replica reaches Kafka through. Cut, it is as if the replica had
// been killed or its network were gone: nobody leaves in good order.
type wire struct {
	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

func (w *wire) dial(ctx context.Context, network, host string) (net.Conn, error) {
	conn, err := (&net.Dialer{Timeout: 5 * time.Second}).DialContext(ctx, network, host)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		_ = conn.Close()
		return nil, errors.New("the wire is cut")
	}
	w.conns = append(w.conns, conn)
	return conn, nil
}

func (w *wire) set(cut bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut = cut; cut {
		for _, c := range w.conns {
			_ = c.Close()
		}
		w.conns = nil
	}
}

// held is a lease as a replica holds it.
type held struct {
	*checkpoint.Lease
	ctx    context.Context //nolint:containedctx // what the lease's holder was called with
	giveUp chan error      // has the holder return
}

// replica is a Leader that works in the background.
type replica struct {
	t        testing.TB
	leader   *checkpoint.Leader
	registry *prometheus.Registry
	wire     *wire
	leases   chan held
	stop     func()
}

// replica starts one. stop ends it and waits; the test's end does too.
func (s *system) replica(instance string, change ...func(*checkpoint.Config)) *replica {
	s.t.Helper()
	r := &replica{t: s.t, registry: prometheus.NewRegistry(), wire: &wire{}, leases: make(chan held, 16)}
	cfg := checkpoint.Config{Instance: instance, SessionTimeout: session, TransactionTimeout: 20 * time.Second}
	for _, fn := range change {
		fn(&cfg)
	}
	var err error
	r.leader, err = checkpoint.New(cfg, checkpoint.Deps{
		Client: func() ([]kgo.Opt, error) {
			return []kgo.Opt{kgo.SeedBrokers(s.cluster.Brokers...), kgo.Dialer(r.wire.dial)}, nil
		},
		OrgID: s.table.OrgID, Topics: s.topics, Records: s.table.Records, Encoder: s.table.Encoder, Codec: s.table.Codec,
		Decoder: s.table.Decoder, Now: time.Now,
		Log:        zerolog.New(zerolog.NewTestWriter(s.t)).Level(zerolog.InfoLevel),
		Registerer: r.registry,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		done <- r.leader.Run(ctx, func(ctx context.Context, lease *checkpoint.Lease) error {
			h := held{Lease: lease, ctx: ctx, giveUp: make(chan error, 1)}
			r.leases <- h
			select {
			case <-ctx.Done():
				return nil
			case err := <-h.giveUp:
				return err
			}
		})
	}()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
	s.t.Cleanup(r.stop)
	return r
}

// lease waits until the replica has one.
func (r *replica) lease() held {
	r.t.Helper()
	select {
	case h := <-r.leases:
		return h
	case <-time.After(60 * time.Second):
		r.t.Fatalf("no lease within a minute: %v", r.leader.Ready())
		panic("unreachable")
	}
}

// ready waits until the replica leads or stands by.
func (r *replica) ready() {
	r.t.Helper()
	eventually(r.t, "ready", func() bool { return r.leader.Ready() == nil })
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(60 * time.Second); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within a minute: %s", what)
		}
	}
}

// over waits until the lease has ended.
func (h held) over(t testing.TB) {
	t.Helper()
	select {
	case <-h.ctx.Done():
	case <-time.After(60 * time.Second):
		t.Fatal("the lease goes on")
	}
}

// update waits for the next one.
func (h held) update(t testing.TB) checkpoint.Update {
	t.Helper()
	select {
	case u := <-h.Updates():
		return u
	case <-time.After(30 * time.Second):
		t.Fatal("no update within 30 s")
		panic("unreachable")
	}
}

func (s *system) put(feed string, id int64) {
	s.t.Helper()
	if err := checkpoint.Put(s.t.Context(), s.writer, s.table, cursor(feed, id)); err != nil {
		s.t.Fatal(err)
	}
}

// list returns the last ids by feed, as a command sees them.
func (s *system) list() map[string]int64 {
	s.t.Helper()
	all, err := checkpoint.List(s.t.Context(), s.writer, s.table)
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]int64{}
	for _, c := range all {
		out[c.Feed] = *c.LastID
	}
	return out
}

// journal returns the ids of the committed entries, read to the end that the
// topic has now: a marker of its own in each partition tells.
func (s *system) journal() []string {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 60*time.Second)
	defer cancel()
	markers := map[int32]int64{}
	client := s.cluster.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	for p := range int32(partitions) {
		rec := &kgo.Record{Topic: s.topics.Journal(), Partition: p, Key: []byte("marker")}
		if err := client.ProduceSync(ctx, rec).FirstErr(); err != nil {
			s.t.Fatal(err)
		}
		markers[p] = rec.Offset
	}
	reader := s.cluster.Client(kgo.ConsumeTopics(s.topics.Journal()), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
	var ids []string
	for len(markers) > 0 {
		fetches := reader.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			s.t.Fatalf("reading the journal: %v", err)
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			if string(rec.Key) == "marker" {
				if rec.Offset >= markers[rec.Partition] {
					delete(markers, rec.Partition)
				}
				return
			}
			var e schemas.JournalEntry
			if err := s.table.Codec.Unmarshal(rec.Value[publish.FrameHeader:], &e); err != nil {
				s.t.Fatal(err)
			}
			ids = append(ids, e.EntryID)
		})
	}
	return ids
}

func cursor(feed string, id int64) *schemas.Checkpoint {
	return &schemas.Checkpoint{OrgID: org, Feed: feed, LastID: &id, SavedAt: time.Now()}
}

func entry(application int64, size int) *schemas.JournalEntry {
	return &schemas.JournalEntry{
		EntryID: fmt.Sprintf("poll:%d", application), OrgID: org, Channel: schemas.ChannelPoll,
		Endpoint: "v2/data/ehrApplications", ApplicationID: &application, ReceivedAt: time.Now(),
		ContentType: "application/json", Body: make([]byte, size),
	}
}

func page(from int64, n, size int) []*schemas.JournalEntry {
	var entries []*schemas.JournalEntry
	for i := range int64(n) {
		entries = append(entries, entry(from+i, size))
	}
	return entries
}
