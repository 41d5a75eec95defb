package publish_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// fakeRegistry knows the subjects it has ids for.
type fakeRegistry map[string]int

func (f fakeRegistry) LookupID(_ context.Context, bundle avsc.Bundle, subject, record string) (int, error) {
	if id, ok := f[subject]; ok && bundle[record] != "" {
		return id, nil
	}
	return 0, errors.New("not registered")
}

func codec(t testing.TB) *schemas.Codec {
	t.Helper()
	c, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// records builds for the topics of prefix; the ids of their schemas count from
// 0x01020301 in the order of the catalogue.
func records(t testing.TB, prefix string) *publish.Records {
	t.Helper()
	cfg := publish.TopicConfig{Prefix: prefix, Partitions: 3, Replication: 1}
	specs := publish.Catalogue(cfg)
	registry := fakeRegistry{}
	for i, s := range specs {
		registry[s.Subject] = 0x01020301 + i
	}
	enc := publish.NewEncoder(codec(t))
	if err := enc.Prepare(t.Context(), registry, specs); err != nil {
		t.Fatal(err)
	}
	return publish.NewRecords(enc, cfg.Topics(), "https://user:secret@registry.example/api/?token=x")
}

func ptr[T any](v T) *T { return &v }

var observed = time.Date(2026, 3, 1, 9, 30, 0, 123_000_000, time.FixedZone("Beijing", 8*3600))

func TestFraming(t *testing.T) {
	r := records(t, "moka")
	entry := &schemas.JournalEntry{
		EntryID: "wh:1:demo:app:42", OrgID: "demo", Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest",
		ApplicationID: ptr[int64](42), ReceivedAt: observed.UTC(), ContentType: "application/json", Body: []byte(`{"a":1}`),
	}
	rec, err := r.JournalEntry(entry)
	if err != nil {
		t.Fatal(err)
	}
	if want := []byte{0, 1, 2, 3, 1}; !bytes.HasPrefix(rec.Value, want) {
		t.Fatalf("value begins % x, want % x", rec.Value[:5], want)
	}
	var got schemas.JournalEntry
	if err := codec(t).Unmarshal(rec.Value[5:], &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*entry, got); diff != "" {
		t.Errorf("decoded (-want +got):\n%s", diff)
	}
	if id, ok := publish.SchemaID(rec.Value); !ok || id != 0x01020301 {
		t.Errorf("SchemaID %#x %t", id, ok)
	}
	for _, bad := range [][]byte{nil, {0, 0, 0, 1}, {1, 0, 0, 0, 1}} {
		if _, ok := publish.SchemaID(bad); ok {
			t.Errorf("% x passes for a framed value", bad)
		}
	}
}

func TestEncoderRefusesWhatDoesNotBelong(t *testing.T) {
	enc := publish.NewEncoder(codec(t))
	dst := []byte("kept")
	if out, err := enc.Append(dst, "t", &schemas.Checkpoint{}); !errors.Is(err, publish.ErrUnprepared) || string(out) != "kept" {
		t.Errorf("unprepared: %q, %v", out, err)
	}
	enc.Use("t", "Checkpoint", 7)
	for _, v := range []any{nil, schemas.Checkpoint{}, &schemas.Candidate{}, ptr(1)} {
		if out, err := enc.Append(dst, "t", v); err == nil || string(out) != "kept" {
			t.Errorf("%T on a topic of checkpoints: %q, %v", v, out, err)
		}
	}
	if out, err := enc.Append(dst, "t", &schemas.Checkpoint{}); err != nil || !bytes.HasPrefix(out, []byte("kept\x00\x00\x00\x00\x07")) {
		t.Errorf("%q, %v", out, err)
	}
}

func TestPrepareNamesWhatIsNotRegistered(t *testing.T) {
	specs := publish.Catalogue(publish.TopicConfig{Prefix: "moka", Partitions: 1, Replication: 1})
	registry := fakeRegistry{}
	for _, s := range specs {
		registry[s.Subject] = 1
	}
	delete(registry, "moka.dlq.v1-value")
	delete(registry, "moka.offers.v1-value")
	enc := publish.NewEncoder(codec(t))
	err := enc.Prepare(t.Context(), registry, specs)
	if err == nil || !strings.Contains(err.Error(), "moka.dlq.v1-value") || !strings.Contains(err.Error(), "moka.offers.v1-value") {
		t.Errorf("%v\ndoes not name both subjects", err)
	}
	registry["moka.dlq.v1-value"], registry["moka.offers.v1-value"] = 2, 3
	if err := enc.Prepare(t.Context(), registry, specs); err != nil {
		t.Errorf("the second try: %v", err)
	}
	if id, ok := enc.ID("moka.dlq.v1"); !ok || id != 2 {
		t.Errorf("id %d %t, want 2", id, ok)
	}
}

func show(rec *kgo.Record) []string {
	lines := []string{fmt.Sprintf("%s/%d %s", rec.Topic, rec.Partition, rec.Key)}
	for _, h := range rec.Headers {
		lines = append(lines, h.Key+": "+string(h.Value))
	}
	return lines
}

// TestEventRecords: what is routed by, without decoding.
func TestEventRecords(t *testing.T) {
	r := records(t, "moka")
	occurred := time.Date(2026, 2, 28, 16, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		event     any
		causation string
		want      []string
	}{{
		event: &schemas.CandidateEvent{
			EventID: "e-1", Type: schemas.CandidateEventTypeStageMoved, Op: schemas.OperationUpdate,
			OrgID: "acme 中国", ApplicationID: 42, OccurredAt: &occurred, ObservedAt: observed,
			Source: schemas.EventSource{Channel: schemas.ChannelWebhook},
		},
		causation: "cmd-7",
		want: []string{
			"moka.candidates.v1/0 acme 中国:app:42",
			"ce_specversion: 1.0", "ce_id: e-1", "ce_source: /moka/acme%20%E4%B8%AD%E5%9B%BD",
			"ce_type: com.moka.candidate.stage_moved.v1", "ce_subject: acme 中国:app:42",
			"ce_time: 2026-02-28T16:00:00.000Z",
			"ce_dataschema: https://registry.example/api/schemas/ids/16909058",
			"ce_causationid: cmd-7", "content-type: application/avro",
		},
	}, {
		event: &schemas.OfferEvent{
			EventID: "e-2", Type: schemas.OfferEventTypeSent, Op: schemas.OperationUpdate, OrgID: "demo", ApplicationID: 42,
			ObservedAt: observed, Source: schemas.EventSource{Channel: schemas.ChannelWebhook},
		},
		want: []string{
			"moka.offers.v1/0 demo:app:42",
			"ce_specversion: 1.0", "ce_id: e-2", "ce_source: /moka/demo", "ce_type: com.moka.offer.sent.v1",
			"ce_subject: demo:app:42:offer", "ce_time: 2026-03-01T01:30:00.123Z",
			"ce_dataschema: https://registry.example/api/schemas/ids/16909059", "content-type: application/avro",
		},
	}, {
		event: &schemas.InterviewEvent{
			EventID: "e-3", Type: schemas.InterviewEventTypeFeedbackSubmitted, Op: schemas.OperationCreate, OrgID: "demo",
			ApplicationID: 42, InterviewID: "77", ObservedAt: observed, Source: schemas.EventSource{Channel: schemas.ChannelPoll},
		},
		want: []string{
			"moka.interviews.v1/0 demo:app:42",
			"ce_specversion: 1.0", "ce_id: e-3", "ce_source: /moka/demo", "ce_type: com.moka.interview.feedback_submitted.v1",
			"ce_subject: demo:app:42:iv:77", "ce_time: 2026-03-01T01:30:00.123Z",
			"ce_dataschema: https://registry.example/api/schemas/ids/16909060", "content-type: application/avro",
		},
	}, {
		event: &schemas.HeadcountEvent{
			EventID: "e-4", Type: schemas.HeadcountEventTypeDeleted, Op: schemas.OperationDelete, OrgID: "demo", HeadcountID: 9,
			ObservedAt: observed, Source: schemas.EventSource{Channel: schemas.ChannelPoll},
		},
		want: []string{
			"moka.headcounts.v1/0 demo:hc:9",
			"ce_specversion: 1.0", "ce_id: e-4", "ce_source: /moka/demo", "ce_type: com.moka.headcount.deleted.v1",
			"ce_subject: demo:hc:9", "ce_time: 2026-03-01T01:30:00.123Z",
			"ce_dataschema: https://registry.example/api/schemas/ids/16909061", "content-type: application/avro",
		},
	}} {
		rec, err := r.Event(c.event, c.causation)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(c.want, show(rec)); diff != "" {
			t.Errorf("%T (-want +got):\n%s", c.event, diff)
		}
	}
	if _, err := r.Event(&schemas.Candidate{}, ""); err == nil {
		t.Error("a candidate passes for an event")
	}
}

func TestNoDataschemaWithoutARegistry(t *testing.T) {
	enc := publish.NewEncoder(codec(t))
	enc.Use("moka.headcounts.v1", "HeadcountEvent", 1)
	for _, url := range []string{"", "registry:8081", "http://%zz"} {
		rec, err := publish.NewRecords(enc, publish.NewTopics("moka"), url).Event(&schemas.HeadcountEvent{
			Type: schemas.HeadcountEventTypeCreated, Op: schemas.OperationCreate, Source: schemas.EventSource{Channel: schemas.ChannelPoll},
		}, "")
		if err != nil {
			t.Fatal(err)
		}
		if lines := strings.Join(show(rec), "\n"); strings.Contains(lines, "ce_dataschema") {
			t.Errorf("registry %q gives:\n%s", url, lines)
		}
	}
}

func TestStateRecords(t *testing.T) {
	r := records(t, "moka")
	key := publish.OfferKey("demo", 42)
	rec, err := r.State(publish.Offers, 2, key, &schemas.OfferState{Version: 3, Fingerprint: "f", EventID: "e", ChangedAt: observed})
	if err != nil {
		t.Fatal(err)
	}
	if rec.Topic != "moka.offers.state.v1" || rec.Partition != 2 || string(rec.Key) != key || len(rec.Value) < 6 {
		t.Errorf("state: %s, %d bytes", show(rec), len(rec.Value))
	}
	gone := r.Tombstone(publish.Offers, 2, key)
	if gone.Topic != rec.Topic || gone.Partition != 2 || string(gone.Key) != key || gone.Value != nil {
		t.Errorf("tombstone: %s, value % x", show(gone), gone.Value)
	}
	if _, err := r.State(publish.Candidates, 0, key, &schemas.OfferState{}); err == nil {
		t.Error("an offer passes for a candidate")
	}
	cp, err := r.Checkpoint(1, &schemas.Checkpoint{OrgID: "demo", Feed: "f", SavedAt: observed})
	if err != nil {
		t.Fatal(err)
	}
	if got := show(cp)[0]; got != "moka.checkpoints.v1/1 demo:f" {
		t.Errorf("checkpoint: %s", got)
	}
}

func TestRefetchIsACheckpointOfTheOrganisation(t *testing.T) {
	rec, err := records(t, "moka").Refetch(12, "demo", 42, observed)
	if err != nil {
		t.Fatal(err)
	}
	var got schemas.Checkpoint
	if err := codec(t).Unmarshal(rec.Value[publish.FrameHeader:], &got); err != nil {
		t.Fatal(err)
	}
	if rec.Topic != "moka.checkpoints.v1" || string(rec.Key) != "demo:refetch:42" || rec.Partition != publish.Partition("demo", 12) {
		t.Errorf("%s/%d %s", rec.Topic, rec.Partition, rec.Key)
	}
	want := schemas.Checkpoint{OrgID: "demo", Feed: "refetch:42", LastID: ptr[int64](42), SavedAt: observed}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("the checkpoint:\n%s", d)
	}
	for feed, want := range map[string]int64{"refetch:42": 42, "refetch:-42": 0, "refetch:": 0, "refetch:x": 0, "sweep": 0} {
		if id, ok := publish.RefetchedIn(feed); ok != (want > 0) || ok && id != want {
			t.Errorf("%s is application %d, %t", feed, id, ok)
		}
	}
}

func TestJournalKeys(t *testing.T) {
	r := records(t, "moka")
	app, hc, hook := ptr[int64](42), ptr[int64](9), ptr("5f")
	for want, e := range map[string]*schemas.JournalEntry{
		"demo:app:42":     {ApplicationID: app, HeadcountID: hc, WebhookID: hook},
		"demo:hc:9":       {HeadcountID: hc, WebhookID: hook},
		"demo:webhook:5f": {WebhookID: hook},
		"demo:entry:x":    {},
	} {
		e.EntryID, e.OrgID, e.Channel = "x", "demo", schemas.ChannelWebhook
		rec, err := r.JournalEntry(e)
		if err != nil {
			t.Fatal(err)
		}
		if string(rec.Key) != want || rec.Topic != "moka.journal.v1" {
			t.Errorf("%s %s, want key %s", rec.Topic, rec.Key, want)
		}
	}
}

// TestForeignTextIsMadeValid: header and id texts of strangers are not always
// UTF-8, and readers in other languages fail on them. The body is bytes.
func TestForeignTextIsMadeValid(t *testing.T) {
	r := records(t, "moka")
	entry := &schemas.JournalEntry{
		EntryID: "a\xff", OrgID: "demo", Channel: schemas.ChannelWebhook, Endpoint: "b\xff",
		Event: ptr("c\xff"), WebhookID: ptr("d\xff"), ContentType: "e\xff", Body: []byte("f\xff"),
	}
	rec, err := r.JournalEntry(entry)
	if err != nil {
		t.Fatal(err)
	}
	var got schemas.JournalEntry
	if err := codec(t).Unmarshal(rec.Value[5:], &got); err != nil {
		t.Fatal(err)
	}
	if got.EntryID != "a�" || got.Endpoint != "b�" || *got.Event != "c�" || *got.WebhookID != "d�" || got.ContentType != "e�" {
		t.Errorf("not made valid: %q %q %q %q %q", got.EntryID, got.Endpoint, *got.Event, *got.WebhookID, got.ContentType)
	}
	if string(got.Body) != "f\xff" || string(rec.Key) != "demo:webhook:d�" {
		t.Errorf("body %q, key %q", got.Body, rec.Key)
	}
	if *entry.Event != "c\xff" {
		t.Error("the caller's entry was changed")
	}
}

func TestTooLarge(t *testing.T) {
	r := records(t, "moka")
	entry := &schemas.JournalEntry{Channel: schemas.ChannelWebhook, Body: make([]byte, 10<<20)}
	if _, err := r.JournalEntry(entry); err != nil {
		t.Errorf("the largest webhook: %v", err)
	}
	entry.Body = make([]byte, 12<<20)
	if _, err := r.JournalEntry(entry); !errors.Is(err, publish.ErrTooLarge) {
		t.Errorf("12 MiB: %v, want ErrTooLarge", err)
	}
	if _, err := r.DeadLetter(&schemas.DeadLetter{Stage: schemas.DeadLetterStageDerive, Body: entry.Body}); err != nil {
		t.Errorf("a dead letter about the largest record: %v", err)
	}
}

// TestEventAllocations: the headers cost one buffer and one slice.
func TestEventAllocations(t *testing.T) {
	r := records(t, "moka")
	event := &schemas.HeadcountEvent{
		EventID: "e", Type: schemas.HeadcountEventTypeCreated, Op: schemas.OperationCreate, OrgID: "demo", HeadcountID: 9,
		ObservedAt: observed, Source: schemas.EventSource{Channel: schemas.ChannelPoll},
	}
	allocs := testing.AllocsPerRun(100, func() {
		if _, err := r.Event(event, ""); err != nil {
			t.Fatal(err)
		}
	})
	if allocs > 8 {
		t.Errorf("%v allocations an event, want at most 8", allocs)
	}
}
