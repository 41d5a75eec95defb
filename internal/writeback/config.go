package writeback

import (
	"errors"
	"fmt"
	"time"
)

// Config of the worker.
type Config struct {
	// Group is the consumer group of all workers; empty is the topics' prefix with
	// "-writeback".
	Group string `env:"WRITEBACK_GROUP"`
	// Instance names this worker; it must be its own and stay the same over
	// restarts, so that a restart ends what the crashed process left open.
	Instance string `env:"WRITEBACK_INSTANCE"`
	// StateDir is where the local copy of the ledger lives.
	StateDir string `env:"WRITEBACK_STATE_DIR,default=./mokafka-writeback"`
	// Parallel is how many applications are worked on at the same time.
	Parallel int `env:"WRITEBACK_PARALLEL,default=16"`
	// MaxPending is how many commands are held at hand at the most.
	MaxPending int `env:"WRITEBACK_MAX_PENDING,default=2000"`
	// QuotaPerMinute is what all workers together may take of Moka's quota, reads
	// included; each takes the fraction of the partitions that it holds.
	QuotaPerMinute int `env:"WRITEBACK_QUOTA_PER_MINUTE,default=20"`
	// HeadcountWritesPerMinute is Moka's limit of writes to headcounts; each worker
	// takes the same fraction of it.
	HeadcountWritesPerMinute int `env:"MOKA_HEADCOUNT_WRITES_PER_MINUTE,default=30"`
	// MaxAttempts is how often a write is tried before the command has FAILED.
	MaxAttempts int `env:"WRITEBACK_MAX_ATTEMPTS,default=8"`
	// Backoff is the pause after the first attempt that came to nothing; it
	// doubles, up to BackoffMax.
	Backoff    time.Duration `env:"WRITEBACK_BACKOFF,default=1s"`
	BackoffMax time.Duration `env:"WRITEBACK_BACKOFF_MAX,default=1m"`
	// MaxParked is how many commands may wait for one application; more are
	// refused.
	MaxParked int `env:"WRITEBACK_MAX_PARKED,default=1000"`
	// CallTimeout bounds one call to Moka.
	CallTimeout time.Duration `env:"WRITEBACK_CALL_TIMEOUT,default=30s"`
	// Grace is how long after a call ended without an answer Moka may still carry
	// it out. Nobody documents it; too short a time may repeat a write.
	Grace time.Duration `env:"WRITEBACK_GRACE,default=30s"`
	// Fresh lets commands that are younger be written without reading Moka first,
	// if they have no precondition, no earlier attempt and need nothing looked up.
	// 0 reads before every write. What is saved is at most one call a command (20
	// applications share a read); what is given up is that a change by people
	// within that time is noticed.
	Fresh time.Duration `env:"WRITEBACK_FRESH,default=0s"`
	// ReadMaxAge is how long ago at most Moka may have shown what a write is decided
	// by, counted from its answer, when the write begins; longer, and it is read
	// again. What people do within that time and the two calls' own is overridden.
	// A shorter time costs reads where the quota makes writes wait.
	ReadMaxAge time.Duration `env:"WRITEBACK_READ_MAX_AGE,default=2s"`
	// LookupTTL is how long the stages of a job and the reasons are remembered.
	LookupTTL time.Duration `env:"WRITEBACK_LOOKUP_TTL,default=10m"`
	// AuthPause is how long everything waits after Moka did not know the key.
	AuthPause time.Duration `env:"WRITEBACK_AUTH_PAUSE,default=30s"`
	// StopTimeout is how long a stop, or the loss of a partition, waits for what is
	// under way. What takes longer is left PENDING, and settled by the next owner.
	StopTimeout time.Duration `env:"WRITEBACK_STOP_TIMEOUT,default=25s"`
	// SessionTimeout is after what time the partitions of a worker that died go to
	// the others.
	SessionTimeout time.Duration `env:"WRITEBACK_SESSION_TIMEOUT,default=20s"`
	// TransactionTimeout is after what time Kafka ends the transaction of a worker
	// that died.
	TransactionTimeout time.Duration `env:"WRITEBACK_TRANSACTION_TIMEOUT,default=20s"`
}

// Validate names every fault.
func (c Config) Validate() error {
	var errs []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	between := func(name string, d, least, most time.Duration) {
		fault(d < least || d > most, "%s is %s: it must be %s to %s", name, d, least, most)
	}
	number := func(name string, n, most int) {
		fault(n < 1 || n > most, "%s is %d: it must be 1 to %d", name, n, most)
	}
	fault(c.Instance == "", "WRITEBACK_INSTANCE is empty: give each worker a name of its own, such as its host name")
	fault(c.StateDir == "", "WRITEBACK_STATE_DIR is empty: name a directory for the local copy of the ledger")
	number("WRITEBACK_PARALLEL", c.Parallel, 1000)
	number("WRITEBACK_MAX_PENDING", c.MaxPending, 1_000_000)
	number("WRITEBACK_QUOTA_PER_MINUTE", c.QuotaPerMinute, 1_000_000)
	number("MOKA_HEADCOUNT_WRITES_PER_MINUTE", c.HeadcountWritesPerMinute, 1_000_000)
	number("WRITEBACK_MAX_ATTEMPTS", c.MaxAttempts, 100)
	number("WRITEBACK_MAX_PARKED", c.MaxParked, 10_000)
	between("WRITEBACK_BACKOFF", c.Backoff, time.Millisecond, time.Hour)
	between("WRITEBACK_BACKOFF_MAX", c.BackoffMax, c.Backoff, time.Hour)
	between("WRITEBACK_CALL_TIMEOUT", c.CallTimeout, 10*time.Millisecond, 5*time.Minute)
	between("WRITEBACK_GRACE", c.Grace, 0, time.Hour)
	between("WRITEBACK_FRESH", c.Fresh, 0, time.Hour)
	between("WRITEBACK_READ_MAX_AGE", c.ReadMaxAge, 10*time.Millisecond, time.Hour)
	between("WRITEBACK_LOOKUP_TTL", c.LookupTTL, time.Second, 24*time.Hour)
	between("WRITEBACK_AUTH_PAUSE", c.AuthPause, time.Millisecond, time.Hour)
	between("WRITEBACK_STOP_TIMEOUT", c.StopTimeout, time.Millisecond, 10*time.Minute)
	between("WRITEBACK_SESSION_TIMEOUT", c.SessionTimeout, 6*time.Second, 30*time.Minute)
	between("WRITEBACK_TRANSACTION_TIMEOUT", c.TransactionTimeout, time.Second, 15*time.Minute)
	return errors.Join(errs...)
}
