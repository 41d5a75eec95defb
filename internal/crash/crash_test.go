package crash_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/crash/replica"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

const (
	applications = 48
	replicas     = 2
	partitions   = 6
	signingKey   = "crash-signing-key"
)

// kills is how often the test kills: few on the embedded broker, so that it
// stays part of every test run.
func kills(t *testing.T, onKafka bool) int {
	t.Helper()
	if text := os.Getenv("MOKAFKA_KILLS"); text != "" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			t.Fatalf("MOKAFKA_KILLS is %q: it must be a number from 1", text)
		}
		return n
	}
	if onKafka {
		return 50
	}
	return 4
}

// pause lets the load run on for a while; the moment of a kill is random.
func pause(t *testing.T, d time.Duration) {
	t.Helper()
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-t.Context().Done():
	case <-timer.C:
	}
}

func registryURL(t *testing.T) string {
	t.Helper()
	if url := os.Getenv("SCHEMA_REGISTRY_URL"); url != "" {
		return url
	}
	server := httptest.NewServer(schemastest.New())
	t.Cleanup(server.Close)
	return server.URL
}

func TestKilledIngestLosesAndDoublesNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the program and kills it again and again")
	}
	cluster := kafkatest.Start(t)
	replication := 1
	if len(cluster.Brokers) >= 3 {
		replication = 3
	}
	env := []string{
		"KAFKA_BROKERS=" + strings.Join(cluster.Brokers, ","), "KAFKA_TOPIC_PREFIX=" + cluster.Prefix(),
		"KAFKA_TOPIC_PARTITIONS=" + strconv.Itoa(partitions), "KAFKA_TOPIC_REPLICATION=" + strconv.Itoa(replication),
		"SCHEMA_REGISTRY_URL=" + registryURL(t), "MOKA_ORG_ID=demo", "WEBHOOK_SIGNING_KEYS=" + signingKey,
		"DERIVE_GROUP=" + cluster.Prefix() + "-derive", "DERIVE_TRANSACTION_TIMEOUT=10s", "WEBHOOK_TLS=off",
		"POLL_APPLICATIONS=off", // TestVirtualDay polls
	}
	program, err := replica.Build(t.Context(), t.TempDir())
	must(t, err)
	for _, args := range [][]string{{"topics", "apply"}, {"schemas", "register"}} {
		cmd := exec.CommandContext(t.Context(), program, args...)
		cmd.Env = append(os.Environ(), env...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("mokafka %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
	workers := make([]*replica.Worker, replicas)
	for i := range workers {
		w, err := replica.NewIngest(program, i, t.TempDir(), env)
		must(t, err)
		t.Cleanup(func() { must(t, w.Kill()) })
		must(t, w.Start())
		workers[i] = w
	}
	for _, w := range workers {
		ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
		must(t, w.AwaitReady(ctx))
		cancel()
	}

	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	transport := &http.Transport{MaxIdleConnsPerHost: applications}
	defer transport.CloseIdleConnections()
	presses := &replica.Presses{Workers: workers, Key: signingKey, Client: &http.Client{Transport: transport}}
	var sending sync.WaitGroup
	sending.Go(func() { presses.Run(ctx, applications) })

	rng := rand.New(rand.NewPCG(1, 2))
	n, brokerRestarts := kills(t, cluster.IsReal()), 0
	for k := range n {
		// A random moment, but not before something was said since the last.
		before := presses.Taken()
		pause(t, time.Duration(100+rng.IntN(900))*time.Millisecond)
		for deadline := time.Now().Add(60 * time.Second); presses.Taken() < before+applications; {
			if time.Now().After(deadline) {
				t.Fatalf("kill %d: nothing is taken any more; %s | %s", k, workers[0].Tail(), workers[1].Tail())
			}
			pause(t, 10*time.Millisecond)
		}
		w := workers[rng.IntN(replicas)]
		must(t, w.Kill())
		if nodes := cluster.Nodes(); k%10 == 5 && len(nodes) > 0 {
			node := nodes[rng.IntN(len(nodes))]
			cluster.KillNode(node)
			cluster.StartNode(node)
			brokerRestarts++
		}
		must(t, w.Start())
	}
	stop()
	sending.Wait()
	tally(t, cluster, presses, n, brokerRestarts)
}

// tally reads what a read_committed consumer sees and compares it with what was
// answered with 2xx.
func tally(t *testing.T, cluster *kafkatest.Cluster, presses *replica.Presses, killed, brokerRestarts int) {
	t.Helper()
	awaitDerived(t, cluster)
	codec, err := schemas.NewCodec()
	must(t, err)
	var events []*schemas.CandidateEvent
	for _, rec := range committed(t, cluster, publish.NewTopics(cluster.Prefix()).Events(publish.Candidates)) {
		ev := new(schemas.CandidateEvent)
		must(t, codec.Unmarshal(rec.Value[publish.FrameHeader:], ev))
		events = append(events, ev)
	}
	count := presses.Count(events)
	t.Logf("tally: %d kills, %d broker restarts, %d refused or broken attempts; %s", killed, brokerRestarts, presses.Refused(), count)
	if count.Broken() {
		t.Error("promises 1 to 3 are broken")
	}
	if count.Acked < killed*applications/2 {
		t.Errorf("only %d webhooks were taken during %d kills: the test did not put load on", count.Acked, killed)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// freeAddr is a loopback address nobody listens on at the moment.
func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := replica.FreeAddr()
	must(t, err)
	return addr
}

func awaitDerived(t *testing.T, cluster *kafkatest.Cluster) {
	t.Helper()
	group, journal := cluster.Prefix()+"-derive", publish.NewTopics(cluster.Prefix()).Journal()
	adm := kadm.NewClient(cluster.Client())
	var last error
	for deadline := time.Now().Add(120 * time.Second); time.Now().Before(deadline); pause(t, 100*time.Millisecond) {
		lags, err := adm.Lag(t.Context(), group)
		if err != nil {
			last = err
			continue
		}
		lag := lags[group]
		if last = lag.Error(); last == nil && caughtUp(lag.Lag[journal]) {
			return
		}
	}
	t.Fatalf("the journal was not derived in time: %v", last)
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

// committed returns the records of a topic that are not part of an open or
// aborted transaction, in the order of each partition.
func committed(t *testing.T, cluster *kafkatest.Cluster, topic string) []*kgo.Record {
	t.Helper()
	client := cluster.Client(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	adm := kadm.NewClient(client)
	ends, err := adm.ListEndOffsets(t.Context(), topic)
	// A client that has not met the topic yet may say that it is unknown.
	for deadline := time.Now().Add(10 * time.Second); err == nil && ends.Error() != nil && time.Now().Before(deadline); {
		ends, err = adm.ListEndOffsets(t.Context(), topic)
	}
	if err := errors.Join(err, ends.Error()); err != nil {
		t.Fatal(err)
	}
	left := map[int32]bool{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = true
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	var out []*kgo.Record
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			t.Fatalf("reading %s: %v", topic, ctx.Err())
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
