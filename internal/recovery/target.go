package recovery

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/publish"
)

var (
	// ErrNoTarget says that the topic to copy to is not there.
	ErrNoTarget = errors.New("there is no such topic")
	// ErrUnfit says that a topic is none to copy to.
	ErrUnfit = errors.New("it is no topic to copy to")
)

// Target is a topic that is copied to, and what it holds of the copy already.
type Target struct {
	Name       string
	partitions int
	source     int // partitions of the topic that is copied
	maxBytes   int32
	// latest is the last offset of each of the source's partitions that is in each
	// of the target's: what goes from one to the other is in order.
	latest map[[2]int32]int64
	// Held is how many records of the same copy it holds.
	Held int64
}

// CreateTarget creates the topic: as many partitions as the one that is copied, its
// replication and cleanup, and no end to how long records are kept, since they
// keep their times and may be old. Whoever asked for it deletes it.
func (c *Copier) CreateTarget(ctx context.Context, s Selection, name string) error {
	if err := c.mayBe(s, name); err != nil {
		return err
	}
	admin := kadm.NewClient(c.Client)
	details, err := admin.ListTopics(ctx, s.Topic)
	if err == nil {
		err = details.Error()
	}
	if err != nil {
		return fmt.Errorf("look up %s: %w", s.Topic, err)
	}
	configs := map[string]*string{"retention.ms": new("-1"), "retention.bytes": new("-1")}
	have, err := configsOf(ctx, admin, s.Topic)
	if err != nil {
		return err
	}
	for _, key := range []string{"cleanup.policy", "max.message.bytes", "min.insync.replicas"} {
		if value, ok := have[key]; ok {
			configs[key] = &value
		}
	}
	source := details[s.Topic].Partitions
	_, err = admin.CreateTopic(ctx, int32(len(source)), int16(source.NumReplicas()), configs, name)
	if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
		return fmt.Errorf("create %s: %w", name, err)
	}
	return c.awaitTopic(ctx, admin, name)
}

const (
	awaitTries = 150
	awaitPause = 200 * time.Millisecond
)

// awaitTopic waits until each broker knows the topic, and who leads it: any may be
// asked next.
func (c *Copier) awaitTopic(ctx context.Context, admin *kadm.Client, name string) error {
	for try := 1; ; try++ {
		brokers, err := admin.ListBrokers(ctx)
		if err != nil {
			return fmt.Errorf("look up the brokers: %w", err)
		}
		var unaware error
		for _, b := range brokers {
			req := kmsg.NewPtrMetadataRequest()
			topic := kmsg.NewMetadataRequestTopic()
			topic.Topic = &name
			req.Topics = append(req.Topics, topic)
			resp, err := req.RequestWith(ctx, c.Client.Broker(int(b.NodeID)))
			if err == nil {
				err = led(resp)
			}
			if err != nil {
				unaware = fmt.Errorf("create %s: broker %d does not lead to it: %w", name, b.NodeID, err)
			}
		}
		if unaware == nil { // the client itself remembers for a while that there was none
			details, err := admin.ListTopics(ctx, name)
			if err == nil {
				err = details.Error()
			}
			if err != nil {
				unaware = fmt.Errorf("create %s: %w", name, err)
			}
		}
		if unaware == nil || try == awaitTries {
			return unaware
		}
		timer := time.NewTimer(awaitPause)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
			return context.Cause(ctx)
		}
	}
}

// led tells whether each partition in the answer has a leader.
func led(resp *kmsg.MetadataResponse) error {
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

// OpenTarget looks at the topic, and reads what it holds. It refuses mokafka's own
// topics, one that would delete what is copied at once for its age, and one that
// holds anything else, unless beside says that the copy may go there too.
func (c *Copier) OpenTarget(ctx context.Context, s Selection, name string, beside bool) (*Target, error) {
	if err := c.mayBe(s, name); err != nil {
		return nil, err
	}
	admin := kadm.NewClient(c.Client)
	details, err := admin.ListTopics(ctx, s.Topic, name)
	if err != nil {
		return nil, fmt.Errorf("look up %s and %s: %w", s.Topic, name, err)
	}
	if errors.Is(details[name].Err, kerr.UnknownTopicOrPartition) {
		return nil, fmt.Errorf("%s: %w", name, ErrNoTarget)
	}
	if err := details.Error(); err != nil {
		return nil, fmt.Errorf("look up %s and %s: %w", s.Topic, name, err)
	}
	t := &Target{
		Name: name, partitions: len(details[name].Partitions), source: len(details[s.Topic].Partitions),
		latest: map[[2]int32]int64{},
	}
	if err := t.fits(ctx, admin, s, c.Now()); err != nil {
		return nil, err
	}
	id, others := s.ID(), int64(0)
	err = eachPartition(ctx, c.Client, name, everyEnd, func(recs []*kgo.Record) error {
		for _, rec := range recs {
			from, copied := copiedFrom(rec, id)
			if !copied || from.topic != s.Topic {
				others++
				continue
			}
			t.Held++
			pair := [2]int32{from.partition, rec.Partition}
			t.latest[pair] = max(t.latest[pair], from.offset)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read what %s holds: %w", name, err)
	}
	if others > 0 && !beside {
		return nil, fmt.Errorf("%s: %w: it holds %d records that are not of this copy, and the order of a key would be lost among them", name, ErrUnfit, others)
	}
	return t, nil
}

func (c *Copier) mayBe(s Selection, name string) error {
	ours := slices.ContainsFunc(publish.Catalogue(publish.TopicConfig{Prefix: c.Topics.Prefix(), Partitions: 1, Replication: 1}),
		func(spec publish.Spec) bool { return spec.Name == name })
	switch {
	case name == s.Topic:
		return fmt.Errorf("%s: %w: it is the one that is copied", name, ErrUnfit)
	case ours:
		return fmt.Errorf("%s: %w: it is one of mokafka's own", name, ErrUnfit)
	}
	return nil
}

// fits looks at the topic's configuration.
func (t *Target) fits(ctx context.Context, admin *kadm.Client, s Selection, now time.Time) error {
	configs, err := configsOf(ctx, admin, t.Name)
	if err != nil {
		return err
	}
	t.maxBytes = 1 << 20
	if most, err := strconv.ParseInt(configs["max.message.bytes"], 10, 32); err == nil {
		t.maxBytes = int32(most)
	}
	kept, err := strconv.ParseInt(configs["retention.ms"], 10, 64)
	stamped := configs["message.timestamp.type"] == "LogAppendTime"
	if err != nil || kept < 0 || stamped || configs["cleanup.policy"] == "compact" {
		return nil //nolint:nilerr // what says no retention in milliseconds has none
	}
	if age := now.Sub(s.From); age > time.Duration(kept)*time.Millisecond {
		return fmt.Errorf("%s: %w: it keeps records for %s, and those of %s would be deleted at once: set its retention.ms to -1",
			t.Name, ErrUnfit, days(time.Duration(kept)*time.Millisecond), s.From.Format(time.RFC3339))
	}
	return nil
}

func configsOf(ctx context.Context, admin *kadm.Client, topic string) (map[string]string, error) {
	described, err := admin.DescribeTopicConfigs(ctx, topic)
	if err == nil {
		_, err = described.On(topic, func(r *kadm.ResourceConfig) error { return r.Err })
	}
	if err != nil {
		return nil, fmt.Errorf("look up the configuration of %s: %w", topic, err)
	}
	configs := map[string]string{}
	for _, r := range described {
		for _, c := range r.Configs {
			configs[c.Key] = c.MaybeValue()
		}
	}
	return configs, nil
}

func copiedFrom(rec *kgo.Record, copyID string) (from place, ok bool) {
	mine := false
	for _, h := range rec.Headers {
		switch h.Key {
		case CopyHeader:
			mine = string(h.Value) == copyID
		case CopiedFromHeader:
			from, ok = parsePlace(string(h.Value))
		}
	}
	return from, ok && mine
}

// partitionOf is where a record goes: the partition of the same number, so that
// what was together stays together, or where there are not as many, that of its
// key.
func (t *Target) partitionOf(rec *kgo.Record) int32 {
	switch {
	case t.partitions == t.source:
		return rec.Partition
	case rec.Key == nil:
		return rec.Partition % int32(t.partitions)
	}
	return publish.Partition(string(rec.Key), t.partitions)
}

// has tells whether the record was copied before.
func (t *Target) has(rec *kgo.Record) bool {
	last, ok := t.latest[[2]int32{rec.Partition, t.partitionOf(rec)}]
	return ok && rec.Offset <= last
}
