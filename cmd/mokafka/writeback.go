package main

import (
	"context"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/ops"
)

func (p *program) writebackCommand() *cobra.Command {
	var flags connectionFlags
	cmd := &cobra.Command{
		Use:   "writeback",
		Short: "The worker: carries out in Moka what teams command in Kafka",
		Long: "Carries out the commands in moka.writeback.commands.v1 in Moka, each once and those of one\n" +
			"application in their order, and says in moka.writeback.results.v1 what became of them.\n" +
			"'mokafka submit' puts such a command; schemas/commands.md is for programs that do.\n\n" +
			"Several may run side by side, each with a WRITEBACK_INSTANCE (default: the host's name)\n" +
			"and a WRITEBACK_STATE_DIR of its own: they share the partitions, and the part of Moka's\n" +
			"quota that is theirs (WRITEBACK_QUOTA_PER_MINUTE). On a host with ingest, give one of the\n" +
			"two another OPS_ADDR.\n\n" +
			"At the start it waits for Kafka and the registry, up to START_TIMEOUT, and refuses to work\n" +
			"with topics or schemas that are missing or wrong. After that it outlasts the absence of\n" +
			"Kafka and of Moka. With a key that Moka does not take it is not ready, and no command\n" +
			"fails for it: they wait. SIGTERM lets calls that are under way end first, for up to\n" +
			"WRITEBACK_STOP_TIMEOUT.\n\n" +
			"'mokafka config' lists the variables, 'mokafka doctor' checks them.",
		GroupID: groupRun,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			var s writebackSettings
			if err := flags.over(p.environment()).read(s.rooms()...); err != nil {
				return err
			}
			return p.writeback(cmd.Context(), s, s.Log.logger(p))
		},
	}
	flags.addAddresses(cmd, true, true)
	return cmd
}

// afterCalls is what the end of write-back may take beyond the calls to Moka.
const afterCalls = 10 * time.Second

// writeback works until ctx ends, which is no error.
func (p *program) writeback(ctx context.Context, s writebackSettings, log zerolog.Logger) error {
	log.Info().Str("version", versionText()).Str("org", s.Moka.OrgID).Str("instance", s.Writing.Worker.Instance).Msg("write-back starts")
	j := job{name: "write-back", ops: s.Ops, shutdown: max(s.Patience.Shutdown, s.Writing.Worker.StopTimeout+afterCalls), log: log}
	return j.run(ctx, func(ctx context.Context, ps *parts, port *ops.Server, metrics *prometheus.Registry) error {
		tracer, err := s.Tracing.start(ctx, ps, "writeback", s.Writing.Worker.Instance, log)
		if err != nil {
			return err
		}
		w := writebackWorker{settings: s, port: port, metrics: metrics, apiMetrics: metrics, log: log, now: p.now, tracer: tracer}
		if err := w.prepare(ctx, ps); err != nil {
			return err
		}
		return w.start(ctx, ps)
	})
}
