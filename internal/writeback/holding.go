package writeback

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
)

// holding is a partition from its first record here to its revocation.
type holding struct {
	number  int32
	tracker *tracker
	// closing is closed when nothing new may begin, abandon when what is under
	// way is to be left as it is, done when nothing is at work any more.
	closing, abandon, done chan struct{}
	// dead is set under the committer's lock: nothing of it is written any more.
	dead bool

	mu    sync.Mutex
	inbox []*kgo.Record
	wake  chan struct{} // has room for one
	lanes map[string]*lane
	ids   map[string]bool // of commands at work
	work  sync.WaitGroup

	closeOnce, abandonOnce sync.Once
}

func newHolding(number int32) *holding {
	return &holding{
		number: number, tracker: newTracker(), closing: make(chan struct{}), abandon: make(chan struct{}),
		done: make(chan struct{}), wake: make(chan struct{}, 1), lanes: map[string]*lane{}, ids: map[string]bool{},
	}
}

func (h *holding) close() { h.closeOnce.Do(func() { close(h.closing) }) }
func (h *holding) leave() { h.abandonOnce.Do(func() { close(h.abandon) }) }

// put hands records over. It does not wait. It returns how many were new.
func (h *holding) put(records []*kgo.Record) int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := 0
	for _, r := range records {
		if h.tracker.add(r.Offset) {
			h.inbox = append(h.inbox, r)
			n++
		}
	}
	select {
	case h.wake <- struct{}{}:
	default:
	}
	return n
}

// run restores the ledger of the partition, and then works on its records until
// ctx ends or the holding is closed; then it waits for what is under way. It
// returns an error that ends the session.
//
// The restore comes after the first record: by then the committed offset is
// settled, and so is everything the former owner wrote.
func (h *holding) run(ctx context.Context, s *session) error {
	defer close(h.done)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	watching := make(chan struct{})
	go func() {
		defer close(watching)
		select {
		case <-h.closing:
			cancel()
		case <-ctx.Done():
		}
	}()
	defer func() { cancel(); <-watching }()
	if err := s.restore(ctx, h); err != nil {
		if ctx.Err() != nil {
			return nil // nothing was begun
		}
		return err
	}
	failed := make(chan error, 1)
	for {
		h.mu.Lock()
		records := h.inbox
		h.inbox = nil
		h.mu.Unlock()
		for _, r := range records {
			h.dispatch(ctx, s, r, failed)
		}
		select {
		case <-ctx.Done():
			h.work.Wait()
			select {
			case err := <-failed:
				return err
			default:
				return nil
			}
		case err := <-failed:
			cancel()
			h.work.Wait()
			return err
		case <-h.wake:
		}
	}
}

// dispatch puts a record into the lane of its key.
func (h *holding) dispatch(ctx context.Context, s *session, r *kgo.Record, failed chan<- error) {
	key := string(r.Key)
	h.mu.Lock()
	defer h.mu.Unlock()
	if l := h.lanes[key]; l != nil {
		l.queue = append(l.queue, r)
		return
	}
	l := &lane{session: s, holding: h, key: key, queue: []*kgo.Record{r}}
	h.lanes[key] = l
	h.work.Go(func() {
		if err := l.run(ctx); err != nil && !errors.Is(err, errGivenUp) && ctx.Err() == nil {
			select {
			case failed <- err:
			default:
			}
		}
	})
}

// next gives a lane its next record; nil ends it.
func (h *holding) next(l *lane) *kgo.Record {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(l.queue) == 0 {
		delete(h.lanes, l.key)
		return nil
	}
	r := l.queue[0]
	l.queue = l.queue[1:]
	return r
}

func (s *session) restore(ctx context.Context, h *holding) error {
	begin := s.deps.Now()
	part := state.Partition{Topic: s.topics.Results(), Partition: h.number}
	s.metrics.restoring.Inc()
	defer s.metrics.restoring.Dec()
	n, err := s.deps.Store.Restore(ctx, s.group, []state.Partition{part}, s.deps.Now)
	if err != nil {
		return fmt.Errorf("restore the ledger of partition %d: %w", h.number, err)
	}
	took := s.deps.Now().Sub(begin)
	s.metrics.restored.Add(float64(n))
	s.metrics.restoreSeconds.Observe(took.Seconds())
	s.deps.Log.Info().Int32("partition", h.number).Int("records", n).Dur("took", took).Msg("write-back ledger restored")
	return nil
}

// claim takes a command id for the length of its run; false when a command of
// another application has it.
func (h *holding) claim(id string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.ids[id] {
		return false
	}
	h.ids[id] = true
	return true
}

func (h *holding) unclaim(id string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	delete(h.ids, id)
}
