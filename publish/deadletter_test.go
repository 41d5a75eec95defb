package publish_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// deadLetters has ids l1, l2, … and a clock that stands still.
func deadLetters(t *testing.T, c *kafkatest.Cluster, timeout time.Duration, reg prometheus.Registerer) *publish.DeadLetters {
	t.Helper()
	n := 0
	d, err := publish.NewDeadLetters(publish.DeadLetterDeps{
		Client:     c.Client(publish.ProducerOptions(publish.NewTopics(c.Prefix()))...),
		Records:    records(t, c.Prefix()),
		Timeout:    timeout,
		Now:        observed.UTC,
		NewID:      func() string { n++; return fmt.Sprintf("l%d", n) },
		Registerer: reg,
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDeadLetterIsWrittenAndCounted(t *testing.T) {
	c := kafkatest.Start(t)
	topics := applied(t, c)
	reg := prometheus.NewRegistry()
	d := deadLetters(t, c, 30*time.Second, reg)

	about := &kgo.Record{
		Topic: topics.Journal(), Partition: 2, Offset: 17, Key: []byte("demo:app:42"), Value: []byte{0, 0, 0, 1, 2, 0xff},
		Headers: []kgo.RecordHeader{{Key: "h", Value: []byte("first")}, {Key: "h", Value: []byte("last")}},
	}
	letter := publish.LetterOf(about, schemas.DeadLetterStageDerive, "undecodable", "left-over bytes")
	letter.OrgID = ptr("demo")
	if err := d.Put(t.Context(), letter); err != nil {
		t.Fatal(err)
	}
	webhook := schemas.DeadLetter{
		ID: "given", Stage: schemas.DeadLetterStageWebhook, ErrorClass: "not_json", ErrorText: "not JSON",
		OccurredAt: observed.UTC().Add(time.Second), Attempts: 3, ContentType: "text/\xff", Body: []byte("<html>"),
	}
	if err := d.Put(t.Context(), webhook); err != nil {
		t.Fatal(err)
	}

	got := map[string]schemas.DeadLetter{}
	for _, rec := range read(t, c, topics.DeadLetters(), 2) {
		var l schemas.DeadLetter
		if err := codec(t).Unmarshal(rec.Value[5:], &l); err != nil {
			t.Fatal(err)
		}
		got[l.ID] = l
		if l.Key == nil && rec.Key != nil || l.Key != nil && string(rec.Key) != *l.Key {
			t.Errorf("letter %s about key %v has key %q", l.ID, l.Key, rec.Key)
		}
	}
	want := map[string]schemas.DeadLetter{
		"l1": {
			ID: "l1", Stage: schemas.DeadLetterStageDerive, ErrorClass: "undecodable", ErrorText: "left-over bytes",
			OccurredAt: observed.UTC(), Attempts: 1, OrgID: ptr("demo"),
			Origin:      &schemas.RecordOrigin{Topic: topics.Journal(), Partition: 2, Offset: 17, SchemaID: ptr[int32](0x102)},
			ContentType: "application/avro", Key: ptr("demo:app:42"),
			Headers: map[string][]byte{"h": []byte("last")}, Body: about.Value,
		},
		"given": {
			ID: "given", Stage: schemas.DeadLetterStageWebhook, ErrorClass: "not_json", ErrorText: "not JSON",
			OccurredAt: observed.UTC().Add(time.Second), Attempts: 3, ContentType: "text/�",
			Headers: map[string][]byte{}, Body: []byte("<html>"),
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("letters (-want +got):\n%s", diff)
	}
	wantMetrics := `
# HELP mokafka_publish_dead_letters_total Dead letters written, by who gave up and the class of the error.
# TYPE mokafka_publish_dead_letters_total counter
mokafka_publish_dead_letters_total{class="not_json",stage="WEBHOOK"} 1
mokafka_publish_dead_letters_total{class="undecodable",stage="DERIVE"} 1
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(wantMetrics)); err != nil {
		t.Error(err)
	}
}

// TestDeadLetterIsAwaited: when it is not safe, the caller knows, and it does
// not count.
func TestDeadLetterIsAwaited(t *testing.T) {
	c := kafkatest.Start(t, kafkatest.Embedded())
	applied(t, c)
	reg := prometheus.NewRegistry()
	d := deadLetters(t, c, 100*time.Millisecond, reg)
	letter := schemas.DeadLetter{Stage: schemas.DeadLetterStageWebhook, ErrorClass: "c", ErrorText: "t"}
	stuck(t, c)
	if err := d.Put(t.Context(), letter); !errors.Is(err, publish.ErrUnavailable) {
		t.Errorf("Kafka does not answer: %v, want ErrUnavailable", err)
	}
	letter.Body = make([]byte, 15<<20)
	if err := d.Put(t.Context(), letter); !errors.Is(err, publish.ErrTooLarge) {
		t.Errorf("15 MiB: %v, want ErrTooLarge", err)
	}
	if n, err := testutil.GatherAndCount(reg); err != nil || n != 0 {
		t.Errorf("%d letters counted (%v), none was written", n, err)
	}
	d.Count(letter)
	if n, err := testutil.GatherAndCount(reg); err != nil || n != 1 {
		t.Errorf("%d letters counted (%v), one was written elsewhere", n, err)
	}
}

// TestRecordsInATransaction: a dead letter and a state record go with the rest
// of a transaction, the state where it is told to.
func TestRecordsInATransaction(t *testing.T) {
	c := kafkatest.Start(t)
	topics := applied(t, c)
	d, r := deadLetters(t, c, time.Second, prometheus.NewRegistry()), records(t, c.Prefix())
	letter, err := d.Record(schemas.DeadLetter{Stage: schemas.DeadLetterStageDerive, ErrorClass: "c", ErrorText: "t"})
	if err != nil {
		t.Fatal(err)
	}
	key := publish.OfferKey("demo", 42)
	elsewhere := (publish.Partition(key, 3) + 1) % 3
	state, err := r.State(publish.Offers, elsewhere, key, &schemas.OfferState{Fingerprint: "f", EventID: "e", ChangedAt: observed})
	if err != nil {
		t.Fatal(err)
	}
	client := c.Client(append(publish.ProducerOptions(topics), kgo.TransactionalID(c.Prefix()+"-derive"))...)
	if err := client.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := client.ProduceSync(t.Context(), letter, state).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := client.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	if got := read(t, c, topics.DeadLetters(), 1); len(got) != 1 {
		t.Errorf("%d dead letters", len(got))
	}
	if got := read(t, c, topics.State(publish.Offers), 1); got[0].Partition != elsewhere {
		t.Errorf("the state is in partition %d, want %d", got[0].Partition, elsewhere)
	}
}
