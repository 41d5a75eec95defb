package derivation

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/bench/installation"
	"github.com/mokafka/mokafka/internal/bench/process"
	"github.com/mokafka/mokafka/publish"
)

// CopyConfig is that of the process that is the floor.
type CopyConfig struct {
	// Prefix is that of the topics it writes, the installation's of what it reads.
	Prefix string
	// Entries is how many there are in the journal.
	Entries int
	// Written is what to write for each of them, by the topic of the original.
	Written map[string]written
}

// stencil is what is written to a topic: records that ours wrote, in turn.
type stencil struct {
	topic   string
	placed  bool // in the partition of the journal entry, as states are
	records []*kgo.Record
	each    float64 // for each entry
	owed    float64
	next    int
}

// Copy runs the floor as a child, and says what was measured.
func Copy(ctx context.Context, child *process.Child, in *installation.Installation, cfg CopyConfig) error {
	stencils, err := readStencils(ctx, in, cfg)
	if err != nil {
		return err
	}
	m := newMeter(in.Topics.Journal(), cfg.Entries)
	session, err := newCopySession(in, cfg, m)
	if err != nil {
		return err
	}
	defer session.Close()
	if err := child.Ready(""); err != nil {
		return err
	}
	for {
		select {
		case <-m.done:
			return child.Say(m.measured())
		default:
		}
		if err := copyBatch(ctx, session, stencils); err != nil {
			return err
		}
	}
}

// newCopySession has the options of derive's.
func newCopySession(in *installation.Installation, cfg CopyConfig, m *meter) (*kgo.GroupTransactSession, error) {
	opts, err := in.Options("floor", prometheus.NewRegistry())
	if err != nil {
		return nil, err
	}
	opts = append(opts, publish.ProducerOptions(publish.NewTopics(cfg.Prefix))...)
	like := DeriveConfig("", "")
	session, err := kgo.NewGroupTransactSession(append(opts,
		kgo.WithHooks(m),
		kgo.ConsumerGroup(cfg.Prefix),
		kgo.InstanceID(like.Instance),
		kgo.SessionTimeout(like.SessionTimeout),
		kgo.ConsumeTopics(in.Topics.Journal()),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(500*time.Millisecond),
		kgo.TransactionalID(cfg.Prefix),
		kgo.TransactionTimeout(like.TransactionTimeout),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make the floor's client: %w", err)
	}
	return session, nil
}

// copyBatch reads a batch as derive does, and commits what is to be written for it.
func copyBatch(ctx context.Context, session *kgo.GroupTransactSession, stencils []*stencil) error {
	fetches := session.PollRecords(ctx, DeriveConfig("", "").MaxBatch)
	if err := errors.Join(context.Cause(ctx), fetches.Err()); err != nil {
		return fmt.Errorf("poll the journal: %w", err)
	}
	if fetches.NumRecords() == 0 {
		return nil
	}
	if err := session.Begin(); err != nil {
		return fmt.Errorf("begin a transaction: %w", err)
	}
	var failed atomic.Pointer[error]
	promise := func(_ *kgo.Record, err error) {
		if err != nil {
			failed.CompareAndSwap(nil, &err)
		}
	}
	fetches.EachRecord(func(entry *kgo.Record) {
		for _, s := range stencils {
			for s.owed += s.each; s.owed >= 1; s.owed-- {
				session.Produce(ctx, s.record(entry), promise)
			}
		}
	})
	if err := session.Client().Flush(ctx); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	if err := failed.Load(); err != nil {
		return fmt.Errorf("produce: %w", *err)
	}
	committed, err := session.End(ctx, kgo.TryCommit)
	if err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	if !committed {
		return errors.New("commit: the group was rebalanced")
	}
	return nil
}

// record is the next copy, for a journal entry.
func (s *stencil) record(entry *kgo.Record) *kgo.Record {
	original := s.records[s.next%len(s.records)]
	s.next++
	rec := &kgo.Record{Topic: s.topic, Key: original.Key, Value: original.Value, Headers: original.Headers}
	if s.placed {
		rec.Partition = entry.Partition
	}
	return rec
}

// enough records of a topic to have many different ones.
const enough = 200

// readStencils reads what ours wrote last to each topic.
func readStencils(ctx context.Context, in *installation.Installation, cfg CopyConfig) ([]*stencil, error) {
	target := publish.NewTopics(cfg.Prefix)
	var states []string
	for _, f := range publish.Families() {
		states = append(states, target.State(f))
	}
	var stencils []*stencil
	for _, topic := range slices.Sorted(maps.Keys(cfg.Written)) {
		each := cfg.Written[topic].Records
		records, err := readLast(ctx, in, topic, min(enough, max(int(each*float64(cfg.Entries))/2, 1)))
		if err != nil {
			return nil, err
		}
		s := &stencil{topic: cfg.Prefix + strings.TrimPrefix(topic, in.Topics.Prefix()), records: records, each: each}
		s.placed = slices.Contains(states, s.topic)
		stencils = append(stencils, s)
	}
	return stencils, nil
}

// readLast reads some of the last records of a topic.
func readLast(ctx context.Context, in *installation.Installation, topic string, count int) ([]*kgo.Record, error) {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client, err := in.Client("stencils", prometheus.NewRegistry(), kgo.ConsumeTopics(topic),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtEnd().Relative(-enough)), kgo.FetchIsolationLevel(kgo.ReadCommitted()))
	if err != nil {
		return nil, err
	}
	defer client.Close()
	var records []*kgo.Record
	for len(records) < count {
		fetches := client.PollFetches(ctx)
		if err := errors.Join(context.Cause(ctx), fetches.Err()); err != nil {
			return nil, fmt.Errorf("read %d records of %s: %w", count, topic, err)
		}
		records = append(records, fetches.Records()...)
	}
	return records, nil
}
