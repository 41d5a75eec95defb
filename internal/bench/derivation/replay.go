package derivation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/process"
	"github.com/mokafka/mokafka/internal/bench/report"
	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Replay is how fast a journal is derived anew, in journal entries a second.
type Replay struct {
	Entries int
	// Plan reads events and journal, derives and compares; Publish writes besides
	// what it comes to. Floor reads the journal and writes the same records.
	Plan, Publish, Floor time.Duration
	// The processor time of each, 0 where it is not known.
	PlanCPU, PublishCPU, FloorCPU time.Duration
	Bytes                         int64 // that were written
}

// RunReplay measures the replay of a journal of pushes that change something, which
// was derived before: everything comes out the same, and is published. It runs in
// this process, with the broker in another.
func RunReplay(ctx context.Context, cfg Config, b Bench) (r Replay, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("it took longer than %s", patience))
	defer cancel()
	began := time.Now()
	in, err := b.install(ctx, "replay")
	if err != nil {
		return r, err
	}
	defer func() { err = errors.Join(err, in.Drop(context.WithoutCancel(ctx), b.Admin)) }()
	s, err := newSeed(Changing, cfg.Applications, began)
	if err != nil {
		return r, err
	}
	if err := s.write(ctx, in, 0, cfg.Entries); err != nil {
		return r, err
	}
	if err := deriveAll(ctx, in, cfg); err != nil {
		return r, err
	}
	client, err := in.Client("replay", prometheus.NewRegistry())
	if err != nil {
		return r, err
	}
	defer client.Close()
	options := func() ([]kgo.Opt, error) { return in.Options("replay", prometheus.NewRegistry()) }
	replayer := &recovery.Replayer{
		Client: client, Options: options, Topics: in.Topics, Records: in.Records, Codec: in.Codec, Decoder: newOwn(in),
		Group: DeriveConfig(in.Topics.Prefix(), "").Group, Dir: cfg.Dir, Now: time.Now,
	}
	span := recovery.Span{From: began.Add(-time.Minute), Until: time.Now().Add(time.Minute)}
	r.Entries = cfg.Entries
	w := startWatch()
	plan, err := replayer.Plan(ctx, span)
	if err != nil {
		return r, err
	}
	r.Plan, r.PlanCPU = w.stop()
	if plan.Entries != int64(cfg.Entries) || plan.Same < plan.Entries || plan.Different+plan.New+plan.Gone+plan.Journaled != 0 {
		return r, fmt.Errorf("%w: %+v", errVerdict, plan.Findings)
	}
	w = startWatch()
	if _, err := replayer.Replay(ctx, span, false); err != nil {
		return r, err
	}
	r.Publish, r.PublishCPU = w.stop()
	err = r.floor(ctx, in, client)
	return r, err
}

// watch measures this process.
type watch struct {
	at  time.Time
	cpu time.Duration
}

func startWatch() watch {
	usage, _ := process.UsageOf(os.Getpid()) // 0 where it is not known
	return watch{time.Now(), usage.CPU}
}

func (w watch) stop() (took, cpu time.Duration) {
	usage, _ := process.UsageOf(os.Getpid())
	return time.Since(w.at), usage.CPU - w.cpu
}

// deriveAll has derive work on the whole journal.
func deriveAll(ctx context.Context, in *installation.Installation, cfg Config) (err error) {
	dir := filepath.Join(cfg.Dir, in.Topics.Prefix())
	store, err := state.Open(dir, "bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close(), os.RemoveAll(dir)) }()
	if _, err := deriveUntil(ctx, in, store, DeriveConfig(in.Topics.Prefix(), dir), cfg.Entries); err != nil {
		return err
	}
	return nil
}

// floor reads the journal, and writes what the replay wrote once more, in
// transactions of as many records.
func (r *Replay) floor(ctx context.Context, in *installation.Installation, client *kgo.Client) error {
	written, err := wholeTopic(ctx, client, in.Topics.Events(publish.Candidates))
	if err != nil {
		return err
	}
	written = written[len(written)/2:] // as much as one of the two wrote
	producer, err := in.Client("floor", prometheus.NewRegistry(), append(publish.ProducerOptions(in.Topics), kgo.TransactionalID(in.Topics.Prefix()+"-floor"))...)
	if err != nil {
		return err
	}
	defer producer.Close()
	w := startWatch()
	if _, err := wholeTopic(ctx, client, in.Topics.Journal()); err != nil {
		return err
	}
	const batch = 1000
	for len(written) > 0 {
		n := min(batch, len(written))
		if err := producer.BeginTransaction(); err != nil {
			return fmt.Errorf("begin a transaction: %w", err)
		}
		var failed atomic.Pointer[error]
		for _, rec := range written[:n] {
			r.Bytes += int64(len(rec.Value))
			producer.Produce(ctx, &kgo.Record{Topic: rec.Topic, Key: rec.Key, Value: rec.Value, Headers: rec.Headers}, func(_ *kgo.Record, err error) {
				if err != nil {
					failed.CompareAndSwap(nil, &err)
				}
			})
		}
		written = written[n:]
		if err := producer.Flush(ctx); err != nil {
			return fmt.Errorf("flush: %w", err)
		}
		if err := failed.Load(); err != nil {
			return fmt.Errorf("produce: %w", *err)
		}
		if err := producer.EndTransaction(ctx, kgo.TryCommit); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
	r.Floor, r.FloorCPU = w.stop()
	return nil
}

// wholeTopic reads all that is committed, four partitions at a time.
func wholeTopic(ctx context.Context, client *kgo.Client, topic string) ([]*kgo.Record, error) {
	ends, err := kadm.NewClient(client).ListCommittedOffsets(ctx, topic)
	if err == nil {
		err = ends.Error()
	}
	if err != nil {
		return nil, fmt.Errorf("look up the end of %s: %w", topic, err)
	}
	var mu sync.Mutex
	var all []*kgo.Record
	var failed error
	places := make(chan struct{}, 4)
	var wg sync.WaitGroup
	for _, o := range ends[topic] {
		places <- struct{}{}
		wg.Go(func() {
			defer func() { <-places }()
			recs, err := wholePartition(ctx, client, state.Partition{Topic: topic, Partition: o.Partition}, o.Offset)
			mu.Lock()
			defer mu.Unlock()
			all, failed = append(all, recs...), errors.Join(failed, err)
		})
	}
	wg.Wait()
	return all, failed
}

func wholePartition(ctx context.Context, client *kgo.Client, p state.Partition, end int64) ([]*kgo.Record, error) {
	log, err := state.OpenLog(ctx, client, p)
	if err != nil {
		return nil, err
	}
	var all []*kgo.Record
	if _, err := log.Read(ctx, 0, end, func(recs []*kgo.Record) error {
		all = append(all, recs...)
		return nil
	}); err != nil {
		return nil, fmt.Errorf("read %s: %w", p, err)
	}
	return all, nil
}

// Table shows it beside the floor.
func (r *Replay) Table() *report.Table {
	t := &report.Table{Header: []string{"replay", "entries/s", "of the floor", "CPU µs/entry"}}
	rate := func(d time.Duration) float64 { return float64(r.Entries) / d.Seconds() }
	row := func(what string, took, cpu time.Duration) {
		t.Add(what, report.Count(rate(took)), report.Percent(rate(took)/rate(r.Floor)), report.Micros(cpu/time.Duration(r.Entries)))
	}
	row("derived and compared, nothing published", r.Plan, r.PlanCPU)
	row("derived, compared and published", r.Publish, r.PublishCPU)
	row("floor: journal read, the same bytes written", r.Floor, r.FloorCPU)
	return t
}

// own reads what this build wrote, by the made-up ids of its schemas.
type own struct {
	codec  *schemas.Codec
	record map[int]func() any
}

func newOwn(in *installation.Installation) own {
	o := own{codec: in.Codec, record: map[int]func() any{}}
	use := func(topic string, fresh func() any) {
		if id, ok := in.Encoder.ID(topic); ok {
			o.record[id] = fresh
		}
	}
	use(in.Topics.Journal(), func() any { return new(schemas.JournalEntry) })
	for _, f := range publish.Families() {
		use(in.Topics.Events(f), func() any { return derive.NewEvent(f) })
		use(in.Topics.State(f), func() any { return derive.NewState(f) })
	}
	return o
}

// Decode reads a framed value.
func (o own) Decode(_ context.Context, value []byte) (any, error) {
	id, ok := publish.SchemaID(value)
	fresh := o.record[id]
	if !ok || fresh == nil {
		return nil, errors.New("no other build has written here")
	}
	v := fresh()
	return v, o.codec.Unmarshal(value[publish.FrameHeader:], v)
}
