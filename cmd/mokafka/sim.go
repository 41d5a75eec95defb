package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/api"
)

func (p *program) simCommand() *cobra.Command {
	var addr, webhookURL string
	var pace time.Duration
	var seed uint64
	cmd := &cobra.Command{
		Use:   "sim",
		Short: "The simulated Moka alone",
		Long: "Runs a made-up company that recruits, pushes its webhooks to a door, and answers Moka's API\n" +
			"under /api-platform of its address. It is told what to do under /__sim, which asks for no\n" +
			"credentials. Not for production.\n\n" +
			"What flags do not say, the variables SIM_* do ('mokafka config').",
		GroupID: groupRun,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			env := p.environment()
			env.defaults["SIM_WEBHOOK_URL"], env.defaults["SIM_SIGNING_KEY"] = devWebhookURL, devSigningKey
			env.defaults["LOG_FORMAT"] = "console"
			for flag, set := range map[string]struct{ name, value string }{
				"sim-addr":    {"SIM_ADDR", addr},
				"webhook-url": {"SIM_WEBHOOK_URL", webhookURL},
				"pace":        {"SIM_PACE", pace.String()},
				"seed":        {"SIM_SEED", fmt.Sprint(seed)},
			} {
				if cmd.Flags().Changed(flag) {
					env.flags[set.name] = flagValue{"--" + flag, set.value}
				}
			}
			var cfg mokasim.Config
			var logs logging
			if err := env.read(&cfg, &logs); err != nil {
				return err
			}
			return p.sim(cmd.Context(), cfg, logs)
		},
	}
	f := cmd.Flags()
	f.StringVar(&addr, "sim-addr", devSimAddr, "where it listens")
	f.StringVar(&webhookURL, "webhook-url", devWebhookURL, "the door it pushes to")
	f.DurationVar(&pace, "pace", 2*time.Second, "mean time between two changes; 0: only when triggered")
	f.Uint64Var(&seed, "seed", 1, "who works in the company, and what happens to it")
	return cmd
}

// sim runs until ctx ends, which is no error.
func (p *program) sim(ctx context.Context, cfg mokasim.Config, logs logging) error {
	s := mokasim.New(cfg, mokasim.Deps{Log: logs.logger(p)})
	ps := newParts()
	ps.start(ctx, "the simulator", s.Run)
	err := ps.await(ctx, s.Ready())
	if err == nil {
		fmt.Fprintf(p.stdout, "a simulated Moka, NOT FOR PRODUCTION: http://%[1]s/__sim/status\n"+
			"its API is http://%[1]s%[2]s, with the key %[3]s\nit pushes to %[4]s; Ctrl-C ends it\n", s.Addr(), api.Prefix, cfg.APIKey, cfg.WebhookURL)
		err = ps.wait(ctx)
	}
	if ctx.Err() != nil {
		err = nil
	}
	return errors.Join(err, ps.end(shutdownPatience))
}
