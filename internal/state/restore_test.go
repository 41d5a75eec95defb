package state_test

import (
	"context"
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/state"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type topicFixture struct {
	t       *testing.T
	cluster *kafkatest.Cluster
	name    string
	client  *kgo.Client
}

func newTopic(t *testing.T) *topicFixture {
	t.Helper()
	c := kafkatest.Start(t)
	compact := "compact"
	f := &topicFixture{t: t, cluster: c, name: c.Topic("state", 2, map[string]*string{"cleanup.policy": &compact})}
	f.client = c.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	return f
}

func (f *topicFixture) part() state.Partition { return state.Partition{Topic: f.name, Partition: 1} }

func (f *topicFixture) record(key, value string) *kgo.Record {
	r := &kgo.Record{Topic: f.name, Partition: 1, Key: []byte(key)}
	if value != "" {
		r.Value = []byte(value)
	}
	return r
}

func (f *topicFixture) produce(client *kgo.Client, records ...*kgo.Record) {
	f.t.Helper()
	if err := client.ProduceSync(f.t.Context(), records...).FirstErr(); err != nil {
		f.t.Fatal(err)
	}
}

func (f *topicFixture) transactional(id string) *kgo.Client {
	return f.cluster.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()),
		kgo.TransactionalID(f.cluster.Prefix()+id), kgo.TransactionTimeout(30*time.Second))
}

func (f *topicFixture) end(client *kgo.Client, commit kgo.TransactionEndTry) {
	f.t.Helper()
	if err := client.EndTransaction(f.t.Context(), commit); err != nil {
		f.t.Fatal(err)
	}
}

func (f *topicFixture) restore(s *state.Store) int {
	f.t.Helper()
	ctx, cancel := context.WithTimeout(f.t.Context(), 20*time.Second)
	defer cancel()
	n, err := s.Restore(ctx, f.client, []state.Partition{f.part(), {Topic: f.name, Partition: 0}}, func() time.Time { return epoch })
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// The last offsets of a partition are often markers, not records.
func TestRestoreEndsBehindMarkersAndSkipsWhatWasAborted(t *testing.T) {
	f := newTopic(t)
	tx := f.transactional("tx")
	for i, outcome := range []kgo.TransactionEndTry{kgo.TryCommit, kgo.TryAbort, kgo.TryCommit, kgo.TryAbort} {
		if err := tx.BeginTransaction(); err != nil {
			t.Fatal(err)
		}
		f.produce(tx, f.record("k", fmt.Sprintf("v%d", i)), f.record(fmt.Sprintf("only%d", i), "x"))
		f.end(tx, outcome)
	}
	s := open(t, t.TempDir(), "boot")
	if n := f.restore(s); n != 4 {
		t.Errorf("read %d committed records, want 4", n)
	}
	for key, want := range map[string]string{"k": "v2", "only0": "x", "only1": "", "only2": "x", "only3": ""} {
		if got := get(t, s, f.part(), key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if n := f.restore(s); n != 0 {
		t.Errorf("a copy that was complete read %d records again", n)
	}
	f.produce(f.client, f.record("k", "v9"), f.record("only0", ""))
	if n := f.restore(s); n != 2 {
		t.Errorf("catching up read %d records, want 2", n)
	}
	if get(t, s, f.part(), "k") != "v9" || get(t, s, f.part(), "only0") != "" {
		t.Error("the copy did not catch up")
	}
}

// What the former owner was just committing belongs to the state.
func TestRestoreWaitsForAnOpenTransaction(t *testing.T) {
	f := newTopic(t)
	tx := f.transactional("tx")
	if err := tx.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	f.produce(tx, f.record("k", "pending"))
	s := open(t, t.TempDir(), "boot")
	short, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := s.Restore(short, f.client, []state.Partition{f.part()}, time.Now); err == nil {
		t.Fatal("restored past a transaction that is open")
	}
	done := make(chan int, 1)
	go func() { done <- f.restore(s) }()
	f.end(tx, kgo.TryCommit)
	if n := <-done; n != 1 || get(t, s, f.part(), "k") != "pending" {
		t.Errorf("read %d records, k is %q", n, get(t, s, f.part(), "k"))
	}
}

func TestRestoreStartsAnewWhenTheTopicIsNew(t *testing.T) {
	f := newTopic(t)
	f.produce(f.client, f.record("gone", "1"), f.record("k", "1"))
	s := open(t, t.TempDir(), "boot")
	f.restore(s)
	adm := kadm.NewClient(f.client)
	if _, err := adm.DeleteTopic(t.Context(), f.name); err != nil {
		t.Fatal(err)
	}
	fresh := f.cluster.Topic("state", 2, nil)
	if fresh != f.name {
		t.Fatalf("the new topic is %s, not %s", fresh, f.name)
	}
	f.client = f.cluster.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	f.produce(f.client, f.record("k", "2"), f.record("k", "3"), f.record("k", "4"))
	f.restore(s)
	if get(t, s, f.part(), "gone") != "" || get(t, s, f.part(), "k") != "4" {
		t.Errorf("the copy still has the former topic: gone is %q, k is %q", get(t, s, f.part(), "gone"), get(t, s, f.part(), "k"))
	}
}

// While it waits for a transaction, the topic may be made anew.
func TestRestoreEndsWhenTheTopicIsMadeAnewMeanwhile(t *testing.T) {
	f := newTopic(t)
	tx := f.transactional("tx")
	if err := tx.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	f.produce(tx, f.record("k", "pending"))
	s := open(t, t.TempDir(), "boot")
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := s.Restore(ctx, f.client, []state.Partition{f.part()}, time.Now)
		done <- err
	}()
	select {
	case err := <-done:
		t.Fatalf("restore did not wait for the transaction: %v", err)
	case <-time.After(500 * time.Millisecond):
	}
	if _, err := kadm.NewClient(f.client).DeleteTopic(t.Context(), f.name); err != nil {
		t.Fatal(err)
	}
	f.cluster.Topic("state", 2, nil)
	if err := <-done; err == nil || ctx.Err() != nil {
		t.Errorf("restore ended with %v, %v", err, ctx.Err())
	}
	// The second try knows the new topic.
	f.client = f.cluster.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	f.produce(f.client, f.record("k", "new"))
	f.restore(s)
	if got := get(t, s, f.part(), "k"); got != "new" {
		t.Errorf("k is %q", got)
	}
}

// After delete.retention.ms a deletion leaves no trace in the topic.
func TestRestoreStartsAnewWhenTheCopyIsOld(t *testing.T) {
	f := newTopic(t)
	f.produce(f.client, f.record("k", "1"))
	s := open(t, t.TempDir(), "boot")
	f.restore(s)
	apply(t, s, state.Change{Partition: f.part(), Key: "compacted away", Value: []byte("x"), Offset: 1})
	f.produce(f.client, f.record("k", "2"))
	late := func() time.Time { return epoch.Add(state.MaxAge) }
	if _, err := s.Restore(t.Context(), f.client, []state.Partition{f.part()}, late); err != nil {
		t.Fatal(err)
	}
	if get(t, s, f.part(), "compacted away") != "" || get(t, s, f.part(), "k") != "2" {
		t.Error("an old copy was caught up instead of read anew")
	}
}

func TestRestoreLearnsGravesFromHeaders(t *testing.T) {
	f := newTopic(t)
	grave := f.record("k", "dead")
	grave.Headers = []kgo.RecordHeader{{Key: state.DeletedHeader, Value: strconv.AppendInt(nil, epoch.UnixMilli(), 10)}}
	f.produce(f.client, grave)
	s := open(t, t.TempDir(), "boot")
	f.restore(s)
	keys, err := s.Graves(f.part(), epoch.Add(time.Second), 10)
	if err != nil || len(keys) != 1 || keys[0] != "k" {
		t.Errorf("graves %q, %v", keys, err)
	}
}
