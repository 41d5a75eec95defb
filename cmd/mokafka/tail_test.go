package main

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// writtenSite is a site with records, one a second from a time on.
type writtenSite struct {
	*site
	first time.Time
}

// at is the first record's time and then some, as --from takes it.
func (s writtenSite) at(later time.Duration) string {
	return s.first.Add(later).Format(time.RFC3339Nano)
}

// written is a site whose topics hold, in this order: an entry of application 1,
// one of 2, one of 3 in a transaction that was aborted, one that is not Avro, one
// of 2 that is not text; and a state of 1, and that of 2 being gone. All but the junk was
// written in transactions, so that the partitions end with markers.
func written(t *testing.T) writtenSite {
	t.Helper()
	s := newSite(t)
	s.must("topics", "apply")
	s.must("schemas", "register")
	records := s.records()
	noon := time.Now().UTC().Truncate(time.Second).Add(-30 * time.Minute) // much older is not kept
	clock := noon
	next := func(rec *kgo.Record, err error) *kgo.Record {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		rec.Timestamp = clock
		clock = clock.Add(time.Second)
		return rec
	}
	entry := func(application int64, body string) *kgo.Record {
		id := "w-" + body
		rec, err := records.JournalEntry(&schemas.JournalEntry{
			EntryID: id, OrgID: "demo", Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest", WebhookID: &id,
			ApplicationID: &application, ReceivedAt: noon, ContentType: "application/json", Body: []byte(body),
		})
		return next(rec, err)
	}
	client := s.cluster.Client(append(publish.ProducerOptions(s.topics), kgo.TransactionalID(s.cluster.Prefix()+"-tail"))...)
	s.transact(client, kgo.TryCommit, entry(1, `{"a":"中"}`), entry(2, "two"))
	s.transact(client, kgo.TryAbort, entry(3, "aborted"))
	junk := next(&kgo.Record{
		Topic: s.topics.Journal(), Key: []byte("demo:app:1"), Value: []byte("junk"),
		Headers: []kgo.RecordHeader{{Key: "text", Value: []byte("t")}, {Key: "bytes", Value: []byte{0xff}}, {Key: "none"}},
	}, nil)
	s.produce(s.cluster.Client(publish.ProducerOptions(s.topics)...), junk)
	s.transact(client, kgo.TryCommit, entry(2, "bytes \xff"))
	key := func(application int64) (string, int32) {
		root := publish.CandidateKey("demo", application)
		return root, publish.Partition(root, s.cfg.Partitions)
	}
	there, partition := key(1)
	gone, other := key(2)
	s.transact(client, kgo.TryCommit,
		next(records.State(publish.Candidates, partition, there, &schemas.CandidateState{Version: 1, ChangedAt: noon})),
		next(records.Tombstone(publish.Candidates, other, gone), nil))
	return writtenSite{s, noon}
}

// lines reads JSON lines.
func lines(t *testing.T, text string) []tailLine {
	t.Helper()
	var all []tailLine
	for line := range strings.Lines(text) {
		var l tailLine
		if err := json.Unmarshal([]byte(line), &l); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		all = append(all, l)
	}
	return all
}

// bodies are what tells the entries apart.
func bodies(t *testing.T, text string) []string {
	t.Helper()
	found := []string{}
	for _, l := range lines(t, text) {
		var value struct{ Body any }
		if len(l.Value) > 0 {
			if err := json.Unmarshal(l.Value, &value); err != nil {
				t.Fatal(err)
			}
		}
		switch body := value.Body.(type) {
		case string:
			found = append(found, body)
		case map[string]any:
			found = append(found, "base64")
		default:
			found = append(found, "error")
		}
	}
	return found
}

func TestTailToTheEnd(t *testing.T) {
	t.Parallel()
	s := written(t)
	all := []string{`{"a":"中"}`, "two", "error", "base64"}
	for _, c := range []struct {
		args string
		want []string
	}{
		{"journal", all},
		{s.topics.Journal(), all},
		{"journal -n 2", all[:2]},
		{"journal --key demo:app:2", []string{"two", "base64"}},
		{"journal --key demo:app:2 -n 1", []string{"two"}},
		{"journal --key nobody", []string{}},
		{"journal --from " + s.at(time.Second), all[1:]},
		{"journal --from " + s.at(3500*time.Millisecond), all[3:]},
		{"journal --from latest", []string{}},
		{"journal --from 1m", []string{}},
		{"offers", []string{}},
		{"dlq", []string{}},
	} {
		got := bodies(t, s.must(append([]string{"tail", "--json", "--exit-at-end"}, strings.Fields(c.args)...)...))
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", c.args, diff)
		}
	}
}

// TestTailJSON: a line has all of a record, and no more.
func TestTailJSON(t *testing.T) {
	t.Parallel()
	s := written(t)
	found := lines(t, s.must("tail", "journal", "--json", "--exit-at-end"))
	junk := found[2]
	if !strings.Contains(junk.Error, "not written by way of a schema registry") || string(junk.Bytes) != "junk" || string(junk.Value) != "null" {
		t.Errorf("what is no Avro: %+v", junk)
	}
	want := map[string]any{"text": "t", "bytes": map[string]any{"base64": "/w=="}, "none": nil}
	if diff := cmp.Diff(want, junk.Headers); diff != "" {
		t.Errorf("headers (-want +got):\n%s", diff)
	}
	first := found[0]
	wanted := tailLine{
		Topic: s.topics.Journal(), Partition: publish.Partition("demo:app:1", s.cfg.Partitions), Offset: first.Offset,
		Timestamp: s.first.Format("2006-01-02T15:04:05.000Z"), Key: "demo:app:1", Headers: first.Headers, Value: first.Value,
	}
	if diff := cmp.Diff(wanted, first); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	contains(t, string(first.Value), `"received_at":"`+wanted.Timestamp+`"`, `"body":"{\"a\":\"中\"}"`, `"updated_at":null`)

	states := lines(t, s.must("tail", "candidates.state", "--json", "--exit-at-end"))
	if len(states) != 2 || string(states[1].Value) != "null" || states[1].Error != "" {
		t.Errorf("a state that went: %+v", states)
	}
	text := s.must("tail", "candidates.state", "--exit-at-end")
	contains(t, text, "demo:app:1", `"version":1`, "demo:app:2  (deleted)")
}

// TestTailToAnEndWithoutRecords: the last offsets of a partition may hold nothing
// any more, not even a marker, once compaction has been there.
func TestTailToAnEndWithoutRecords(t *testing.T) {
	t.Parallel()
	s := newSite(t, kafkatest.Embedded())
	topic := s.cluster.Topic("compacted.v1", 1, nil)
	s.produce(s.cluster.Client(), &kgo.Record{Topic: topic, Value: []byte("left")}, &kgo.Record{Topic: topic, Value: []byte("gone")})
	broker := s.cluster.Embedded().Cluster()
	broker.ControlKey(kmsg.Fetch.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		broker.KeepControl()
		req, ok := r.(*kmsg.FetchRequest)
		if !ok || len(req.Topics) != 1 || req.Topics[0].Partitions[0].FetchOffset != 1 {
			return nil, nil, false
		}
		resp, _ := req.ResponseKind().(*kmsg.FetchResponse)
		answered := kmsg.NewFetchResponseTopic()
		answered.Topic, answered.TopicID = req.Topics[0].Topic, req.Topics[0].TopicID
		partition := kmsg.NewFetchResponseTopicPartition()
		partition.HighWatermark, partition.LastStableOffset = 2, 2
		answered.Partitions = append(answered.Partitions, partition)
		resp.Topics = append(resp.Topics, answered)
		return resp, nil, true
	})
	broker.ControlKey(kmsg.Fetch.Int16(), func(r kmsg.Request) (kmsg.Response, error, bool) {
		broker.KeepControl() // the first record alone
		req, ok := r.(*kmsg.FetchRequest)
		if ok && len(req.Topics) == 1 {
			req.MaxBytes, req.Topics[0].Partitions[0].PartitionMaxBytes = 1, 1
		}
		return nil, nil, false
	})
	if got := lines(t, s.must("tail", topic, "--json", "--exit-at-end")); len(got) != 1 || string(got[0].Bytes) != "left" {
		t.Errorf("%+v", got)
	}
}

func TestTailFollows(t *testing.T) {
	t.Parallel()
	s := written(t)
	tail := s.start("tail", "journal", "--json")
	tail.shows(&tail.err, "following "+s.topics.Journal()+", 4 partitions")
	id, application := "later", int64(9)
	rec, err := s.records().JournalEntry(&schemas.JournalEntry{
		EntryID: id, OrgID: "demo", Channel: schemas.ChannelWebhook, WebhookID: &id, ApplicationID: &application,
		ReceivedAt: s.first, Body: []byte("later"),
	})
	if err != nil {
		t.Fatal(err)
	}
	s.produce(s.cluster.Client(publish.ProducerOptions(s.topics)...), rec)
	tail.shows(&tail.out, `"body":"later"`)
	tail.end()
	if got := bodies(t, tail.out.String()); !slices.Equal(got, []string{"later"}) {
		t.Errorf("%q, want only what came later", got)
	}

	limited := s.start("tail", "journal", "--json", "--from", "earliest", "-n", "3")
	limited.wants(exitDone)
	if n := len(lines(t, limited.out.String())); n != 3 {
		t.Errorf("%d records, want 3", n)
	}
}

func TestTailUnknownTopic(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	got := s.run("tail", "candidates")
	if got.status != exitFailed {
		t.Errorf("status %d", got.status)
	}
	contains(t, got.err, `there is no topic "candidates", nor any that begins with "`+s.cluster.Prefix()+`."`, "mokafka topics apply")
	s.must("topics", "apply")
	contains(t, s.run("tail", "candidate").err, `there is no topic "candidate"; there are `, s.topics.Events(publish.Candidates))
}

func TestParseFrom(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]startPoint{
		"earliest":                  {},
		"latest":                    {latest: true},
		"90m":                       {at: now.Add(-90 * time.Minute)},
		"2026-01-31T08:00:00+08:00": {at: time.Date(2026, 1, 31, 0, 0, 0, 0, time.UTC)},
		"2026-01-31":                {at: time.Date(2026, 1, 31, 0, 0, 0, 0, time.Local)},
		"2026-01-31 07:08:09":       {at: time.Date(2026, 1, 31, 7, 8, 9, 0, time.Local)},
	} {
		got, err := parseFrom(text, now)
		if err != nil || got.latest != want.latest || !got.at.Equal(want.at) {
			t.Errorf("%s: %+v, %v; want %+v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "-5m", "soon", "31.1.2026"} {
		if got, err := parseFrom(text, now); err == nil {
			t.Errorf("%q is read as %+v", text, got)
		}
	}
}
