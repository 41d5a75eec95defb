// Package commands measures internal/writeback: how many commands a second it
// carries out, by how long Moka takes to answer and how many applications are at
// work at the same time, and how long a ledger takes to restore.
//
// Beside it stands what a team would write by hand: a loop that consumes, sends
// the PUT and commits, one command after the other. It keeps no ledger, reads
// nothing, and repeats or loses what a crash interrupts. Beside the restore stands
// a consumer that reads the same records and keeps nothing.
//
// Moka is a stand-in that takes the latency and remembers the stage; there is no
// quota, which in production is the tightest of all bounds. Worker, stand-in and
// load share the bench's process, the broker is another. The clock runs from the
// first call that Moka sees to the end of the last.
package commands

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/internal/bench/installation"
)

// Config says how much is measured.
type Config struct {
	// Latencies of Moka, and how many applications are at work at the same time.
	Latencies []time.Duration
	Parallel  []int
	// Length is about how long one of them is measured.
	Length time.Duration
	// Results are how many a ledger has that is restored; 0 leaves that out.
	Results int
	// Dir is where copies of the ledger are kept meanwhile.
	Dir string
}

// Defaults are the figures that were asked for.
func Defaults(dir string) Config {
	return Config{
		Latencies: []time.Duration{0, 20 * time.Millisecond, 200 * time.Millisecond}, Parallel: []int{1, 16, 64},
		Length: 4 * time.Second, Results: 1_000_000, Dir: dir,
	}
}

// Bench is what is needed.
type Bench struct {
	Broker string
	Admin  *kadm.Client
	Log    io.Writer
	// Progress is told what was measured, a line at a time.
	Progress func(line string)
}

// cell is one measurement of the worker.
type cell struct {
	latency  time.Duration
	parallel int
	rate     float64 // commands a second
	bound    float64 // 0 where nothing but the machine sets one
}

// plain is one of the loop.
type plain struct {
	latency time.Duration
	rate    float64
}

// restore is what restoring took, and what reading alone took.
type restore struct {
	results     int
	took, floor time.Duration
	copied      int64 // size of the copy in bytes
}

// Results are all measurements.
type Results struct {
	cells   []cell
	plain   []plain
	restore *restore
}

// Run measures.
func Run(ctx context.Context, cfg Config, b Bench) (*Results, error) {
	r := &Results{}
	for n, latency := range cfg.Latencies {
		rate, err := b.loop(ctx, cfg, fmt.Sprintf("commands-plain-%d", n), latency)
		if err != nil {
			return nil, fmt.Errorf("measure the plain loop with %s: %w", latency, err)
		}
		r.plain = append(r.plain, plain{latency, rate})
		b.Progress(fmt.Sprintf("commands, plain loop, Moka in %s: %.0f/s", latency, rate))
		for _, parallel := range cfg.Parallel {
			c := cell{latency: latency, parallel: parallel, bound: bound(latency, parallel)}
			if c.rate, err = b.worker(ctx, cfg, fmt.Sprintf("commands-%d-%d", n, parallel), c); err != nil {
				return nil, fmt.Errorf("measure write-back with %s and %d: %w", latency, parallel, err)
			}
			r.cells = append(r.cells, c)
			b.Progress(fmt.Sprintf("commands, Moka in %s, %d applications: %.1f/s, bound %.1f", latency, parallel, c.rate, c.bound))
		}
	}
	if cfg.Results > 0 {
		var err error
		if r.restore, err = b.restore(ctx, cfg); err != nil {
			return nil, fmt.Errorf("measure a restore: %w", err)
		}
	}
	return r, nil
}

// bound is what the latency leaves possible: a command is a reading and then a
// write, and the next of its application begins when it has ended.
func bound(latency time.Duration, parallel int) float64 {
	if latency == 0 {
		return 0
	}
	return float64(parallel) / (2 * latency.Seconds())
}

// many is how many commands fill the time, a whole number for each application.
func many(cfg Config, latency time.Duration, parallel int) int {
	rate := 800.0 // of a machine such as those that this is measured on
	if limit := bound(latency, parallel); limit > 0 {
		rate = min(rate, limit)
	}
	return parallel * max(3, int(rate*cfg.Length.Seconds())/parallel)
}

func (b Bench) install(ctx context.Context, prefix string) (*installation.Installation, func() error, error) {
	in, err := installation.New(installation.Config{Broker: b.Broker, Prefix: prefix, Log: b.Log})
	if err != nil {
		return nil, nil, err
	}
	if err := in.Create(ctx, b.Admin); err != nil {
		return nil, nil, err
	}
	return in, func() error { return in.Drop(context.WithoutCancel(ctx), b.Admin) }, nil
}
