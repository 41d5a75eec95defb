package recovery_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func (h *house) group() string { return h.cluster.Prefix() + "-derive" }

// mill derives with a mapper until it is stopped.
func (h *house) mill(mapper normalize.Mapper) (stop func()) {
	h.t.Helper()
	dir := h.t.TempDir()
	store, err := state.Open(dir, "boot")
	if err != nil {
		h.t.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	letters, err := publish.NewDeadLetters(publish.DeadLetterDeps{
		Records: h.records, Now: time.Now, NewID: func() string { return "unused" }, Registerer: registry,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	loop, err := derive.New(derive.Config{
		Group: h.group(), Instance: "mill", StateDir: dir, MaxBatch: 500,
		TransactionTimeout: 30 * time.Second, SessionTimeout: 10 * time.Second, GraveRetention: 7 * 24 * time.Hour,
	}, derive.Deps{
		Client: func() ([]kgo.Opt, error) {
			opts, err := h.options()
			return append(opts, kgo.HeartbeatInterval(200*time.Millisecond)), err
		},
		Topics: h.topics, Records: h.records, Encoder: h.encoder, Codec: h.codec, Decoder: h.decoder,
		DeadLetters: letters, Store: store, Mapper: mapper, Hints: true, Now: h.clock,
		Log: zerolog.New(zerolog.NewTestWriter(h.t)).Level(zerolog.WarnLevel), Registerer: registry,
	})
	if err != nil {
		h.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- loop.Run(ctx) }()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-done, store.Close()); err != nil {
			h.t.Error(err)
		}
	})
	h.t.Cleanup(stop)
	return stop
}

// say journals entries at the given times, a millisecond apart, and returns when
// the next may come.
func (h *house) say(from time.Time, entries ...*schemas.JournalEntry) time.Time {
	h.t.Helper()
	recs := make([]*kgo.Record, 0, len(entries))
	for _, e := range entries {
		rec, err := h.records.JournalEntry(e)
		if err != nil {
			h.t.Fatal(err)
		}
		rec.Timestamp = from
		from = from.Add(time.Millisecond)
		recs = append(recs, rec)
	}
	if err := h.writer.ProduceSync(context.Background(), recs...).FirstErr(); err != nil {
		h.t.Fatal(err)
	}
	return from
}

// derived waits until derive has come to the journal's end.
func (h *house) derived() {
	h.t.Helper()
	admin := kadm.NewClient(h.writer)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(2 * time.Minute); ; <-tick.C {
		if time.Now().After(deadline) {
			h.t.Fatal("the journal was not derived in time")
		}
		ends, err := admin.ListEndOffsets(context.Background(), h.topics.Journal())
		if err != nil {
			continue
		}
		committed, err := admin.FetchOffsetsForTopics(context.Background(), h.group(), h.topics.Journal())
		if err != nil || committed.Error() != nil {
			continue
		}
		done := true
		ends.Each(func(e kadm.ListedOffset) {
			o, ok := committed.Lookup(e.Topic, e.Partition)
			// What ends a transaction of a replay takes an offset, and no commit.
			done = done && (e.Offset == 0 || ok && o.At >= h.lastEntry(e.Partition, e.Offset))
		})
		if done {
			return
		}
	}
}

// lastEntry is the offset behind the last entry of a partition of the journal.
func (h *house) lastEntry(partition int32, end int64) int64 {
	last := int64(0)
	log, err := state.OpenLog(context.Background(), h.writer, state.Partition{Topic: h.topics.Journal(), Partition: partition})
	if err != nil {
		h.t.Fatal(err)
	}
	_, err = log.Read(context.Background(), max(0, end-3), end, func(recs []*kgo.Record) error {
		last = recs[len(recs)-1].Offset + 1
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return last
}

func (h *house) replayer(mapper normalize.Mapper) *recovery.Replayer {
	return &recovery.Replayer{
		Client: h.cluster.Client(), Options: h.options, Topics: h.topics, Records: h.records, Codec: h.codec, Decoder: h.decoder,
		Mapper: mapper, Group: h.group(), Dir: h.t.TempDir(), Now: time.Now,
	}
}

// told are all events, in the order of each topic and partition.
func (h *house) told() []derive.Told {
	h.t.Helper()
	var all []derive.Told
	for _, f := range publish.Families() {
		for _, rec := range h.read(h.topics.Events(f)) {
			v, err := h.decoder.Decode(context.Background(), rec.Value)
			if err != nil {
				h.t.Fatal(err)
			}
			told, err := derive.Read(v)
			if err != nil {
				h.t.Fatal(err)
			}
			all = append(all, told)
		}
	}
	return all
}

// last is the newest event of each entity, by its version.
func last(all []derive.Told) map[string]derive.Told {
	out := map[string]derive.Told{}
	for _, told := range all {
		key := told.Family.String() + " " + told.Key
		if have, ok := out[key]; !ok || told.Version >= have.Version {
			out[key] = told
		}
	}
	return out
}

// states are the latest of the state topics, and how many records those have.
func (h *house) states() (notebook, int) {
	h.t.Helper()
	all, n := notebook{}, 0
	for _, f := range publish.Families() {
		all[f] = map[string]any{}
		for _, rec := range h.read(h.topics.State(f)) {
			n++
			if rec.Value == nil {
				delete(all[f], string(rec.Key))
				continue
			}
			v, err := h.decoder.Decode(context.Background(), rec.Value)
			if err != nil {
				h.t.Fatal(err)
			}
			all[f][string(rec.Key)] = v
		}
	}
	return all, n
}

// reference is what the entries lead to where no mapper was ever broken.
func reference(t testing.TB, decider *derive.Decider, entries []*schemas.JournalEntry) notebook {
	t.Helper()
	states := notebook{}
	for i, e := range entries {
		steps, err := decider.Unfold(t.Context(), derive.Origin{Entry: e, Offset: int64(i), Revision: normalize.Revision},
			derive.Reading{Mapper: normalize.Current()}, states)
		if err != nil {
			t.Fatal(err)
		}
		states.keep(steps)
	}
	return states
}

// agree checks that the states are as the journal leads to, and that the newest
// event of each entity says the same.
func (h *house) agree(t testing.TB, model *content.Model, want notebook) {
	t.Helper()
	states, _ := h.states()
	newest := last(h.told())
	n := 0
	for family, byKey := range want {
		for key, state := range byKey {
			s, err := derive.Summarize(state)
			if err != nil {
				t.Fatal(err)
			}
			told := newest[family.String()+" "+key]
			var entity any
			if got := states[family][key]; got != nil {
				have, err := derive.Summarize(got)
				if err != nil {
					t.Fatal(err)
				}
				entity = have.Entity
			}
			n++
			same(t, model, key+": the state", s.Entity, entity)
			same(t, model, key+": the newest event, "+told.Kind, s.Entity, told.After)
		}
	}
	if n < 100 {
		t.Fatalf("only %d entities compared", n)
	}
}

func same(t testing.TB, model *content.Model, name string, want, got any) {
	t.Helper()
	if want == nil || got == nil {
		if (want == nil) != (got == nil) {
			t.Errorf("%s: there %t, want %t", name, got != nil, want != nil)
		}
		return
	}
	if changed := slices.DeleteFunc(model.Changed(want, got), func(f string) bool { return f == "updated_at" }); len(changed) > 0 {
		t.Errorf("%s differs in %v", name, changed)
	}
}
