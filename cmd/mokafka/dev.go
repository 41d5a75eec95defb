package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/ops"
)

// devOptions are the flags of "mokafka dev".
type devOptions struct {
	webhookAddr, opsAddr, kafkaAddr, registryAddr, simAddr string

	noSim    bool
	brokers  string // another Kafka; empty: one of our own
	registry string // another registry; empty: one of our own
	dataDir  string // empty: nothing is kept
	pace     time.Duration
}

func (p *program) devCommand() *cobra.Command {
	var opts devOptions
	cmd := &cobra.Command{
		Use:   "dev",
		Short: "Everything in one process, with a simulated Moka",
		Long: "Runs a Kafka, a schema registry, a simulated Moka, ingest and write-back in one process, with\n" +
			"no set-up, and prints the events as they happen. Any Kafka client can look in. Not for\n" +
			"production: no authentication, one replica, and without --data-dir nothing is kept.\n\n" +
			"What happens is polled faster than anywhere else; MOKA_QUOTA_PER_MINUTE and the variables\n" +
			"POLL_* say otherwise.\n\n" +
			"With --no-sim it waits for a real Moka's webhooks, signed with one of\n" +
			"WEBHOOK_SIGNING_KEYS, for the organisation MOKA_ORG_ID, and polls it where MOKA_API_KEY\n" +
			"(or MOKA_CLIENT_ID and MOKA_CLIENT_SECRET) and MOKA_BASE_URL are set.",
		GroupID: groupRun,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if opts.pace < 0 {
				return wrongly(cmd, "--pace: %s is less than 0", opts.pace)
			}
			return p.dev(cmd.Context(), opts)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.webhookAddr, "webhook-addr", devWebhookAddr, "where webhooks are taken")
	f.StringVar(&opts.opsAddr, "ops-addr", devOpsAddr, "where health and metrics are served")
	f.StringVar(&opts.kafkaAddr, "kafka-addr", devKafkaAddr, "where the Kafka in here listens")
	f.StringVar(&opts.registryAddr, "registry-addr", devRegistryAddr, "where the schema registry in here listens")
	f.StringVar(&opts.simAddr, "sim-addr", devSimAddr, "where the simulator listens")
	f.BoolVar(&opts.noSim, "no-sim", false, "no simulated Moka")
	f.StringVar(&opts.brokers, "brokers", "", "use another Kafka, host:port,… (with KAFKA_TLS_*, KAFKA_SASL_*)")
	f.StringVar(&opts.registry, "registry", "", "use another schema registry")
	f.StringVar(&opts.dataDir, "data-dir", "", "keep everything in this directory")
	f.DurationVar(&opts.pace, "pace", 2*time.Second, "mean time between two changes in the simulated company; 0: only when triggered")
	return cmd
}

// shutdownPatience is how long the end of dev and sim may take.
const shutdownPatience = 15 * time.Second

// dev runs until ctx ends, which is no error.
func (p *program) dev(ctx context.Context, opts devOptions) (err error) {
	began := p.now()
	if err := opts.portsFree(ctx); err != nil {
		return err
	}
	dir, forget, err := opts.directory()
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, forget()) }()
	fmt.Fprint(p.stdout, banner)
	d := &devHouse{program: p, options: opts, dir: dir, parts: newParts()}
	if d.metrics, err = ops.NewRegistry(versionText()); err != nil {
		return err
	}
	err = d.start(ctx)
	if err == nil {
		d.announce(p.now().Sub(began))
		d.parts.start(ctx, "the feed", d.feed)
		err = d.parts.wait(ctx)
	}
	if ctx.Err() != nil {
		fmt.Fprintln(p.stdout, "\nending… (Ctrl-C again kills)")
		err = nil
	}
	return errors.Join(err, d.parts.end(shutdownPatience))
}

const banner = `
  ╔══════════════════════════════════════════════════════════════════════╗
  ║   mokafka dev                                  NOT FOR PRODUCTION    ║
  ║   no authentication, one replica, keys that everybody knows          ║
  ╚══════════════════════════════════════════════════════════════════════╝

`

// directory is where files go: the one that was asked for, else one that forget
// removes.
func (o devOptions) directory() (dir string, forget func() error, err error) {
	if o.dataDir != "" {
		dir, err = filepath.Abs(o.dataDir)
		if err == nil {
			err = os.MkdirAll(dir, 0o700)
		}
		if err != nil {
			return "", nil, fmt.Errorf("--data-dir: %w", err)
		}
		return dir, func() error { return nil }, nil
	}
	dir, err = os.MkdirTemp("", "mokafka-dev-")
	if err != nil {
		return "", nil, fmt.Errorf("make a directory for the state: %w", err)
	}
	return dir, func() error { return os.RemoveAll(dir) }, nil
}

// portsFree looks whether all addresses can be had, and names every one that
// cannot, with the flag that gives another.
func (o devOptions) portsFree(ctx context.Context) error {
	var found faults
	for _, want := range []struct {
		flag, addr string
		unused     bool
	}{
		{"--webhook-addr", o.webhookAddr, false},
		{"--ops-addr", o.opsAddr, false},
		{"--kafka-addr", o.kafkaAddr, o.brokers != ""},
		{"--registry-addr", o.registryAddr, o.registry != ""},
		{"--sim-addr", o.simAddr, o.noSim},
	} {
		if want.unused {
			continue
		}
		if _, _, err := net.SplitHostPort(want.addr); err != nil {
			return &wrongUseError{fmt.Errorf("%s: %q is not host:port", want.flag, want.addr)}
		}
		l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", want.addr)
		switch {
		case err == nil:
			_ = l.Close() // nothing was accepted
		case errors.Is(err, syscall.EADDRINUSE):
			found = append(found, fmt.Errorf("%s is taken by another process: end that one, or give another address with %s", want.addr, want.flag))
		default:
			found = append(found, fmt.Errorf("%s: cannot listen on %s: %w", want.flag, want.addr, err))
		}
	}
	switch len(found) {
	case 0:
		return nil
	case 1:
		return found[0]
	}
	lines := make([]string, 0, len(found))
	for _, err := range found {
		lines = append(lines, err.Error())
	}
	return errors.New("addresses are taken:\n  " + strings.Join(lines, "\n  "))
}
