package checkpoint_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/publish"
)

// transaction is one that somebody has begun, with checkpoints and entries that
// are in the topics and not committed.
func (s *system) transaction(id string, feeds map[string]int64, applications ...int64) *kgo.Client {
	s.t.Helper()
	client := s.cluster.Client(append(publish.ProducerOptions(s.topics), kgo.TransactionalID(id),
		kgo.TransactionTimeout(5*time.Minute))...)
	if err := client.BeginTransaction(); err != nil {
		s.t.Fatal(err)
	}
	s.within(client, feeds, applications...)
	return client
}

func (s *system) within(client *kgo.Client, feeds map[string]int64, applications ...int64) {
	s.t.Helper()
	var recs []*kgo.Record
	for feed, id := range feeds {
		rec, err := s.table.Records.Checkpoint(publish.Partition(org, partitions), cursor(feed, id))
		if err != nil {
			s.t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	for _, a := range applications {
		rec, err := s.table.Records.JournalEntry(entry(a, 10))
		if err != nil {
			s.t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	if err := client.ProduceSync(s.t.Context(), recs...).FirstErr(); err != nil {
		s.t.Fatal(err)
	}
}

func finish(t *testing.T, client *kgo.Client, how kgo.TransactionEndTry) {
	t.Helper()
	if err := client.EndTransaction(t.Context(), how); err != nil {
		t.Fatal(err)
	}
}

func ids(lease held) map[string]int64 {
	out := map[string]int64{}
	for feed, c := range lease.Cursors() {
		out[feed] = *c.LastID
	}
	return out
}

func want(t *testing.T, got map[string]int64, want map[string]int64) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("cursors are %v, want %v", got, want)
	}
}

// A predecessor that was killed within a commit leaves nothing of it.
func TestCrashWithinACommitLeavesNothing(t *testing.T) {
	s := newSystem(t)
	s.put("applications", 1)
	s.transaction(s.cluster.Prefix()+"-poll-"+org, map[string]int64{"applications": 2}, 7, 8, 9)
	start := time.Now()
	lease := s.replica("a").lease()
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("the lease waited %s for a transaction that was its own to end", took)
	}
	want(t, ids(lease), map[string]int64{"applications": 1})
	if got := s.journal(); len(got) != 0 {
		t.Errorf("entries of the unfinished commit: %q", got)
	}
	want(t, s.list(), map[string]int64{"applications": 1})
}

// derive writes hints in transactions of its own; one that died in the middle
// keeps readers of committed records back, and must not keep the lease back.
func TestOpenTransactionOfAnotherDoesNotKeepTheLeaseBack(t *testing.T) {
	s := newSystem(t)
	// The embedded broker compacts at once, and so before the order can matter.
	whole := []kadm.AlterConfig{{Name: "cleanup.policy", Value: kadm.StringPtr("delete")}}
	if _, err := kadm.NewClient(s.writer).AlterTopicConfigs(t.Context(), whole, s.topics.Checkpoints()); err != nil {
		t.Fatal(err)
	}
	s.put("applications", 1)
	s.put("headcounts", 1)
	derive := s.transaction("derive-"+s.cluster.Prefix(), map[string]int64{"refetch:1": 1, "interviews": 1})
	s.put("applications", 2)
	s.put("interviews", 2)
	ended := s.transaction("ended-"+s.cluster.Prefix(), map[string]int64{"refetch:2": 2, "headcounts": 2})
	s.put("headcounts", 3) // before that one commits
	undone := s.transaction("undone-"+s.cluster.Prefix(), map[string]int64{"applications": 99})
	finish(t, ended, kgo.TryCommit)
	finish(t, undone, kgo.TryAbort)

	start := time.Now()
	lease := s.replica("a").lease()
	if took := time.Since(start); took > 20*time.Second {
		t.Errorf("the lease waited %s for another's transaction", took)
	}
	known := map[string]int64{"applications": 2, "headcounts": 3, "interviews": 2, "refetch:2": 2}
	want(t, ids(lease), known)
	want(t, s.list(), known)

	// What the transaction held comes as news, apart from what is newer already.
	finish(t, derive, kgo.TryCommit)
	if u := lease.update(t); u.Feed != "refetch:1" || *u.Checkpoint.LastID != 1 {
		t.Errorf("update %+v", u)
	}
	s.put("feedbacks", 3)
	if u := lease.update(t); u.Feed != "feedbacks" || *u.Checkpoint.LastID != 3 {
		t.Errorf("update %+v", u)
	}
}

func TestUpdatesOfOthersArrive(t *testing.T) {
	s := newSystem(t)
	lease := s.replica("a").lease()
	s.put("backfill:applications", 1)
	if u := lease.update(t); u.Feed != "backfill:applications" || *u.Checkpoint.LastID != 1 {
		t.Errorf("update %+v", u)
	}
	// The lease's own are not news, nor are other organisations'.
	if err := lease.Commit(t.Context(), nil, pages(5), []string{"backfill:applications"}); err != nil {
		t.Fatal(err)
	}
	s.put("interviews", 1)
	if u := lease.update(t); u.Feed != "interviews" {
		t.Errorf("update %+v", u)
	}
	other := s.table
	other.OrgID = org + ":x"
	for range 20 { // some land in the same partition if their hash wills it
		other.OrgID += "x"
		if err := checkpoint.Put(t.Context(), s.writer, other, cursor("applications", 6)); err != nil {
			t.Fatal(err)
		}
	}
	if err := checkpoint.Delete(t.Context(), s.writer, s.table, "applications"); err != nil {
		t.Fatal(err)
	}
	if u := lease.update(t); u.Feed != "applications" || u.Checkpoint != nil {
		t.Errorf("update %+v", u)
	}
	// Of a feed that nobody asks about, the last remains.
	for i := range int64(50) {
		s.put("refetch:1", i)
		s.put("refetch:2", i)
	}
	eventually(t, "the last of both", func() bool {
		u := lease.update(t)
		return u.Feed == "refetch:2" && *u.Checkpoint.LastID == 49
	})
}

// What nobody takes waits in the topic, and all of it arrives.
func TestMoreUpdatesThanAreKept(t *testing.T) {
	s := newSystem(t)
	lease := s.replica("a").lease()
	const feeds = 12_000
	recs := make([]*kgo.Record, 0, feeds)
	for i := range int64(feeds) {
		rec, err := s.table.Records.Checkpoint(publish.Partition(org, partitions), cursor(fmt.Sprintf("refetch:%d", i), i))
		if err != nil {
			t.Fatal(err)
		}
		recs = append(recs, rec)
	}
	if err := s.writer.ProduceSync(t.Context(), recs...).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := lease.Commit(t.Context(), page(1, 1, 10), pages(1), nil); err != nil {
		t.Errorf("updates that nobody takes keep commits back: %v", err)
	}
	seen := map[string]bool{}
	for len(seen) < feeds {
		seen[lease.update(t).Feed] = true
	}
}

func TestUnreadableCheckpointIsAbsentAndCounted(t *testing.T) {
	s := newSystem(t)
	s.put("applications", 1)
	junk := func(feed string) {
		rec := &kgo.Record{
			Topic: s.topics.Checkpoints(), Partition: publish.Partition(org, partitions),
			Key: []byte(publish.CheckpointKey(org, feed)), Value: []byte("not Avro"),
		}
		if err := s.writer.ProduceSync(t.Context(), rec).FirstErr(); err != nil {
			t.Fatal(err)
		}
	}
	junk("headcounts")
	r := s.replica("a")
	lease := r.lease()
	want(t, ids(lease), map[string]int64{"applications": 1})
	all, err := checkpoint.List(t.Context(), s.writer, s.table)
	if err == nil || len(all) != 1 {
		t.Errorf("a command sees %d checkpoints, and %v", len(all), err)
	}
	junk("interviews")
	s.put("interviews", 2)
	if u := lease.update(t); u.Feed != "interviews" || *u.Checkpoint.LastID != 2 {
		t.Errorf("update %+v", u)
	}
	if n := testutil.ToFloat64(gathered(t, r, "mokafka_checkpoint_unreadable_total")); n != 2 {
		t.Errorf("%v unreadable checkpoints were counted", n)
	}
}

func TestConfigNamesEveryFault(t *testing.T) {
	err := checkpoint.Config{}.Validate()
	if err == nil {
		t.Fatal("an empty configuration is valid")
	}
	for _, name := range []string{"INGEST_INSTANCE", "POLL_SESSION_TIMEOUT", "POLL_TRANSACTION_TIMEOUT"} {
		if !strings.Contains(err.Error(), name) {
			t.Errorf("%q does not name %s", err, name)
		}
	}
}

func TestPutEndsWithItsContext(t *testing.T) {
	s := newSystem(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := checkpoint.Put(ctx, s.writer, s.table, cursor("applications", 1)); err == nil {
		t.Error("a context that had ended was no obstacle")
	}
}
