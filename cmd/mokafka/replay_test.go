package main

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
)

// eventful is a site whose topic of candidates has ten records of each of three
// applications, one a second since the time returned, in turn; the third of an
// application is a stage move. One more was never committed.
func eventful(t *testing.T) (*site, time.Time) {
	t.Helper()
	s := newSite(t)
	s.must("topics", "apply")
	began := time.Now().UTC().Truncate(time.Second).Add(-20 * time.Minute)
	client := s.cluster.Client(append(publish.ProducerOptions(s.topics), kgo.TransactionalID(s.cluster.Prefix()+"-events"))...)
	var recs []*kgo.Record
	for i := range 30 {
		kind := "updated"
		if i/3 == 2 {
			kind = "stage_moved"
		}
		recs = append(recs, &kgo.Record{
			Topic: s.topics.Events(publish.Candidates), Key: []byte(publish.Root("demo", int64(i%3+1))), Value: fmt.Append(nil, i),
			Timestamp: began.Add(time.Duration(i) * time.Second),
			Headers:   []kgo.RecordHeader{{Key: "ce_type", Value: []byte("com.moka.candidate." + kind + ".v1")}},
		})
	}
	s.transact(client, kgo.TryCommit, recs...)
	lost := *recs[0]
	lost.Value, lost.Timestamp = []byte("lost"), began.Add(31*time.Second)
	s.transact(client, kgo.TryAbort, &lost)
	return s, began
}

func (s *site) commit(group string, at int64) {
	s.t.Helper()
	offsets := kadm.Offsets{}
	for p := range int32(s.cfg.Partitions) {
		offsets.AddOffset(s.topics.Events(publish.Candidates), p, at, -1)
	}
	if err := kadm.NewClient(s.cluster.Client()).CommitAllOffsets(context.Background(), group, offsets); err != nil {
		s.t.Fatal(err)
	}
}

func TestReplayOffsets(t *testing.T) {
	t.Parallel()
	s, began := eventful(t)
	x := &transcript{site: s}
	group := s.cluster.Prefix() + "-payroll"
	s.commit(group, 1)
	at := began.Add(15 * time.Second).Format(time.RFC3339)
	x.hide(at, "15 S LATER", time.Now().AddDate(1, 0, 0).Format(time.DateOnly), "NEXT YEAR")
	offsets := func(more ...string) []string {
		return append([]string{"replay", "offsets", "--group", group, "--topic", "candidates"}, more...)
	}
	x.unchanged(func() {
		x.types(exitDone, "", offsets("--to-time", at, "--dry-run")...)
		x.types(exitDone, "", offsets("--to-earliest", "--dry-run")...)
		x.types(exitFailed, "n\n", offsets("--to-latest")...)
		x.types(exitFailed, "", offsets("--to-offset", "1000")...)
		x.types(exitFailed, "", offsets("--to-earliest", "--partition", "9")...)
		x.types(exitFailed, "", "replay", "offsets", "--group", "payrol", "--topic", "candidates", "--to-earliest")
		x.types(exitFailed, "", "replay", "offsets", "--group", group, "--topic", "nothing", "--to-earliest")
		x.types(exitWrong, "", offsets()...)
		x.types(exitWrong, "", offsets("--to-earliest", "--to-latest")...)
		x.types(exitWrong, "", offsets("--to-time", time.Now().AddDate(1, 0, 0).Format(time.DateOnly))...)
		x.types(exitWrong, "", "replay", "offsets", "--topic", "candidates", "--to-earliest")
	}, group)
	x.types(exitDone, "y\n", offsets("--to-time", at)...)
	x.types(exitDone, "", offsets("--to-earliest")...)
	x.types(exitDone, "", offsets("--to-offset", "0", "--partition", "0", "--json")...)
	x.golden(t, "replay_offsets.txt")

	fresh := s.cluster.Prefix() + "-fresh"
	s.must("replay", "offsets", "--group", fresh, "--topic", "candidates", "--to-latest", "--new")
	contains(t, s.must("replay", "offsets", "--group", fresh, "--topic", "candidates", "--to-latest", "--dry-run"), "0 records are read again, 0 passed over")
}

// TestReplayOffsetsOfTheLiving: a group at work is left alone.
func TestReplayOffsetsOfTheLiving(t *testing.T) {
	t.Parallel()
	s, _ := eventful(t)
	group := s.cluster.Prefix() + "-live"
	member := s.cluster.Client(kgo.ConsumerGroup(group), kgo.ConsumeTopics(s.topics.Events(publish.Candidates)),
		kgo.ClientID("payroll"), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	for read := 0; read < 30; {
		fetches := member.PollFetches(t.Context())
		if err := fetches.Err(); err != nil {
			t.Fatal(err)
		}
		read += fetches.NumRecords()
	}
	if err := member.CommitUncommittedOffsets(t.Context()); err != nil {
		t.Fatal(err)
	}
	move := []string{"replay", "offsets", "--group", group, "--topic", "candidates", "--to-earliest"}
	s.unchanged(func() {
		for _, args := range [][]string{move, append(slices.Clone(move), "--dry-run")} {
			got := s.run(args...)
			if got.status != exitFailed {
				t.Errorf("status %d\n%s", got.status, got.out)
			}
			contains(t, got.err, "the group has members (payroll at ", "end its consumers first")
		}
	}, group)
	member.Close()
	contains(t, s.must(move...), "records are read again, 0 passed over", group+" was moved")
}

func TestReplayCopy(t *testing.T) {
	t.Parallel()
	s, began := eventful(t)
	x := &transcript{site: s}
	from, to := began.Add(3*time.Second).Format(time.RFC3339), began.Add(27*time.Second).Format(time.RFC3339)
	later := time.Now().AddDate(1, 0, 0).Format(time.DateOnly)
	x.hide(from, "3 S LATER", to, "27 S LATER", later, "NEXT YEAR")
	target := s.cluster.Prefix() + "-team"
	args := func(more ...string) []string {
		return append([]string{"replay", "copy", "--topic", "candidates", "--to-topic", target, "--from", from, "--to", to}, more...)
	}
	x.unchanged(func() {
		x.types(exitFailed, "", args()...)
		x.types(exitDone, "", args("--create", "--dry-run")...)
		x.types(exitDone, "", args("--create", "--dry-run", "--type", "stage_moved", "--application", "2")...)
		x.types(exitWrong, "", args("--application", "2", "--key", "demo:app:2")...)
		x.types(exitWrong, "", "replay", "copy", "--topic", "candidates", "--to-topic", target, "--from", from)
		x.types(exitWrong, "", "replay", "copy", "--topic", "candidates", "--to-topic", target, "--from", from, "--to", later)
		x.types(exitWrong, "", "replay", "copy", "--topic", "candidates", "--to-topic", target, "--from", to, "--to", from)
		x.types(exitFailed, "", "replay", "copy", "--topic", "candidates", "--to-topic", s.topics.Journal(), "--from", from, "--to", to)
		x.types(exitFailed, "", "replay", "copy", "--topic", "candidates", "--to-topic", s.topics.Events(publish.Candidates), "--from", from, "--to", to)
	})
	x.types(exitDone, "", args("--create")...)
	x.unchanged(func() {
		x.types(exitDone, "", args()...)
		x.types(exitFailed, "", args("--application", "2")...)
	})
	x.golden(t, "replay_copy.txt")

	want, got := s.selected(s.topics.Events(publish.Candidates), began.Add(3*time.Second), began.Add(27*time.Second)), s.selected(target, time.Time{}, time.Now())
	if len(want) != 24 {
		t.Fatalf("%d records are to be copied", len(want))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("copied (-want +got):\n%s", diff)
	}
}

// selected are the records of a topic between two times, as text, in the order of
// their partitions.
func (s *site) selected(topic string, from, until time.Time) []string {
	s.t.Helper()
	var all []string
	for _, l := range s.linesOf(topic) {
		at, err := time.Parse(time.RFC3339, l.Timestamp)
		if err != nil {
			s.t.Fatal(err)
		}
		if at.Before(from) || !at.Before(until) {
			continue
		}
		where := fmt.Sprintf("%s/%d@%d", s.topics.Events(publish.Candidates), l.Partition, l.Offset)
		if copied, ok := l.Headers["moka_copied_from"].(string); ok {
			where = copied
		}
		all = append(all, fmt.Sprintf("%s in %d: %v at %s, %s, from %s", l.Bytes, l.Partition, l.Key, l.Timestamp, l.Headers["ce_type"], where))
	}
	return all
}
