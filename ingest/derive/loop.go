package derive

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
	"golang.org/x/sync/errgroup"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Decoder reads framed values of any version; *schemas.Decoder does.
type Decoder interface {
	Decode(ctx context.Context, value []byte) (any, error)
}

// DeadLetters builds and counts dead letters; *publish.DeadLetters does.
type DeadLetters interface {
	Record(letter schemas.DeadLetter) (*kgo.Record, error)
	Count(letter schemas.DeadLetter)
}

// Deps are what the loop works with; all are needed.
type Deps struct {
	// Client holds the options to reach Kafka: brokers, TLS, SASL, logger.
	Client      []kgo.Opt
	Topics      publish.Topics
	Records     *publish.Records
	Encoder     *publish.Encoder
	Codec       *schemas.Codec
	Decoder     Decoder
	DeadLetters DeadLetters
	Store       *state.Store
	Normalize   normalize.Options
	Now         func() time.Time
	Log         zerolog.Logger
	Registerer  prometheus.Registerer
}

// Loop reads the journal and writes events and state, one transaction after
// the other. Several replicas share the partitions as a consumer group.
type Loop struct {
	cfg     Config
	deps    Deps
	topics  publish.Topics
	store   *state.Store
	decider *Decider
	metrics *metrics
	owned   *ownership
	fault   atomic.Pointer[error]
	batch   int // how many entries to poll
}

// New fails only on a bad configuration or metrics that can't be registered.
func New(cfg Config, deps Deps) (*Loop, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	decider, err := NewDecider(deps.Codec.Bundle())
	if err != nil {
		return nil, err
	}
	m, err := newMetrics(deps.Registerer)
	if err != nil {
		return nil, err
	}
	l := &Loop{cfg: cfg, deps: deps, topics: deps.Topics, store: deps.Store, decider: decider, metrics: m,
		owned: newOwnership(), batch: cfg.MaxBatch,
	}
	starting := errors.New("derive has not joined its group yet")
	l.fault.Store(&starting)
	return l, nil
}

// Ready returns nil while the loop does its work, else what keeps it from it.
func (l *Loop) Ready() error { return *l.fault.Load() }

const (
	firstPause = 250 * time.Millisecond
	longPause  = 15 * time.Second

	leaveTimeout = 3 * time.Second

	// givenBackMost is how many transactions in a row may come to nothing
	// without an error.
	givenBackMost = 5
)

// Run works until ctx ends, and returns nil then; the transaction under way is
// finished first. Trouble with Kafka or the registry is logged and tried again
// from the last commit, with growing pauses; Run does not return for it.
func (l *Loop) Run(ctx context.Context) error {
	pause := firstPause
	for ctx.Err() == nil {
		progressed, err := l.session(ctx)
		if progressed {
			pause = firstPause
		}
		if err != nil && ctx.Err() == nil {
			// A batch may have been too much for the time a transaction has.
			l.batch = max(1, l.batch/2)
			l.rest(ctx, err, pause)
			pause = min(2*pause, longPause)
		}
	}
	return nil
}

// rest says what went wrong and waits for a while.
func (l *Loop) rest(ctx context.Context, err error, pause time.Duration) {
	l.fail(err)
	l.metrics.restarts.Inc()
	l.deps.Log.Error().Err(err).Dur("pause", pause).Str("instance", l.cfg.Instance).
		Msg("derive starts over from the last commit")
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// well says that derive has a place in its group, or records to work on.
func (l *Loop) well() {
	var none error
	l.fault.Store(&none)
}

func (l *Loop) fail(err error) {
	err = fmt.Errorf("derive: %w", err)
	l.fault.Store(&err)
}

func (l *Loop) options() []kgo.Opt {
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
	}
	opts := append([]kgo.Opt{}, l.deps.Client...)
	opts = append(opts, publish.ProducerOptions(l.topics)...)
	return append(opts,
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
		kgo.TransactionalID(l.topics.Prefix()+"-derive-"+l.cfg.Instance),
		kgo.TransactionTimeout(l.cfg.TransactionTimeout),
		kgo.OnPartitionsAssigned(assigned),
		kgo.OnPartitionsRevoked(forget),
		kgo.OnPartitionsLost(forget),
	)
}

// session works with one client until something fails; then the client is in no
// state to go on (GroupTransactSession.End). progressed tells whether it
// committed anything.
func (l *Loop) session(ctx context.Context) (progressed bool, err error) {
	l.owned = newOwnership() // before the client can call back
	l.metrics.partitions.Set(0)
	s, err := kgo.NewGroupTransactSession(l.options()...)
	if err != nil {
		return false, fmt.Errorf("make the Kafka client: %w", err)
	}
	defer func() {
		if ctx.Err() != nil {
			l.leave(ctx, s.Client())
		}
		s.Close()
	}()
	// Taking the transactional id ends what a crashed predecessor left open.
	if _, _, err := s.Client().ProducerID(ctx); err != nil {
		return false, fmt.Errorf("take the transactional id: %w", err)
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

// leave hands the partitions over at once. A member with a name of its own is
// otherwise waited for.
func (l *Loop) leave(ctx context.Context, client *kgo.Client) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	me := kadm.LeaveGroup(l.cfg.Group).InstanceIDs(l.cfg.Instance).Reason("the worker is stopping")
	if _, err := kadm.NewClient(client).LeaveGroup(ctx, me); err != nil {
		l.deps.Log.Warn().Err(err).Msg("could not leave the group: its partitions are taken over after DERIVE_SESSION_TIMEOUT")
	}
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

// transact derives one batch and commits it. An error means that the client
// can't go on; false without one, that a rebalance gave the batch to another.
func (l *Loop) transact(ctx context.Context, s *kgo.GroupTransactSession, byPartition map[int32][]*kgo.Record) (bool, error) {
	start := l.deps.Now()
	if err := s.Begin(); err != nil {
		return false, fmt.Errorf("begin a transaction: %w", err)
	}
	works, err := l.deriveAll(ctx, byPartition)
	if err == nil {
		err = produce(ctx, s, works)
	}
	if err != nil {
		_, abortErr := s.End(ctx, kgo.TryAbort)
		l.metrics.aborts.Inc()
		return false, errors.Join(err, abortErr)
	}
	committed, err := s.End(ctx, kgo.TryCommit)
	if err != nil {
		l.metrics.aborts.Inc()
		return false, fmt.Errorf("commit: %w", err)
	}
	if !committed {
		// Nor is it certain that it did not: a broker that failed to say so may
		// have committed. What is in the topics counts.
		for _, w := range works {
			l.owned.forget([]int32{w.partition})
		}
		l.metrics.aborts.Inc()
		return false, nil
	}
	if err := l.takeOver(works); err != nil {
		return true, err
	}
	l.metrics.committed(works, l.deps.Now().Sub(start), l.deps.Now())
	return true, nil
}

func (l *Loop) deriveAll(ctx context.Context, byPartition map[int32][]*kgo.Record) ([]*work, error) {
	var mu sync.Mutex
	var works []*work
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(runtime.GOMAXPROCS(0))
	for p, records := range byPartition {
		group.Go(func() error {
			w, err := l.derive(ctx, p, records)
			if err != nil {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			works = append(works, w)
			return nil
		})
	}
	err := group.Wait() // before works is read
	return works, err
}

// produce writes all records and waits for them.
func produce(ctx context.Context, s *kgo.GroupTransactSession, works []*work) error {
	var first atomic.Pointer[error]
	for _, w := range works {
		for _, rec := range w.records {
			s.Produce(ctx, rec, func(r *kgo.Record, err error) {
				if err != nil {
					err = fmt.Errorf("produce to %s/%d: %w", r.Topic, r.Partition, err)
					first.CompareAndSwap(nil, &err)
				}
			})
		}
	}
	if err := s.Client().Flush(ctx); err != nil {
		return fmt.Errorf("flush: %w", err)
	}
	if err := first.Load(); err != nil {
		return *err
	}
	return nil
}

// takeOver brings what was committed into the local copy.
func (l *Loop) takeOver(works []*work) error {
	var changes []state.Change
	for _, w := range works {
		for _, s := range w.states {
			changes = append(changes, state.Change{
				Partition: state.Partition{Topic: s.record.Topic, Partition: s.record.Partition},
				Key:       string(s.record.Key), Value: s.record.Value, DeletedAt: s.deletedAt, Offset: s.record.Offset,
			})
		}
		for _, letter := range w.letters {
			l.deps.DeadLetters.Count(letter)
		}
	}
	return l.store.Apply(changes, l.deps.Now())
}
