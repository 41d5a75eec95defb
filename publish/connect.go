package publish

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"strconv"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
	"github.com/twmb/franz-go/plugin/kprom"
	"github.com/twmb/franz-go/plugin/kzerolog"
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
	// TLSCAFile has the authorities to trust, PEM; empty for the system's.
	TLSCAFile string `env:"KAFKA_TLS_CA_FILE"`
	// TLSCertFile and TLSKeyFile are this client's certificate, PEM; empty for none.
	TLSCertFile string `env:"KAFKA_TLS_CERT_FILE"`
	TLSKeyFile  string `env:"KAFKA_TLS_KEY_FILE"`

	// SASLMechanism is PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512; empty for none.
	SASLMechanism string `env:"KAFKA_SASL_MECHANISM"`
	SASLUser      string `env:"KAFKA_SASL_USER"`
	SASLPassword  string `env:"KAFKA_SASL_PASSWORD" json:"-"`
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
	switch c.SASLMechanism {
	case "":
		if c.SASLUser != "" || c.SASLPassword != "" {
			fault("KAFKA_SASL_MECHANISM: it is empty, but a user or password is set")
		}
	case "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512":
		if c.SASLUser == "" {
			fault("KAFKA_SASL_USER: %s needs it", c.SASLMechanism)
		}
		if c.SASLPassword == "" {
			fault("KAFKA_SASL_PASSWORD: %s needs it", c.SASLMechanism)
		}
	default:
		fault("KAFKA_SASL_MECHANISM: %q is not PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512", c.SASLMechanism)
	}
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
			kprom.Subsystem("kafka"), kprom.Registerer(reg), kprom.WithClientLabel())))
	}
	if c.TLS {
		conf, err := c.tlsConfig()
		if err != nil {
			return nil, fmt.Errorf("configure the Kafka client: %w", err)
		}
		opts = append(opts, kgo.DialTLSConfig(conf))
	}
	if mechanism := c.mechanism(); mechanism != nil {
		opts = append(opts, kgo.SASL(mechanism))
	}
	return opts, nil
}

func (c ClientConfig) tlsConfig() (*tls.Config, error) {
	conf := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLSCAFile != "" {
		pem, err := os.ReadFile(c.TLSCAFile)
		if err != nil {
			return nil, fmt.Errorf("KAFKA_TLS_CA_FILE: %w", err)
		}
		conf.RootCAs = x509.NewCertPool()
		if !conf.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("KAFKA_TLS_CA_FILE: %s has no certificate in PEM", c.TLSCAFile)
		}
	}
	if c.TLSCertFile != "" {
		cert, err := tls.LoadX509KeyPair(c.TLSCertFile, c.TLSKeyFile)
		if err != nil {
			return nil, fmt.Errorf("KAFKA_TLS_CERT_FILE, KAFKA_TLS_KEY_FILE: %w", err)
		}
		conf.Certificates = []tls.Certificate{cert}
	}
	return conf, nil
}

func (c ClientConfig) mechanism() sasl.Mechanism {
	auth := scram.Auth{User: c.SASLUser, Pass: c.SASLPassword}
	switch c.SASLMechanism {
	case "PLAIN":
		return plain.Auth{User: c.SASLUser, Pass: c.SASLPassword}.AsMechanism()
	case "SCRAM-SHA-256":
		return auth.AsSha256Mechanism()
	case "SCRAM-SHA-512":
		return auth.AsSha512Mechanism()
	}
	return nil
}
