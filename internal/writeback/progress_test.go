package writeback_test

import (
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// A machine that stood still between the intent and the call makes no call in the
// name of that intent, and goes on with the command.
func TestAMachineThatStoodStillGoesOn(t *testing.T) {
	r := newRig(t, newFakeMoka(1))
	var still atomic.Bool
	r.deps = func(d *writeback.Deps) {
		d.Now = func() time.Time {
			at, _, _, _ := runtime.Caller(1)
			if strings.HasSuffix(runtime.FuncForPC(at).Name(), ".call") && still.CompareAndSwap(false, true) {
				return time.Now().Add(time.Hour)
			}
			return time.Now()
		}
	}
	first, second := r.move(1, 5), r.move(1, 6)
	r.send(first, second)
	r.worker("one")
	r.caughtUp()
	if !still.Load() {
		t.Fatal("the machine never stood still")
	}
	r.outcome(first.CommandID, schemas.WritebackOutcomeApplied)
	r.outcome(second.CommandID, schemas.WritebackOutcomeApplied)
}

// A stop while a transaction fails must not commit the offset of the command whose
// outcome went with it.
func TestNoOffsetWithoutItsOutcome(t *testing.T) {
	m := newFakeMoka(1)
	r := newRig(t, m, kafkatest.Embedded())
	c := r.move(1, 5)
	r.send(c)
	m.latency = 300 * time.Millisecond
	var broken atomic.Bool
	stopping := make(chan struct{})
	r.cluster.Embedded().Cluster().ControlKey(int16(kmsg.EndTxn), func(req kmsg.Request) (kmsg.Response, error, bool) {
		r.cluster.Embedded().Cluster().KeepControl()
		end := req.(*kmsg.EndTxnRequest)
		if !broken.Load() || !end.Commit {
			return nil, nil, false
		}
		<-stopping
		resp := end.ResponseKind().(*kmsg.EndTxnResponse)
		resp.ErrorCode = kerr.InvalidTxnState.Code
		return resp, nil, true
	})
	w := r.worker("one")
	r.await("the call is under way", func() bool { m.mu.Lock(); defer m.mu.Unlock(); return m.busy[1] > 0 })
	broken.Store(true)
	go func() { <-time.After(500 * time.Millisecond); close(stopping) }()
	w.stop()
	broken.Store(false)
	offsets, err := kadm.NewClient(r.writer).FetchOffsets(t.Context(), r.cluster.Prefix()+"-writeback")
	if err != nil {
		t.Fatal(err)
	}
	last := r.last(c.CommandID)
	offsets.Each(func(o kadm.OffsetResponse) {
		if o.At > 0 && last.Outcome == schemas.WritebackOutcomePending {
			t.Errorf("partition %d is committed to %d, and the command is %s", o.Partition, o.At, last.Outcome)
		}
	})
	r.worker("two")
	r.caughtUp()
	r.outcome(c.CommandID, schemas.WritebackOutcomeApplied)
}
