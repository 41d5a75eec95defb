package publish_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
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
	c.AwaitTopic(publish.Names(publish.Catalogue(cfg))...)
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

// journalConfig waits long: brokers on a busy machine take seconds for a first
// record.
func journalConfig() publish.JournalConfig {
	return publish.JournalConfig{Timeout: 30 * time.Second, BufferRecords: 10_000, BufferBytes: 64 << 20}
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

// everywhere waits until all brokers answer the request to ok's satisfaction:
// they hear of changes one after the other.
func everywhere[R kmsg.Response](t *testing.T, c *kafkatest.Cluster, request func() kmsg.Request, ok func(R) bool) {
	t.Helper()
	ctx, client := within(t, 30*time.Second), c.Client()
	brokers, err := kadm.NewClient(client).ListBrokers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for _, b := range brokers {
		for {
			resp, err := client.Broker(int(b.NodeID)).RetriableRequest(ctx, request())
			if err != nil {
				t.Fatal(err)
			}
			if ok(resp.(R)) {
				break
			}
			<-tick.C
		}
	}
}

// heard waits until all brokers know the topics.
func heard(t *testing.T, c *kafkatest.Cluster, topics ...string) {
	t.Helper()
	everywhere(t, c, func() kmsg.Request {
		req := kmsg.NewPtrMetadataRequest()
		for _, topic := range topics {
			rt := kmsg.NewMetadataRequestTopic()
			rt.Topic = kmsg.StringPtr(topic)
			req.Topics = append(req.Topics, rt)
		}
		return req
	}, func(resp *kmsg.MetadataResponse) bool {
		return !slices.ContainsFunc(resp.Topics, func(rt kmsg.MetadataResponseTopic) bool { return rt.ErrorCode != 0 })
	})
}

// configured waits until all brokers have the value for a topic's config.
func configured(t *testing.T, c *kafkatest.Cluster, topic, name, value string) {
	t.Helper()
	everywhere(t, c, func() kmsg.Request {
		req := kmsg.NewPtrDescribeConfigsRequest()
		rr := kmsg.NewDescribeConfigsRequestResource()
		rr.ResourceType, rr.ResourceName, rr.ConfigNames = kmsg.ConfigResourceTypeTopic, topic, []string{name}
		req.Resources = append(req.Resources, rr)
		return req
	}, func(resp *kmsg.DescribeConfigsResponse) bool {
		configs := resp.Resources[0].Configs
		return len(configs) == 1 && configs[0].Value != nil && *configs[0].Value == value
	})
}
