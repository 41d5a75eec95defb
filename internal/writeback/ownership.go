package writeback

import (
	"context"
	"maps"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// onAssigned is told of partitions; their holdings begin with the first records.
func (s *session) onAssigned(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
	s.owned(partitions[s.topics.Commands()], true)
	s.well()
}

// onRevoked gives partitions back. The group waits for it to return: until then
// nobody else has them. Nothing new begins; what is under way is finished, or
// after StopTimeout left as it is, for the next owner to settle.
func (s *session) onRevoked(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
	s.giveUp(partitions[s.topics.Commands()], s.cfg.StopTimeout)
}

// onLost is told of partitions that may have another owner already.
func (s *session) onLost(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
	s.giveUp(partitions[s.topics.Commands()], 0)
}

func (s *session) giveUp(numbers []int32, patience time.Duration) {
	s.owned(numbers, false)
	s.mu.Lock()
	var gone []*holding
	for _, p := range numbers {
		if h := s.holdings[p]; h != nil {
			gone = append(gone, h)
		}
	}
	s.mu.Unlock()
	var all sync.WaitGroup
	for _, h := range gone {
		all.Go(func() { s.giveUpOne(h, patience) })
	}
	all.Wait()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, h := range gone {
		delete(s.holdings, h.number)
		maps.DeleteFunc(s.parked, func(_ string, p int32) bool { return p == h.number })
	}
	s.metrics.parked.Set(float64(len(s.parked)))
}

func (s *session) giveUpOne(h *holding, patience time.Duration) {
	h.close()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-h.done:
	case <-timer.C:
		s.deps.Log.Warn().Int32("partition", h.number).
			Msg("a partition is given up with a call to Moka under way; its next owner reads Moka back")
		s.commits.kill(h)
		h.leave()
		<-h.done
	}
	// The offsets of what needed no record; what is committed already is again.
	if err := s.commits.move(context.Background(), []*holding{h}); err != nil {
		s.deps.Log.Debug().Err(err).Int32("partition", h.number).Msg("the last offsets of a partition could not be committed")
	}
	s.commits.kill(h)
	s.pendingBy(-h.forget())
}

// forget returns how many commands the holding had at hand.
func (h *holding) forget() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	n := len(h.inbox)
	for _, l := range h.lanes {
		n += len(l.queue)
	}
	h.inbox, h.lanes = nil, nil
	return n
}

// owned notes what is assigned, and takes that share of the quota.
func (s *session) owned(numbers []int32, have bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range numbers {
		if have {
			s.assigned[p] = true
		} else {
			delete(s.assigned, p)
		}
	}
	s.metrics.partitions.Set(float64(len(s.assigned)))
	if s.deps.Quota != nil && len(s.assigned) > 0 {
		share := float64(len(s.assigned)) / float64(s.partitions)
		s.deps.Quota.SetPerMinute(float64(s.cfg.QuotaPerMinute) * share)
		s.deps.Quota.SetHeadcountWritesPerMinute(float64(s.cfg.HeadcountWritesPerMinute) * share)
	}
}

// leave hands the partitions over at once; a member with a name of its own is
// otherwise waited for. It comes after the member's client was closed, with a
// client of its own: one that is still at work would join again.
func (w *Worker) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := w.sendLeave(ctx); err != nil {
		w.deps.Log.Warn().Err(err).Msg("could not leave the group: its partitions are taken over after WRITEBACK_SESSION_TIMEOUT")
	}
}

func (w *Worker) sendLeave(ctx context.Context) error {
	opts, err := w.deps.Client()
	if err != nil {
		return err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return err
	}
	defer client.Close()
	me := kadm.LeaveGroup(w.cfg.Group).InstanceIDs(w.cfg.Instance).Reason("the worker is stopping")
	_, err = kadm.NewClient(client).LeaveGroup(ctx, me)
	return err
}
