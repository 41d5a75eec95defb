package embedded_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/kafkatest/embedded"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func start(t *testing.T, cfg embedded.Config) *embedded.Broker {
	t.Helper()
	cfg.Fast = true
	b, err := embedded.Start(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Close)
	return b
}

func client(t *testing.T, b *embedded.Broker, opts ...kgo.Opt) *kgo.Client {
	t.Helper()
	cl, err := kgo.NewClient(append([]kgo.Opt{
		kgo.SeedBrokers(b.Addrs()...),
		kgo.MetadataMinAge(50 * time.Millisecond),
		kgo.FetchMaxWait(250 * time.Millisecond),
	}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(cl.Close)
	return cl
}

func within(t *testing.T, d time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	t.Cleanup(cancel)
	return ctx
}

func createTopic(t *testing.T, cl *kgo.Client, topic string, partitions int32) {
	t.Helper()
	if _, err := kadm.NewClient(cl).CreateTopic(within(t, 10*time.Second), partitions, -1, nil, topic); err != nil {
		t.Fatal(err)
	}
}

// TestKeepsDataAcrossRestarts: topic, records and a group's commit are there
// for the next process, and the topic is the same topic.
func TestKeepsDataAcrossRestarts(t *testing.T) {
	cfg := embedded.Config{DataDir: filepath.Join(t.TempDir(), "kafka")}
	ctx := within(t, 30*time.Second)

	first := start(t, cfg)
	cl := client(t, first)
	createTopic(t, cl, "kept", 1)
	for i := range 3 {
		rec := &kgo.Record{Topic: "kept", Value: fmt.Append(nil, i)}
		if err := cl.ProduceSync(ctx, rec).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	var commit kadm.Offsets
	commit.Add(kadm.Offset{Topic: "kept", Partition: 0, At: 2, LeaderEpoch: -1})
	if err := kadm.NewClient(cl).CommitAllOffsets(ctx, "readers", commit); err != nil {
		t.Fatal(err)
	}
	before, err := kadm.NewClient(cl).ListTopics(ctx, "kept")
	if err != nil {
		t.Fatal(err)
	}
	cl.Close()
	first.Close()

	second := start(t, cfg)
	cl = client(t, second, kgo.ConsumeTopics("kept"), kgo.ConsumerGroup("readers"))
	fetches := cl.PollFetches(ctx)
	if err := fetches.Err(); err != nil {
		t.Fatal(err)
	}
	if recs := fetches.Records(); len(recs) != 1 || string(recs[0].Value) != "2" {
		t.Errorf("after the restart the group got %d records, want the one it had not committed", len(recs))
	}
	after, err := kadm.NewClient(cl).ListTopics(ctx, "kept")
	if err != nil {
		t.Fatal(err)
	}
	if before["kept"].ID != after["kept"].ID {
		t.Error("the topic came back with another id")
	}
}

func TestDataDirHasOneOwner(t *testing.T) {
	cfg := embedded.Config{DataDir: t.TempDir()}
	first := start(t, cfg)
	if second, err := embedded.Start(cfg); err == nil {
		second.Close()
		t.Fatal("two brokers share a data directory")
	} else if !strings.Contains(err.Error(), "another process is using it") {
		t.Errorf("error = %v", err)
	}
	first.Close()
	start(t, cfg)
}

// TestSurvivesStrayConnections: what used to end the process ends the
// connection, is logged, and leaves everyone else alone.
func TestSurvivesStrayConnections(t *testing.T) {
	var log lockedBuffer
	b := start(t, embedded.Config{Logger: zerolog.New(&log)})
	cl := client(t, b)
	createTopic(t, cl, "calm", 1)
	for _, stray := range []string{
		"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"\x00\x00\x00\x10\x30\x39\x00\x00\x00\x00\x00\x01\xff\xff\x00\x00\x00\x00\x00\x00", // API key 12345
		"\x7f\xff\xff\xff\x00\x00\x00\x00",
	} {
		conn, err := net.Dial("tcp", b.Addrs()[0])
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		if _, err := io.WriteString(conn, stray); err != nil {
			t.Fatal(err)
		}
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil || isTimeout(err) {
			t.Errorf("%q: the connection was not closed (%v)", stray, err)
		}
	}
	if err := cl.ProduceSync(within(t, 10*time.Second), &kgo.Record{Topic: "calm", Value: []byte("v")}).FirstErr(); err != nil {
		t.Error(err)
	}
	if n := strings.Count(log.String(), "closed a connection"); n != 3 {
		t.Errorf("%d log lines, want 3:\n%s", n, log.String())
	}
}

// TestStopNode: with one of three brokers gone writing goes on, and it is back
// at its address afterwards.
func TestStopNode(t *testing.T) {
	b := start(t, embedded.Config{Brokers: 3})
	cl := client(t, b, kgo.RecordPartitioner(kgo.ManualPartitioner()))
	createTopic(t, cl, "moves", 6)
	produce := func() {
		t.Helper()
		for p := range int32(6) {
			rec := &kgo.Record{Topic: "moves", Partition: p, Value: []byte("v")}
			if err := cl.ProduceSync(within(t, 20*time.Second), rec).FirstErr(); err != nil {
				t.Fatal(err)
			}
		}
	}
	produce()
	if err := b.StopNode(0); err != nil {
		t.Fatal(err)
	}
	if conn, err := net.Dial("tcp", b.Addrs()[0]); err == nil {
		conn.Close()
		t.Error("the stopped broker still accepts connections")
	}
	produce()
	if err := b.StartNode(0); err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", b.Addrs()[0])
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
	produce()
	if err := b.StopNode(2); err == nil {
		t.Error("the controller was stopped, so topics can't be created any more")
	}
}

// TestCut: no broker answers until Mend, and nothing is lost.
func TestCut(t *testing.T) {
	b := start(t, embedded.Config{})
	cl := client(t, b)
	createTopic(t, cl, "cut", 1)
	if err := cl.Ping(within(t, 10*time.Second)); err != nil {
		t.Fatal(err)
	}
	b.Cut()
	if err := cl.Ping(within(t, 300*time.Millisecond)); err == nil {
		t.Error("a broker answered during the cut")
	}
	b.Mend()
	if err := cl.ProduceSync(within(t, 20*time.Second), &kgo.Record{Topic: "cut", Value: []byte("v")}).FirstErr(); err != nil {
		t.Error(err)
	}
}

func TestValidateNamesEveryFault(t *testing.T) {
	err := embedded.Config{Addr: "0.0.0.0:70000", Brokers: 99}.Validate()
	for _, want := range []string{"loopback", "port", "Brokers"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %q does not mention %q", err, want)
		}
	}
	for _, addr := range []string{"", "localhost:0", "[::1]:9092", "127.0.0.1:65535"} {
		if err := (embedded.Config{Addr: addr}).Validate(); err != nil {
			t.Errorf("%q: %v", addr, err)
		}
	}
	if err := (embedded.Config{Addr: "127.0.0.1:65535", Brokers: 2}).Validate(); err == nil {
		t.Error("accepted a second broker on port 65536")
	}
}

func TestTakenPortIsAnError(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	dir := t.TempDir()
	if b, err := embedded.Start(embedded.Config{Addr: ln.Addr().String(), DataDir: dir}); err == nil {
		b.Close()
		t.Fatal("started on a taken port")
	}
	start(t, embedded.Config{DataDir: dir}) // the failed start let go of the directory
}

func isTimeout(err error) bool {
	var ne net.Error
	return errors.As(err, &ne) && ne.Timeout()
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
