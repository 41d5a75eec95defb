package recovery_test

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/recovery"
)

// The marker of a transaction takes an offset, and is no entry that derive has not
// come to.
func TestMarkersDoNotWait(t *testing.T) {
	h := newHouse(t)
	rec := h.entry(1, "one")
	in := h.cluster.Client(kgo.TransactionalID(h.cluster.Prefix()+".markers"), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err := in.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	again := &kgo.Record{Topic: rec.Topic, Partition: rec.Partition, Key: rec.Key, Value: rec.Value, Headers: rec.Headers}
	if err := in.ProduceSync(t.Context(), again).FirstErr(); err != nil {
		t.Fatal(err)
	}
	if err := in.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	admin := kadm.NewClient(h.writer)
	for committed, want := range []int64{2, 1, 0} {
		offsets := kadm.Offsets{}
		offsets.AddOffset(rec.Topic, rec.Partition, int64(committed), -1)
		if err := admin.CommitAllOffsets(t.Context(), h.group(), offsets); err != nil {
			t.Fatal(err)
		}
		span := recovery.Span{From: time.Now().Add(-time.Hour), Until: time.Now().Add(time.Minute)}
		found, err := h.replayer(normalize.Mapper{}).Plan(t.Context(), span)
		if err != nil || found.Waiting != want {
			t.Errorf("%d committed: %d wait, want %d (%v)", committed, found.Waiting, want, err)
		}
	}
}
