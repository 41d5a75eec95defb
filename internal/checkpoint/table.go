package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Decoder reads framed values of any version; *schemas.Decoder does.
type Decoder interface {
	Decode(ctx context.Context, value []byte) (any, error)
}

// Table is where one organisation's checkpoints are, and how they are read and
// written. All fields are needed.
type Table struct {
	OrgID   string
	Topics  publish.Topics
	Records *publish.Records
	Encoder *publish.Encoder
	Codec   *schemas.Codec
	Decoder Decoder
}

// feed returns which feed of the organisation the key is of; ok is false where
// it is another organisation's.
func (t Table) feed(key []byte) (feed string, ok bool) {
	return strings.CutPrefix(string(key), publish.CheckpointKey(t.OrgID, ""))
}

// errUnreadable says that a value will never be read, however often one tries.
var errUnreadable = errors.New("the checkpoint cannot be read")

// decode reads a record's value. Errors other than errUnreadable pass.
func (t Table) decode(ctx context.Context, rec *kgo.Record) (*schemas.Checkpoint, error) {
	c := new(schemas.Checkpoint)
	id, framed := publish.SchemaID(rec.Value)
	own, known := t.Encoder.ID(rec.Topic)
	if framed && known && id == own {
		if err := t.Codec.Unmarshal(rec.Value[publish.FrameHeader:], c); err != nil {
			return nil, fmt.Errorf("%w: %w", errUnreadable, err)
		}
		return c, nil
	}
	v, err := t.Decoder.Decode(ctx, rec.Value)
	if err != nil {
		if temporary(err) {
			return nil, err
		}
		return nil, fmt.Errorf("%w: %w", errUnreadable, err)
	}
	c, ok := v.(*schemas.Checkpoint)
	if !ok {
		return nil, fmt.Errorf("%w: it is a %T", errUnreadable, v)
	}
	return c, nil
}

func isUnreadable(err error) bool { return errors.Is(err, errUnreadable) }

// temporary errors are those of the registry, not of the bytes.
func temporary(err error) bool {
	return errors.Is(err, schemas.ErrRegistryUnavailable) || errors.Is(err, context.Canceled) ||
		errors.Is(err, context.DeadlineExceeded)
}
