package checkpoint

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/state"
)

// claim is the group's word that this replica is the one.
type claim struct {
	revoked chan struct{} // closed when the word is taken back
}

// choice turns the callbacks of the group into claims.
type choice struct {
	mu      sync.Mutex
	current *claim
	claims  chan *claim // the latest that nobody has taken up
}

func newChoice() *choice { return &choice{claims: make(chan *claim, 1)} }

func (c *choice) given() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.current != nil {
		return
	}
	c.current = &claim{revoked: make(chan struct{})}
	c.drop()
	c.claims <- c.current
}

func (c *choice) taken() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.drop()
	if c.current != nil {
		close(c.current.revoked)
		c.current = nil
	}
}

// drop makes room in claims.
func (c *choice) drop() {
	select {
	case <-c.claims:
	default:
	}
}

func (l *Leader) options(p state.Partition, c *choice) ([]kgo.Opt, error) {
	opts, err := l.deps.Client()
	if err != nil {
		return nil, err
	}
	mine := func(partitions map[string][]int32) bool {
		return slices.Contains(partitions[p.Topic], p.Partition)
	}
	// Assignment is reported also where there is nothing to assign: standing by.
	assigned := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		l.well()
		if mine(partitions) {
			c.given()
		}
	}
	gone := func(_ context.Context, _ *kgo.Client, partitions map[string][]int32) {
		if mine(partitions) {
			c.taken()
		}
	}
	return append(opts[:len(opts):len(opts)],
		kgo.ConsumerGroup(l.cfg.Group),
		// A replica that was killed comes back as the same member.
		kgo.InstanceID(l.cfg.Instance),
		kgo.SessionTimeout(l.cfg.SessionTimeout),
		// The members hear at a heartbeat that one of them is gone.
		kgo.HeartbeatInterval(l.cfg.SessionTimeout/10),
		kgo.Balancers(keeping{p}),
		kgo.ConsumeTopics(p.Topic),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtEnd()),
		kgo.DisableAutoCommit(),
		kgo.OnPartitionsAssigned(assigned),
		kgo.OnPartitionsRevoked(gone),
		kgo.OnPartitionsLost(gone),
	), nil
}

// session is a member of the group until something fails. progressed tells
// whether anything was committed.
func (l *Leader) session(ctx context.Context, hold Hold) (progressed bool, err error) {
	p, err := l.place(ctx)
	if err != nil {
		return false, err
	}
	c := newChoice()
	opts, err := l.options(p, c)
	if err != nil {
		return false, err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return false, fmt.Errorf("make the Kafka client: %w", err)
	}
	// The group is for the choice alone: what is in the topic is read by offsets.
	client.PauseFetchTopics(p.Topic)

	sctx, cancel := context.WithCancelCause(ctx)
	var wg sync.WaitGroup
	wg.Go(func() { cancel(faults(sctx, client)) })
	defer func() {
		cancel(nil)
		wg.Wait()
		client.Close()
		if ctx.Err() != nil {
			l.leave(ctx)
		}
	}()
	for {
		select {
		case <-sctx.Done():
			return progressed, context.Cause(sctx)
		case claimed := <-c.claims:
			committed, err := l.lead(sctx, client, p, claimed, hold)
			progressed = progressed || committed
			if err != nil {
				return progressed, err
			}
		}
	}
}

// faults returns the first error of the membership; polls bring nothing else.
func faults(ctx context.Context, client *kgo.Client) error {
	for {
		fetches := client.PollFetches(ctx)
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		for _, fe := range fetches.Errors() {
			return fmt.Errorf("take part in the group: %w", fe.Err)
		}
	}
}

// place finds the organisation's partition, with a client that is no member.
func (l *Leader) place(ctx context.Context) (state.Partition, error) {
	opts, err := l.deps.Client()
	if err != nil {
		return state.Partition{}, err
	}
	client, err := kgo.NewClient(opts...)
	if err != nil {
		return state.Partition{}, fmt.Errorf("make the Kafka client: %w", err)
	}
	defer client.Close()
	return l.table.place(ctx, client)
}

// leave has the others take over at once; a member with a name of its own is
// otherwise waited for. It comes after the member's client was closed, with a
// client of its own: one that is still at work would join again.
func (l *Leader) leave(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), leaveTimeout)
	defer cancel()
	if err := l.sendLeave(ctx); err != nil {
		l.deps.Log.Warn().Err(err).Msg("could not leave the group: another replica polls only after POLL_SESSION_TIMEOUT")
	}
}

func (l *Leader) sendLeave(ctx context.Context) error {
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
