package writeback_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Commands at hand are counted right through a rebalance, whether they were done
// with, under way or never looked at: what is over MaxPending is not polled, and a
// count that is off would stop the worker or unbind it.
func TestCommandsAtHandAreCountedThroughRebalances(t *testing.T) {
	const applications, each = 20, 4
	var ids []int64
	for id := int64(1); id <= applications; id++ {
		ids = append(ids, id)
	}
	m := newFakeMoka(ids...)
	m.latency = 20 * time.Millisecond
	r := newRig(t, m)
	r.config = func(c *writeback.Config) { c.Parallel, c.MaxPending = 2, 30 }
	var all []*schemas.WritebackCommand
	for n := range each {
		for _, id := range ids {
			all = append(all, r.move(id, int64(5+n)))
		}
	}
	r.send(all...)
	one := r.worker("one")
	r.await("it is at work", func() bool { return len(m.log()) > 3 })
	two := r.worker("two")
	r.await("the other is at work", func() bool { return gauge(t, two.registry, "mokafka_writeback_pending_commands") > 0 })
	two.stop()
	two = r.worker("two")
	r.caughtUp()
	for name, w := range map[string]*running{"one": one, "two": two} {
		r.await("nothing is at hand", func() bool { return gauge(t, w.registry, "mokafka_writeback_pending_commands") == 0 })
		w.stop()
		if n := gauge(t, w.registry, "mokafka_writeback_pending_commands"); n != 0 {
			t.Errorf("%s has %v commands at hand at the end", name, n)
		}
	}
	for _, id := range ids {
		if got := m.moved(id); len(got) != each {
			t.Errorf("application %d was moved to %v", id, got)
		}
	}
}

// One command in two partitions, by a producer that partitions otherwise or by a
// wrong key, is carried out where it belongs and refused where it does not.
func TestACommandInTwoPartitionsIsCarriedOutOnce(t *testing.T) {
	m := newFakeMoka(1)
	r := newRig(t, m)
	c := r.move(1, 5)
	right, err := r.records.Command(c)
	if err != nil {
		t.Fatal(err)
	}
	home := publish.Partition(publish.Root("demo", 1), partitions)
	elsewhere := &kgo.Record{Topic: right.Topic, Key: right.Key, Value: right.Value, Partition: (home + 1) % partitions}
	wrongKey := &kgo.Record{Topic: right.Topic, Key: []byte(publish.Root("demo", 2)), Value: right.Value}
	wrongKey.Partition = publish.Partition(string(wrongKey.Key), partitions)
	if wrongKey.Partition == home || wrongKey.Partition == elsewhere.Partition {
		t.Fatal("choose other applications: their partitions are the same")
	}
	manual := r.cluster.Client(kgo.RecordPartitioner(kgo.ManualPartitioner()))
	for range 2 {
		if err := manual.ProduceSync(t.Context(), elsewhere, wrongKey).FirstErr(); err != nil {
			t.Fatal(err)
		}
		r.send(c)
	}
	r.worker("one")
	r.caughtUp()
	if got := m.moved(1); len(got) != 1 {
		t.Errorf("moved to %v", got)
	}
	said := map[int32][]string{}
	for _, e := range r.history()[c.CommandID] {
		said[e.Origin.Partition] = append(said[e.Origin.Partition], string(e.Outcome))
	}
	want := map[int32]string{home: "[PENDING APPLIED]", elsewhere.Partition: "[REJECTED]", wrongKey.Partition: "[REJECTED]"}
	for p, outcomes := range want {
		if got := fmt.Sprint(said[p]); got != outcomes {
			t.Errorf("partition %d: %s, want %s", p, got, outcomes)
		}
	}
	if got := r.letters(); len(got) != 1 || got["misplaced"] != 2 {
		t.Errorf("dead letters: %v", got)
	}
}
