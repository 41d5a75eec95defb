package publish

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
)

var (
	// ErrBusy says that as much waits for Kafka already as may. Nothing of the
	// last record was written; ask the caller to come again in a moment.
	ErrBusy = errors.New("too much is waiting for Kafka already")

	// ErrUnavailable says that Kafka did not acknowledge in time, or could not
	// take the record. It may still be written later, so everything behind it
	// must know a repetition by its id.
	ErrUnavailable = errors.New("Kafka did not acknowledge the record")
)

// maxRequestBytes keeps a produce request of several large batches below the
// 16 MiB frames that the embedded broker takes.
const maxRequestBytes = 15 << 20

// ProducerOptions are what every client that produces to the topics needs:
// placement, sizes, compression, and acknowledgement by all in-sync replicas.
func ProducerOptions(t Topics) []kgo.Opt {
	return []kgo.Opt{
		kgo.RequiredAcks(kgo.AllISRAcks()),
		kgo.RecordPartitioner(Partitioner(t)),
		kgo.ProducerBatchMaxBytesFn(t.maxBatch),
		kgo.BrokerMaxWriteBytes(maxRequestBytes),
		kgo.ProducerBatchCompression(kgo.SnappyCompression(), kgo.NoCompression()),
		// After a broker went, its partitions' new leaders are looked for four
		// times a second instead of every 5 s.
		kgo.MetadataMinAge(250 * time.Millisecond),
	}
}

// deliver produces the records and returns nil once all are acknowledged. It
// does not wait longer than timeout or ctx.
//
// The produce call has a context of its own: the client judges a batch by its
// first record's, so a caller who hangs up would fail its neighbours. And once
// connected, an idempotent client outlasts any context and record time-out when
// the brokers are gone; so the waiting is done here, on the promises.
func deliver(ctx context.Context, client *kgo.Client, timeout time.Duration, recs ...*kgo.Record) error {
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	results := make(chan error, len(recs))
	promise := func(_ *kgo.Record, err error) { results <- err }
	for _, rec := range recs {
		client.TryProduce(context.Background(), rec, promise)
	}
	for range recs {
		select {
		case err := <-results:
			if err != nil {
				return classify(err)
			}
		case <-deadline.C:
			return fmt.Errorf("%w within %s", ErrUnavailable, timeout)
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ErrUnavailable, context.Cause(ctx))
		}
	}
	return nil
}

func classify(err error) error {
	switch {
	case errors.Is(err, kgo.ErrMaxBuffered):
		return fmt.Errorf("%w: %w", ErrBusy, err)
	case errors.Is(err, kerr.MessageTooLarge), errors.Is(err, kerr.RecordListTooLarge):
		return fmt.Errorf("%w: %w", ErrTooLarge, err)
	}
	return fmt.Errorf("%w: %w", ErrUnavailable, err)
}
