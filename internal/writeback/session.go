package writeback

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/kversion"
	"golang.org/x/sync/semaphore"

	"github.com/mokafka/mokafka/publish"
)

// session works with one pair of clients until something fails: one is a member
// of the group, the other has the transactional id.
type session struct {
	*Worker
	group      *kgo.Client
	producer   *kgo.Client
	commits    *committer
	reader     *reader
	partitions int
	// slots are for commands at work, turn for the one that waits for the quota
	// to write: reads then wait for one write at the most.
	slots *semaphore.Weighted
	turn  chan struct{}

	pending atomic.Int64
	room    chan struct{} // has room for one

	mu       sync.Mutex
	holdings map[int32]*holding
	assigned map[int32]bool
	parked   map[string]int32 // parked keys met here, and their partitions
}

// pollMost is how many records one poll brings.
const pollMost = 500

// rebalanceSpare is what the group waits for a member beyond StopTimeout.
const rebalanceSpare = 30 * time.Second

// session returns nil when ctx ended. progressed tells whether it committed
// anything.
func (w *Worker) session(ctx context.Context) (progressed bool, err error) {
	s := &session{
		Worker: w, slots: semaphore.NewWeighted(int64(w.cfg.Parallel)), turn: make(chan struct{}, 1),
		room: make(chan struct{}, 1), holdings: map[int32]*holding{}, assigned: map[int32]bool{}, parked: map[string]int32{},
	}
	s.pendingBy(0)
	if err := s.openProducer(); err != nil {
		return false, err
	}
	defer s.producer.Close()
	if err := s.prepare(ctx); err != nil {
		return false, err
	}
	s.reader = newReader(w.deps.Moka, w.deps.Location, w.deps.Now)
	s.commits = newCommitter(w, s.producer)
	if err := s.joinGroup(); err != nil {
		return false, err
	}
	defer func() {
		s.group.CloseAllowingRebalance()
		w.metrics.partitions.Set(0)
		if ctx.Err() != nil {
			w.leave(ctx)
		}
	}()
	s.commits.group = s.group
	err = s.work(ctx)
	return s.commits.progressed.Load(), err
}

func (s *session) openProducer() error {
	opts, err := s.deps.Client()
	if err != nil {
		return err
	}
	s.producer, err = kgo.NewClient(append(append(opts[:len(opts):len(opts)], publish.ProducerOptions(s.topics)...),
		kgo.TransactionalID(s.transactionalID()),
		kgo.TransactionTimeout(s.cfg.TransactionTimeout),
		kgo.ProducerLinger(0),
		kgo.MaxVersions(withoutImplicitOffsets()),
	)...)
	if err != nil {
		return fmt.Errorf("make the Kafka producer: %w", err)
	}
	return nil
}

// joinGroup makes the consumer, which calls back from here on.
func (s *session) joinGroup() error {
	opts, err := s.deps.Client()
	if err != nil {
		return err
	}
	s.group, err = kgo.NewClient(append(opts[:len(opts):len(opts)],
		kgo.ConsumerGroup(s.cfg.Group),
		// A worker that was killed comes back as the same member.
		kgo.InstanceID(s.cfg.Instance),
		kgo.SessionTimeout(s.cfg.SessionTimeout),
		kgo.RebalanceTimeout(s.cfg.StopTimeout+rebalanceSpare),
		kgo.ConsumeTopics(s.topics.Commands()),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()),
		// What retention took is gone; go on with what is there.
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()),
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.FetchMaxWait(500*time.Millisecond),
		kgo.DisableAutoCommit(),
		// Records are handed over before a rebalance can take their partition.
		kgo.BlockRebalanceOnPoll(),
		kgo.OnPartitionsAssigned(s.onAssigned),
		kgo.OnPartitionsRevoked(s.onRevoked),
		kgo.OnPartitionsLost(s.onLost),
	)...)
	if err != nil {
		return fmt.Errorf("make the Kafka consumer: %w", err)
	}
	return nil
}

// withoutImplicitOffsets keeps to offset commits that name their transaction
// first, which all brokers take whichever version of transactions they run.
func withoutImplicitOffsets() *kversion.Versions {
	v := kversion.Stable()
	v.SetMaxKeyVersion(int16(kmsg.TxnOffsetCommit), 4)
	return v
}

// prepare takes the transactional id, which ends what a crashed predecessor left
// open, and looks at the topics.
func (s *session) prepare(ctx context.Context) error {
	if _, _, err := s.producer.ProducerID(ctx); err != nil {
		return fmt.Errorf("take the transactional id: %w", err)
	}
	topics, err := kadm.NewClient(s.producer).ListTopics(ctx, s.topics.Commands(), s.topics.Results())
	if err == nil {
		err = topics.Error()
	}
	if err != nil {
		return fmt.Errorf("look up the topics of write-back: %w", err)
	}
	commands, results := len(topics[s.topics.Commands()].Partitions), len(topics[s.topics.Results()].Partitions)
	if commands != results || commands == 0 {
		return fmt.Errorf("%s has %d partitions and %s has %d: they must agree", s.topics.Commands(), commands, s.topics.Results(), results)
	}
	s.partitions = commands
	return nil
}

// work polls until ctx ends or something fails, and then lets what is under way
// finish.
func (s *session) work(parent context.Context) error {
	ctx, fail := context.WithCancelCause(parent)
	defer fail(nil)
	// Who reads and writes for the others ends after them.
	background, end := context.WithCancel(context.WithoutCancel(ctx))
	defer end()
	var behind, holders sync.WaitGroup
	behind.Go(func() { s.reader.run(background) })
	behind.Go(func() {
		if err := s.commits.run(background, s.held); err != nil {
			fail(err)
		}
	})
	err := s.poll(ctx, func(h *holding) {
		holders.Go(func() {
			if err := h.run(ctx, s); err != nil {
				fail(err)
			}
		})
	})
	if err != nil {
		fail(err)
	}
	s.windDown(&holders)
	if parent.Err() != nil {
		if err := s.commits.move(background, s.held()); err != nil {
			s.deps.Log.Warn().Err(err).Msg("the last offsets could not be committed; their commands are passed over when they come again")
		}
	}
	end()
	behind.Wait()
	for _, h := range s.held() {
		s.commits.kill(h)
	}
	if parent.Err() != nil {
		return nil
	}
	return context.Cause(ctx)
}

// windDown waits for the holdings; after StopTimeout what is under way is left.
func (s *session) windDown(holders *sync.WaitGroup) {
	all := s.held()
	for _, h := range all {
		h.close()
	}
	gone := make(chan struct{})
	go func() { holders.Wait(); close(gone) }()
	timer := time.NewTimer(s.cfg.StopTimeout)
	defer timer.Stop()
	select {
	case <-gone:
	case <-timer.C:
		for _, h := range all {
			h.leave()
		}
		<-gone
	}
}

func (s *session) poll(ctx context.Context, begin func(*holding)) error {
	for {
		for s.pending.Load() >= int64(s.cfg.MaxPending) {
			select {
			case <-s.room:
			case <-ctx.Done():
				return nil
			}
		}
		fetches := s.group.PollRecords(ctx, min(pollMost, s.cfg.MaxPending))
		if ctx.Err() != nil {
			s.group.AllowRebalance()
			return nil //nolint:nilerr // told to stop
		}
		if err := fetches.Err0(); err != nil {
			return fmt.Errorf("poll the commands: %w", err)
		}
		for _, fe := range fetches.Errors() {
			return fmt.Errorf("poll %s/%d: %w", fe.Topic, fe.Partition, fe.Err)
		}
		s.well()
		fetches.EachPartition(func(p kgo.FetchTopicPartition) {
			if len(p.Records) == 0 {
				return
			}
			h, isNew := s.holding(p.Partition)
			s.pendingBy(h.put(p.Records))
			if isNew {
				begin(h)
			}
		})
		s.group.AllowRebalance()
	}
}

// pendingBy counts commands at hand. Where there are none left, as when others have
// the partitions now, nothing waits for a key any more, and nobody would find out
// that it is taken again.
func (s *session) pendingBy(n int) {
	left := s.pending.Add(int64(n))
	s.metrics.pending.Set(float64(left))
	if n < 0 {
		if left == 0 {
			s.pause.end()
		}
		select {
		case s.room <- struct{}{}:
		default:
		}
	}
}

func (s *session) holding(p int32) (h *holding, isNew bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	h = s.holdings[p]
	if h != nil {
		return h, false
	}
	h = newHolding(p)
	s.holdings[p] = h
	return h, true
}

func (s *session) held() []*holding {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*holding
	for _, h := range s.holdings {
		all = append(all, h)
	}
	return all
}
