package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
)

// A client that met the topic before it was there says for a while that it is
// unknown; so do brokers that have not heard of it.
const (
	unknownTries = 10
	unknownPause = 250 * time.Millisecond
)

// place looks up which partition is the organisation's.
func (t Table) place(ctx context.Context, client *kgo.Client) (state.Partition, error) {
	for try := 1; ; try++ {
		p, err := t.lookup(ctx, client)
		if err == nil || try == unknownTries || !errors.Is(err, kerr.UnknownTopicOrPartition) {
			return p, err
		}
		timer := time.NewTimer(unknownPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return p, err
		}
	}
}

func (t Table) lookup(ctx context.Context, client *kgo.Client) (state.Partition, error) {
	topic := t.Topics.Checkpoints()
	topics, err := kadm.NewClient(client).ListTopics(ctx, topic)
	if err == nil {
		err = topics.Error()
	}
	if err == nil && len(topics[topic].Partitions) == 0 {
		err = errors.New("it has no partitions")
	}
	if err != nil {
		return state.Partition{}, fmt.Errorf("look up %s: %w", topic, err)
	}
	return state.Partition{Topic: topic, Partition: publish.Partition(t.OrgID, len(topics[topic].Partitions))}, nil
}
