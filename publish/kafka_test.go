package publish_test

import (
	"context"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// layout is the smallest that still has partitions to confuse.
func layout(c *kafkatest.Cluster) publish.TopicConfig {
	return publish.TopicConfig{Prefix: c.Prefix(), Partitions: 3, Replication: 1}
}

// applied creates the topics.
func applied(t *testing.T, c *kafkatest.Cluster) publish.Topics {
	t.Helper()
	cfg := layout(c)
	admin := kadm.NewClient(c.Client())
	if _, err := publish.Apply(within(t, time.Minute), admin, publish.Catalogue(cfg), publish.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	return cfg.Topics()
}

// journal returns a Journal of its own client.
func journal(t *testing.T, c *kafkatest.Cluster, cfg publish.JournalConfig, opts ...kgo.Opt) *publish.Journal {
	t.Helper()
	topics := publish.NewTopics(c.Prefix())
	client := c.Client(append(cfg.Options(topics), opts...)...)
	j, err := publish.NewJournal(cfg, client, records(t, c.Prefix()), time.Now, prometheus.NewRegistry())
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func journalConfig() publish.JournalConfig {
	return publish.JournalConfig{Timeout: 4 * time.Second, BufferRecords: 10_000, BufferBytes: 64 << 20}
}

func entry(id string, application int64) *schemas.JournalEntry {
	return &schemas.JournalEntry{
		EntryID: id, OrgID: "demo", Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest",
		ApplicationID: &application, ReceivedAt: time.Now(), ContentType: "application/json", Body: []byte(`{}`),
	}
}

// read returns the first n records of a topic, from all partitions.
func read(t *testing.T, c *kafkatest.Cluster, topic string, n int) []*kgo.Record {
	t.Helper()
	client := c.Client(kgo.ConsumeTopics(topic), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	ctx := within(t, time.Minute)
	var recs []*kgo.Record
	for len(recs) < n {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			t.Fatalf("after %d of %d records of %s: %v", len(recs), n, topic, err)
		}
		recs = append(recs, fetches.Records()...)
	}
	return recs
}

// journaled returns the ids of the first n entries, and how often each is there.
func journaled(t *testing.T, c *kafkatest.Cluster, n int) map[string]int {
	t.Helper()
	ids := map[string]int{}
	dec := codec(t)
	for _, rec := range read(t, c, publish.NewTopics(c.Prefix()).Journal(), n) {
		var e schemas.JournalEntry
		if err := dec.Unmarshal(rec.Value[5:], &e); err != nil {
			t.Fatal(err)
		}
		ids[e.EntryID]++
	}
	return ids
}
