package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

const (
	lettersKey = "0123456789abcdef0123456789abcdef"
	lettersIV  = "0123456789abcdef"
)

// buried is a site whose dead letters are, in this order: d1 and d2 of derive
// about application 1, d3 about 2; w1, a webhook that is not JSON, and w2, one
// whose data could not be decrypted; c1 and c2 of write-back; p1 of poll.
func buried(t *testing.T) *site {
	t.Helper()
	s := newSite(t)
	s.must("topics", "apply")
	s.must("schemas", "register")
	records := s.records()
	client := s.cluster.Client(publish.ProducerOptions(s.topics)...)
	at := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	org, rest := "demo", "webhook/rest"
	bury := func(id string, stage schemas.DeadLetterStage, class, text string, about *kgo.Record, change func(*schemas.DeadLetter)) {
		t.Helper()
		var l schemas.DeadLetter
		if about != nil {
			l = publish.LetterOf(about, stage, class, text)
		} else {
			l = schemas.DeadLetter{Stage: stage, ErrorClass: class, ErrorText: text, Attempts: 1, ContentType: "application/json"}
		}
		l.ID, l.OccurredAt, l.OrgID = id, at, &org
		at = at.Add(time.Minute)
		if change != nil {
			change(&l)
		}
		rec, err := records.DeadLetter(&l)
		if err != nil {
			t.Fatal(err)
		}
		s.produce(client, rec)
	}
	entry := func(application int64, body string) *kgo.Record {
		rec, err := records.JournalEntry(&schemas.JournalEntry{
			EntryID: "e-" + body, OrgID: "demo", Channel: schemas.ChannelWebhook, Endpoint: rest,
			ApplicationID: &application, ReceivedAt: at, ContentType: "application/json", Body: []byte(`{"name":"` + body + `"}`),
		})
		if err != nil {
			t.Fatal(err)
		}
		rec.Headers = []kgo.RecordHeader{{Key: "trace", Value: []byte(body)}}
		s.produce(client, rec)
		return rec
	}
	command := func(id string, application int64) *kgo.Record {
		stage := int64(7)
		rec, err := records.Command(&schemas.WritebackCommand{
			CommandID: id, OrgID: "demo", ApplicationID: &application, RequestedBy: "payroll", RequestedAt: at,
			MoveStage: &schemas.MoveStage{StageID: &stage},
		})
		if err != nil {
			t.Fatal(err)
		}
		s.produce(client, rec)
		return rec
	}
	bury("d1", schemas.DeadLetterStageDerive, "avro", "the bytes do not fit the schema", entry(1, "one"), nil)
	bury("d2", schemas.DeadLetterStageDerive, "avro", "the bytes do not fit the schema", entry(1, "two"), nil)
	bury("d3", schemas.DeadLetterStageDerive, "state", "the last state can't be read", entry(2, "three"), nil)
	webhook := func(body []byte) func(*schemas.DeadLetter) {
		return func(l *schemas.DeadLetter) { l.Endpoint, l.Body = &rest, body }
	}
	bury("w1", schemas.DeadLetterStageWebhook, "not_json", "the body of the webhook is not a JSON object", nil, webhook([]byte(`{"id":`)))
	sample, err := os.ReadFile(filepath.Join("testdata", "webhook_pushCandidate.json"))
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := encrypted(sample, lettersKey, lettersIV)
	if err != nil {
		t.Fatal(err)
	}
	bury("w2", schemas.DeadLetterStageWebhook, "no_data_key", "the data of the webhook is text", nil, webhook(sealed))
	bury("c1", schemas.DeadLetterStageWriteback, "failed", "5 attempts failed", command("cmd-1", 3), func(l *schemas.DeadLetter) { l.Attempts = 5 })
	bury("c2", schemas.DeadLetterStageWriteback, "id_reused", "the command id was used before", command("cmd-2", 3), nil)
	bury("p1", schemas.DeadLetterStagePoll, "too_large", "an item of 13000000 bytes is more than a journal record holds", nil, nil)
	return s
}

func (s *site) linesOf(topic string) []tailLine {
	s.t.Helper()
	return lines(s.t, s.must("tail", topic, "--from", "earliest", "--exit-at-end", "--json"))
}

// ofKey are the lines with a key, in their order.
func ofKey(all []tailLine, key string) []tailLine {
	var found []tailLine
	for _, l := range all {
		if l.Key == key {
			found = append(found, l)
		}
	}
	return found
}

func TestDLQ(t *testing.T) {
	t.Parallel()
	x := &transcript{site: buried(t)}
	x.types(exitDone, "", "dlq", "list")
	x.types(exitDone, "", "dlq", "list", "--stage", "derive,poll", "--since", "2026-03-01T00:01:00Z", "--limit", "2")
	x.types(exitDone, "", "dlq", "list", "--class", "nothing")
	x.types(exitDone, "", "dlq", "show", "d1")
	x.types(exitDone, "", "dlq", "show", "w1", "--body")
	x.types(exitFailed, "", "dlq", "show", "d9")
	x.types(exitWrong, "", "dlq", "redrive")
	x.types(exitWrong, "", "dlq", "redrive", "--all", "d1")
	x.types(exitWrong, "", "dlq", "list", "--stage", "nobody")
	x.unchanged(func() {
		x.types(exitFailed, "", "dlq", "redrive", "--all", "--dry-run")
		x.types(exitDone, "", "dlq", "drop", "p1", "--reason", "too old to matter", "--dry-run")
		x.types(exitFailed, "n\n", "dlq", "redrive", "--stage", "derive")
		x.types(exitFailed, "", "dlq", "redrive", "--stage", "derive")
		x.types(exitWrong, "", "dlq", "drop", "p1")
	})
	x.types(exitDone, "y\n", "dlq", "redrive", "--stage", "derive")
	x.types(exitFailed, "", "dlq", "redrive", "--stage", "webhook,writeback,poll", "--yes")
	with := x.env
	x.env = x.with(map[string]string{"WEBHOOK_DATA_KEY": lettersKey, "WEBHOOK_DATA_IV": lettersIV}).env
	x.types(exitDone, "", "dlq", "redrive", "w2")
	x.env = with
	x.types(exitDone, "", "dlq", "drop", "p1", "--reason", "too old to matter")
	x.types(exitDone, "", "dlq", "list")
	x.types(exitDone, "", "dlq", "list", "--done")
	x.types(exitDone, "", "dlq", "show", "p1")
	refused := x.types(exitFailed, "", "dlq", "redrive", "d1")
	x.types(exitDone, "", "dlq", "redrive", "d1", "--again", "--dry-run")
	if at := regexp.MustCompile(`was redriven (\S+) already`).FindStringSubmatch(refused.err); at != nil {
		x.hide(at[1], "NOW")
	}
	done := regexp.MustCompile(`dropped +\S+Z: too old`)
	text := done.ReplaceAllString(x.text.String(), "dropped    NOW: too old")
	x.text.Reset()
	x.text.WriteString(text)
	x.golden(t, "dlq.txt")
}

// TestRedriven: the bytes come back as they were, in the order of their key, with
// what marks them.
func TestRedriven(t *testing.T) {
	t.Parallel()
	s := buried(t)
	before := s.linesOf("journal")
	s.must("dlq", "redrive", "--stage", "derive", "-y")
	s.must("dlq", "redrive", "c1")
	after := s.linesOf("journal")
	for key, ids := range map[string][]string{"demo:app:1": {"d1", "d2"}, "demo:app:2": {"d3"}} {
		first, all := ofKey(before, key), ofKey(after, key)
		if len(all) != 2*len(first) {
			t.Fatalf("%s: %d records after %d", key, len(all), len(first))
		}
		for i, id := range ids {
			was, is := first[i], all[len(first)+i]
			was.Headers["moka_redriven"], was.Headers["moka_attempt"] = id, "2"
			if diff := cmp.Diff(was.Headers, is.Headers); diff != "" || string(was.Value) != string(is.Value) || was.Partition != is.Partition {
				t.Errorf("%s was not put back as it was (-want +got):\n%s\n%s", id, diff, is.Value)
			}
		}
	}
	commands := ofKey(s.linesOf("commands"), "demo:app:3")
	if last := commands[len(commands)-1]; string(last.Value) != string(commands[0].Value) || last.Headers["moka_redriven"] != "c1" {
		t.Errorf("the command: %+v", last)
	}

	// Refused again, it is the third attempt.
	again := after[len(after)-1]
	var letter struct {
		Letters []struct{ ID string }
	}
	if err := json.Unmarshal([]byte(s.must("dlq", "list", "--json")), &letter); err != nil {
		t.Fatal(err)
	}
	if len(letter.Letters) != 4 {
		t.Errorf("open are %+v", letter.Letters)
	}
	key, _ := again.Key.(string)
	records := s.records()
	l := publish.LetterOf(&kgo.Record{Topic: again.Topic, Key: []byte(key), Value: []byte("x"), Headers: []kgo.RecordHeader{
		{Key: "moka_redriven", Value: []byte("d1")}, {Key: "moka_attempt", Value: []byte("2")},
	}}, schemas.DeadLetterStageDerive, "avro", "still")
	l.ID, l.OccurredAt = "d4", time.Now().UTC()
	rec, err := records.DeadLetter(&l)
	if err != nil {
		t.Fatal(err)
	}
	s.produce(s.cluster.Client(publish.ProducerOptions(s.topics)...), rec)
	s.must("dlq", "redrive", "d4")
	all := s.linesOf("journal")
	found := false
	for _, line := range all {
		found = found || line.Headers["moka_redriven"] == "d4" && line.Headers["moka_attempt"] == "3"
	}
	if !found {
		t.Errorf("no third attempt among %+v", all)
	}
}

// TestRedrivenWebhook: what a webhook's letter comes to is the entry that its door
// would have journaled.
func TestRedrivenWebhook(t *testing.T) {
	t.Parallel()
	s := buried(t)
	c := s.with(map[string]string{"WEBHOOK_DATA_KEY": lettersKey, "WEBHOOK_DATA_IV": lettersIV})
	c.must("dlq", "redrive", "w2")
	var found []tailLine
	for _, l := range s.linesOf("journal") {
		if l.Headers["moka_redriven"] == "w2" {
			found = append(found, l)
		}
	}
	if len(found) != 1 {
		t.Fatalf("%d entries", len(found))
	}
	contains(t, string(found[0].Value), `"was_encrypted":true`, `"event":"pushCandidate"`, `"received_at":"2026-03-01T00:04:00.000Z"`)
	if key, _ := found[0].Key.(string); !strings.HasPrefix(key, "demo:app:") {
		t.Errorf("its key is %q", key)
	}
}

// TestDLQWithoutPersonalData: neither lists nor refusals show bodies.
func TestDLQWithoutPersonalData(t *testing.T) {
	t.Parallel()
	s := buried(t)
	var out strings.Builder
	for _, args := range []string{"dlq list", "dlq list --json", "dlq show d1", "dlq show d1 --json", "dlq show c1", "dlq redrive --all --dry-run", "dlq redrive --all --dry-run --json"} {
		got := s.run(strings.Fields(args)...)
		out.WriteString(got.out + got.err)
	}
	for _, secret := range []string{`"name"`, "payroll", "body\":"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("%q is shown in:\n%s", secret, &out)
		}
	}
	contains(t, s.must("dlq", "show", "d1", "--body"), `{\"name\":\"one\"}`)
}
