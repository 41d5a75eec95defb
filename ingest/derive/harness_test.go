package derive_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const partitions = 4

// system is a cluster with the topics, and what is needed to run loops on it.
type system struct {
	t       testing.TB
	cluster *kafkatest.Cluster
	topics  publish.Topics
	codec   *schemas.Codec
	encoder *publish.Encoder
	records *publish.Records
	writer  *kgo.Client
	hints   bool // whether loops ask for refetches
}

// noRegistry stands where only values of this build are read.
type noRegistry struct{}

func (noRegistry) Decode(context.Context, []byte) (any, error) {
	return nil, errors.New("no schema has that id")
}

func newSystem(t testing.TB, opts ...kafkatest.Option) *system {
	t.Helper()
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	s := &system{t: t, cluster: kafkatest.Start(t, opts...), codec: codec, encoder: publish.NewEncoder(codec)}
	cfg := publish.TopicConfig{Prefix: s.cluster.Prefix(), Partitions: partitions, Replication: 1}
	if s.cluster.IsReal() && len(s.cluster.Brokers) >= 3 {
		cfg.Replication = 3
	}
	s.topics = publish.NewTopics(cfg.Prefix)
	specs := publish.Catalogue(cfg)
	for i, spec := range specs {
		s.encoder.Use(spec.Name, spec.Record, i+1)
	}
	s.records = publish.NewRecords(s.encoder, s.topics, "")
	s.writer = s.cluster.Client(publish.ProducerOptions(s.topics)...)
	if _, err := publish.Apply(t.Context(), kadm.NewClient(s.writer), specs, publish.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	s.cluster.AwaitTopic(publish.Names(specs)...)
	return s
}

// running is a loop that works in the background.
type running struct {
	loop     *derive.Loop
	registry *prometheus.Registry
	stop     func()
}

// loop starts a replica. stop ends it and waits; the test's end does too.
func (s *system) loop(instance, dir string, now func() time.Time) *running {
	s.t.Helper()
	store, err := state.Open(dir, "boot")
	if err != nil {
		s.t.Fatal(err)
	}
	reg := prometheus.NewRegistry()
	letters, err := publish.NewDeadLetters(publish.DeadLetterDeps{
		Records: s.records, Now: now, NewID: func() string { return "unused" }, Registerer: reg,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	loop, err := derive.New(derive.Config{
		Group: s.cluster.Prefix() + "-derive", Instance: instance, StateDir: dir, MaxBatch: 100,
		TransactionTimeout: 10 * time.Second, SessionTimeout: 6 * time.Second, GraveRetention: 7 * 24 * time.Hour,
	}, derive.Deps{
		Client: func() ([]kgo.Opt, error) {
			return []kgo.Opt{kgo.SeedBrokers(s.cluster.Brokers...), kgo.HeartbeatInterval(200 * time.Millisecond)}, nil
		},
		Topics: s.topics, Records: s.records, Encoder: s.encoder, Codec: s.codec, Decoder: noRegistry{},
		DeadLetters: letters, Store: store, Normalize: normalize.Options{}, Hints: s.hints, Now: now,
		Log: zerolog.New(zerolog.NewTestWriter(s.t)).Level(zerolog.InfoLevel), Registerer: reg,
	})
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- loop.Run(ctx) }()
	r := &running{loop: loop, registry: reg}
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, store.Close()); err != nil {
			s.t.Error(err)
		}
	})
	s.t.Cleanup(r.stop)
	return r
}

// say writes journal entries and waits until they are durable.
func (s *system) say(entries ...*schemas.JournalEntry) {
	s.t.Helper()
	records := make([]*kgo.Record, 0, len(entries))
	for _, e := range entries {
		rec, err := s.records.JournalEntry(e)
		if err != nil {
			s.t.Fatal(err)
		}
		records = append(records, rec)
	}
	if err := s.writer.ProduceSync(s.t.Context(), records...).FirstErr(); err != nil {
		s.t.Fatal(err)
	}
}

// read returns all committed records of a topic in the order of each partition,
// up to the end the topic has once no transaction is open.
func (s *system) read(topic string) []*kgo.Record {
	s.t.Helper()
	adm := kadm.NewClient(s.writer)
	ends, err := adm.ListEndOffsets(s.t.Context(), topic)
	// A client that has not met the topic yet may say that it is unknown.
	for deadline := time.Now().Add(10 * time.Second); err == nil && ends.Error() != nil && time.Now().Before(deadline); {
		ends, err = adm.ListEndOffsets(s.t.Context(), topic)
	}
	if err := errors.Join(err, ends.Error()); err != nil {
		s.t.Fatal(err)
	}
	client := s.cluster.Client(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer client.Close()
	left := map[int32]bool{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = true
		}
	})
	ctx, cancel := context.WithTimeout(s.t.Context(), 30*time.Second)
	defer cancel()
	var out []*kgo.Record
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if err := ctx.Err(); err != nil {
			s.t.Fatalf("reading %s: %v", topic, err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if !r.Attrs.IsControl() {
				out = append(out, r)
			}
			if end, _ := ends.Lookup(topic, r.Partition); r.Offset >= end.Offset-1 {
				delete(left, r.Partition)
			}
		})
	}
	return out
}

// decoded reads the values of a topic; a tombstone is nil.
func decoded[T any](s *system, topic string) []*T {
	s.t.Helper()
	var out []*T
	for _, r := range s.read(topic) {
		if r.Value == nil {
			out = append(out, nil)
			continue
		}
		v := new(T)
		if err := s.codec.Unmarshal(r.Value[publish.FrameHeader:], v); err != nil {
			s.t.Fatal(err)
		}
		out = append(out, v)
	}
	return out
}

// await polls until the group has committed everything in the journal.
func (s *system) await() {
	s.t.Helper()
	adm := kadm.NewClient(s.writer)
	deadline := time.Now().Add(60 * time.Second)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		lags, err := adm.Lag(s.t.Context(), s.cluster.Prefix()+"-derive")
		if err == nil {
			lag := lags[s.cluster.Prefix()+"-derive"]
			if err = lag.Error(); err == nil && caughtUp(lag.Lag[s.topics.Journal()]) {
				return
			}
		}
		if time.Now().After(deadline) {
			s.t.Fatalf("the journal was not derived in time: %v", err)
		}
		<-tick.C
	}
}

// caughtUp: all partitions are assigned, committed to their ends, and no
// transaction is open on their offsets (Lag is -1 then).
func caughtUp(lags map[int32]kadm.GroupMemberLag) bool {
	for _, l := range lags {
		if l.Lag != 0 {
			return false
		}
	}
	return len(lags) == partitions
}

// pushEntry is a pushCandidate of an application at second n.
func pushEntry(application int64, n int, name string) *schemas.JournalEntry {
	id := fmt.Sprintf("push-%d-%d", application, n)
	body := fmt.Sprintf(`{"id":%q,"event":"pushCandidate","triggeredAt":%d,"data":{"applicationId":%d,"candidateId":%d,"name":%q}}`,
		id, at(n).Unix(), application, application+1000, name)
	return journalEntry(id, "pushCandidate", application, n, body)
}

func interviewEntry(event string, application int64, n, start int) *schemas.JournalEntry {
	id := fmt.Sprintf("%s-%d-%d", event, application, n)
	body := fmt.Sprintf(`{"id":%q,"event":%q,"triggeredAt":%d,"data":{"applicationIds":[%d],"interviews":[{"event_id":"iv","applicationIds":[%d],"startTime":%d}]}}`,
		id, event, at(n).Unix(), application, application, at(start).UnixMilli())
	return journalEntry(id, event, application, n, body)
}

func journalEntry(id, event string, application int64, n int, body string) *schemas.JournalEntry {
	triggered := at(n)
	return &schemas.JournalEntry{
		EntryID: "wh:" + id + ":" + publish.Root("demo", application), OrgID: "demo", Channel: schemas.ChannelWebhook,
		Endpoint: "webhook/rest", Event: &event, WebhookID: &id, ApplicationID: &application,
		TriggeredAt: &triggered, ReceivedAt: at(n + 1), ContentType: "application/json", Body: []byte(body),
	}
}
