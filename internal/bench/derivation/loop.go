package derivation

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/process"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
)

// LoopConfig is that of the process that runs derive.
type LoopConfig struct {
	// First entries are worked through before it is ready, and then, once it is
	// told to go, Entries more, which are measured.
	First, Entries int
	// Dir is where it may make a directory for the copy of the state.
	Dir string
}

// DeriveConfig is derive's configuration: its defaults, but for names and places.
func DeriveConfig(prefix, dir string) derive.Config {
	return derive.Config{
		Group: prefix + "-derive", Instance: "bench", StateDir: dir, MaxBatch: 2000,
		TransactionTimeout: 20 * time.Second, SessionTimeout: 20 * time.Second, GraveRetention: 7 * 24 * time.Hour,
	}
}

// Loop runs derive as a child, and says what was measured.
func Loop(ctx context.Context, child *process.Child, in *installation.Installation, cfg LoopConfig) (err error) {
	dir := filepath.Join(cfg.Dir, in.Topics.Prefix())
	store, err := state.Open(dir, "bench")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close(), os.RemoveAll(dir)) }()
	derived := func(entries int) (measurement, error) {
		return deriveUntil(ctx, in, store, DeriveConfig(in.Topics.Prefix(), dir), entries)
	}
	if _, err := derived(cfg.First); err != nil {
		return err
	}
	if err := child.Ready(""); err != nil {
		return err
	}
	if _, err := child.Told(ctx); err != nil {
		return err
	}
	m, err := derived(cfg.Entries)
	if err != nil {
		return err
	}
	return child.Say(m)
}

// deriveUntil runs a loop until so many entries were committed.
func deriveUntil(ctx context.Context, in *installation.Installation, store *state.Store, cfg derive.Config, entries int) (measurement, error) {
	reg := prometheus.NewRegistry()
	letters, err := publish.NewDeadLetters(publish.DeadLetterDeps{
		Records: in.Records, Now: time.Now, NewID: func() string { return "" }, Registerer: reg,
	})
	if err != nil {
		return measurement{}, err
	}
	m := newMeter(in.Topics.Journal(), entries)
	// The first client is the one that works.
	first := true
	options := func() ([]kgo.Opt, error) {
		opts, err := in.Options("derive", reg)
		if first {
			opts, first = append(opts, kgo.WithHooks(m)), false
		}
		return opts, err
	}
	loop, err := derive.New(cfg, derive.Deps{
		Client: options, Topics: in.Topics, Records: in.Records, Encoder: in.Encoder,
		Codec: in.Codec, Decoder: ownOnly{}, DeadLetters: letters, Store: store,
		Now: time.Now, Log: in.Log, Registerer: reg,
	})
	if err != nil {
		return measurement{}, err
	}
	running, cancel := context.WithCancel(ctx)
	defer cancel()
	ran := make(chan error, 1)
	go func() { ran <- loop.Run(running) }()
	select {
	case <-m.done:
	case <-ctx.Done():
	}
	cancel()
	if err := errors.Join(<-ran, context.Cause(ctx)); err != nil {
		return measurement{}, err
	}
	out := m.measured()
	verdicts, restored, err := readMetrics(reg)
	out.Verdicts, out.Elapsed = verdicts, out.Elapsed-restored
	return out, err
}

// ownOnly stands where only values of this build are read.
type ownOnly struct{}

func (ownOnly) Decode(context.Context, []byte) (any, error) {
	return nil, errors.New("no other build has written here")
}

// readMetrics takes from derive's metrics how many entries came to which verdict,
// and how long state was restored. It fails if a transaction was given up: its entries would
// have been counted twice.
func readMetrics(reg prometheus.Gatherer) (verdicts map[string]int, restored time.Duration, err error) {
	families, err := reg.Gather()
	if err != nil {
		return nil, 0, fmt.Errorf("ask derive what it did: %w", err)
	}
	verdicts = map[string]int{}
	for _, family := range families {
		for _, metric := range family.GetMetric() {
			value := int(metric.GetCounter().GetValue())
			switch family.GetName() {
			case "mokafka_derive_observations_total":
				for _, label := range metric.GetLabel() {
					if label.GetName() == "verdict" {
						verdicts[label.GetValue()] += value
					}
				}
			case "mokafka_derive_restore_seconds":
				restored += time.Duration(metric.GetHistogram().GetSampleSum() * float64(time.Second))
			case "mokafka_derive_aborts_total", "mokafka_derive_restarts_total":
				if value > 0 {
					return nil, 0, fmt.Errorf("%s is %d: what was measured is not derive at work", family.GetName(), value)
				}
			}
		}
	}
	return verdicts, restored, nil
}
