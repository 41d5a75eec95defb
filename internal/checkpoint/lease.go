package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// ErrLost says that the lease is over: another replica has it, or it must be
// taken anew because the outcome of a commit is not known. Its holder can only
// return.
var ErrLost = errors.New("the lease on the organisation is over")

// lostError is ErrLost with its reason.
type lostError struct {
	how   string // for the metric: revoked, fenced, unclear, unread
	cause error
}

// Error implements error.
func (e *lostError) Error() string { return fmt.Sprintf("%v: %v", ErrLost, e.cause) }

// Unwrap implements errors.Is and errors.As.
func (e *lostError) Unwrap() []error { return []error{ErrLost, e.cause} }

var (
	errRevoked   = errors.New("the group gave it to another replica")
	errSuccessor = errors.New("a successor has written already")
	errReturned  = errors.New("its holder has returned")
	errGivenBack = errors.New("the holder gave the lease back")
)

// Lease is the right to poll the organisation. Its methods are safe for
// concurrent use.
type Lease struct {
	table     Table
	partition state.Partition
	instance  string
	now       func() time.Time
	metrics   *metrics
	producer  *kgo.Client
	cursors   map[string]*schemas.Checkpoint
	updates   *updates

	turn chan struct{} // one transaction at a time
	over <-chan struct{}
	why  func() error // once it is over
	end  func(error)
	// committed tells whether any transaction was; guarded by turn.
	committed bool
}

// Cursors returns all checkpoints of the organisation by feed, as they were
// when the lease began. The caller owns the map.
func (s *Lease) Cursors() map[string]*schemas.Checkpoint { return maps.Clone(s.cursors) }

// Updates carries what others wrote since the lease began: of each feed the
// latest, in the order in which the feeds were first written. What leases commit
// is not among them. It is never closed: hold's context tells the end.
func (s *Lease) Updates() <-chan Update { return s.updates.out }

// lead takes the lease and has it held. It returns nil when the group took it
// back in good order; any other end asks for a new session.
func (l *Leader) lead(ctx context.Context, client *kgo.Client, p state.Partition, claimed *claim, hold Hold) (committed bool, err error) {
	start := l.deps.Now()
	// It outlasts ctx until hold has returned, so that what was begun is finished.
	valid, end := context.WithCancelCause(context.WithoutCancel(ctx))
	defer end(nil)
	work, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	context.AfterFunc(valid, func() { stop(context.Cause(valid)) })

	var wg sync.WaitGroup
	defer func() {
		end(&lostError{"returned", errReturned})
		wg.Wait()
	}()
	wg.Go(func() {
		select {
		case <-claimed.revoked:
			end(&lostError{"revoked", errRevoked})
		case <-valid.Done():
		}
	})
	producer, err := l.producer(work)
	if err != nil {
		return false, ended(valid, err)
	}
	defer producer.Close()
	log, err := state.OpenLog(work, client, p)
	if err != nil {
		return false, ended(valid, err)
	}
	// Only now: nobody before us can add to it any more.
	picture, err := l.table.read(work, log)
	if err != nil {
		return false, ended(valid, fmt.Errorf("read the checkpoints: %w", err))
	}
	for _, err := range picture.unreadable {
		l.unreadable(err)
	}
	s := &Lease{
		table: l.table, partition: p, instance: l.cfg.Instance, now: l.deps.Now, metrics: l.metrics, producer: producer,
		cursors: picture.checkpoints(), updates: newUpdates(),
		turn: make(chan struct{}, 1), over: valid.Done(), why: func() error { return context.Cause(valid) }, end: end,
	}
	wg.Go(func() { s.updates.run(valid) })
	wg.Go(func() { l.follow(valid, s, log, picture) })
	err = ended(valid, l.hold(work, s, start, hold))
	end(&lostError{"returned", errReturned})
	s.turn <- struct{}{} // no commit is under way, and none begins
	return s.committed, err
}

// follow turns what is written behind the picture into updates until the lease
// is over. It ends the lease when it cannot go on, or a successor is seen.
func (l *Leader) follow(valid context.Context, s *Lease, log *state.Log, p *picture) {
	t := tail{
		table: l.table, instance: s.instance, updates: s.updates, known: p.late, end: p.end, unreadable: l.unreadable,
	}
	_, err := log.Read(valid, p.next, math.MaxInt64, func(recs []*kgo.Record) error { return t.take(valid, recs) })
	if valid.Err() != nil {
		return
	}
	how := "unread"
	if errors.Is(err, errSuccessor) {
		how = "fenced"
	}
	s.end(&lostError{how, fmt.Errorf("follow the checkpoints: %w", err)})
}

// hold calls hold, and says that it does.
func (l *Leader) hold(ctx context.Context, s *Lease, start time.Time, hold Hold) error {
	took := l.deps.Now().Sub(start)
	l.metrics.beginSeconds.Observe(took.Seconds())
	l.well()
	l.leading.Store(true)
	l.metrics.leading.Set(1)
	l.deps.Log.Info().Str("instance", l.cfg.Instance).Int("checkpoints", len(s.cursors)).Dur("took", took).
		Msg("this replica polls the organisation")
	err := hold(ctx, s)
	l.leading.Store(false)
	l.metrics.leading.Set(0)
	why := context.Cause(ctx)
	if why == nil {
		why = errGivenBack
	}
	var lost *lostError
	if errors.As(why, &lost) {
		l.metrics.lost.WithLabelValues(lost.how).Inc()
	}
	l.deps.Log.Info().Str("instance", l.cfg.Instance).AnErr("why", why).Msg("this replica stands by")
	switch {
	case ctx.Err() == nil && err == nil:
		return errGivenBack
	case ctx.Err() == nil:
		return fmt.Errorf("hold the lease: %w", err)
	}
	return nil
}

// ended prefers why the lease ended to what broke because of it. That the group
// took it back is no trouble.
func ended(valid context.Context, err error) error {
	if cause := context.Cause(valid); cause != nil {
		err = cause
	}
	if errors.Is(err, errRevoked) {
		return nil
	}
	return err
}

// producer takes the organisation's transactional id: from here on whoever had
// it before can commit nothing, and what it left open is undone.
func (l *Leader) producer(ctx context.Context) (*kgo.Client, error) {
	opts, err := l.deps.Client()
	if err != nil {
		return nil, err
	}
	opts = append(opts[:len(opts):len(opts)], publish.ProducerOptions(l.topics)...)
	client, err := kgo.NewClient(append(opts,
		kgo.TransactionalID(l.topics.PollTransaction(l.deps.OrgID)),
		kgo.TransactionTimeout(l.cfg.TransactionTimeout),
		kgo.ProducerLinger(0),
	)...)
	if err != nil {
		return nil, fmt.Errorf("make the producer: %w", err)
	}
	if _, _, err := client.ProducerID(ctx); err != nil {
		client.Close()
		return nil, fmt.Errorf("take the transactional id: %w", err)
	}
	return client, nil
}

// unreadable counts and says it.
func (l *Leader) unreadable(err error) {
	l.metrics.unreadable.Inc()
	l.deps.Log.Error().Err(err).Msg("a checkpoint cannot be read: its feed begins anew")
}
