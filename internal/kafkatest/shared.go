package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// useShared points c at a cluster that is there already and sees to it that the
// test leaves nothing behind.
func (c *Cluster) useShared(s settings, brokers []string) {
	c.t.Helper()
	c.Brokers, c.real = brokers, true
	nodes, err := c.awaitBrokers(s.brokers)
	if err != nil {
		c.t.Fatalf("KAFKA_BROKERS=%s: %v", strings.Join(brokers, ","), err)
	}
	c.t.Cleanup(func() {
		if err := c.deleteTopics(); err != nil {
			c.t.Errorf("delete the test's topics: %v", err)
		}
	})
	program := os.Getenv("KAFKA_CONTROL")
	if program == "" {
		if s.restartable {
			skip(c.t, "MOKAFKA_REQUIRE_REAL", "KAFKA_CONTROL is not set: the brokers can't be stopped")
		}
		return
	}
	c.control = programControl(program, nodes, c.awaitReplicas)
	c.t.Cleanup(func() {
		if err := c.control.startAll(); err != nil {
			c.t.Errorf("bring the brokers back: %v", err)
		}
	})
}

// awaitBrokers waits until n brokers are part of the cluster and returns their
// ids.
func (c *Cluster) awaitBrokers(n int) (nodes []int32, err error) {
	err = c.await(func(ctx context.Context, adm *kadm.Client) error {
		brokers, err := adm.ListBrokers(ctx)
		if err != nil {
			return err
		}
		if nodes = brokers.NodeIDs(); len(nodes) < n {
			return fmt.Errorf("%d of %d brokers", len(nodes), n)
		}
		return nil
	})
	return nodes, err
}

// awaitReplicas waits until all brokers hold all they should, so that another
// may be taken away.
func (c *Cluster) awaitReplicas() error {
	return c.await(func(ctx context.Context, adm *kadm.Client) error {
		topics, err := adm.ListTopicsWithInternal(ctx)
		if err != nil {
			return err
		}
		for _, topic := range topics.Sorted() {
			if !topic.IsInternal && !strings.HasPrefix(topic.Topic, c.prefix) {
				continue
			}
			for _, p := range topic.Partitions {
				if p.Err != nil || p.Leader < 0 || len(p.ISR) < len(p.Replicas) {
					return errors.Join(p.Err, fmt.Errorf("%s/%d: leader %d, %d of %d replicas in sync",
						topic.Topic, p.Partition, p.Leader, len(p.ISR), len(p.Replicas)))
				}
			}
		}
		return nil
	})
}

// deleteTopics deletes what begins with the test's prefix: 12 partitions by 10
// topics by 3 replicas for each test would end the brokers' file handles.
func (c *Cluster) deleteTopics() error {
	return c.await(func(ctx context.Context, adm *kadm.Client) error {
		topics, err := adm.ListTopics(ctx)
		if err != nil {
			return err
		}
		var mine []string
		for _, name := range topics.Names() {
			if strings.HasPrefix(name, c.prefix) {
				mine = append(mine, name)
			}
		}
		if len(mine) == 0 {
			return nil
		}
		deleted, err := adm.DeleteTopics(ctx, mine...)
		if err != nil {
			return err
		}
		return deleted.Error()
	})
}

// await asks a client of its own until done is satisfied or patience ends.
func (c *Cluster) await(done func(context.Context, *kadm.Client) error) error {
	cl, err := c.newClient(kgo.RetryTimeout(5*time.Second), kgo.DialTimeout(2*time.Second))
	if err != nil {
		return err
	}
	defer cl.Close()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for tick := time.NewTicker(200 * time.Millisecond); ; {
		err := done(ctx, kadm.NewClient(cl))
		if err == nil {
			tick.Stop()
			return nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			tick.Stop()
			return fmt.Errorf("after %s: %w", patience, err)
		}
	}
}
