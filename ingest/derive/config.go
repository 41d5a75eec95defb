package derive

import (
	"errors"
	"fmt"
	"time"
)

// Config of the loop.
type Config struct {
	// Group is the consumer group of all replicas that derive; empty is the
	// topics' prefix with "-derive", so that installations on one cluster keep
	// apart.
	Group string `env:"DERIVE_GROUP"`
	// Instance names this replica; it must be its own and stay the same over
	// restarts, so that a restart ends what the crashed process left open.
	Instance string `env:"INGEST_INSTANCE"`
	// StateDir is where the local copy of the state lives.
	StateDir string `env:"STATE_DIR,default=./mokafka-state"`
	// MaxBatch is how many entries go into one transaction at the most.
	MaxBatch int `env:"DERIVE_MAX_BATCH,default=2000"`
	// TransactionTimeout is after what time Kafka ends the transaction of a
	// replica that died and does not come back; read_committed consumers wait
	// that long.
	TransactionTimeout time.Duration `env:"DERIVE_TRANSACTION_TIMEOUT,default=20s"`
	// SessionTimeout is after what time the partitions of a replica that died
	// go to the others; one that comes back under its name takes them up at once.
	SessionTimeout time.Duration `env:"DERIVE_SESSION_TIMEOUT,default=20s"`
	// GraveRetention is how long a deletion is remembered; it must not be less
	// than the retention of the journal.
	GraveRetention time.Duration `env:"DERIVE_GRAVE_RETENTION,default=168h"`
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
	fault(c.StateDir == "", "STATE_DIR is empty: name a directory for the local copy of the state")
	fault(c.MaxBatch < 1 || c.MaxBatch > 100_000, "DERIVE_MAX_BATCH is %d: it must be 1 to 100000", c.MaxBatch)
	fault(c.TransactionTimeout < time.Second || c.TransactionTimeout > 15*time.Minute,
		"DERIVE_TRANSACTION_TIMEOUT is %s: it must be 1s to 15m, which is what brokers allow", c.TransactionTimeout)
	fault(c.SessionTimeout < 6*time.Second || c.SessionTimeout > 30*time.Minute,
		"DERIVE_SESSION_TIMEOUT is %s: it must be 6s to 30m, which is what brokers allow", c.SessionTimeout)
	fault(c.GraveRetention < time.Hour, "DERIVE_GRAVE_RETENTION is %s: it must be at least the retention of the journal", c.GraveRetention)
	return errors.Join(errs...)
}
