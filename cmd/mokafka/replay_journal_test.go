package main

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// brokenMapper is of a revision before this build's, and cuts names.
var brokenMapper = normalize.Mapper{Revision: 1, Entry: func(e *schemas.JournalEntry, opts normalize.Options) ([]normalize.Observation, error) {
	all, err := normalize.Entry(e, opts)
	for i := range all {
		if c, ok := all[i].Entity.(*schemas.Candidate); ok && c.Name != nil {
			name := (*c.Name)[:1]
			c.Name = &name
		}
	}
	return all, err
}}

// known is a memory of states by key.
type known map[string]any

func (k known) Known(_ context.Context, f publish.Family, key string) (derive.Known, error) {
	return derive.Known{State: k[f.String()+" "+key]}, nil
}

func (k known) Keys(_ context.Context, f publish.Family, prefix string) ([]string, error) {
	var keys []string
	for name := range maps.Keys(k) {
		if key, ok := strings.CutPrefix(name, f.String()+" "); ok && strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	return keys, nil
}

// misread is a site whose journal has a few pushes, a minute apart since the time
// returned, as a broken mapper has derived them: the candidates 1 and 2 pushed
// once, then 1 with another phone number, and an entry that nobody can read.
func misread(t *testing.T) (*site, time.Time) {
	t.Helper()
	s := newSite(t)
	s.env["MOKA_ORG_ID"] = "acme"
	s.env["DERIVE_GROUP"] = s.cluster.Prefix() + "-derive"
	s.must("topics", "apply")
	s.must("schemas", "register")
	records, client := s.records(), s.cluster.Client(publish.ProducerOptions(s.topics)...)
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	decider, err := derive.NewDecider(codec.Bundle())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now().UTC().Truncate(time.Second).Add(-time.Hour)
	memory := known{}
	for n, push := range []struct {
		application int64
		phone       string
	}{{1, "13800000001"}, {2, "13800000002"}, {1, "13800000003"}, {1, "\x00"}} {
		at := began.Add(time.Duration(n) * time.Minute)
		id, event := fmt.Sprint("push-", n), "pushCandidate"
		body := fmt.Sprintf(`{"id":%q,"event":%q,"triggeredAt":%d,"data":{"applicationId":%d,"candidateId":9,"name":"Zhang Wei","phone":%q}}`,
			id, event, at.Unix(), push.application, push.phone)
		if push.phone == "\x00" {
			body = `{"id":`
		}
		entry := &schemas.JournalEntry{
			EntryID: "wh:" + id + ":" + publish.Root("acme", push.application), OrgID: "acme", Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest",
			Event: &event, WebhookID: &id, ApplicationID: &push.application, TriggeredAt: &at, ReceivedAt: at,
			ContentType: "application/json", Body: []byte(body),
		}
		rec, err := records.JournalEntry(entry)
		if err != nil {
			t.Fatal(err)
		}
		rec.Timestamp = at
		s.produce(client, rec)
		steps, err := decider.Unfold(t.Context(), derive.Origin{Entry: entry, Partition: rec.Partition, Offset: rec.Offset, Revision: 1},
			derive.Reading{Mapper: brokenMapper}, memory)
		if err != nil {
			continue // a dead letter
		}
		for _, step := range steps {
			memory[step.Family.String()+" "+step.Key] = step.Outcome.State
			state, err := records.State(step.Family, rec.Partition, step.Key, step.Outcome.State)
			if err != nil {
				t.Fatal(err)
			}
			for _, ev := range step.Outcome.Events {
				told, err := records.Event(ev.Value, "")
				if err != nil {
					t.Fatal(err)
				}
				s.produce(client, told)
			}
			s.produce(client, state)
		}
	}
	ends, err := kadm.NewClient(client).ListEndOffsets(t.Context(), s.topics.Journal())
	if err != nil {
		t.Fatal(err)
	}
	if err := kadm.NewClient(client).CommitAllOffsets(t.Context(), s.env["DERIVE_GROUP"], ends.Offsets()); err != nil {
		t.Fatal(err)
	}
	return s, began
}

func TestReplayJournal(t *testing.T) {
	t.Parallel()
	s, began := misread(t)
	x := &transcript{site: s}
	from, to, later := began.Format(time.RFC3339), began.Add(10*time.Minute).Format(time.RFC3339), time.Now().AddDate(1, 0, 0).Format(time.DateOnly)
	x.hide(exactly(began), "THEN", exactly(began.Add(10*time.Minute)), "10 MIN LATER", from, "THEN", to, "10 MIN LATER", later, "NEXT YEAR")
	replay := func(more ...string) []string {
		return append([]string{"replay", "journal", "--from", from, "--to", to}, more...)
	}
	x.unchanged(func() {
		x.types(exitDone, "", replay("--dry-run")...)
		x.types(exitDone, "", replay("--dry-run", "--application", "2", "--json")...)
		x.types(exitDone, "", replay("--dry-run", "--entity", "offer")...)
		x.types(exitDone, "", replay("--dry-run", "--org", "other")...)
		x.types(exitWrong, "", replay("--entity", "people")...)
		x.types(exitWrong, "", replay("--entity", "offer", "--application", "2")...)
		x.types(exitWrong, "", "replay", "journal", "--from", from)
		x.types(exitWrong, "", "replay", "journal", "--from", to, "--to", from)
		x.types(exitWrong, "", "replay", "journal", "--from", "2026-03-01T08:00:00", "--to", to)
	}, s.env["DERIVE_GROUP"])
	x.types(exitDone, "", replay("--changed-only")...)
	x.golden(t, "replay_journal.txt")

	told := s.linesOf(s.topics.Events(publish.Candidates))
	if n := of(told, "REPLAY"); len(told) != 4 || n != 1 {
		t.Errorf("%d events, %d replayed; what still holds is ingest's to tell", len(told), n)
	}
	entries := s.linesOf(s.topics.Journal())
	if n := of(entries, "REPLAY"); n != 2 {
		t.Errorf("%d entries were journaled again", n)
	}
	// Ingest corrects what still holds.
	w := s.with(map[string]string{"WEBHOOK_SIGNING_KEYS": "key", "STATE_DIR": t.TempDir(), "WEBHOOK_ADDR": "127.0.0.1:0", "OPS_ADDR": "127.0.0.1:0", "POLL_APPLICATIONS": "off"}).startWorker()
	eventually(t, func() bool { return len(s.linesOf(s.topics.Events(publish.Candidates))) == 6 }, "the corrections")
	w.end()
	names := map[string]string{}
	for _, l := range s.linesOf(s.topics.State(publish.Candidates)) {
		names[fmt.Sprint(l.Key)] = string(l.Value)
	}
	for key, text := range names {
		if !strings.Contains(text, "Zhang Wei") {
			t.Errorf("%s was not corrected: %s", key, text)
		}
	}
	x.unchanged(func() {
		got := s.must(replay("--dry-run")...)
		contains(t, got, "states to correct   0")
	})
}

// of counts the lines whose value has a text.
func of(lines []tailLine, text string) int {
	n := 0
	for _, l := range lines {
		if strings.Contains(string(l.Value), text) {
			n++
		}
	}
	return n
}

// exactly is a time as the summary has it.
func exactly(at time.Time) string { return at.Format("2006-01-02T15:04:05.000Z") }

func TestReplayState(t *testing.T) {
	t.Parallel()
	s, _ := misread(t)
	x := &transcript{site: s}
	before := s.statesNow()
	admin := kadm.NewClient(s.cluster.Client())
	if _, err := admin.DeleteTopic(t.Context(), s.topics.State(publish.Candidates)); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() bool {
		topics, err := admin.ListTopics(context.Background(), s.topics.State(publish.Candidates))
		return err == nil && topics.Error() != nil
	}, "the topic to be gone")
	s.must("topics", "apply")
	s.cluster.AwaitTopic(s.topics.State(publish.Candidates))
	x.unchanged(func() {
		x.types(exitDone, "", "replay", "state", "--dry-run")
		x.types(exitWrong, "", "replay", "state", "--entity", "people")
		x.types(exitFailed, "n\n", "replay", "state", "--all")
	})
	member := s.cluster.Client(kgo.ConsumerGroup(s.env["DERIVE_GROUP"]), kgo.ConsumeTopics(s.topics.Journal()), kgo.ClientID("ingest"))
	eventually(t, func() bool {
		groups, err := admin.DescribeGroups(context.Background(), s.env["DERIVE_GROUP"])
		return err == nil && groups[s.env["DERIVE_GROUP"]].State == "Stable"
	}, "a member")
	got := s.run("replay", "state")
	if got.status != exitFailed {
		t.Errorf("status %d", got.status)
	}
	contains(t, got.err, "stop ingest first: ", "the group has members (ingest at ")
	member.Close()
	x.types(exitDone, "", "replay", "state")
	x.unchanged(func() {
		x.types(exitDone, "", "replay", "state", "--entity", "candidate", "--json")
	})
	x.golden(t, "replay_state.txt")
	if after := s.statesNow(); !slices.Equal(before, after) {
		t.Errorf("rebuilt\n%s\nwas\n%s", strings.Join(after, "\n"), strings.Join(before, "\n"))
	}
}

// statesNow are the versions and names that the states of candidates have.
func (s *site) statesNow() []string {
	s.t.Helper()
	last := map[string]string{}
	for _, l := range s.linesOf(s.topics.State(publish.Candidates)) {
		var value map[string]any
		if err := json.Unmarshal(l.Value, &value); err != nil {
			s.t.Fatalf("%s has no value: %v", l.Key, err)
		}
		last[fmt.Sprint(l.Key)] = fmt.Sprintf("%v in %d: version %v, event %v, fingerprint %v", l.Key, l.Partition, value["version"], value["event_id"], value["fingerprint"])
	}
	return slices.Sorted(maps.Values(last))
}
