package commands

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// restore fills a ledger and measures how long a worker takes that has all its
// partitions, and knows nothing.
func (b Bench) restore(ctx context.Context, cfg Config) (r *restore, err error) {
	in, drop, err := b.install(ctx, "commands-ledger")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, drop()) }()
	b.Progress(fmt.Sprintf("commands: filling a ledger with %d results", cfg.Results))
	if err := fill(ctx, in, cfg.Results); err != nil {
		return nil, err
	}
	r = &restore{results: cfg.Results}
	if r.floor, err = readAll(ctx, in, cfg.Results); err != nil {
		return nil, err
	}
	dir := filepath.Join(cfg.Dir, "commands-ledger")
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	if r.took, err = restoreAll(ctx, in, dir, cfg.Results); err != nil {
		return nil, err
	}
	if r.copied, err = sizeOf(dir); err != nil {
		return nil, err
	}
	b.Progress(fmt.Sprintf("commands: restored %d results in %s; reading alone %s", cfg.Results, r.took, r.floor))
	return r, nil
}

// fill writes results as the worker does, of moves.
func fill(ctx context.Context, in *installation.Installation, n int) error {
	client, err := in.Client("ledger", prometheus.NewRegistry(),
		append(publish.ProducerOptions(in.Topics), kgo.RecordPartitioner(kgo.ManualPartitioner()), kgo.MaxBufferedRecords(20_000))...)
	if err != nil {
		return err
	}
	defer client.Close()
	failed := make(chan error, 1)
	for i := range n {
		rec, err := in.Records.Result(int32(i%installation.Partitions), "", sampleResult(i))
		if err != nil {
			return err
		}
		client.Produce(ctx, rec, func(_ *kgo.Record, err error) {
			if err != nil {
				select {
				case failed <- err:
				default:
				}
			}
		})
	}
	if err := client.Flush(ctx); err != nil {
		return fmt.Errorf("fill a ledger: %w", err)
	}
	select {
	case err := <-failed:
		return fmt.Errorf("fill a ledger: %w", err)
	default:
		return nil
	}
}

func sampleResult(n int) *schemas.WritebackResult {
	app, took, now := int64(n), int64(412), time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC).Add(time.Duration(n)*time.Millisecond)
	field, before, after, worker := "stage.id", `{"id":872700001,"name":"初筛"}`, `{"id":872700003,"name":"面试"}`, "writeback-0"
	return &schemas.WritebackResult{
		CommandID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), OrgID: installation.Org, ApplicationID: &app, Action: "move_stage",
		Outcome: schemas.WritebackOutcomeApplied, ParameterHash: fmt.Sprintf("%064x", n), Field: &field, Before: &before, After: &after,
		Attempts: 1, RequestedAt: now, StartedAt: &now, FinishedAt: &now, DurationMs: &took, Worker: &worker,
		Origin: &schemas.RecordOrigin{Topic: "moka.writeback.commands.v1", Partition: 3, Offset: int64(n)},
	}
}

// restoreAll restores each partition by itself, as the worker does.
func restoreAll(ctx context.Context, in *installation.Installation, dir string, want int) (took time.Duration, err error) {
	client, err := in.Client("restore", prometheus.NewRegistry())
	if err != nil {
		return 0, err
	}
	defer client.Close()
	store, err := state.Open(dir, "bench")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	begin := time.Now()
	var counts [installation.Partitions]int
	group, ctx := errgroup.WithContext(ctx)
	for p := range counts {
		group.Go(func() error {
			part := state.Partition{Topic: in.Topics.Results(), Partition: int32(p)}
			n, err := store.Restore(ctx, client, []state.Partition{part}, time.Now)
			counts[p] = n
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return 0, err
	}
	took = time.Since(begin)
	sum := 0
	for _, n := range counts {
		sum += n
	}
	if sum != want {
		return 0, fmt.Errorf("restored %d of %d results", sum, want)
	}
	return took, nil
}

// readAll reads the same records and keeps nothing.
func readAll(ctx context.Context, in *installation.Installation, want int) (time.Duration, error) {
	client, err := in.Client("floor", prometheus.NewRegistry(), kgo.ConsumeTopics(in.Topics.Results()),
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		return 0, err
	}
	defer client.Close()
	begin := time.Now()
	for n := 0; n < want; {
		fetches := client.PollFetches(ctx)
		if err := fetches.Err(); err != nil {
			return 0, fmt.Errorf("read a ledger: %w", err)
		}
		n += fetches.NumRecords()
	}
	return time.Since(begin), nil
}

// sizeOf is how many bytes are in the files of a directory.
func sizeOf(dir string) (size int64, err error) {
	err = filepath.WalkDir(dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		info, err := entry.Info()
		if err == nil {
			size += info.Size()
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("measure a copy: %w", err)
	}
	return size, nil
}
