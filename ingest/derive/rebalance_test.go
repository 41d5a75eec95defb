package derive_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/publish"
)

// settled waits until the group is stable and each of n members has partitions.
func (s *system) settled(n int) {
	s.t.Helper()
	adm, group := kadm.NewClient(s.writer), s.cluster.Prefix()+"-derive"
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	inARow := 0
	for deadline := time.Now().Add(60 * time.Second); inARow < 5; <-tick.C {
		if time.Now().After(deadline) {
			s.t.Fatalf("the group did not settle with %d members", n)
		}
		inARow++
		described, err := adm.DescribeGroups(s.t.Context(), group)
		if err != nil || described[group].State != "Stable" || len(described[group].Members) != n {
			inARow = 0
			continue
		}
		assigned := 0
		for _, m := range described[group].Members {
			mine := 0
			if a, ok := m.Assigned.AsConsumer(); ok {
				for _, topic := range a.Topics {
					mine += len(topic.Partitions)
				}
			}
			if assigned += mine; mine == 0 {
				inARow = 0
			}
		}
		if assigned != partitions {
			inARow = 0
		}
	}
}

// The transaction session reports one revocation and then, until the next
// transaction, no other. A partition that goes with the second and comes back
// must be caught up all the same.
func TestTwoRebalancesWithoutATransactionBetween(t *testing.T) {
	s := newSystem(t)
	const applications = 40
	round := func(n int) {
		for a := range applications {
			s.say(pushEntry(int64(a), n, fmt.Sprintf("v%d", n)))
		}
		s.await()
	}
	s.loop("stays", t.TempDir(), time.Now)
	s.settled(1)
	round(0)
	var others []*running
	for i := range partitions - 1 {
		others = append(others, s.loop(fmt.Sprintf("guest-%d", i), t.TempDir(), time.Now))
		s.settled(i + 2)
	}
	round(1)
	for _, r := range others {
		r.stop()
	}
	s.settled(1)
	round(1) // the same webhooks once more
	tally(t, s, applications, 2)
}

// A broker may have committed and fail to say so.
func TestUnclearCommitIsNotDerivedAgain(t *testing.T) {
	s := newSystem(t, kafkatest.Embedded())
	s.loop("one", t.TempDir(), time.Now)
	s.say(pushEntry(0, 0, "v0"))
	s.await()
	coordinator := s.cluster.Client()
	broker := s.cluster.Embedded().Cluster()
	var seen atomic.Int32
	broker.ControlKey(int16(kmsg.EndTxn), func(req kmsg.Request) (kmsg.Response, error, bool) {
		broker.KeepControl()
		if seen.Add(1) > 1 {
			return nil, nil, false
		}
		asked := req.(*kmsg.EndTxnRequest)
		again := kmsg.NewPtrEndTxnRequest()
		again.TransactionalID, again.ProducerID, again.ProducerEpoch, again.Commit = asked.TransactionalID, asked.ProducerID, asked.ProducerEpoch, asked.Commit
		broker.SleepControl(func() {
			ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
			defer cancel()
			if resp, err := again.RequestWith(ctx, coordinator); err != nil || resp.ErrorCode != 0 {
				t.Errorf("the transaction did not end: %v", err)
			}
		})
		unclear := asked.ResponseKind().(*kmsg.EndTxnResponse)
		unclear.ErrorCode = kerr.UnknownServerError.Code
		return unclear, nil, true
	})
	s.say(pushEntry(0, 1, "v1"))
	s.await()
	s.say(pushEntry(0, 2, "v2"))
	s.await()
	if seen.Load() < 2 {
		t.Fatalf("%d transactions were ended: the fault was not met", seen.Load())
	}
	tally(t, s, 1, 3)
	if n := len(s.read(s.topics.Events(publish.Candidates))); n != 3 {
		t.Errorf("%d events of three webhooks", n)
	}
}
