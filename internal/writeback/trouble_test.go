package writeback_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func TestWrongKeyPausesAndFailsNothing(t *testing.T) {
	m := newFakeMoka(1, 2, 3)
	m.wrongKey = true
	r := newRig(t, m)
	var all []*schemas.WritebackCommand
	for app := int64(1); app <= 3; app++ {
		all = append(all, r.move(app, 5))
	}
	r.send(all...)
	w := r.worker("one")
	r.await("it says why it waits", func() bool {
		err := w.worker.Ready()
		return err != nil && strings.Contains(err.Error(), "MOKA_API_KEY")
	})
	m.set(func(f *fakeMoka) { f.wrongKey = false })
	r.caughtUp()
	for _, c := range all {
		r.outcome(c.CommandID, schemas.WritebackOutcomeApplied)
	}
	if err := w.worker.Ready(); err != nil {
		t.Errorf("not ready again: %v", err)
	}
}

// When nothing waits for the key any more, nobody tries it, and it keeps nobody from
// work.
func TestAKeyThatNothingWaitsForIsNoTrouble(t *testing.T) {
	m := newFakeMoka(1)
	m.wrongKey = true
	r := newRig(t, m)
	c := r.move(1, 5)
	c.ExpiresAt = ptr(time.Now().Add(3 * time.Second))
	r.send(c)
	w := r.worker("one")
	r.await("it waits for the key", func() bool {
		err := w.worker.Ready()
		return err != nil && strings.Contains(err.Error(), "MOKA_API_KEY")
	})
	r.caughtUp()
	r.outcome(c.CommandID, schemas.WritebackOutcomeExpired)
	r.await("it is ready", func() bool { return w.worker.Ready() == nil })
}

func TestOutageAndQuotaFailNothing(t *testing.T) {
	m := newFakeMoka(1, 2)
	m.away = true
	refusals := 0
	m.next = func(app int64) fault {
		if refusals++; app == 2 && refusals < 20 {
			return overQuota
		}
		return fine
	}
	r := newRig(t, m)
	one, two := r.move(1, 5), r.move(2, 5)
	r.send(one, two)
	r.worker("one")
	r.await("it has tried often enough to fail", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return m.reads > 20 })
	m.set(func(f *fakeMoka) { f.away = false })
	r.caughtUp()
	r.outcome(one.CommandID, schemas.WritebackOutcomeApplied)
	if got := r.outcome(two.CommandID, schemas.WritebackOutcomeApplied); got.Attempts != 1 {
		t.Errorf("refusals by quota counted as %d attempts", got.Attempts)
	}
}

func TestBadCommandsStopNothing(t *testing.T) {
	r := newRig(t, newFakeMoka(1, 2))
	topic := r.topics.Commands()
	key := []byte(publish.Root("demo", 1))
	raw := func(value []byte, headers ...kgo.RecordHeader) *kgo.Record {
		return &kgo.Record{Topic: topic, Key: key, Value: value, Headers: headers}
	}
	built := func(change func(*schemas.WritebackCommand, *kgo.Record)) *kgo.Record {
		c := r.move(1, 5)
		rec, err := r.records.Command(c)
		if err != nil {
			t.Fatal(err)
		}
		change(c, rec)
		id, _ := r.encoder.ID(topic)
		if rec.Value, err = r.codec.Append(schemas.AppendHeader(nil, id), c); err != nil {
			t.Fatal(err)
		}
		return rec
	}
	id, _ := r.encoder.ID(topic)
	first := r.move(2, 5)
	reused := r.move(2, 6)
	reused.CommandID = first.CommandID
	late := r.move(1, 5)
	late.ExpiresAt = ptr(time.Now().Add(-time.Second))
	elsewhere := r.move(1, 5)
	elsewhere.ExpectedStageID = ptr(int64(4))
	foreign, none, several, negative := "", "", "", ""
	note := func(into *string, change func(*schemas.WritebackCommand, *kgo.Record)) *kgo.Record {
		return built(func(c *schemas.WritebackCommand, rec *kgo.Record) { *into = c.CommandID; change(c, rec) })
	}
	r.produce(
		raw(nil),
		raw([]byte("not avro at all")),
		raw(schemas.AppendHeader(nil, 987654)),
		raw(schemas.AppendHeader(nil, id)),
		raw(make([]byte, 10<<20)),
		raw([]byte("x"), kgo.RecordHeader{Key: writeback.ControlHeader, Value: []byte("release")}),
		raw(nil, kgo.RecordHeader{Key: writeback.ControlHeader, Value: []byte("explode")}),
		note(&foreign, func(c *schemas.WritebackCommand, _ *kgo.Record) { c.OrgID = "somebody else" }),
		note(&none, func(c *schemas.WritebackCommand, _ *kgo.Record) { c.MoveStage = nil }),
		note(&several, func(c *schemas.WritebackCommand, _ *kgo.Record) { c.MarkRegular = &schemas.MarkRegular{} }),
		note(&negative, func(c *schemas.WritebackCommand, _ *kgo.Record) { c.ApplicationID = ptr(int64(-1)) }),
		built(func(_ *schemas.WritebackCommand, rec *kgo.Record) { rec.Key = []byte("another key") }),
		built(func(c *schemas.WritebackCommand, _ *kgo.Record) { c.RequestedBy = strings.Repeat("x", 10<<20) }),
	)
	probation := r.move(1, 5)
	probation.MoveStage, probation.MarkHired = nil, &schemas.MarkHired{HiredAt: time.Now(), ProbationMonths: 7}
	unknown, ambiguous, missing, nobody := r.move(1, 500), r.move(1, 0), r.move(1, 0), r.move(99, 5)
	ambiguous.MoveStage = &schemas.MoveStage{StageName: ptr("twice")}
	missing.MoveStage = &schemas.MoveStage{StageName: ptr("nowhere")}
	named := r.move(1, 0)
	named.MoveStage = &schemas.MoveStage{StageName: ptr("stage 6")}
	r.send(first, reused, late, elsewhere, probation, unknown, ambiguous, missing, nobody, named)
	r.worker("one")
	r.caughtUp()
	for _, id := range []string{
		foreign, none, several, negative, elsewhere.CommandID, probation.CommandID, unknown.CommandID, ambiguous.CommandID,
		missing.CommandID, nobody.CommandID,
	} {
		if got := r.outcome(id, schemas.WritebackOutcomeRejected); text(got.Reason) == "" {
			t.Errorf("command %s was rejected without a reason", id)
		}
	}
	r.outcome(late.CommandID, schemas.WritebackOutcomeExpired)
	r.outcome(first.CommandID, schemas.WritebackOutcomeApplied)
	r.outcome(named.CommandID, schemas.WritebackOutcomeApplied)
	if got := r.moka.moved(2); !slices.Equal(got, []int64{5}) {
		t.Errorf("application 2 was moved to %v", got)
	}
	want := map[string]int{
		"empty": 1, "avro": 2, "unknown_schema": 2, "control": 2, "unknown_org": 1, "invalid": 4, "misplaced": 1, "oversize": 1, "id_reused": 1,
	}
	got := r.letters()
	for class, n := range want {
		if got[class] != n {
			t.Errorf("%d dead letters of class %s, want %d (%v)", got[class], class, n, got)
		}
	}
}

// A record in another partition than its key's would have two workers on one
// application.
func TestRecordInTheWrongPartitionIsRefused(t *testing.T) {
	r := newRig(t, newFakeMoka(1))
	c := r.move(1, 5)
	rec, err := r.records.Command(c)
	if err != nil {
		t.Fatal(err)
	}
	rec.Partition = (publish.Partition(string(rec.Key), partitions) + 1) % partitions
	manual := r.cluster.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err := manual.ProduceSync(t.Context(), rec).FirstErr(); err != nil {
		t.Fatal(err)
	}
	r.worker("one")
	r.caughtUp()
	if got := r.outcome(c.CommandID, schemas.WritebackOutcomeRejected); !strings.Contains(text(got.Reason), "murmur2") {
		t.Errorf("the reason is %q", text(got.Reason))
	}
}
