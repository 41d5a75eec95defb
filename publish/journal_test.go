package publish_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// TestAcknowledgedIsThere: what Append said yes to can be read, at its key's
// partition, once.
func TestAcknowledgedIsThere(t *testing.T) {
	c := kafkatest.Start(t)
	topics := applied(t, c)
	j := journal(t, c, journalConfig())
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			// A group interview: several entries in one call.
			a, b := entry(fmt.Sprintf("a%d", i), int64(i)), entry(fmt.Sprintf("b%d", i), int64(100+i))
			if err := j.Append(t.Context(), a, b); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	recs := read(t, c, topics.Journal(), 40)
	seen := map[string]bool{}
	for _, rec := range recs {
		if want := publish.Partition(string(rec.Key), 3); rec.Partition != want {
			t.Errorf("%s is in partition %d, want %d", rec.Key, rec.Partition, want)
		}
		seen[string(rec.Key)] = true
	}
	if len(recs) != 40 || len(seen) != 40 {
		t.Errorf("%d records with %d keys, want 40 of each", len(recs), len(seen))
	}
	if err := j.Append(t.Context()); err != nil {
		t.Errorf("nothing to append: %v", err)
	}
}

// TestOutage: while Kafka is away callers hear so in time, and when it is back
// the same Journal works again and nothing it acknowledged is missing.
func TestOutage(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Restartable())
	applied(t, c)
	cfg := journalConfig()
	cfg.Timeout = time.Second
	j := journal(t, c, cfg)
	// The worst case is a connection that was there and is lost.
	awaitAppend(t, j, "before")
	c.Outage()
	for i := range 3 {
		start := time.Now()
		err := j.Append(t.Context(), entry(fmt.Sprintf("during%d", i), 1))
		if !errors.Is(err, publish.ErrUnavailable) {
			t.Fatalf("in an outage: %v, want ErrUnavailable", err)
		}
		if took := time.Since(start); took > cfg.Timeout+time.Second {
			t.Errorf("the caller waited %s, with a time-out of %s", took, cfg.Timeout)
		}
	}
	c.Recover()
	awaitAppend(t, j, "after")
	ids := journaled(t, c, 2)
	if ids["before"] == 0 {
		t.Errorf("what was acknowledged is not there: %v", ids)
	}
}

// TestOutageFromTheStart: a process that starts before Kafka does finds it later.
func TestOutageFromTheStart(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Restartable())
	applied(t, c)
	cfg := journalConfig()
	cfg.Timeout = 300 * time.Millisecond
	j := journal(t, c, cfg)
	c.Outage()
	if err := j.Append(t.Context(), entry("during", 1)); !errors.Is(err, publish.ErrUnavailable) {
		t.Fatalf("in an outage: %v, want ErrUnavailable", err)
	}
	c.Recover()
	awaitAppend(t, j, "after")
}

func awaitAppend(t *testing.T, j *publish.Journal, id string) {
	t.Helper()
	ctx := within(t, time.Minute)
	for {
		err := j.Append(ctx, entry(id, 1))
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			t.Fatalf("Kafka is there, and the journal still says: %v", err)
		}
	}
}

// stuck has the embedded broker hold every produce request until release is
// called, or the test ends; held gets one when the first request came.
func stuck(t *testing.T, c *kafkatest.Cluster) (held <-chan struct{}, release func()) {
	t.Helper()
	came, over := make(chan struct{}, 1), make(chan struct{})
	cluster := c.Embedded().Cluster()
	cluster.ControlKey(int16(kmsg.Produce), func(kmsg.Request) (kmsg.Response, error, bool) {
		cluster.KeepControl()
		select {
		case came <- struct{}{}:
		default:
		}
		cluster.SleepControl(func() { <-over })
		return nil, nil, false
	})
	release = sync.OnceFunc(func() { close(over) })
	t.Cleanup(release)
	return came, release
}

// TestBusy: what does not fit the buffer is refused at once.
func TestBusy(t *testing.T) {
	for name, full := range map[string]publish.JournalConfig{
		"records": {Timeout: time.Minute, BufferRecords: 1, BufferBytes: 64 << 20},
		"bytes":   {Timeout: time.Minute, BufferRecords: 10, BufferBytes: 1500},
	} {
		t.Run(name, func(t *testing.T) {
			c := kafkatest.Start(t, kafkatest.Embedded())
			applied(t, c)
			buffered := make(chan struct{}, 1)
			j := journal(t, c, full, kgo.WithHooks(bufferedHook(buffered)))
			stuck(t, c)
			ctx, cancel := context.WithCancelCause(t.Context())
			hungUp := errors.New("the caller hung up")
			waiting := make(chan error, 1)
			e := entry("e", 1)
			e.Body = make([]byte, 1000)
			go func() { waiting <- j.Append(ctx, e) }()
			<-buffered
			if err := j.Append(t.Context(), e); !errors.Is(err, publish.ErrBusy) || errors.Is(err, publish.ErrUnavailable) {
				t.Errorf("with a full buffer: %v, want ErrBusy", err)
			}
			cancel(hungUp)
			if err := <-waiting; !errors.Is(err, publish.ErrUnavailable) || !errors.Is(err, hungUp) {
				t.Errorf("the caller who hung up got %v", err)
			}
		})
	}
}

// bufferedHook tells when a record was taken for sending.
type bufferedHook chan struct{}

// OnProduceRecordPartitioned implements kgo.HookProduceRecordPartitioned.
func (h bufferedHook) OnProduceRecordPartitioned(*kgo.Record, int32) { h <- struct{}{} }

// TestCallersDoNotSpoilEachOther: one caller hangs up, and its neighbour in the
// same batch is acknowledged all the same.
func TestCallersDoNotSpoilEachOther(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Embedded())
	applied(t, c)
	buffered := make(chan struct{}, 1)
	j := journal(t, c, journalConfig(), kgo.WithHooks(bufferedHook(buffered)), kgo.MaxProduceRequestsInflightPerBroker(1))
	held, release := stuck(t, c)
	gone, cancel := context.WithCancel(t.Context())
	appended := func(ctx context.Context, id string) <-chan error {
		done := make(chan error, 1)
		go func() { done <- j.Append(ctx, entry(id, 1)) }()
		<-buffered
		return done
	}
	underWay := appended(t.Context(), "under way")
	<-held // what follows waits for it, in one batch
	hungUp := appended(gone, "hung up")
	neighbour := appended(t.Context(), "neighbour")
	cancel()
	if err := <-hungUp; !errors.Is(err, context.Canceled) {
		t.Errorf("who hung up got %v", err)
	}
	release()
	if err := errors.Join(<-underWay, <-neighbour); err != nil {
		t.Errorf("who stayed got %v", err)
	}
}

func TestTooLargeIsPermanent(t *testing.T) {
	c := kafkatest.Start(t)
	topics := applied(t, c)
	j := journal(t, c, journalConfig())
	large := entry("large", 1)
	large.Body = make([]byte, 13<<20)
	start := time.Now()
	err := j.Append(t.Context(), entry("small", 2), large)
	if !errors.Is(err, publish.ErrTooLarge) || errors.Is(err, publish.ErrUnavailable) {
		t.Errorf("13 MiB: %v, want ErrTooLarge", err)
	}
	if time.Since(start) > 2*time.Second {
		t.Error("it was not refused at once")
	}
	// The largest body that the door lets through, and one that does not compress.
	for i, size := range []int{10 << 20, 10<<20 - 1} {
		large.Body = noise(size)
		large.EntryID = fmt.Sprint("fits", i)
		if err := j.Append(t.Context(), large); err != nil {
			t.Errorf("%d bytes: %v", size, err)
		}
	}
	if recs := read(t, c, topics.Journal(), 2); len(recs) != 2 {
		t.Errorf("%d records: a group with one too large should not be written in part", len(recs))
	}
}

// noise is bytes that do not compress, the same each time.
func noise(n int) []byte {
	b := make([]byte, n)
	x := uint64(88172645463325252)
	for i := range b {
		x ^= x << 13
		x ^= x >> 7
		x ^= x << 17
		b[i] = byte(x)
	}
	return b
}

// TestLargeOnesTogether: batches for several partitions that are ready at the
// same time make no request larger than brokers take.
func TestLargeOnesTogether(t *testing.T) {
	c := kafkatest.Start(t)
	applied(t, c)
	j := journal(t, c, journalConfig())
	body := noise(9 << 20)
	var wg sync.WaitGroup
	for i := range 6 {
		wg.Go(func() {
			e := entry(fmt.Sprint(i), int64(i))
			e.Body = body
			if err := j.Append(t.Context(), e); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// TestBrokerTakesLess: somebody lowered the topic's limit.
func TestBrokerTakesLess(t *testing.T) {
	c := kafkatest.Start(t)
	small := "2000"
	c.Topic("journal.v1", 3, map[string]*string{"max.message.bytes": &small})
	j := journal(t, c, journalConfig())
	e := entry("e", 1)
	e.Body = noise(10_000)
	if err := j.Append(t.Context(), e); !errors.Is(err, publish.ErrTooLarge) {
		t.Errorf("%v, want ErrTooLarge", err)
	}
}

// TestMissingTopic: it is not created on the way, and the caller hears of it.
func TestMissingTopic(t *testing.T) {
	c := kafkatest.Start(t)
	j := journal(t, c, journalConfig())
	if err := j.Append(t.Context(), entry("e", 1)); !errors.Is(err, publish.ErrUnavailable) || !errors.Is(err, kerr.UnknownTopicOrPartition) {
		t.Errorf("%v, want ErrUnavailable for the topic", err)
	}
}

func TestJournalMetrics(t *testing.T) {
	c := kafkatest.Start(t)
	topics := applied(t, c)
	cfg, reg := journalConfig(), prometheus.NewRegistry()
	client := c.Client(cfg.Options(topics)...)
	now := time.Unix(0, 0)
	clock := func() time.Time { now = now.Add(30 * time.Millisecond); return now }
	j, err := publish.NewJournal(cfg, client, records(t, c.Prefix()), clock, reg)
	if err != nil {
		t.Fatal(err)
	}
	if err := j.Append(t.Context(), entry("e", 1)); err != nil {
		t.Fatal(err)
	}
	large := entry("large", 1)
	large.Body = make([]byte, 13<<20)
	_ = j.Append(t.Context(), large)
	_ = j.Append(t.Context(), &schemas.JournalEntry{Channel: "no such symbol"})
	// A second one, as in dev, shares the registry.
	if _, err := publish.NewJournal(cfg, client, records(t, c.Prefix()), clock, reg); err != nil {
		t.Error(err)
	}
	got, err := testutil.GatherAndCount(reg, "mokafka_publish_journal_append_seconds")
	if err != nil || got != 3 {
		t.Errorf("%d outcomes, %v, want ok, too_large and failed", got, err)
	}
	families, err := reg.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range families[0].GetMetric() {
		if h := m.GetHistogram(); h.GetSampleCount() != 1 || h.GetSampleSum() != 0.03 {
			t.Errorf("%s: %d samples, %g s, want 1 of 0.03 s", m.GetLabel(), h.GetSampleCount(), h.GetSampleSum())
		}
	}
}

func TestJournalConfigNamesEveryFault(t *testing.T) {
	if err := journalConfig().Validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
	err := publish.JournalConfig{}.Validate()
	if err == nil {
		t.Fatal("nothing is wrong with an empty configuration")
	}
	for _, name := range []string{"JOURNAL_TIMEOUT", "JOURNAL_BUFFER_RECORDS", "JOURNAL_BUFFER_BYTES"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%v\ndoes not name %s", err, name)
		}
	}
}
