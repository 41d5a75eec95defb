package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"syscall"
	"time"

	"github.com/rs/zerolog"
	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// connectionFlags are those of the commands that talk to Kafka or the registry.
type connectionFlags struct {
	brokers, registry string
	timeout           time.Duration
}

func (f *connectionFlags) add(cmd *cobra.Command, kafka, registry bool) {
	f.addAddresses(cmd, kafka, registry)
	cmd.Flags().DurationVar(&f.timeout, "timeout", 5*time.Second, "how long Kafka and the registry may take to answer at first")
}

// addAddresses leaves out --timeout.
func (f *connectionFlags) addAddresses(cmd *cobra.Command, kafka, registry bool) {
	if kafka {
		cmd.Flags().StringVar(&f.brokers, "brokers", "", "Kafka brokers, host:port,… (default: KAFKA_BROKERS, else "+devKafkaAddr+")")
	}
	if registry {
		cmd.Flags().StringVar(&f.registry, "registry", "", "schema registry (default: SCHEMA_REGISTRY_URL, else "+devRegistryURL+")")
	}
}

// over lays the flags that were given over the environment.
func (f *connectionFlags) over(e environment) environment {
	if f.brokers != "" {
		e.flags["KAFKA_BROKERS"] = flagValue{"--brokers", f.brokers}
	}
	if f.registry != "" {
		e.flags["SCHEMA_REGISTRY_URL"] = flagValue{"--registry", f.registry}
	}
	return e
}

// dial makes a client, and waits until a broker answers it.
func (c connection) dial(ctx context.Context, timeout time.Duration, log zerolog.Logger, extra ...kgo.Opt) (*kgo.Client, error) {
	opts, err := c.Kafka.Options("cli", log, nil)
	if err != nil {
		return nil, &wrongUseError{err}
	}
	opts = append(opts, kgo.MetadataMinAge(250*time.Millisecond), kgo.DialTimeout(timeout),
		// What listens but does not speak Kafka outlasts any context otherwise.
		kgo.RequestTimeoutOverhead(min(max(timeout, time.Second), time.Minute)))
	client, err := kgo.NewClient(append(opts, extra...)...)
	if err != nil {
		return nil, fmt.Errorf("make the Kafka client: %w", err)
	}
	if err := c.reach(ctx, client, timeout); err != nil {
		client.Close()
		return nil, err
	}
	return client, nil
}

// reach waits until a broker answers.
func (c connection) reach(ctx context.Context, client *kgo.Client, timeout time.Duration) error {
	waiting, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	pause := time.NewTicker(200 * time.Millisecond)
	defer pause.Stop()
	var last error
	for {
		err := client.Ping(waiting)
		if err == nil {
			return nil
		}
		if last == nil || !errors.Is(err, context.DeadlineExceeded) {
			last = err // the last try is cut short, and tells less than those before
		}
		select {
		case <-pause.C:
		case <-waiting.Done():
		}
		if ctx.Err() != nil {
			return fmt.Errorf("reach Kafka: %w", context.Cause(ctx))
		}
		if waiting.Err() != nil {
			return c.unreachable(last, timeout)
		}
	}
}

// unreachable says it in one line, with what can be done.
func (c connection) unreachable(err error, timeout time.Duration) error {
	brokers := strings.Join(c.Kafka.Brokers, ",")
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no Kafka broker answers at %s (connection refused): start it, or name others with --brokers or KAFKA_BROKERS", brokers)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no Kafka broker answers at %s within %s: check the address (--brokers, KAFKA_BROKERS) and the network between", brokers, timeout)
	case strings.Contains(err.Error(), "SASL"):
		with := "KAFKA_SASL_USER and KAFKA_SASL_PASSWORD"
		if c.Kafka.SASLMechanism == "OAUTHBEARER" {
			with = "the KAFKA_SASL_OAUTH_ variables"
		}
		return fmt.Errorf("Kafka at %s refuses the login: check KAFKA_SASL_MECHANISM, %s: %w", brokers, with, err)
	case strings.Contains(err.Error(), "tls:"), strings.Contains(err.Error(), "x509:"):
		return fmt.Errorf("no TLS connection to Kafka at %s: check KAFKA_TLS_ENABLED, KAFKA_TLS_CA_FILE and the port: %w", brokers, err)
	}
	return fmt.Errorf("Kafka at %s does not answer as Kafka does: check --brokers or KAFKA_BROKERS, and whether it wants TLS (KAFKA_TLS_ENABLED): %w", brokers, err)
}

// admin is dial for administration.
func (c connection) admin(ctx context.Context, timeout time.Duration, log zerolog.Logger) (*kadm.Client, error) {
	client, err := c.dial(ctx, timeout, log)
	if err != nil {
		return nil, err
	}
	return kadm.NewClient(client), nil
}

// open makes the registry's client, whose requests may take timeout each.
func (c connection) open(timeout time.Duration) (*schemas.Registry, error) {
	conf := c.Registry
	conf.Timeout = min(conf.Timeout, timeout)
	registry, err := conf.client()
	if err != nil {
		return nil, &wrongUseError{err}
	}
	return registry, nil
}

// noRegistry says in one line that the registry does not answer, and why.
func noRegistry(err error, urls []string) error {
	at := strings.Join(urls, ",")
	var refused *schemas.RegistryError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED):
		return fmt.Errorf("no schema registry answers at %s (connection refused): start it, or name another with --registry or SCHEMA_REGISTRY_URL", at)
	case errors.Is(err, context.DeadlineExceeded):
		return fmt.Errorf("no schema registry answers at %s in time: check the address (--registry, SCHEMA_REGISTRY_URL) and the network between", at)
	case errors.As(err, &refused):
		return fmt.Errorf("the schema registry at %s is of no use: %w", at, refused)
	}
	return err
}

// quiet is the log of short commands, whose errors say what is wrong: what
// clients log beside is shown only where LOG_LEVEL=debug asks for it.
func (p *program) quiet() zerolog.Logger {
	if level, _ := p.lookup("LOG_LEVEL"); level != "debug" {
		return zerolog.Nop()
	}
	return logging{Level: "debug", Format: "console"}.logger(p)
}
