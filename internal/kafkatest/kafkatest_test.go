package kafkatest_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/kafkatest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

// TestRoundTrip: what a client writes another reads, on whatever cluster this is.
func TestRoundTrip(t *testing.T) {
	c := kafkatest.Start(t)
	topic := c.Topic("trip", 3, nil)
	ctx := within(t, time.Minute)
	if err := c.Client().ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("v")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	fetches := c.Client(kgo.ConsumeTopics(topic)).PollFetches(ctx)
	if err := fetches.Err(); err != nil {
		t.Fatal(err)
	}
	if recs := fetches.Records(); len(recs) != 1 || string(recs[0].Value) != "v" {
		t.Errorf("read %d records, want the one written", len(recs))
	}
}

// TestTransactionEnds: the brokers can also talk to each other, or to themselves,
// which committing takes.
func TestTransactionEnds(t *testing.T) {
	c := kafkatest.Start(t)
	topic := c.Topic("transaction", 1, nil)
	ctx := within(t, time.Minute)
	cl := c.Client(kgo.TransactionalID(c.Prefix()))
	if err := cl.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := cl.ProduceSync(ctx, &kgo.Record{Topic: topic, Value: []byte("v")}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := cl.EndTransaction(ctx, kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	fetches := c.Client(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted())).PollFetches(ctx)
	if err := fetches.Err(); err != nil {
		t.Fatal(err)
	}
	if n := fetches.NumRecords(); n != 1 {
		t.Errorf("read %d records, want the committed one", n)
	}
}

func TestPrefixIsTheTestsOwn(t *testing.T) {
	a, b := kafkatest.Start(t, kafkatest.Embedded()), kafkatest.Start(t, kafkatest.Embedded())
	if a.Prefix() == b.Prefix() {
		t.Errorf("two clusters of a test share the prefix %s", a.Prefix())
	}
	const allowed = "abcdefghijklmnopqrstuvwxyz0123456789-"
	t.Run("Ümlaut/and a rather long name that goes on", func(t *testing.T) {
		if p := kafkatest.Start(t, kafkatest.Embedded()).Prefix(); strings.Trim(p, allowed) != "" || len(p) > 40 {
			t.Errorf("prefix = %q", p)
		}
	})
}

// TestLeavesNothingBehind: on a shared cluster a test's topics are deleted when
// it ends, and only its own.
func TestLeavesNothingBehind(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Real())
	stays := c.Topic("stays", 1, nil)
	var gone string
	t.Run("inner", func(t *testing.T) {
		gone = kafkatest.Start(t, kafkatest.Real()).Topic("gone", 1, nil)
	})
	adm, ctx := kadm.NewClient(c.Client(kgo.MetadataMinAge(10*time.Millisecond))), within(t, time.Minute)
	for tick := time.NewTicker(100 * time.Millisecond); ; { // until the broker that is asked has heard of it
		topics, err := adm.ListTopics(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if !topics.Has(stays) {
			t.Error("the running test's topic is gone")
		}
		if !topics.Has(gone) {
			tick.Stop()
			return
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatal("the ended test's topic is there")
		}
	}
}

// TestWritesThroughBrokerLoss: with three brokers, one may stop and another be
// killed, and every write still succeeds.
func TestWritesThroughBrokerLoss(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Brokers(3), kafkatest.Restartable())
	topic := c.Topic("loss", 6, nil)
	cl := c.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	written := 0
	write := func() {
		t.Helper()
		for p := range int32(6) {
			if err := cl.ProduceSync(within(t, time.Minute), &kgo.Record{Topic: topic, Partition: p}).FirstErr(); err != nil {
				t.Fatal(err)
			}
			written++
		}
	}
	nodes := c.Nodes()
	if len(nodes) < 2 {
		t.Fatalf("of three brokers %v may go", nodes)
	}
	write()
	c.StopNode(nodes[0])
	write()
	c.StartNode(nodes[0])
	c.KillNode(nodes[1])
	write()
	c.StartNode(nodes[1])
	write()
	if n := count(t, c, topic); n != written {
		t.Errorf("%d records, want the %d acknowledged", n, written)
	}
}

// TestOutage: nobody answers until Recover, and what was acknowledged is there.
func TestOutage(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Restartable())
	topic := c.Topic("outage", 1, nil)
	cl := c.Client()
	if err := cl.ProduceSync(within(t, time.Minute), &kgo.Record{Topic: topic}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	c.Outage()
	if err := cl.Ping(within(t, time.Second)); err == nil {
		t.Error("a broker answered during the outage")
	}
	c.Recover()
	if err := cl.ProduceSync(within(t, time.Minute), &kgo.Record{Topic: topic}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, c, topic); n != 2 {
		t.Errorf("%d records, want 2", n)
	}
}

func TestEmbeddedIsEmbeddedAnywhere(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Embedded())
	if c.IsReal() || c.Embedded() == nil {
		t.Error("asked for the embedded broker and got another")
	}
}

func count(t *testing.T, c *kafkatest.Cluster, topic string) (n int) {
	t.Helper()
	ends, err := kadm.NewClient(c.Client()).ListEndOffsets(within(t, time.Minute), topic)
	if err != nil {
		t.Fatal(err)
	}
	ends.Each(func(o kadm.ListedOffset) { n += int(o.Offset) })
	return n
}
