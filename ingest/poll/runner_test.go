package poll_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// ownDecoder reads what this build wrote.
type ownDecoder struct {
	codec   *schemas.Codec
	encoder *publish.Encoder
	topics  publish.Topics
}

func (d ownDecoder) Decode(_ context.Context, value []byte) (any, error) {
	id, _ := publish.SchemaID(value)
	for topic, fresh := range map[string]any{
		d.topics.State(publish.Candidates): new(schemas.CandidateState), d.topics.State(publish.Headcounts): new(schemas.HeadcountState),
		d.topics.Journal(): new(schemas.JournalEntry), d.topics.Checkpoints(): new(schemas.Checkpoint),
	} {
		if own, ok := d.encoder.ID(topic); ok && own == id {
			return fresh, d.codec.Unmarshal(value[publish.FrameHeader:], fresh)
		}
	}
	return nil, schemas.ErrNotRegistered
}

// installation is a Kafka with our topics.
type installation struct {
	t       *testing.T
	cluster *kafkatest.Cluster
	topics  publish.Topics
	codec   *schemas.Codec
	encoder *publish.Encoder
	records *publish.Records
	client  *kgo.Client
}

func newInstallation(t *testing.T) *installation {
	t.Helper()
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	in := &installation{t: t, cluster: kafkatest.Start(t), codec: codec, encoder: publish.NewEncoder(codec)}
	cfg := publish.TopicConfig{Prefix: in.cluster.Prefix(), Partitions: 3, Replication: 1}
	in.topics = cfg.Topics()
	specs := publish.Catalogue(cfg)
	for i, spec := range specs {
		in.encoder.Use(spec.Name, spec.Record, i+1)
	}
	in.records = publish.NewRecords(in.encoder, in.topics, "")
	in.client = in.cluster.Client(publish.ProducerOptions(in.topics)...)
	if _, err := publish.Apply(t.Context(), kadm.NewClient(in.client), specs, publish.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	in.cluster.AwaitTopic(publish.Names(specs)...)
	return in
}

// replica polls the account in the background until it is stopped.
func (in *installation) replica(name string, a *account, dir string) (stop func(), r *poll.Runner) {
	in.t.Helper()
	options := func() ([]kgo.Opt, error) { return []kgo.Opt{kgo.SeedBrokers(in.cluster.Brokers...)}, nil }
	decoder := ownDecoder{in.codec, in.encoder, in.topics}
	log := zerolog.New(zerolog.NewTestWriter(in.t)).Level(zerolog.WarnLevel)
	leader, err := checkpoint.New(checkpoint.Config{Instance: name, SessionTimeout: 6 * time.Second, TransactionTimeout: 20 * time.Second}, checkpoint.Deps{
		Client: options, OrgID: "org", Topics: in.topics, Records: in.records, Encoder: in.encoder, Codec: in.codec, Decoder: decoder,
		Now: time.Now, Log: log, Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		in.t.Fatal(err)
	}
	index, err := poll.OpenIndex(dir, "boot")
	if err != nil {
		in.t.Fatal(err)
	}
	cfg := config()
	cfg.ApplicationsInterval, cfg.ApplicationsIdleInterval = time.Second, time.Second
	r, err = poll.New(cfg, moka.QuotaConfig{PerMinute: 600, HeadcountWritesPerMinute: 30}, poll.Deps{
		API: a, Leader: leader, Letters: &letters{}, Index: index, Client: options, Topics: in.topics, Decoder: decoder,
		Bundle: in.codec.Bundle(), OrgID: "org", Now: time.Now, After: time.After, Jitter: func() float64 { return 1 },
		Log: log, Registerer: prometheus.NewRegistry(),
	})
	if err != nil {
		in.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	stopped := false
	stop = func() {
		if stopped {
			return
		}
		stopped = true
		cancel()
		if err := <-done; err != nil {
			in.t.Error(err)
		}
		if err := index.Close(); err != nil {
			in.t.Error(err)
		}
	}
	in.t.Cleanup(stop)
	return stop, r
}

// journal reads committed entries until there are n, and returns their bodies.
func (in *installation) journal(n int) []string {
	in.t.Helper()
	client := in.cluster.Client(kgo.ConsumeTopics(in.topics.Journal()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	defer client.Close()
	ctx, cancel := context.WithTimeout(in.t.Context(), time.Minute)
	defer cancel()
	var bodies []string
	for len(bodies) < n {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			in.t.Fatalf("%d entries within a minute, wanted %d: %v", len(bodies), n, bodies)
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			entry := new(schemas.JournalEntry)
			if err := in.codec.Unmarshal(rec.Value[publish.FrameHeader:], entry); err != nil {
				in.t.Fatal(err)
			}
			bodies = append(bodies, string(entry.Body))
		})
	}
	return bodies
}

// TestRunnersTakeTurns runs two replicas: one polls, the other takes over where it
// stopped, and an application that only the state topic knows is looked after.
func TestRunnersTakeTurns(t *testing.T) {
	in := newInstallation(t)
	c := &clock{now: time.Now().UTC()}
	a := newAccount(c)
	a.change(1, false, 0)
	dirs := []string{t.TempDir(), t.TempDir()}
	stop, first := in.replica("one", a, dirs[0])
	if got := in.journal(1); !strings.Contains(got[0], `"applicationId":1,`) {
		t.Fatalf("journaled: %v", got)
	}
	if err := first.Ready(); err != nil || !first.Leading() {
		t.Errorf("ready: %v, leading: %t", err, first.Leading())
	}
	// Another replica, or a webhook, has brought this one to the topics; it is out
	// of sight of the feed, and open.
	in.state(9, schemas.StageTypeOffer)
	a.mu.Lock()
	a.rows[9] = &row{id: 9, updated: c.Now().AddDate(-1, 0, 0), content: 5, hot: true}
	a.mu.Unlock()
	stop()
	_, second := in.replica("two", a, dirs[1])
	all := in.journal(3) // the first once more, for the second knows no fingerprints
	if !strings.Contains(strings.Join(all, ""), `"applicationId":9,"name":"5"`) {
		t.Errorf("the hot set does not know what the state topic has: %v", all)
	}
	if !second.Leading() {
		t.Error("nobody polls")
	}
}

// state writes the state of an application.
func (in *installation) state(id int64, stage schemas.StageType) {
	in.t.Helper()
	p := publish.Partition(publish.Root("org", id), 3)
	rec, err := in.records.State(publish.Candidates, p, publish.CandidateKey("org", id), &schemas.CandidateState{
		Entity: &schemas.Candidate{OrgID: "org", ApplicationID: id, Stage: &schemas.Stage{Type: &stage}}, Version: 1, ChangedAt: time.Now(),
	})
	if err == nil {
		err = in.client.ProduceSync(in.t.Context(), rec).FirstErr()
	}
	if err != nil {
		in.t.Fatal(err)
	}
}
