package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/twmb/franz-go/pkg/kadm"

	"github.com/mokafka/mokafka/internal/bench/commands"
	"github.com/mokafka/mokafka/internal/bench/process"
)

func (b *bench) runCommands(ctx context.Context, broker *process.Process, admin *kadm.Client) (err error) {
	dir, err := os.MkdirTemp("", "mokafka-bench-")
	if err != nil {
		return fmt.Errorf("make a directory for the ledger: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	cfg := commands.Defaults(dir)
	cfg.Results = b.ledger
	results, err := commands.Run(ctx, cfg, commands.Bench{Broker: broker.Ready(), Admin: admin, Log: b.stderr, Progress: b.progress})
	if err != nil {
		return err
	}
	fmt.Fprintf(&b.report, "## Write-back\n\nMoves of applications, each read before it is made, about %s for each row; no quota. "+
		"The bound is two answers of Moka a command.\n\n", cfg.Length)
	if _, err := results.WriteTo(&b.report); err != nil {
		return err
	}
	fmt.Fprintln(&b.report)
	return nil
}
