// Package intake measures how fast webhooks are taken: ours, the floors below it
// and a service written by hand, one at a time on one machine, all of them up
// throughout. Rounds go through all of them for each number of connections and
// begin with another one each time, so that a machine that gets slower or busier
// is so for all. Figures are medians of the rounds.
//
// After each measurement the records in the topic are counted: a server that has
// acknowledged more than it kept fails the run. Then they are deleted, for the
// broker has them in memory.
package intake

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/latency"
	"github.com/mokafka/mokafka/internal/bench/load"
	"github.com/mokafka/mokafka/internal/bench/process"
)

// Config says how much is measured.
type Config struct {
	Rounds      int
	Connections []int
	// WarmUp and Measure are for each server, number of connections and round.
	WarmUp, Measure time.Duration
}

// Party is a server to be measured.
type Party struct {
	// Name as it stands in the report.
	Name string
	// Process serves at the address it was ready with.
	Process *process.Process
	// Topic has a record for each webhook; "" if it has none.
	Topic string
}

// Bench is what all parties share.
type Bench struct {
	Broker *process.Process
	Admin  *kadm.Client
	Source load.Source
	// Progress, if not nil, is told what was measured, a line at a time.
	Progress func(line string)
}

// sample is one measurement.
type sample struct {
	rate     float64
	p50, p99 time.Duration
	refused  int64
	// Processor time for each request answered.
	server, broker, generator time.Duration
	resident                  int64
}

// key is what rounds are gathered by.
type key struct {
	party       string
	connections int
}

// Results are all measurements.
type Results struct {
	cfg     Config
	parties []string
	samples map[key][]sample
}

// Run measures. The parties must be running; they are left so.
func Run(ctx context.Context, cfg Config, b Bench, parties []Party) (*Results, error) {
	r := &Results{cfg: cfg, samples: map[key][]sample{}}
	for _, p := range parties {
		r.parties = append(r.parties, p.Name)
	}
	for round := range cfg.Rounds {
		for _, connections := range cfg.Connections {
			for i := range parties {
				p := parties[(i+round)%len(parties)]
				s, err := b.measure(ctx, cfg, p, connections)
				if err != nil {
					return nil, fmt.Errorf("measure %s with %d connections: %w", p.Name, connections, err)
				}
				k := key{p.Name, connections}
				r.samples[k] = append(r.samples[k], s)
				if b.Progress != nil {
					b.Progress(fmt.Sprintf("intake, round %d: %-28s %4d connections: %6.0f req/s, p99 %s",
						round+1, p.Name, connections, s.rate, s.p99.Round(10*time.Microsecond)))
				}
			}
		}
	}
	return r, nil
}

// errLost says that a server is not to be believed.
var errLost = errors.New("fewer records are in the topic than were acknowledged")

func (b Bench) measure(ctx context.Context, cfg Config, p Party, connections int) (sample, error) {
	var before, after [3]process.Usage
	usages := func() (u [3]process.Usage) {
		u[0], _ = p.Process.Usage() // zero where the system does not tell
		u[1], _ = b.Broker.Usage()
		u[2], _ = process.UsageOf(os.Getpid())
		return u
	}
	result, err := load.Run(ctx, load.Plan{
		Addr: p.Process.Ready(), Connections: connections, WarmUp: cfg.WarmUp, Measure: cfg.Measure,
		Begun: func() { before = usages() }, Ended: func() { after = usages() },
	}, b.Source)
	if err != nil {
		return sample{}, err
	}
	if p.Topic != "" {
		kept, err := installation.Trim(ctx, b.Admin, p.Topic)
		if err != nil {
			return sample{}, err
		}
		if kept < result.Answered {
			return sample{}, fmt.Errorf("%w: %d of %d", errLost, kept, result.Answered)
		}
	}
	s := sampleOf(result.Rate(), &result.Latencies)
	for _, n := range result.Refused {
		s.refused += n
	}
	per := func(i int) time.Duration {
		return (after[i].CPU - before[i].CPU) / time.Duration(max(result.Answered, 1))
	}
	s.server, s.broker, s.generator = per(0), per(1), per(2)
	s.resident = after[0].Resident
	return s, nil
}

func sampleOf(rate float64, h *latency.Histogram) sample {
	return sample{rate: rate, p50: h.Quantile(0.50), p99: h.Quantile(0.99)}
}
