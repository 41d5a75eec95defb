package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/bench/derivation"
	"github.com/mokafka/mokafka/internal/bench/event"
	"github.com/mokafka/mokafka/internal/bench/intake"
	"github.com/mokafka/mokafka/internal/bench/process"
	"github.com/mokafka/mokafka/internal/bench/report"
)

// bench is one run.
type bench struct {
	settings
	out, stderr io.Writer
	report      bytes.Buffer
	goals       []report.Goal
	launched    int
}

func newBench(s settings, out, stderr io.Writer) *bench {
	return &bench{settings: s, out: out, stderr: stderr}
}

// run measures all parts and writes the report.
func (b *bench) run(ctx context.Context) error {
	machine := report.ThisMachine(time.Now())
	machine.Revision = b.revision
	if version, err := exec.CommandContext(ctx, "node", "--version").Output(); err == nil {
		machine.Node = string(bytes.TrimSpace(version))
	}
	fmt.Fprintf(&b.report, "# Measured\n\n%s\n\n", machine)
	load := report.Load()
	// What was measured until something failed is worth having.
	failed := b.parts(ctx)
	if failed != nil {
		fmt.Fprintf(&b.report, "**It was not finished:** %v\n\n", failed)
	}
	if len(b.goals) > 0 {
		fmt.Fprintf(&b.report, "## Goals\n\n")
		if _, err := report.Goals(b.goals).WriteTo(&b.report); err != nil {
			return err
		}
	}
	fmt.Fprintf(&b.report, "\nLoad average of a minute before it began: %s, when it ended: %s. It took %s.\n",
		load, report.Load(), time.Since(machine.At).Round(time.Second))
	return errors.Join(failed, b.write())
}

func (b *bench) write() error {
	if _, err := b.out.Write(b.report.Bytes()); err != nil {
		return fmt.Errorf("write the report: %w", err)
	}
	if b.settings.out == "" {
		return nil
	}
	if err := os.WriteFile(b.settings.out, b.report.Bytes(), 0o644); err != nil { //nolint:gosec // a report is for everyone to read
		return fmt.Errorf("write the report: %w", err)
	}
	return nil
}

func (b *bench) parts(ctx context.Context) (err error) {
	if b.has(partEvent) {
		if err := b.runEvent(ctx); err != nil {
			return err
		}
	}
	if b.has(partPolling) {
		if err := b.runPolling(ctx); err != nil {
			return err
		}
	}
	if !b.has(partIntake) && !b.has(partDerive) && !b.has(partCommands) && !b.has(partReplay) {
		return nil
	}
	broker, err := b.launch(ctx, roleBroker)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, broker.Stop()) }()
	client, err := kgo.NewClient(kgo.SeedBrokers(broker.Ready()), kgo.MetadataMinAge(100*time.Millisecond))
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	if b.has(partIntake) {
		if err := b.runIntake(ctx, broker, admin); err != nil {
			return err
		}
	}
	if b.has(partDerive) {
		if err := b.runDerive(ctx, broker, admin); err != nil {
			return err
		}
	}
	if b.has(partReplay) {
		if err := b.runReplay(ctx, broker, admin); err != nil {
			return err
		}
	}
	if b.has(partCommands) {
		return b.runCommands(ctx, broker, admin)
	}
	return nil
}

func (b *bench) runReplay(ctx context.Context, broker *process.Process, admin *kadm.Client) (err error) {
	dir, err := os.MkdirTemp("", "mokafka-bench-")
	if err != nil {
		return fmt.Errorf("make a directory for state: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	b.progress(fmt.Sprintf("replay of %d entries", b.entries))
	result, err := derivation.RunReplay(ctx, derivation.Config{Entries: b.entries, Applications: b.applications, Dir: dir},
		derivation.Bench{Launch: b.launch, Broker: broker.Ready(), Admin: admin, Log: b.stderr})
	if err != nil {
		return fmt.Errorf("measure the replay: %w", err)
	}
	fmt.Fprintf(&b.report, "## Replay\n\n%s entries of %s applications, which give %s of events, one run.\n\n",
		report.Count(float64(b.entries)), report.Count(float64(b.applications)), report.MiB(result.Bytes)+" MiB")
	if _, err := result.Table().WriteTo(&b.report); err != nil {
		return err
	}
	fmt.Fprintln(&b.report)
	return nil
}

func (b *bench) runEvent(ctx context.Context) error {
	b.progress(fmt.Sprintf("one event, %d times each step", b.rounds))
	costs, err := event.Run(ctx, b.rounds)
	if err != nil {
		return err
	}
	fmt.Fprintf(&b.report, "## One event\n\nProcessor time and memory of each step, medians of %d runs.\n\n", b.rounds)
	if _, err := event.Table(costs).WriteTo(&b.report); err != nil {
		return err
	}
	if missing := event.Missing(costs); len(missing) > 0 {
		fmt.Fprintf(&b.report, "\nNot measured, and so not in the sums: %s.\n", missing)
	}
	fmt.Fprintln(&b.report)
	return nil
}

func (b *bench) runIntake(ctx context.Context, broker *process.Process, admin *kadm.Client) error {
	parties, missing, stop, err := b.startParties(ctx, broker, admin)
	defer stop()
	if err != nil {
		return err
	}
	source, err := newSource()
	if err != nil {
		return err
	}
	results, err := intake.Run(ctx, intake.Config{
		Rounds: b.rounds, Connections: b.connections,
		WarmUp: warmUp, Measure: time.Duration(b.seconds * float64(time.Second)),
	}, intake.Bench{Broker: broker, Admin: admin, Source: source, Progress: b.progress}, parties)
	if err != nil {
		return err
	}
	fmt.Fprintf(&b.report, "## Taking webhooks\n\nSigned pushes of %d bytes, each another one, on kept connections; acks=all, "+
		"broker and load generator on the same machine. Medians of %d rounds of %g s, RSS is the most seen.\n\n",
		source.BodySize(), b.rounds, b.seconds)
	if _, err := results.WriteTo(&b.report); err != nil {
		return err
	}
	fmt.Fprintf(&b.report, "\n%s\n", results.Ratios(ours))
	if missing != "" {
		fmt.Fprintf(&b.report, "\n%s\n", missing)
	}
	fmt.Fprintln(&b.report)
	b.goals = append(b.goals, results.Goals(ours)...)
	return nil
}

func (b *bench) runDerive(ctx context.Context, broker *process.Process, admin *kadm.Client) (err error) {
	dir, err := os.MkdirTemp("", "mokafka-bench-")
	if err != nil {
		return fmt.Errorf("make a directory for state: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	results, err := derivation.Run(ctx, derivation.Config{
		Rounds: b.rounds, Entries: b.entries, Applications: b.applications, Dir: dir,
	}, derivation.Bench{Launch: b.launch, Broker: broker.Ready(), Admin: admin, Log: b.stderr, Progress: b.progress})
	if err != nil {
		return err
	}
	fmt.Fprintf(&b.report, "## Derive\n\n%s entries of %s applications, from the first fetch to the last commit, medians of %d rounds.\n\n",
		report.Count(float64(b.entries)), report.Count(float64(b.applications)), b.rounds)
	if _, err := results.Table().WriteTo(&b.report); err != nil {
		return err
	}
	fmt.Fprintln(&b.report)
	b.goals = append(b.goals, results.Goals()...)
	return nil
}

func (b *bench) progress(line string) { fmt.Fprintln(b.stderr, line) }

// launch starts this program in a role.
func (b *bench) launch(ctx context.Context, role string, args ...string) (*process.Process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("find this program: %w", err)
	}
	args = append([]string{"as", role}, args...)
	if b.profiles != "" {
		if err := os.MkdirAll(b.profiles, 0o750); err != nil {
			return nil, fmt.Errorf("make a directory for profiles: %w", err)
		}
		b.launched++
		args = append(args, "profile="+filepath.Join(b.profiles, fmt.Sprintf("%02d-%s.prof", b.launched, role)))
	}
	//nolint:gosec // it is this program
	return process.Start(ctx, role, b.stderr, exec.CommandContext(ctx, self, args...))
}
