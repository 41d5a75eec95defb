package checkpoint

import (
	"context"
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// List returns all checkpoints of the organisation by the name of their feed,
// as they are committed now. Where some cannot be read, it returns the others
// with an error that names those.
func List(ctx context.Context, client *kgo.Client, t Table) ([]*schemas.Checkpoint, error) {
	p, err := t.place(ctx, client)
	if err != nil {
		return nil, err
	}
	log, err := state.OpenLog(ctx, client, p)
	if err != nil {
		return nil, err
	}
	picture, err := t.read(ctx, log)
	if err != nil {
		return nil, fmt.Errorf("read the checkpoints: %w", err)
	}
	return picture.sorted(), errors.Join(picture.unreadable...)
}

// Put writes a checkpoint of the organisation, as commands do: whoever polls
// hears of it as an Update. It returns nil once all in-sync replicas have it;
// when ctx ends before, it may still be written. The client is one made with
// publish.ProducerOptions and without a transactional id.
func Put(ctx context.Context, client *kgo.Client, t Table, c *schemas.Checkpoint) error {
	p, err := t.place(ctx, client)
	if err != nil {
		return err
	}
	saved := *c
	saved.OrgID = t.OrgID
	rec, err := t.Records.Checkpoint(p.Partition, &saved)
	if err != nil {
		return fmt.Errorf("write the checkpoint of %s: %w", c.Feed, err)
	}
	return write(ctx, client, c.Feed, rec)
}

// Delete has a feed forgotten, as commands do. It is otherwise like Put.
func Delete(ctx context.Context, client *kgo.Client, t Table, feed string) error {
	p, err := t.place(ctx, client)
	if err != nil {
		return err
	}
	return write(ctx, client, feed, t.Records.CheckpointTombstone(p.Partition, t.OrgID, feed))
}

// write waits on the promise: once it was connected, the client outlasts any
// context in the produce call itself.
func write(ctx context.Context, client *kgo.Client, feed string, rec *kgo.Record) error {
	result := make(chan error, 1)
	client.TryProduce(context.WithoutCancel(ctx), rec, func(_ *kgo.Record, err error) { result <- err })
	var err error
	select {
	case err = <-result:
	case <-ctx.Done():
		err = context.Cause(ctx)
	}
	if err != nil {
		return fmt.Errorf("write the checkpoint of %s: %w: %w", feed, publish.ErrUnavailable, err)
	}
	return nil
}
