package kafkatest

import (
	"context"
	"fmt"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// Topic creates the topic `<prefix>.<name>` with the cluster's default
// replication and returns its name, once every broker knows it and each of its
// partitions answers. Nil configs are the cluster's defaults.
func (c *Cluster) Topic(name string, partitions int32, configs map[string]*string) string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	topic := c.prefix + "." + name
	if _, err := kadm.NewClient(c.Client()).CreateTopic(ctx, partitions, -1, configs, topic); err != nil {
		c.t.Fatalf("create topic %s: %v", topic, err)
	}
	c.AwaitTopic(topic)
	return topic
}

// AwaitTopic waits until every broker knows the topics and each of their partitions
// answers. Who creates a topic has the word of one broker that it is there; the
// others hear of it later, and any may be asked next.
func (c *Cluster) AwaitTopic(topics ...string) {
	c.t.Helper()
	c.must("wait for the topics "+strings.Join(topics, ", "), c.await(func(ctx context.Context, adm *kadm.Client) error {
		brokers, err := adm.ListBrokers(ctx)
		if err != nil {
			return err
		}
		cl, err := c.newClient() // an older one may remember that there was no such topic
		if err != nil {
			return err
		}
		defer cl.Close()
		for _, b := range brokers {
			if err := knows(ctx, cl.Broker(int(b.NodeID)), topics); err != nil {
				return fmt.Errorf("broker %d: %w", b.NodeID, err)
			}
		}
		ends, err := kadm.NewClient(cl).ListEndOffsets(ctx, topics...)
		if err != nil {
			return err
		}
		return ends.Error()
	}))
}

// knows tells whether the broker has heard of the topics and who leads them.
func knows(ctx context.Context, broker *kgo.Broker, topics []string) error {
	req := kmsg.NewPtrMetadataRequest()
	for _, topic := range topics {
		asked := kmsg.NewMetadataRequestTopic()
		asked.Topic = &topic
		req.Topics = append(req.Topics, asked)
	}
	resp, err := req.RequestWith(ctx, broker)
	if err != nil {
		return err
	}
	for _, t := range resp.Topics {
		if err := kerr.ErrorForCode(t.ErrorCode); err != nil {
			return err
		}
		for _, p := range t.Partitions {
			if p.Leader < 0 {
				return kerr.LeaderNotAvailable
			}
		}
	}
	return nil
}
