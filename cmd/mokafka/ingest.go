package main

import (
	"context"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/ops"
	"github.com/mokafka/mokafka/publish"
)

func (p *program) ingestCommand() *cobra.Command {
	var flags connectionFlags
	cmd := &cobra.Command{
		Use:   "ingest",
		Short: "The worker: takes Moka's webhooks, polls its API, derives events",
		Long: "Takes Moka's webhooks into the journal, reads Moka's API for all that is not pushed, and\n" +
			"derives events and states. Several may run side by side, each with an INGEST_INSTANCE\n" +
			"(default: the host's name) and a STATE_DIR of its own; one of them polls, and another\n" +
			"takes over when it ends. POLL_APPLICATIONS=off is for webhooks alone.\n\n" +
			"At the start it waits for Kafka and the registry, up to START_TIMEOUT, and refuses to work\n" +
			"with topics or schemas that are missing or wrong. After that it outlasts Kafka's absence:\n" +
			"webhooks are answered with 503, and it goes on by itself. It is ready once Moka has\n" +
			"answered, so that a wrong key stops a rollout; when Moka refuses later, the door stays open\n" +
			"and /readyz says \"degraded\" (503 at /readyz/poll). SIGTERM ends it in order.\n\n" +
			"'mokafka config' lists the variables, 'mokafka doctor' checks them.",
		GroupID: groupRun,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var s ingestSettings
			if err := flags.over(p.environment()).read(s.rooms()...); err != nil {
				return err
			}
			return p.ingest(cmd.Context(), s, s.Log.logger(p))
		},
	}
	flags.addAddresses(cmd, true, true)
	return cmd
}

// ingest works until ctx ends, which is no error.
func (p *program) ingest(ctx context.Context, s ingestSettings, log zerolog.Logger) error {
	log.Info().Str("version", versionText()).Str("org", s.Moka.OrgID).Str("instance", s.Derive.Instance).Msg("ingest starts")
	j := job{name: "ingest", ops: s.Ops, shutdown: s.Patience.Shutdown, log: log}
	return j.run(ctx, func(ctx context.Context, ps *parts, port *ops.Server, metrics *prometheus.Registry) error {
		tracer, err := s.Tracing.start(ctx, ps, "ingest", s.Derive.Instance, log)
		if err != nil {
			return err
		}
		w := ingestWorker{settings: s, port: port, metrics: metrics, log: log, now: p.now, tracer: tracer}
		if err := w.start(ctx, ps); err != nil {
			return err
		}
		return w.startPoller(ctx, ps)
	})
}

// ingestWorker makes the parts of ingest.
type ingestWorker struct {
	settings ingestSettings
	port     *ops.Server
	metrics  *prometheus.Registry
	log      zerolog.Logger
	now      clock
	tracer   *publish.Tracer // nil: no traces
	// door and kafka are set by start; open once the door takes webhooks.
	door  *webhook.Server
	open  atomic.Bool
	kafka kafkaParts
}
