package main

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/ops"
	"github.com/mokafka/mokafka/publish"
)

// What "mokafka dev" uses unless told otherwise; other commands look there when
// the environment names nothing else.
const (
	devWebhookAddr  = "127.0.0.1:8080"
	devOpsAddr      = "127.0.0.1:9090"
	devKafkaAddr    = "127.0.0.1:9092"
	devRegistryAddr = "127.0.0.1:8081"
	devSimAddr      = "127.0.0.1:8090"
	devOrg          = "demo"
	devSigningKey   = "dev-signing-key"
	devZhirenKey    = "dev-access-key:dev-secret"
	devAPIKey       = "dev-api-key" //nolint:gosec // everybody is to know it

	devRegistryURL = "http://" + devRegistryAddr
	devWebhookURL  = "http://" + devWebhookAddr + webhook.RESTPath
)

// account is the one that is turned into topics.
type account struct {
	// OrgID names the organisation in keys, sources and events.
	OrgID string `env:"MOKA_ORG_ID"`
	// TimeZone is that of the times and days that Moka writes without one.
	TimeZone string `env:"MOKA_TIME_ZONE,default=Asia/Shanghai"`
}

// zone is nil, which means Beijing, where the name is not known.
func (m account) zone() *time.Location {
	zone, err := time.LoadLocation(m.TimeZone)
	if err != nil {
		return nil
	}
	return zone
}

// Validate names the variables at fault.
func (m account) Validate() error {
	var errs []error
	switch {
	case m.OrgID == "":
		errs = append(errs, errors.New("MOKA_ORG_ID is not set: name your Moka organisation; the name becomes part of every key"))
	case len(m.OrgID) > 100 || strings.ContainsFunc(m.OrgID, outsideOrgID):
		errs = append(errs, fmt.Errorf("MOKA_ORG_ID: %q is not 1 to 100 letters, digits, '-', '_' and '.': it becomes part of every key", m.OrgID))
	}
	if _, err := time.LoadLocation(m.TimeZone); err != nil {
		errs = append(errs, fmt.Errorf("MOKA_TIME_ZONE: %q is not the name of a time zone, such as Asia/Shanghai", m.TimeZone))
	}
	return errors.Join(errs...)
}

// outsideOrgID: colons end the organisation in a key.
func outsideOrgID(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-_.", r)
}

// patience is how long a worker waits before it gives up.
type patience struct {
	// Start is how long Kafka and the registry may take to answer at the start.
	Start time.Duration `env:"START_TIMEOUT,default=2m"`
	// Shutdown is how long an orderly end may take.
	Shutdown time.Duration `env:"SHUTDOWN_TIMEOUT,default=20s"`
}

// Validate names the variables at fault.
func (p patience) Validate() error {
	var errs []error
	if p.Start <= 0 {
		errs = append(errs, fmt.Errorf("START_TIMEOUT: %s is not above 0", p.Start))
	}
	if p.Shutdown <= 0 {
		errs = append(errs, fmt.Errorf("SHUTDOWN_TIMEOUT: %s is not above 0", p.Shutdown))
	}
	return errors.Join(errs...)
}

// logging says what is logged, and how.
type logging struct {
	Level  string `env:"LOG_LEVEL,default=info"`
	Format string `env:"LOG_FORMAT,default=json"`
}

// Validate names the variables at fault.
func (l logging) Validate() error {
	var errs []error
	if _, err := l.level(); err != nil {
		errs = append(errs, fmt.Errorf("LOG_LEVEL: %q is not debug, info, warn or error", l.Level))
	}
	if l.Format != "json" && l.Format != "console" {
		errs = append(errs, fmt.Errorf("LOG_FORMAT: %q is not json or console", l.Format))
	}
	return errors.Join(errs...)
}

func (l logging) level() (zerolog.Level, error) {
	switch l.Level {
	case "debug", "info", "warn", "error":
		return zerolog.ParseLevel(l.Level)
	}
	return zerolog.NoLevel, errors.New("unknown level")
}

// logger writes to standard error.
func (l logging) logger(p *program) zerolog.Logger {
	level, err := l.level()
	if err != nil {
		level = zerolog.InfoLevel
	}
	out := zerolog.SyncWriter(p.stderr)
	if l.Format == "console" {
		out = zerolog.SyncWriter(zerolog.ConsoleWriter{Out: p.stderr, TimeFormat: time.TimeOnly, NoColor: true})
	}
	return zerolog.New(out).Level(level).With().Timestamp().Logger()
}

// kafkaLog is for Kafka clients: their progress is of interest in a hunt only, and
// while brokers are away each try to reach one would be a line.
func kafkaLog(log zerolog.Logger) zerolog.Logger {
	if log.GetLevel() == zerolog.DebugLevel {
		return log
	}
	few := &zerolog.BurstSampler{Burst: 5, Period: 30 * time.Second}
	return log.Level(max(log.GetLevel(), zerolog.WarnLevel)).Sample(zerolog.LevelSampler{WarnSampler: few, ErrorSampler: few})
}

// connection is what is needed to talk to Kafka and the registry.
type connection struct {
	Kafka    publish.ClientConfig
	Topics   publish.TopicConfig
	Registry registrySettings
}

// ingestSettings are all that "mokafka ingest" reads.
type ingestSettings struct {
	Moka     account
	Polling  polling
	Webhook  webhook.Config
	Kafka    publish.ClientConfig
	Topics   publish.TopicConfig
	Registry registrySettings
	Journal  publish.JournalConfig
	Derive   derive.Config
	Ops      ops.Config
	Tracing  tracing
	Patience patience
	Log      logging
}

// rooms lists the parts, for environment.read.
func (s *ingestSettings) rooms() []any {
	return []any{
		&s.Moka, &s.Polling, &s.Webhook, &s.Kafka, &s.Topics, &s.Registry, &s.Journal, &s.Derive, &s.Ops, &s.Tracing, &s.Patience, &s.Log,
	}
}

// environment is what the process was started with. A replica is named after its
// host unless it is told otherwise.
func (p *program) environment() environment {
	defaults := map[string]string{"SCHEMA_REGISTRY_URL": devRegistryURL, "MOKA_BASE_URL": mokaURL}
	if host, err := p.hostname(); err == nil {
		defaults["INGEST_INSTANCE"], defaults["WRITEBACK_INSTANCE"] = host, host
	}
	return environment{lookup: p.lookup, flags: map[string]flagValue{}, defaults: defaults}
}
