package publish

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/schemas"
)

// DeadLetters writes down what could not be read, mapped or applied. It is safe
// for concurrent use.
type DeadLetters struct {
	client  *kgo.Client
	records *Records
	timeout time.Duration
	now     func() time.Time
	newID   func() string
	total   *prometheus.CounterVec
}

// DeadLetterDeps are what DeadLetters works with; all are needed, but Client
// only for Put.
type DeadLetterDeps struct {
	Client  *kgo.Client // made with ProducerOptions
	Records *Records
	// Timeout is how long Put waits.
	Timeout    time.Duration
	Now        func() time.Time
	NewID      func() string
	Registerer prometheus.Registerer
}

// NewDeadLetters fails only if its metrics can't be registered.
func NewDeadLetters(d DeadLetterDeps) (*DeadLetters, error) {
	total, err := registered(d.Registerer, prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "mokafka_publish_dead_letters_total",
		Help: "Dead letters written, by who gave up and the class of the error.",
	}, []string{"stage", "class"}))
	if err != nil {
		return nil, err
	}
	return &DeadLetters{
		client: d.Client, records: d.Records, timeout: d.Timeout, now: d.Now, newID: d.NewID, total: total,
	}, nil
}

// Put returns nil once all in-sync replicas have the letter, and counts it. An
// empty ID, a zero OccurredAt and zero Attempts are filled in. It waits no
// longer than the time-out and ctx. Errors are those of Journal.Append: after
// ErrBusy and ErrUnavailable try again, with the same ID if repetitions matter.
func (d *DeadLetters) Put(ctx context.Context, letter schemas.DeadLetter) error {
	rec, err := d.Record(letter)
	if err != nil {
		return err
	}
	if err := deliver(ctx, d.client, d.timeout, rec); err != nil {
		return fmt.Errorf("put a dead letter: %w", err)
	}
	d.Count(letter)
	return nil
}

// Record builds the letter's record for a transaction, filled in as by Put. The
// caller produces it, and calls Count once the transaction is committed.
func (d *DeadLetters) Record(letter schemas.DeadLetter) (*kgo.Record, error) {
	if letter.ID == "" {
		letter.ID = d.newID()
	}
	if letter.OccurredAt.IsZero() {
		letter.OccurredAt = d.now()
	}
	letter.Attempts = max(letter.Attempts, 1)
	rec, err := d.records.DeadLetter(&letter)
	if err != nil {
		return nil, fmt.Errorf("put a dead letter: %w", err)
	}
	return rec, nil
}

// Count counts a letter that was written by other means than Put.
func (d *DeadLetters) Count(letter schemas.DeadLetter) {
	d.total.WithLabelValues(string(letter.Stage), letter.ErrorClass).Inc()
}

// LetterOf begins the letter about a record that was consumed: origin, key,
// headers and bytes. class is stable and from a small set; text says what was
// wrong without personal data. Of headers with the same name the last remains.
func LetterOf(rec *kgo.Record, stage schemas.DeadLetterStage, class, text string) schemas.DeadLetter {
	origin := &schemas.RecordOrigin{Topic: rec.Topic, Partition: rec.Partition, Offset: rec.Offset}
	if id, ok := SchemaID(rec.Value); ok {
		id := int32(id)
		origin.SchemaID = &id
	}
	letter := schemas.DeadLetter{
		Stage: stage, ErrorClass: class, ErrorText: text, Attempts: 1,
		Origin: origin, ContentType: "application/avro", Body: rec.Value,
	}
	if rec.Key != nil {
		key := string(rec.Key)
		letter.Key = &key
	}
	if len(rec.Headers) > 0 {
		letter.Headers = make(map[string][]byte, len(rec.Headers))
		for _, h := range rec.Headers {
			letter.Headers[h.Key] = h.Value
		}
	}
	return letter
}
