package writeback

import (
	"context"
	"errors"
	"fmt"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// entry returns what the ledger has of a command, or under another key of the
// results; nil where it has nothing.
func (w *Worker) entry(ctx context.Context, partition int32, key string) (*schemas.WritebackResult, error) {
	raw, err := w.deps.Store.Get(state.Partition{Topic: w.topics.Results(), Partition: partition}, key)
	if err != nil || raw == nil {
		return nil, err
	}
	v, err := w.decode(ctx, w.topics.Results(), raw, new(schemas.WritebackResult))
	if err != nil {
		return nil, fmt.Errorf("decode an entry of the ledger: %w", err)
	}
	result, ok := v.(*schemas.WritebackResult)
	if !ok {
		return nil, fmt.Errorf("decode an entry of the ledger: it is a %T", v)
	}
	return result, nil
}

// decode reads a framed value; fresh is used where this build wrote it.
func (w *Worker) decode(ctx context.Context, topic string, value []byte, fresh any) (any, error) {
	if id, ok := publish.SchemaID(value); ok {
		if own, known := w.deps.Encoder.ID(topic); known && id == own {
			return fresh, w.deps.Codec.Unmarshal(value[publish.FrameHeader:], fresh)
		}
	}
	return w.deps.Decoder.Decode(ctx, value)
}

// temporary errors are those of the registry, not of the bytes.
func temporary(err error) bool {
	return errors.Is(err, schemas.ErrRegistryUnavailable) || errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded)
}
