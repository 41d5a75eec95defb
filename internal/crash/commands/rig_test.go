package commands_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// rig is a cluster with its topics, a registry, a Moka, and the workers.
type rig struct {
	*words
	t       *testing.T
	cluster *kafkatest.Cluster
	house   house
	moka    *simulated
	writer  *kgo.Client
	admin   *kadm.Client
	workers []*process
}

func newRig(t *testing.T, workers int) *rig {
	t.Helper()
	r := &rig{t: t, cluster: kafkatest.Start(t), moka: newMoka(t, 11)}
	r.house = house{Brokers: r.cluster.Brokers, Prefix: r.cluster.Prefix(), Replication: 1, Registry: registryURL(t), Moka: r.moka.url}
	if r.cluster.IsReal() && len(r.cluster.Brokers) >= 3 {
		r.house.Replication = 3
	}
	var err error
	if r.words, err = r.house.words(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.writer = r.cluster.Client(publish.ProducerOptions(r.topics)...)
	r.admin = kadm.NewClient(r.writer)
	if _, err := publish.Apply(t.Context(), r.admin, publish.Catalogue(r.house.config()), publish.ApplyOptions{}); err != nil {
		t.Fatal(err)
	}
	r.cluster.AwaitTopic(publish.Names(publish.Catalogue(r.house.config()))...)
	// All that was ever said of a command is to be seen.
	whole := []kadm.AlterConfig{{Name: "cleanup.policy", Value: kadm.StringPtr("delete")}}
	altered, err := r.admin.AlterTopicConfigs(t.Context(), whole, r.topics.Results())
	if err == nil {
		err = altered[0].Err
	}
	if err != nil {
		t.Fatal(err)
	}
	for i := range workers {
		r.workers = append(r.workers, newProcess(t, r.house, i))
	}
	return r
}

func registryURL(t *testing.T) string {
	t.Helper()
	if url := os.Getenv("SCHEMA_REGISTRY_URL"); url != "" {
		return url
	}
	server := httptest.NewServer(schemastest.New())
	t.Cleanup(server.Close)
	return server.URL
}

// produce returns when the records are safe, however long brokers are away.
func (r *rig) produce(recs ...*kgo.Record) error {
	return r.writer.ProduceSync(context.WithoutCancel(r.t.Context()), recs...).FirstErr()
}

func (r *rig) trySend(commands ...*schemas.WritebackCommand) error {
	var recs []*kgo.Record
	for _, c := range commands {
		rec, err := r.records.Command(c)
		if err != nil {
			return err
		}
		recs = append(recs, rec)
	}
	return r.produce(recs...)
}

func (r *rig) send(commands ...*schemas.WritebackCommand) {
	r.t.Helper()
	if err := r.trySend(commands...); err != nil {
		r.t.Fatal(err)
	}
}

// await polls until the condition holds.
func (r *rig) await(what string, most time.Duration, condition func() bool) {
	r.t.Helper()
	deadline := time.Now().Add(most)
	for !condition() {
		for _, w := range r.workers {
			w.alive()
		}
		if time.Now().After(deadline) {
			for _, w := range r.workers {
				r.t.Log(w.tail())
			}
			r.t.Fatalf("not in %s: %s", most, what)
		}
		pause(r.t, 50*time.Millisecond)
	}
}

func pause(t *testing.T, d time.Duration) {
	t.Helper()
	_ = sleep(t.Context(), d)
}

// settled waits until the group has committed every command.
func (r *rig) settled() {
	r.t.Helper()
	r.await("all commands are settled and committed", 8*time.Minute, func() bool { // a busy machine takes its time
		ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
		defer cancel()
		ends, err := r.admin.ListEndOffsets(ctx, r.topics.Commands())
		if err != nil || ends.Error() != nil {
			return false
		}
		offsets, err := r.admin.FetchOffsets(ctx, r.house.group())
		if err != nil || offsets.Error() != nil {
			return false
		}
		ok := true
		ends.Each(func(o kadm.ListedOffset) {
			at, _ := offsets.Lookup(r.topics.Commands(), o.Partition)
			ok = ok && (o.Offset == 0 || at.At >= o.Offset)
		})
		return ok
	})
}

// finish waits until nothing is left to do, as an operator who releases every
// application that is parked. It returns how many that were.
func (r *rig) finish() (released int) {
	r.t.Helper()
	parking := writeback.ParkingDeps{Options: r.house.options, Topics: r.topics, Decoder: r.decoder}
	for {
		r.settled()
		keys, err := writeback.ListParked(r.t.Context(), parking)
		if err != nil {
			r.t.Fatal(err)
		}
		if len(keys) == 0 {
			return released
		}
		for _, k := range keys {
			if err := writeback.Release(r.t.Context(), parking, k.Key); err != nil {
				r.t.Fatal(err)
			}
			released++
		}
	}
}

// rewind has the workers, which are stopped, begin with the first command again.
func (r *rig) rewind() {
	r.t.Helper()
	r.await("the group is empty and its offsets are reset", time.Minute, func() bool {
		ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
		defer cancel()
		groups, err := r.admin.DescribeGroups(ctx, r.house.group())
		if err != nil || groups[r.house.group()].State != "Empty" {
			return false
		}
		var offsets kadm.Offsets
		for p := range int32(partitions) {
			offsets.AddOffset(r.topics.Commands(), p, 0, -1)
		}
		return r.admin.CommitAllOffsets(ctx, r.house.group(), offsets) == nil
	})
}

// read returns the committed records of a topic, by partition and offset.
func (r *rig) read(topic string) []*kgo.Record {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), time.Minute)
	defer cancel()
	ends, err := r.admin.ListEndOffsets(ctx, topic)
	for err == nil && ends.Error() != nil && ctx.Err() == nil {
		ends, err = r.admin.ListEndOffsets(ctx, topic)
	}
	if err := errors.Join(err, ends.Error()); err != nil {
		r.t.Fatal(err)
	}
	client := r.cluster.Client(kgo.ConsumeTopics(topic), kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()))
	defer client.Close()
	left := map[int32]int64{}
	ends.Each(func(o kadm.ListedOffset) {
		if o.Offset > 0 {
			left[o.Partition] = o.Offset
		}
	})
	var out []*kgo.Record
	for len(left) > 0 {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			r.t.Fatalf("reading %s: %v", topic, ctx.Err())
		}
		fetches.EachRecord(func(rec *kgo.Record) {
			if !rec.Attrs.IsControl() {
				out = append(out, rec)
			}
			if end, ok := left[rec.Partition]; ok && rec.Offset >= end-1 {
				delete(left, rec.Partition)
			}
		})
	}
	return out
}

// outcome is what the results say of one command.
type outcome struct {
	*schemas.WritebackResult
	// finals is how many final results there are, intents when each intent was
	// decided on; after is true where anything followed the final one.
	finals  int
	intents []time.Time
	after   bool
}

// outcomes reads the results topic; memories are left out.
func (r *rig) outcomes() (all map[string]*outcome, records int) {
	r.t.Helper()
	all = map[string]*outcome{}
	recs := r.read(r.topics.Results())
	for _, rec := range recs {
		if strings.HasPrefix(string(rec.Key), schemas.ReservedIDs) {
			continue
		}
		result, err := r.result(rec)
		if err != nil {
			r.t.Fatal(err)
		}
		o := all[result.CommandID]
		if o == nil {
			o = &outcome{}
			all[result.CommandID] = o
		}
		switch o.WritebackResult, o.after = result, o.finals > 0; result.Outcome {
		case schemas.WritebackOutcomePending:
			if until := result.UnsettledUntil; until != nil {
				o.intents = append(o.intents, until.Add(-transactionTimeout-callTimeout-callGrace))
			}
		case schemas.WritebackOutcomeParked, schemas.WritebackOutcomeUnknown:
		default:
			o.finals++
		}
	}
	return all, len(recs)
}

// letters are the dead letters by class; one that was written again counts once.
func (r *rig) letters() map[string]int {
	r.t.Helper()
	classes, ids := map[string]int{}, map[string]bool{}
	for _, rec := range r.read(r.topics.DeadLetters()) {
		letter, err := r.letter(rec)
		if err != nil {
			r.t.Fatal(err)
		}
		if !ids[letter.ID] {
			ids[letter.ID] = true
			classes[letter.ErrorClass]++
		}
	}
	return classes
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
