package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/ops"
)

func (p *program) healthCommand() *cobra.Command {
	var q healthQuestion
	cmd := &cobra.Command{
		Use:   "health",
		Short: "Ask the worker beside it whether it is alive, or ready",
		Long: "Asks the ops port of a worker on this host (OPS_ADDR) for /healthz, and ends with status 0\n" +
			"where it answers 200, 1 otherwise. With --ready it asks for /readyz, and says which checks\n" +
			"do not pass. Made for the health check of a container, which has no shell and no curl.",
		Example: "  mokafka health\n  mokafka health --ready\n  mokafka health --ready --check poll\n" +
			"  mokafka health --url http://127.0.0.1:8090/__sim/status",
		GroupID: groupSetUp,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			address, err := q.address(cmd, p.environment())
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), q.timeout)
			defer cancel()
			return p.health(ctx, address)
		},
	}
	f := cmd.Flags()
	f.BoolVar(&q.ready, "ready", false, "ask whether it is ready, not only whether it is alive")
	f.StringVar(&q.check, "check", "", "with --ready: ask for this one check, also where it only degrades")
	f.StringVar(&q.url, "url", "", "ask this address instead, such as the simulator's")
	f.DurationVar(&q.timeout, "timeout", 4*time.Second, "how long the answer may take")
	return cmd
}

// healthQuestion is what is asked of whom.
type healthQuestion struct {
	ready      bool
	check, url string
	timeout    time.Duration
}

// address is the URL to ask.
func (q healthQuestion) address(cmd *cobra.Command, env environment) (string, error) {
	switch {
	case q.timeout <= 0:
		return "", wrongly(cmd, "--timeout: %s is not above 0", q.timeout)
	case q.check != "" && !q.ready:
		return "", wrongly(cmd, "--check goes with --ready")
	case q.url != "" && q.ready:
		return "", wrongly(cmd, "--url and --ready exclude each other")
	case q.url != "":
		u, err := url.Parse(q.url)
		if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
			return "", wrongly(cmd, "--url: want an address such as http://127.0.0.1:8090/__sim/status")
		}
		return q.url, nil
	}
	var cfg ops.Config
	if err := env.read(&cfg); err != nil {
		return "", err
	}
	host, port, err := net.SplitHostPort(cfg.Addr)
	if err != nil {
		return "", fmt.Errorf("OPS_ADDR: %w", err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		host = "127.0.0.1" // it listens everywhere, so here too
	}
	u := url.URL{Scheme: "http", Host: net.JoinHostPort(host, port), Path: "/healthz"}
	if q.ready {
		u.Path = "/readyz"
	}
	if q.check != "" {
		u = *u.JoinPath(q.check)
	}
	return u.String(), nil
}

// longestAnswer bounds what is read of an answer.
const longestAnswer = 1 << 20

// health asks once. Nothing comes back but the verdict: no redirects are followed,
// and no proxy of the environment stands between a worker and its own host.
func (p *program) health(ctx context.Context, address string) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return fmt.Errorf("ask %s: %w", address, err)
	}
	client := &http.Client{
		Transport:     &http.Transport{DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("nothing answers: %w", err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(io.LimitReader(answer.Body, longestAnswer))
	if err != nil {
		return fmt.Errorf("read the answer of %s: %w", address, err)
	}
	var found ops.Readiness
	_ = json.Unmarshal(body, &found) // what is none has no checks
	for _, c := range found.Checks {
		if c.Error != "" {
			fmt.Fprintf(p.stdout, "%s: %s\n", c.Name, c.Error)
		}
	}
	switch {
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("%s answers %s", address, answer.Status)
	case found.Degraded:
		fmt.Fprintln(p.stdout, "degraded")
	default:
		fmt.Fprintln(p.stdout, "ok")
	}
	return nil
}
