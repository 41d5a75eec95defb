package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/kafkatest/embedded"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/ops"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// devHouse is everything that dev runs.
type devHouse struct {
	*program
	options  devOptions
	dir      string
	parts    *parts
	metrics  *prometheus.Registry
	log      zerolog.Logger
	settings ingestSettings
	client   *kgo.Client // for topics and the feed
	worker   *ingestWorker
	sim      *mokasim.Simulator
	writer   *writebackWorker // nil: there is no Moka to write to
	feed     func(context.Context) error
}

// start starts all parts and returns when every one of them works.
func (d *devHouse) start(ctx context.Context) error {
	env := d.environment()
	var logs logging
	if err := env.read(&logs); err != nil {
		return err
	}
	d.log = logs.logger(d.program)
	if err := d.startStorage(ctx, env); err != nil {
		return err
	}
	if err := env.read(d.settings.rooms()...); err != nil {
		return err
	}
	if err := d.prepare(ctx); err != nil {
		return err
	}
	port, err := ops.New(d.settings.Ops, d.metrics, d.log)
	if err != nil {
		return &wrongUseError{err}
	}
	d.parts.start(ctx, "the ops port", port.Run)
	if err := d.parts.await(ctx, port.Ready()); err != nil {
		return err
	}
	d.settings.Ops.Addr = port.Addr().String()
	d.worker = &ingestWorker{settings: d.settings, port: port, metrics: d.metrics, log: d.log, now: d.now}
	if err := d.worker.start(ctx, d.parts); err != nil {
		return err
	}
	if !d.options.noSim {
		if err := d.startSim(ctx, env); err != nil {
			return err
		}
	}
	asked, err := d.askForPast(ctx)
	if err != nil {
		return err
	}
	if err := d.worker.startPoller(ctx, d.parts); err != nil {
		return err
	}
	if err := d.awaitPast(ctx, asked); err != nil {
		return err
	}
	if err := d.startWriteback(ctx, env); err != nil {
		return err
	}
	d.feed, err = d.prepareFeed(ctx)
	return err
}

// demonstration is how dev polls unless told otherwise: what happens is to be seen
// soon, and the simulator's quota is as large as one likes.
var demonstration = map[string]string{
	"MOKA_QUOTA_PER_MINUTE":      "600",
	"WRITEBACK_QUOTA_PER_MINUTE": "120", "WRITEBACK_AUTH_PAUSE": "5s",
	"POLL_APPLICATIONS_INTERVAL": "1s", "POLL_APPLICATIONS_IDLE_INTERVAL": "2s", "POLL_OVERLAP": "5s", "POLL_LOOK_BACK": "2m",
	"POLL_HEADCOUNTS_INTERVAL": "3s", "POLL_INTERVIEWS_INTERVAL": "10s", "POLL_FEEDBACKS_INTERVAL": "10s",
	"POLL_HOT_SET_MIN_AGE": "10s", "POLL_SWEEP_EVERY": "1m", "POLL_GONE_AFTER": "10s",
}

// environment is that of the process, with dev's own defaults. What it says about
// Kafka, the registry and Moka counts only where flags ask for others than dev's
// own: nobody wants a simulated company in the Kafka that the shell happens to
// know.
func (d *devHouse) environment() environment {
	o := d.options
	env := d.program.environment()
	lookup := env.lookup
	env.lookup = func(name string) (string, bool) {
		ownKafka := strings.HasPrefix(name, "KAFKA_") && !strings.HasPrefix(name, "KAFKA_TOPIC_") && o.brokers == ""
		ownRegistry := strings.HasPrefix(name, "SCHEMA_REGISTRY_") && o.registry == ""
		ownMoka := !o.noSim && (name == "MOKA_BASE_URL" || strings.HasPrefix(name, "MOKA_API_KEY") || strings.HasPrefix(name, "MOKA_CLIENT_"))
		if ownKafka || ownRegistry || ownMoka {
			return "", false
		}
		return lookup(name)
	}
	for name, value := range map[string]string{
		"MOKA_ORG_ID": devOrg, "WEBHOOK_SIGNING_KEYS": devSigningKey, "WEBHOOK_ZHIREN_KEYS": devZhirenKey, "LOG_FORMAT": "console", "LOG_LEVEL": "warn",
		"KAFKA_TOPIC_REPLICATION": "1", "INGEST_INSTANCE": "dev", "WRITEBACK_INSTANCE": "dev", "SIM_ORG_ID": devOrg,
	} {
		env.defaults[name] = value
	}
	d.mokaDefaults(env)
	for name, f := range map[string]flagValue{
		"WEBHOOK_ADDR": {"--webhook-addr", o.webhookAddr},
		"OPS_ADDR":     {"--ops-addr", o.opsAddr},
		"SIM_ADDR":     {"--sim-addr", o.simAddr},
		"SIM_PACE":     {"--pace", o.pace.String()},
		"STATE_DIR":    {"--data-dir", filepath.Join(d.dir, "state")},
	} {
		env.flags[name] = f
	}
	if o.brokers != "" {
		env.flags["KAFKA_BROKERS"] = flagValue{"--brokers", o.brokers}
	}
	if o.registry != "" {
		env.flags["SCHEMA_REGISTRY_URL"] = flagValue{"--registry", o.registry}
	}
	return env
}

// mokaDefaults are those of the Moka that is polled: the simulator, or one that
// the environment names.
func (d *devHouse) mokaDefaults(env environment) {
	o := d.options
	_, key := env.nonEmpty("MOKA_API_KEY")
	_, keyFile := env.nonEmpty("MOKA_API_KEY" + fileSuffix)
	_, client := env.nonEmpty("MOKA_CLIENT_ID")
	switch {
	case !o.noSim:
		maps.Copy(env.defaults, demonstration)
		if _, tight := env.nonEmpty("MOKA_QUOTA_PER_MINUTE"); tight {
			delete(env.defaults, "WRITEBACK_QUOTA_PER_MINUTE") // it may be less than that
		}
		// Where the simulator is shows when it has started.
		env.defaults["MOKA_BASE_URL"], env.defaults["MOKA_API_KEY"] = "http://"+o.simAddr+api.Prefix, devAPIKey
	case !key && !keyFile && !client:
		env.defaults["POLL_APPLICATIONS"] = poll.ApplicationsOff
	}
}

// startStorage starts Kafka and the registry, where they are dev's own, and notes
// where they are.
func (d *devHouse) startStorage(ctx context.Context, env environment) error {
	if d.options.brokers == "" {
		cfg := embedded.Config{Addr: d.options.kafkaAddr, Logger: d.log}
		if d.options.dataDir != "" {
			cfg.DataDir = filepath.Join(d.dir, "kafka")
		}
		broker, err := embedded.Start(cfg)
		if err != nil {
			return fmt.Errorf("%w (--kafka-addr, --data-dir)", err)
		}
		d.parts.hold("Kafka", func(context.Context) error { broker.Close(); return nil })
		env.flags["KAFKA_BROKERS"] = flagValue{"--kafka-addr", strings.Join(broker.Addrs(), ",")}
	}
	if d.options.registry == "" {
		addr, err := d.startRegistry(ctx)
		if err != nil {
			return err
		}
		env.flags["SCHEMA_REGISTRY_URL"] = flagValue{"--registry-addr", "http://" + addr}
	}
	return nil
}

func (d *devHouse) startRegistry(ctx context.Context) (addr string, err error) {
	handler := schemastest.New()
	if d.options.dataDir != "" {
		if handler, err = schemastest.Open(filepath.Join(d.dir, "registry.json")); err != nil {
			return "", err
		}
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", d.options.registryAddr)
	if err != nil {
		return "", fmt.Errorf("listen for the schema registry: %w", err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 5 * time.Second}
	d.parts.start(ctx, "the schema registry", func(ctx context.Context) error {
		stop := context.AfterFunc(ctx, func() { _ = server.Close() }) // nothing hangs on its last answers
		defer stop()
		if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
			return err
		}
		return nil
	})
	return listener.Addr().String(), nil
}

// prepare creates topics and registers schemas.
func (d *devHouse) prepare(ctx context.Context) error {
	s := &d.settings
	c := connection{Kafka: s.Kafka, Topics: s.Topics, Registry: s.Registry}
	client, err := c.dial(ctx, attemptTimeout, kafkaLog(d.log))
	if err != nil {
		return err
	}
	d.client = client
	d.parts.hold("the client of topics", func(context.Context) error { client.Close(); return nil })
	specs := publish.Catalogue(s.Topics)
	if _, err := publish.Apply(ctx, kadm.NewClient(client), specs, publish.ApplyOptions{}); err != nil {
		return err
	}
	registry, err := c.open(attemptTimeout)
	if err != nil {
		return err
	}
	_, err = registerSchemas(ctx, registry, specs, false)
	if errors.Is(err, schemas.ErrRegistryUnavailable) {
		err = noRegistry(err, s.Registry.URLs)
	}
	return err
}

// doorURL is where webhooks are to be sent.
func (d *devHouse) doorURL() string {
	scheme := "http"
	if d.settings.Webhook.TLS != webhook.TLSOff {
		scheme = "https"
	}
	return scheme + "://" + d.worker.door.Addr().String() + webhook.RESTPath
}

// otherDoor is where else to send them, "" where that door is closed.
func (d *devHouse) otherDoor(path string, open bool) string {
	if !open {
		return ""
	}
	return strings.TrimSuffix(d.doorURL(), webhook.RESTPath) + path
}

func (d *devHouse) startSim(ctx context.Context, env environment) error {
	w := d.settings.Webhook
	// Whoever wants to see a tight quota sets one variable.
	env.defaults["SIM_QUOTA_PER_MINUTE"] = strconv.Itoa(d.settings.Polling.Quota.PerMinute)
	for name, value := range map[string]string{
		"SIM_WEBHOOK_URL": d.doorURL(), "SIM_SIGNING_KEY": w.SigningKeys[0],
		"SIM_DATA_KEY": w.DataKey, "SIM_DATA_IV": w.DataIV,
		"SIM_SOAP_URL":   d.otherDoor(webhook.SOAPPath, w.SOAPBearer != webhook.BearerOff),
		"SIM_ZHIREN_URL": d.otherDoor(webhook.ZhirenPath, len(w.ZhirenKeys) > 0),
		"SIM_ZHIREN_KEY": append(w.ZhirenKeys, "")[0],
	} {
		if value != "" {
			env.defaults[name] = value
		}
	}
	if d.options.dataDir != "" {
		// The topics remember the company; told again from its beginning, its
		// story would not follow from theirs.
		env.defaults["SIM_SEED"] = strconv.FormatInt(d.now().Unix(), 10)
	}
	var cfg mokasim.Config
	if err := env.read(&cfg); err != nil {
		return err
	}
	d.sim = mokasim.New(cfg, mokasim.Deps{Log: d.log})
	d.parts.start(ctx, "the simulator", d.sim.Run)
	if err := d.parts.await(ctx, d.sim.Ready()); err != nil {
		return err
	}
	p := &d.settings.Polling
	p.API.BaseURL, p.API.APIKey = "http://"+d.sim.Addr()+api.Prefix, cfg.APIKey
	d.worker.settings.Polling = *p
	return nil
}

// announce says where everything is.
func (d *devHouse) announce(took time.Duration) {
	s := d.settings
	row := func(name, where, more string) { fmt.Fprintf(d.stdout, "  %-13s %-44s %s\n", name, where, more) }
	row("webhook", d.doorURL(), "signing key "+s.Webhook.SigningKeys[0])
	row("Kafka", strings.Join(s.Kafka.Brokers, ","), "topics "+s.Topics.Prefix+".*")
	row("registry", strings.Join(s.Registry.URLs, ","), "")
	if d.sim != nil {
		row("simulator", "http://"+d.sim.Addr()+"/__sim/status", "what it can be told: /__sim/…")
	}
	switch p := s.Polling; {
	case d.sim != nil && p.Feeds.On():
		row("Moka's API", p.API.BaseURL, "the simulator's; key "+p.API.APIKey)
	case d.sim != nil:
		row("Moka's API", p.API.BaseURL, "key "+p.API.APIKey+"; not polled (POLL_APPLICATIONS=off)")
	case p.Feeds.On():
		row("Moka's API", p.API.BaseURL, "polled; how that goes is at /readyz/poll")
	default:
		row("Moka's API", "not polled", "for that, set MOKA_API_KEY and MOKA_BASE_URL")
	}
	row("ops", "http://"+s.Ops.Addr+"/readyz", "/healthz, /metrics")
	row("organisation", s.Moka.OrgID, "")
	row("data", cmp.Or(d.options.dataDir, "forgotten at the end"), "")
	var at, to string
	if where := strings.Join(s.Kafka.Brokers, ","); where != devKafkaAddr {
		at = " --brokers " + where
	}
	if where := strings.Join(s.Registry.URLs, ","); where != devRegistryURL {
		at += " --registry " + where
	}
	if door := d.doorURL(); door != devWebhookURL {
		to = " --url " + door
	}
	fmt.Fprintf(d.stdout, "\n  Try, in another terminal:\n"+
		"    echo '{\"event\":\"pushCandidate\",\"data\":{\"applicationId\":7,\"name\":\"张三\"}}' | %s webhook send --fresh -%s\n"+
		"    %s tail candidates --from earliest --json%s\n", d.called(), to, d.called(), at)
	if try := d.suggestion(); try != "" {
		fmt.Fprintf(d.stdout, "    %s%s\n", try, at)
	}
	switch polled := s.Polling.Feeds.On(); {
	case d.sim != nil:
		fmt.Fprintf(d.stdout, "    curl -X POST http://%s/__sim/trigger/createInterviewsInfo\n", d.sim.Addr())
		if polled && at == "" && d.sim.Addr() == devSimAddr && s.Moka.OrgID == devOrg {
			fmt.Fprintf(d.stdout, "    %s audit --calls-per-minute 600 --settle 10s\n", d.called())
		}
	case polled:
		since := d.now().AddDate(0, -3, 0).Format(time.DateOnly)
		fmt.Fprintf(d.stdout, "    MOKA_ORG_ID=%s %s backfill --feed all --since %s%s\n", s.Moka.OrgID, d.called(), since, at)
	}
	fmt.Fprintf(d.stdout, "\n  Up in %.1f s; Ctrl-C ends it. Events, as they happen:\n\n", took.Seconds())
}
