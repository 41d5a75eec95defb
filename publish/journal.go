package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// JournalConfig bounds what waits for Kafka.
type JournalConfig struct {
	// Timeout is how long Append waits. An answer should be out within 5 s.
	Timeout time.Duration `env:"JOURNAL_TIMEOUT,default=4s"`
	// BufferRecords is how many records may wait for Kafka.
	BufferRecords int `env:"JOURNAL_BUFFER_RECORDS,default=10000"`
	// BufferBytes is how many bytes they may have together.
	BufferBytes int `env:"JOURNAL_BUFFER_BYTES,default=67108864"`
}

// Validate reports every fault at once, naming the variables.
func (c JournalConfig) Validate() error {
	var errs []error
	if c.Timeout <= 0 || c.Timeout > time.Minute {
		errs = append(errs, fmt.Errorf("JOURNAL_TIMEOUT: %s is not between 1ms and 1m", c.Timeout))
	}
	if c.BufferRecords < 1 {
		errs = append(errs, fmt.Errorf("JOURNAL_BUFFER_RECORDS: %d is not at least 1", c.BufferRecords))
	}
	if c.BufferBytes < maxDeadLetterBytes {
		errs = append(errs, fmt.Errorf("JOURNAL_BUFFER_BYTES: %d has no room for the largest record, %d", c.BufferBytes, maxDeadLetterBytes))
	}
	return errors.Join(errs...)
}

// Options are what the Journal's client needs beside ClientConfig.Options.
func (c JournalConfig) Options(t Topics) []kgo.Opt {
	return append(ProducerOptions(t),
		kgo.MaxBufferedRecords(c.BufferRecords),
		kgo.MaxBufferedBytes(c.BufferBytes),
		// A promise waits out a linger; batches form by themselves while a
		// request is under way.
		kgo.ProducerLinger(0),
	)
}

// Journal writes what Moka said, for callers who wait until it is safe. It is
// safe for concurrent use, and finds Kafka again by itself.
type Journal struct {
	client  *kgo.Client
	records *Records
	timeout time.Duration
	now     func() time.Time
	seconds *prometheus.HistogramVec
}

// NewJournal returns a Journal on client, which was made with cfg.Options and
// stays the caller's. It fails only if its metrics can't be registered.
func NewJournal(cfg JournalConfig, client *kgo.Client, records *Records, now func() time.Time, reg prometheus.Registerer) (*Journal, error) {
	seconds, err := registered(reg, prometheus.NewHistogramVec(prometheus.HistogramOpts{
		Name:    "mokafka_publish_journal_append_seconds",
		Help:    "How long callers waited for the journal, by what came of it: ok, busy, unavailable, too_large, failed.",
		Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5},
	}, []string{"outcome"}))
	if err != nil {
		return nil, err
	}
	return &Journal{client: client, records: records, timeout: cfg.Timeout, now: now, seconds: seconds}, nil
}

// Append returns nil once all in-sync replicas have all entries. Otherwise some
// may be written, now or later: ErrBusy and ErrUnavailable ask for another try
// with the same entry ids. ErrTooLarge and any other error are permanent, and
// then nothing was written unless the broker's limit is below ours. It waits no
// longer than the configured time-out and ctx; a done ctx takes back nothing.
func (j *Journal) Append(ctx context.Context, entries ...*schemas.JournalEntry) error {
	start := j.now()
	err := j.append(ctx, entries)
	j.seconds.WithLabelValues(outcome(err)).Observe(j.now().Sub(start).Seconds())
	if err != nil {
		return fmt.Errorf("append to the journal: %w", err)
	}
	return nil
}

func (j *Journal) append(ctx context.Context, entries []*schemas.JournalEntry) error {
	recs := make([]*kgo.Record, 0, len(entries))
	for _, e := range entries {
		rec, err := j.records.JournalEntry(e)
		if err != nil {
			return err
		}
		recs = append(recs, rec)
	}
	PositionOf(ctx).Mark(recs...)
	return deliver(ctx, j.client, j.timeout, recs...)
}

func outcome(err error) string {
	switch {
	case err == nil:
		return "ok"
	case errors.Is(err, ErrBusy):
		return "busy"
	case errors.Is(err, ErrUnavailable):
		return "unavailable"
	case errors.Is(err, ErrTooLarge):
		return "too_large"
	}
	return "failed"
}

// registered registers c, or returns the equal one that is there already: a
// process may have several of a kind.
func registered[C prometheus.Collector](reg prometheus.Registerer, c C) (C, error) {
	err := reg.Register(c)
	var there prometheus.AlreadyRegisteredError
	if errors.As(err, &there) {
		if same, ok := there.ExistingCollector.(C); ok {
			return same, nil
		}
	}
	if err != nil {
		return c, fmt.Errorf("register metrics: %w", err)
	}
	return c, nil
}
