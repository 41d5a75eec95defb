package writeback

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/schemas"
)

// commit is something that is to be written, all of it or nothing.
type commit struct {
	holding *holding
	records []*kgo.Record
	// settled is the offset of a command that is done with, -1 for none.
	settled int64
	letters []schemas.DeadLetter
	done    chan error
}

// committer collects what many applications have to write into short
// transactions. Each carries the offsets of the partitions concerned, moved or
// not: that is what lets the group fence a worker that lost them.
type committer struct {
	*Worker
	producer *kgo.Client
	group    *kgo.Client
	in       chan *commit
	// mu is held for the length of a transaction, and to declare a holding dead.
	mu    sync.Mutex
	ended chan struct{} // closed when nothing is written any more
	// broken is set, under mu, when a transaction has failed: what the trackers call
	// settled since is not, and no offset of it may be committed.
	broken bool
	// progressed tells whether anything was committed.
	progressed atomic.Bool
}

const (
	commitsAtOnce = 512
	// moveEvery is how often offsets are committed of commands that needed no
	// record.
	moveEvery = time.Second
	// fencedTries is how often a transaction that the group refused is tried
	// again: a rebalance may be under way.
	fencedTries = 40
	fencedPause = 100 * time.Millisecond
)

func newCommitter(w *Worker, producer *kgo.Client) *committer {
	return &committer{Worker: w, producer: producer, in: make(chan *commit, commitsAtOnce), ended: make(chan struct{})}
}

// write returns nil once c is committed. errGivenUp: its holding is dead, and
// nothing was written. Any other error leaves open whether it was, and is the end
// of the session.
func (c *committer) write(what *commit) error {
	what.done = make(chan error, 1)
	select {
	case c.in <- what:
	case <-c.ended:
		return errEnded
	}
	select {
	case err := <-what.done:
		return err
	case <-c.ended:
		return errEnded
	}
}

var errEnded = errors.New("the session that was to write it has ended")

// run commits until ctx ends, and returns the error that ends the session.
// holdings are those whose offsets may have moved.
func (c *committer) run(ctx context.Context, holdings func() []*holding) error {
	defer close(c.ended)
	tick := time.NewTicker(moveEvery)
	defer tick.Stop()
	for {
		var batch []*commit
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
			if err := c.move(ctx, holdings()); err != nil {
				c.deps.Log.Warn().Err(err).Msg("offsets of write-back commands could not be committed; they are again with the next")
			}
			continue
		case first := <-c.in:
			batch = append(batch, first)
		}
		for len(batch) < commitsAtOnce {
			select {
			case more := <-c.in:
				batch = append(batch, more)
				continue
			default:
			}
			break
		}
		if err := c.transact(ctx, batch); err != nil {
			for _, b := range batch {
				b.done <- err
			}
			return err
		}
	}
}

// kill has nothing of the holding written any more. It waits for a transaction
// that is under way.
func (c *committer) kill(h *holding) {
	c.mu.Lock()
	defer c.mu.Unlock()
	h.dead = true
}

// move commits offsets that moved without a record.
func (c *committer) move(ctx context.Context, holdings []*holding) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken {
		return errEnded
	}
	offsets := map[int32]kgo.EpochOffset{}
	var moved []*holding
	for _, h := range holdings {
		if at, ok := h.tracker.low(); ok && !h.dead {
			offsets[h.number] = kgo.EpochOffset{Epoch: -1, Offset: at}
			moved = append(moved, h)
		}
	}
	if len(moved) == 0 {
		return nil
	}
	var failed error
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.TransactionTimeout)
	defer cancel()
	c.group.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{c.topics.Commands(): offsets},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, resp *kmsg.OffsetCommitResponse, err error) {
			failed = err
			if err != nil {
				return
			}
			for _, t := range resp.Topics {
				for _, p := range t.Partitions {
					failed = errors.Join(failed, kerr.ErrorForCode(p.ErrorCode))
				}
			}
		})
	if failed != nil {
		return failed
	}
	for _, h := range moved {
		h.tracker.keep(offsets[h.number].Offset)
	}
	return nil
}

// transact writes the batch. Members whose holding is dead are told so; an error
// is about all others.
func (c *committer) transact(ctx context.Context, batch []*commit) (err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer func() { c.broken = c.broken || err != nil }()
	// What has begun is finished, within the time a transaction has.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), c.cfg.TransactionTimeout)
	defer cancel()
	begin := c.deps.Now()
	var live []*commit
	for _, b := range batch {
		if b.holding.dead {
			b.done <- errGivenUp
			continue
		}
		live = append(live, b)
		if b.settled >= 0 {
			b.holding.tracker.settle(b.settled)
		}
	}
	if len(live) == 0 {
		return nil
	}
	for try := 1; ; try++ {
		written, err := c.attempt(ctx, live)
		if err == nil {
			return c.takeOver(live, written, begin)
		}
		c.metrics.aborts.Inc()
		if !errors.Is(err, errFenced) || try == fencedTries {
			return err
		}
		if err := c.deps.Sleep(ctx, fencedPause); err != nil {
			return fmt.Errorf("commit: %w", err)
		}
	}
}

// takeOver brings what was committed into the local copy and tells who waits.
func (c *committer) takeOver(live []*commit, written []*kgo.Record, begin time.Time) error {
	var changes []state.Change
	for _, r := range written {
		if r.Topic == c.topics.Results() {
			changes = append(changes, state.Change{
				Partition: state.Partition{Topic: r.Topic, Partition: r.Partition},
				Key:       string(r.Key), Value: r.Value, Offset: r.Offset,
			})
		}
	}
	now := c.deps.Now()
	if err := c.deps.Store.Apply(changes, now); err != nil {
		return err
	}
	c.progressed.Store(true)
	c.metrics.transactions.Inc()
	c.metrics.commitSeconds.Observe(now.Sub(begin).Seconds())
	for _, b := range live {
		for _, letter := range b.letters {
			c.deps.DeadLetters.Count(letter)
		}
		b.done <- nil
	}
	return nil
}
