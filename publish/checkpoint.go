package publish

import "github.com/twmb/franz-go/pkg/kgo"

// CheckpointTombstone builds the record that has the checkpoints forget a feed
// of the organisation. Partition is as for Checkpoint.
func (r *Records) CheckpointTombstone(partition int32, org, feed string) *kgo.Record {
	return &kgo.Record{Topic: r.topics.Checkpoints(), Partition: partition, Key: []byte(CheckpointKey(org, feed))}
}
