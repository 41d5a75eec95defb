package writeback_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// cable can be pulled: its connections break, and no new ones are made.
type cable struct {
	mu     sync.Mutex
	pulled bool
	conns  []net.Conn
}

func (c *cable) dial(ctx context.Context, network, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, network, address)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err == nil && c.pulled {
		err = errors.Join(errors.New("the cable is pulled"), conn.Close())
	}
	c.conns = append(c.conns, conn)
	return conn, err
}

func (c *cable) pull(out bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pulled = out
	for _, conn := range c.conns {
		if out && conn != nil {
			_ = conn.Close()
		}
	}
	c.conns = nil
}

// A worker that Kafka takes for dead has a call under way. Whoever takes over
// waits until that can be no more, and what the dead one says later does not count.
func TestWorkerTakenForDeadChangesNothing(t *testing.T) {
	m := newFakeMoka(1, 2)
	var once sync.Once
	m.next = func(app int64) fault {
		what := fine
		if app == 1 {
			once.Do(func() { what = late }) // it happens when the call has timed out
		}
		return what
	}
	r := newRig(t, m)
	r.config = func(c *writeback.Config) { c.CallTimeout, c.Grace = time.Second, time.Second }
	var wire cable
	r.deps = func(d *writeback.Deps) {
		options := d.Client
		d.Client = func() ([]kgo.Opt, error) {
			opts, err := options()
			return append(opts, kgo.Dialer(wire.dial)), err
		}
	}
	first, second, other := r.move(1, 5), r.move(1, 6), r.move(2, 5)
	r.send(first, second)
	dead := r.worker("dead")
	r.await("the call is under way", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return m.busy[1] > 0 })
	wire.pull(true)
	r.deps = nil
	r.worker("heir")
	r.await("the heir has settled it", func() bool { got := r.last(second.CommandID); return got != nil && got.FinishedAt != nil })
	wire.pull(false)
	r.await("the dead one is back", func() bool { return dead.worker.Ready() == nil })
	r.send(other)
	r.caughtUp()
	r.outcome(first.CommandID, schemas.WritebackOutcomeApplied)
	r.outcome(second.CommandID, schemas.WritebackOutcomeApplied)
	r.outcome(other.CommandID, schemas.WritebackOutcomeApplied)
	if got := m.moved(1); !slices.Equal(got, []int64{5, 6}) {
		t.Errorf("moved to %v", got)
	}
	for _, e := range r.history()[first.CommandID][1:] {
		if text(e.Worker) != "heir" {
			t.Errorf("%s wrote %s about a command that it had lost", text(e.Worker), e.Outcome)
		}
	}
}
