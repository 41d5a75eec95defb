package recovery

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

const (
	// copyWindow and copyBytes are what may be under way.
	copyWindow = 1000
	copyBytes  = 16 << 20
	// copyGrace is how long what was sent may take when ctx has ended.
	copyGrace = 5 * time.Second
)

// writer writes into the target; without a producer it only pretends to.
type writer struct {
	target   *Target
	producer *kgo.Client
	id       string
	results  chan error // of what was sent
	sent     int
	bytes    int
}

func (w *writer) write(ctx context.Context, rec *kgo.Record) error {
	if w.producer == nil {
		return nil
	}
	if w.sent == copyWindow || w.sent > 0 && w.bytes+len(rec.Value) > copyBytes {
		if err := w.flush(ctx); err != nil {
			return err
		}
	}
	w.sent++
	w.bytes += len(rec.Value)
	// Not with ctx: once connected, the client outlasts any, and a record that is
	// given up would take its neighbours with it.
	w.producer.TryProduce(context.WithoutCancel(ctx), w.copied(rec), func(r *kgo.Record, err error) {
		if err != nil {
			err = fmt.Errorf("write to %s/%d: %w", r.Topic, r.Partition, err)
		}
		w.results <- err
	})
	return nil
}

func (w *writer) copied(rec *kgo.Record) *kgo.Record {
	headers := make([]kgo.RecordHeader, 0, len(rec.Headers)+2)
	for _, h := range rec.Headers {
		if h.Key != CopiedFromHeader && h.Key != CopyHeader {
			headers = append(headers, h)
		}
	}
	from := place{rec.Topic, rec.Partition, rec.Offset}
	return &kgo.Record{
		Topic: w.target.Name, Partition: w.target.partitionOf(rec), Key: rec.Key, Value: rec.Value, Timestamp: rec.Timestamp,
		Headers: append(headers,
			kgo.RecordHeader{Key: CopiedFromHeader, Value: []byte(from.String())},
			kgo.RecordHeader{Key: CopyHeader, Value: []byte(w.id)}),
	}
}

// flush waits until all that was sent is safe. When ctx ends, what was sent gets a
// moment more.
func (w *writer) flush(ctx context.Context) error {
	work, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(copyGrace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-work.Done():
		}
	})
	defer stop()
	var failed error
	for ; w.sent > 0; w.sent-- {
		select {
		case err := <-w.results:
			if failed == nil {
				failed = err
			}
		case <-work.Done():
			return errors.Join(context.Cause(ctx), failed)
		}
	}
	w.bytes = 0
	if failed == nil && ctx.Err() != nil {
		failed = context.Cause(ctx)
	}
	return failed
}
