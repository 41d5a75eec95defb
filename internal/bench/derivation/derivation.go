// Package derivation measures how fast a journal that is full becomes events:
// the derive loop, against a floor that reads the same journal and writes as many
// records and bytes of the same kind in the same kind of transactions, and does
// nothing else. Each runs in a process of its own, ours first in each round, for
// the floor writes copies of what ours wrote.
//
// The clock runs from the first fetch to the last commit, less the time in which
// ours restores its state: joining the group is in neither figure. Before it, ours
// has seen every entity once: nothing measured is a first sight.
package derivation

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/process"
)

// The roles of the processes, as the Launcher knows them.
const (
	LoopRole = "derive"
	CopyRole = "derive-floor"
)

// patience bounds one measurement.
const patience = 90 * time.Second

// Config says how much is measured.
type Config struct {
	Rounds int
	// Entries are measured for each kind and round, of so many applications.
	Entries, Applications int
	// Dir is where copies of the state are kept meanwhile.
	Dir string
}

// Bench is what is needed.
type Bench struct {
	Launch process.Launcher
	Broker string
	Admin  *kadm.Client
	Log    io.Writer
	// Progress, if not nil, is told what was measured, a line at a time.
	Progress func(line string)
}

// pair is one round of a kind.
type pair struct{ ours, floor measurement }

// Results are all measurements.
type Results struct {
	cfg   Config
	pairs map[Kind][]pair
}

// Run measures.
func Run(ctx context.Context, cfg Config, b Bench) (*Results, error) {
	r := &Results{cfg: cfg, pairs: map[Kind][]pair{}}
	for round := range cfg.Rounds {
		for _, kind := range Kinds() {
			p, err := b.measure(ctx, cfg, kind, round)
			if err != nil {
				return nil, fmt.Errorf("measure derive with %s: %w", kind, err)
			}
			r.pairs[kind] = append(r.pairs[kind], p)
			if b.Progress != nil {
				b.Progress(fmt.Sprintf("derive, round %d: %-40s %7.0f entries/s, floor %7.0f",
					round+1, kind, p.ours.rate(), p.floor.rate()))
			}
		}
	}
	return r, nil
}

func (b Bench) measure(ctx context.Context, cfg Config, kind Kind, round int) (p pair, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, patience, fmt.Errorf("it took longer than %s", patience))
	defer cancel()
	name := fmt.Sprintf("%s-%d", kind.short(), round)
	ours, err := b.install(ctx, name)
	if err != nil {
		return p, err
	}
	floor, err := b.install(ctx, name+"-floor")
	if err != nil {
		return p, err
	}
	defer func() {
		for _, i := range []*installation.Installation{ours, floor} {
			if dropErr := i.Drop(context.WithoutCancel(ctx), b.Admin); err == nil {
				err = dropErr
			}
		}
	}()
	s, err := newSeed(kind, cfg.Applications, time.Now())
	if err != nil {
		return p, err
	}
	if p.ours, err = b.derive(ctx, cfg, ours, s, name); err != nil {
		return p, err
	}
	if err := kind.check(p.ours, cfg.Entries); err != nil {
		return p, err
	}
	p.floor, err = b.copy(ctx, cfg, p.ours, name)
	return p, err
}

func (b Bench) install(ctx context.Context, prefix string) (*installation.Installation, error) {
	i, err := installation.New(installation.Config{Broker: b.Broker, Prefix: prefix, Log: b.Log})
	if err != nil {
		return nil, err
	}
	err = i.Create(ctx, b.Admin)
	return i, err
}

// derive fills the journal in two goes, and measures the second.
func (b Bench) derive(ctx context.Context, cfg Config, i *installation.Installation, s *seed, name string) (m measurement, err error) {
	if err := s.write(ctx, i, 0, cfg.Applications); err != nil {
		return m, err
	}
	child, err := b.Launch(ctx, LoopRole, "broker="+b.Broker, "prefix="+name, "dir="+cfg.Dir,
		"first="+strconv.Itoa(cfg.Applications), "entries="+strconv.Itoa(cfg.Entries))
	if err != nil {
		return m, err
	}
	defer func() {
		if stopErr := child.Stop(); err == nil {
			err = stopErr
		}
	}()
	if err := s.write(ctx, i, cfg.Applications, cfg.Entries); err != nil {
		return m, err
	}
	if err := child.Tell("go"); err != nil {
		return m, err
	}
	return result(ctx, child)
}

// copy has the floor do what ours did.
func (b Bench) copy(ctx context.Context, cfg Config, ours measurement, name string) (m measurement, err error) {
	written, err := json.Marshal(ours.perEntry())
	if err != nil {
		return m, fmt.Errorf("tell the floor what to write: %w", err)
	}
	child, err := b.Launch(ctx, CopyRole, "broker="+b.Broker, "prefix="+name, "copy="+name+"-floor",
		"entries="+strconv.Itoa(cfg.Applications+cfg.Entries), "written="+string(written))
	if err != nil {
		return m, err
	}
	defer func() {
		if stopErr := child.Stop(); err == nil {
			err = stopErr
		}
	}()
	return result(ctx, child)
}

func result(ctx context.Context, child *process.Process) (measurement, error) {
	line, err := child.Line(ctx)
	if err != nil {
		return measurement{}, err
	}
	var m measurement
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		return measurement{}, fmt.Errorf("read what was measured: %w", err)
	}
	return m, nil
}
