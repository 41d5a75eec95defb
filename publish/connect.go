package publish

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kprom"
	"github.com/twmb/franz-go/plugin/kzerolog"

	"github.com/mokafka/mokafka/internal/credential"
)

// ClientConfig says how to reach Kafka.
type ClientConfig struct {
	// Brokers to start from, as host:port.
	Brokers []string `env:"KAFKA_BROKERS,default=127.0.0.1:9092"`
	// ClientID names this installation in the brokers' logs, metrics and quotas;
	// each of its clients adds its role.
	ClientID string `env:"KAFKA_CLIENT_ID,default=mokafka"`

	// TLS turns it on; the certificates of the brokers are always checked.
	TLS bool `env:"KAFKA_TLS_ENABLED,default=false"`
	// TLSCAFile has the authorities to trust, PEM; empty for the system's. These
	// files are read for each connection.
	TLSCAFile string `env:"KAFKA_TLS_CA_FILE"`
	// TLSCertFile and TLSKeyFile are this client's certificate, PEM; empty for none.
	TLSCertFile string `env:"KAFKA_TLS_CERT_FILE"`
	TLSKeyFile  string `env:"KAFKA_TLS_KEY_FILE"`

	// SASLMechanism is PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 or OAUTHBEARER; empty for
	// none.
	SASLMechanism string `env:"KAFKA_SASL_MECHANISM"`
	SASLUser      string `env:"KAFKA_SASL_USER"`
	SASLPassword  string `env:"KAFKA_SASL_PASSWORD" json:"-"`
	// SASLPasswordFile is read for each login, where it is set; SASLPassword then
	// is what it held at the start.
	SASLPasswordFile string `env:"KAFKA_SASL_PASSWORD_FILE"`
	// OAuth is for OAUTHBEARER.
	OAuth OAuthConfig
}

// Validate reports every fault at once, naming the variables. It does not look
// at the files.
func (c ClientConfig) Validate() error {
	var errs []error
	fault := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if len(c.Brokers) == 0 {
		fault("KAFKA_BROKERS: it is empty")
	}
	for _, b := range c.Brokers {
		host, port, err := net.SplitHostPort(b)
		if p, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil || host == "" || p == 0 {
			fault("KAFKA_BROKERS: %q is not host:port", b)
		}
	}
	if c.ClientID == "" {
		fault("KAFKA_CLIENT_ID: it is empty")
	}
	if !c.TLS {
		for name, file := range c.tlsFiles {
			if file != "" {
				fault("%s: it is set, but KAFKA_TLS_ENABLED is not true", name)
			}
		}
	}
	if (c.TLSCertFile == "") != (c.TLSKeyFile == "") {
		fault("KAFKA_TLS_CERT_FILE and KAFKA_TLS_KEY_FILE: one is set and the other is not")
	}
	errs = append(errs, c.validateLogin()...)
	return errors.Join(errs...)
}

// tlsFiles yields the variables that name files, in their order.
func (c ClientConfig) tlsFiles(yield func(name, file string) bool) {
	_ = yield("KAFKA_TLS_CA_FILE", c.TLSCAFile) &&
		yield("KAFKA_TLS_CERT_FILE", c.TLSCertFile) &&
		yield("KAFKA_TLS_KEY_FILE", c.TLSKeyFile)
}

// Options are what every client of the installation needs: where Kafka is, who
// we are, the log and the metrics (mokafka_kafka_…, labelled with the client id
// `<ClientID>-<role>`). At level info the client logs warnings only. Roles that live at the same time under one registerer
// must differ; a client unregisters its metrics when it is closed. A nil reg
// means no metrics. It reads the TLS files, and fails if c is not valid.
func (c ClientConfig) Options(role string, log zerolog.Logger, reg prometheus.Registerer) ([]kgo.Opt, error) {
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("configure the Kafka client: %w", err)
	}
	id := c.ClientID + "-" + role
	log = log.With().Str("kafka_client", id).Logger()
	if log.GetLevel() == zerolog.InfoLevel {
		log = log.Level(zerolog.WarnLevel) // at info the client tells its progress
	}
	opts := []kgo.Opt{
		kgo.SeedBrokers(c.Brokers...),
		kgo.ClientID(id),
		kgo.SoftwareNameAndVersion("mokafka", "v1"),
		kgo.WithLogger(kzerolog.New(&log)),
	}
	if reg != nil {
		opts = append(opts, kgo.WithHooks(kprom.NewMetrics("mokafka",
			kprom.Subsystem("kafka"), kprom.Registerer(reg), kprom.WithClientLabel(),
			// What tells that a broker is slow, or holds us back; those of each read and
			// write stay switched off.
			kprom.Histograms(kprom.RequestDurationE2E, kprom.RequestThrottled),
			kprom.FetchAndProduceDetail(kprom.ByTopic, kprom.Batches, kprom.Records, kprom.CompressedBytes, kprom.UncompressedBytes))))
	}
	if c.TLS {
		files := credential.TLS{CAFile: c.TLSCAFile, CertFile: c.TLSCertFile, KeyFile: c.TLSKeyFile}
		if _, err := files.Config(); err != nil {
			return nil, fmt.Errorf("configure the Kafka client: KAFKA_TLS_CA_FILE, KAFKA_TLS_CERT_FILE, KAFKA_TLS_KEY_FILE: %w", err)
		}
		opts = append(opts, kgo.Dialer(func(ctx context.Context, network, host string) (net.Conn, error) {
			return files.Dial(ctx, network, host, dialTimeout)
		}))
	}
	mechanism, err := c.mechanism()
	if err != nil {
		return nil, fmt.Errorf("configure the Kafka client: %w", err)
	}
	if mechanism != nil {
		opts = append(opts, kgo.SASL(mechanism))
	}
	return opts, nil
}

// dialTimeout is how long a broker may take to answer a connection, as kgo has it.
const dialTimeout = 10 * time.Second
