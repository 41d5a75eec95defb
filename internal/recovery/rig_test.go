package recovery_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const partitions = 4

// house is a cluster with the topics and a registry.
type house struct {
	t       testing.TB
	cluster *kafkatest.Cluster
	topics  publish.Topics
	records *publish.Records
	codec   *schemas.Codec
	encoder *publish.Encoder
	decoder *schemas.Decoder
	letters *recovery.Letters
	writer  *kgo.Client
	at      time.Time // when the next letter is refused
	clock   func() time.Time

	mu  sync.Mutex
	ids int
}

func newHouse(t testing.TB, opts ...kafkatest.Option) *house {
	t.Helper()
	h := &house{t: t, cluster: kafkatest.Start(t, opts...), at: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC), clock: time.Now}
	cfg := publish.TopicConfig{Prefix: h.cluster.Prefix(), Partitions: partitions, Replication: 1}
	if h.cluster.IsReal() && len(h.cluster.Brokers) >= 3 {
		cfg.Replication = 3
	}
	h.topics = publish.NewTopics(cfg.Prefix)
	specs := publish.Catalogue(cfg)
	server := httptest.NewServer(schemastest.New())
	t.Cleanup(server.Close)
	registry, err := schemas.NewRegistry(schemas.RegistryConfig{URLs: []string{server.URL}, Timeout: 10 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	encoder := publish.NewEncoder(codec)
	for _, spec := range specs {
		id, err := registry.Register(t.Context(), codec.Bundle(), spec.Subject, spec.Record)
		if err != nil {
			t.Fatal(err)
		}
		encoder.Use(spec.Name, spec.Record, id)
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		t.Fatal(err)
	}
	h.codec, h.encoder, h.decoder = codec, encoder, decoder
	h.records = publish.NewRecords(encoder, h.topics, "")
	h.writer = h.cluster.Client(publish.ProducerOptions(h.topics)...)
	if _, err := publish.Apply(t.Context(), kadm.NewClient(h.writer), specs, publish.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	h.cluster.AwaitTopic(publish.Names(specs)...)
	h.letters = &recovery.Letters{Client: h.cluster.Client(), Topics: h.topics, Decoder: decoder}
	return h
}

func (h *house) options() ([]kgo.Opt, error) {
	return []kgo.Opt{kgo.SeedBrokers(h.cluster.Brokers...), kgo.MetadataMinAge(100 * time.Millisecond)}, nil
}

// settler is an operator of the time that now tells.
func (h *house) settler() *recovery.Settler {
	return &recovery.Settler{
		Letters: h.letters, Options: h.options, Records: h.records, Now: func() time.Time { return h.at },
		NewID: func() string {
			h.mu.Lock()
			defer h.mu.Unlock()
			h.ids++
			return fmt.Sprint("mark-", h.ids)
		},
	}
}

func (h *house) produce(recs ...*kgo.Record) {
	h.t.Helper()
	for _, rec := range recs {
		if err := h.writer.ProduceSync(context.Background(), rec).FirstErr(); err != nil {
			h.t.Fatal(err)
		}
	}
}

// bury writes the letter about a journal record, a minute after the last one.
func (h *house) bury(id string, about *kgo.Record, change ...func(*schemas.DeadLetter)) {
	h.t.Helper()
	l := publish.LetterOf(about, schemas.DeadLetterStageDerive, "avro", "it does not fit")
	l.ID, l.OccurredAt = id, h.at
	h.at = h.at.Add(time.Minute)
	for _, fn := range change {
		fn(&l)
	}
	rec, err := h.records.DeadLetter(&l)
	if err != nil {
		h.t.Fatal(err)
	}
	h.produce(rec)
}

// entry is a journal record of an application.
func (h *house) entry(application int64, body string) *kgo.Record {
	h.t.Helper()
	rec, err := h.records.JournalEntry(&schemas.JournalEntry{
		EntryID: body, OrgID: "demo", ApplicationID: &application, ReceivedAt: h.at, ContentType: "application/json", Body: []byte(body),
		Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest",
	})
	if err != nil {
		h.t.Fatal(err)
	}
	h.produce(rec)
	return rec
}

func (h *house) open(f recovery.Filter) []recovery.Letter {
	h.t.Helper()
	found, err := h.letters.Find(context.Background(), f)
	if err != nil {
		h.t.Fatal(err)
	}
	return found.Letters
}

func ids(letters []recovery.Letter) []string {
	out := make([]string, len(letters))
	for i := range letters {
		out[i] = letters[i].ID
	}
	return out
}

// read returns the committed records of a topic, by partition and offset.
func (h *house) read(topic string) []*kgo.Record {
	h.t.Helper()
	ends, err := kadm.NewClient(h.writer).ListCommittedOffsets(context.Background(), topic)
	if err != nil {
		h.t.Fatal(err)
	}
	from, left := map[int32]kgo.Offset{}, map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			from[o.Partition], left[o.Partition] = kgo.NewOffset().AtStart(), o.Offset
		}
	})
	if len(from) == 0 {
		return nil
	}
	client := h.cluster.Client(kgo.ConsumePartitions(map[string]map[int32]kgo.Offset{topic: from}),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()), kgo.KeepControlRecords())
	defer client.Close()
	byPartition := map[int32][]*kgo.Record{}
	for len(left) > 0 {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		fetches := client.PollFetches(ctx)
		cancel()
		if err := fetches.Err(); err != nil {
			h.t.Fatal(err)
		}
		fetches.EachRecord(func(r *kgo.Record) {
			if r.Offset >= left[r.Partition]-1 {
				delete(left, r.Partition)
			}
			if !r.Attrs.IsControl() {
				byPartition[r.Partition] = append(byPartition[r.Partition], r)
			}
		})
	}
	var all []*kgo.Record
	for p := range int32(64) {
		all = append(all, byPartition[p]...)
	}
	return all
}
