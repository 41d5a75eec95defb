package derive

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
)

func (l *Loop) options() ([]kgo.Opt, error) {
	opts, err := l.deps.Client()
	if err != nil {
		return nil, err
	}
	// Forgotten when they come, too: the session keeps its own counsel about
	// revocations (after one, until the next transaction, it reports no other),
	// and what another replica did in between must be caught up. Assignment is
	// reported also where there is nothing to assign; an idle journal gives no
	// records to tell by that the loop works.
	assigned := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		l.owned.forget(partitions[l.topics.Journal()])
		l.well()
	}
	forget := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		l.owned.forget(partitions[l.topics.Journal()])
		l.metrics.partitions.Set(float64(l.owned.count()))
		l.metrics.backlog.Set(l.backlog.forget(partitions[l.topics.Journal()]))
	}
	opts = append(opts, publish.ProducerOptions(l.topics)...)
	return append(opts[:len(opts):len(opts)],
		kgo.ConsumerGroup(l.cfg.Group),
		// A replica that was killed comes back as the same member.
		kgo.InstanceID(l.cfg.Instance),
		kgo.SessionTimeout(l.cfg.SessionTimeout),
		kgo.ConsumeTopics(l.topics.Journal()),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		// What retention took is gone; go on with what is there.
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(500*time.Millisecond),
		kgo.TransactionalID(l.topics.DeriveTransactions()+l.cfg.Instance),
		kgo.TransactionTimeout(l.cfg.TransactionTimeout),
		kgo.OnPartitionsAssigned(assigned),
		kgo.OnPartitionsRevoked(forget),
		kgo.OnPartitionsLost(forget),
	), nil
}

// session works with one client until something fails; then the client is in no
// state to go on (GroupTransactSession.End). progressed tells whether it
// committed anything.
func (l *Loop) session(ctx context.Context) (progressed bool, err error) {
	l.owned = newOwnership() // before the client can call back
	l.metrics.partitions.Set(0)
	l.metrics.backlog.Set(l.backlog.reset())
	opts, err := l.options()
	if err != nil {
		return false, err
	}
	s, err := kgo.NewGroupTransactSession(opts...)
	if err != nil {
		return false, fmt.Errorf("make the Kafka client: %w", err)
	}
	defer func() {
		s.Close()
		if ctx.Err() != nil {
			l.leave(ctx)
		}
	}()
	// Taking the transactional id ends what a crashed predecessor left open.
	if _, _, err := s.Client().ProducerID(ctx); err != nil {
		return false, fmt.Errorf("take the transactional id: %w", err)
	}
	if err := l.countCheckpoints(ctx, s.Client()); err != nil {
		return false, err
	}
	givenBack := 0
	for {
		fetches := s.PollRecords(ctx, l.batch)
		if ctx.Err() != nil {
			return progressed, nil
		}
		if err := fetches.Err0(); err != nil {
			return progressed, fmt.Errorf("poll the journal: %w", err)
		}
		for _, fe := range fetches.Errors() {
			return progressed, fmt.Errorf("poll %s/%d: %w", fe.Topic, fe.Partition, fe.Err)
		}
		l.well()
		byPartition := map[int32][]*kgo.Record{}
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			if len(p.Records) > 0 {
				byPartition[p.Partition] = p.Records
				last := p.Records[len(p.Records)-1].Offset
				l.metrics.backlog.Set(l.backlog.saw(p.Partition, last, p.LastStableOffset))
			}
		})
		if len(byPartition) == 0 {
			continue
		}
		if err := l.catchUp(ctx, s.Client(), byPartition); err != nil {
			return progressed, err
		}
		// What has begun is finished, within the time a transaction has.
		work, cancel := context.WithTimeout(context.WithoutCancel(ctx), l.cfg.TransactionTimeout)
		committed, err := l.transact(work, s, byPartition)
		cancel()
		if err != nil {
			return progressed, err
		}
		if committed {
			progressed, givenBack = true, 0
			l.batch = min(2*l.batch, l.cfg.MaxBatch)
			continue
		}
		// A rebalance took the batch away; more of them in a row is trouble.
		if givenBack++; givenBack == givenBackMost {
			return progressed, fmt.Errorf("%d transactions in a row did not commit", givenBack)
		}
	}
}

// leave hands the partitions over at once; a member with a name of its own is
// otherwise waited for. It comes after the member's client was closed, with a
// client of its own: one that is still at work would join again.
func (l *Loop) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := l.sendLeave(ctx); err != nil {
		l.deps.Log.Warn().Err(err).Msg("could not leave the group: its partitions are taken over after DERIVE_SESSION_TIMEOUT")
	}
}

func (l *Loop) sendLeave(ctx context.Context) error {
	opts, err := l.deps.Client()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return fmt.Errorf("make a client to leave with: %w", err)
	}
	defer client.Close()
	me := kadm.LeaveGroup(l.cfg.Group).InstanceIDs(l.cfg.Instance).Reason("the worker is stopping")
	_, err = kadm.NewClient(client).LeaveGroup(ctx, me)
	return err
}

// catchUp restores the local state of partitions that were assigned since. It
// comes after the first records of a partition: by then its committed offset is
// settled, and so is everything its former owner wrote.
func (l *Loop) catchUp(ctx context.Context, client *kgo.Client, byPartition map[int32][]*kgo.Record) error {
	var numbers []int32
	for p := range byPartition {
		numbers = append(numbers, p)
	}
	missing := l.owned.missing(numbers)
	if len(missing) == 0 {
		return nil
	}
	var partitions []state.Partition
	for p := range missing {
		for _, f := range publish.Families() {
			partitions = append(partitions, state.Partition{Topic: l.topics.State(f), Partition: p})
		}
	}
	start := l.deps.Now()
	l.metrics.restoring.Set(float64(len(missing)))
	defer l.metrics.restoring.Set(0)
	n, err := l.store.Restore(ctx, client, partitions, l.deps.Now)
	if err != nil {
		return fmt.Errorf("restore the state of %d partitions: %w", len(missing), err)
	}
	took := l.deps.Now().Sub(start)
	l.metrics.restored.Add(float64(n))
	l.metrics.restoreSeconds.Observe(took.Seconds())
	l.deps.Log.Info().Int("partitions", len(missing)).Int("records", n).Dur("took", took).Msg("state restored")
	l.owned.complete(missing)
	l.metrics.partitions.Set(float64(l.owned.count()))
	return nil
}
