package checkpoint

import (
	"errors"
	"fmt"
	"time"
)

// Config of the choice and of what the chosen one writes.
type Config struct {
	// Group is the consumer group of all replicas that may poll the
	// organisation, and of no others; empty is the topics' prefix with
	// "-poll-" and the organisation.
	Group string `env:"POLL_GROUP"`
	// Instance names this replica; it must be its own and stay the same over
	// restarts. It has no variable here: the caller hands in INGEST_INSTANCE.
	Instance string
	// SessionTimeout is after what time a replica that died is replaced; one
	// that comes back under its name takes up its work at once.
	SessionTimeout time.Duration `env:"POLL_SESSION_TIMEOUT,default=10s"`
	// TransactionTimeout is after what time Kafka ends the transaction of a
	// replica that died and was not replaced.
	TransactionTimeout time.Duration `env:"POLL_TRANSACTION_TIMEOUT,default=20s"`
}

// Validate names every fault.
func (c Config) Validate() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	fault(c.Instance == "", "INGEST_INSTANCE is empty: give each ingest replica a name of its own, such as its host name")
	fault(c.SessionTimeout < 6*time.Second || c.SessionTimeout > 30*time.Minute,
		"POLL_SESSION_TIMEOUT is %s: it must be 6s to 30m, which is what brokers allow", c.SessionTimeout)
	fault(c.TransactionTimeout < time.Second || c.TransactionTimeout > 15*time.Minute,
		"POLL_TRANSACTION_TIMEOUT is %s: it must be 1s to 15m, which is what brokers allow", c.TransactionTimeout)
	return errors.Join(errs...)
}
