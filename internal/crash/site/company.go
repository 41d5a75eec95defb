package site

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/crash/replica"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/api"
	simulated "github.com/mokafka/mokafka/internal/mokasim/company"
)

const (
	apiKey = "crash-api-key" //nolint:gosec // everybody may know it
	// SigningKey signs webhooks.
	SigningKey = "crash-signing-key"
)

// Company is a simulated company, with the way of its webhooks to the workers.
type Company struct {
	Sim *mokasim.Simulator

	door   *door
	server *http.Server
	cancel context.CancelFunc
	done   chan error
}

// Found starts a company with so many applications of earlier years. It stands
// still.
func Found(applications int, seed uint64) (*Company, error) {
	c := &Company{door: newDoor(), done: make(chan error, 2)}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for webhooks: %w", err)
	}
	c.server = &http.Server{Handler: c.door, ReadHeaderTimeout: 10 * time.Second}
	cfg := mokasim.DefaultConfig()
	cfg.Addr, cfg.Seed, cfg.Pace, cfg.OrgID, cfg.APIKey = "127.0.0.1:0", seed, 0, Org, apiKey
	cfg.Applications, cfg.QuotaPerMinute, cfg.HeadcountWritesPerMinute = applications, 0, 0
	cfg.WebhookURL, cfg.SigningKey, cfg.Retries = "http://"+l.Addr().String()+webhook.RESTPath, SigningKey, 20
	c.Sim = mokasim.New(cfg, mokasim.Deps{Log: zerolog.Nop()})
	ctx, cancel := context.WithCancel(context.Background())
	c.cancel = cancel
	go func() { c.done <- c.Sim.Run(ctx) }()
	go func() {
		if err := c.server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			c.done <- fmt.Errorf("take webhooks: %w", err)
			return
		}
		c.done <- nil
	}()
	select {
	case <-c.Sim.Ready():
		return c, nil
	case err := <-c.done:
		cancel()
		return nil, errors.Join(err, c.server.Close(), <-c.done)
	}
}

// Close ends it.
func (c *Company) Close() error {
	c.cancel()
	first := <-c.done // the simulator, whose pushes the door still takes
	err := c.server.Close()
	c.door.client.CloseIdleConnections()
	return errors.Join(first, err, <-c.done)
}

// Env is what an ingest wants to know of it. All is looked at often, so that what is
// asked of Moka is soon in the topics.
func (c *Company) Env() []string {
	return []string{
		"MOKA_BASE_URL=http://" + c.Sim.Addr() + api.Prefix, "MOKA_API_KEY=" + apiKey, "MOKA_QUOTA_PER_MINUTE=6000",
		"WEBHOOK_SIGNING_KEYS=" + SigningKey, "WEBHOOK_TLS=off", "WRITEBACK_QUOTA_PER_MINUTE=0",
		"POLL_APPLICATIONS_INTERVAL=1s", "POLL_APPLICATIONS_IDLE_INTERVAL=1s", "POLL_HEADCOUNTS_INTERVAL=1s",
		"POLL_INTERVIEWS_INTERVAL=5s", "POLL_FEEDBACKS_INTERVAL=5s", "POLL_HOT_SET_MIN_AGE=2s", "POLL_GONE_AFTER=1s", "POLL_SWEEP_EVERY=1m",
		"POLL_PARALLEL=8",
	}
}

// Deliver has the webhooks go to these workers, whichever takes them.
func (c *Company) Deliver(workers ...*replica.Worker) { c.door.to(workers) }

// Live lets the company live for a while at a mean pace between changes, and stand
// still then. The error is the context's.
func (c *Company) Live(ctx context.Context, d, pace time.Duration) error {
	if err := c.Start(ctx, pace); err != nil {
		return err
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
	return errors.Join(ctx.Err(), c.Rest(ctx))
}

// Start lets the company live at a pace until Rest.
func (c *Company) Start(ctx context.Context, pace time.Duration) error {
	if err := c.manage(ctx, "pace", fmt.Sprintf(`{"pace":%q}`, pace)); err != nil {
		return err
	}
	return c.manage(ctx, "resume", "")
}

// Rest has it stand still.
func (c *Company) Rest(ctx context.Context) error { return c.manage(ctx, "pause", "") }

// Delete deletes one application, of those in progress the nth.
func (c *Company) Delete(ctx context.Context, n int) (id int64, err error) {
	open := 0
	for _, its := range c.Sim.Truths(0, 10_000_000) {
		if its.Archived {
			continue
		}
		if open++; open > n {
			_, err := c.Sim.Do(ctx, mokasim.Human{Act: "delete", ApplicationID: its.ApplicationID})
			return its.ApplicationID, err
		}
	}
	return 0, fmt.Errorf("the company has %d applications in progress, not more than %d", open, n)
}

// Truths are how everything is.
func (c *Company) Truths() ([]simulated.Truth, []simulated.HeadcountTruth) {
	return c.Sim.Truths(0, 10_000_000), c.Sim.HeadcountTruths()
}
