package commands_test

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

// TestWorkersTakeTurns has three workers come and go in good order under load: no
// two of them are at work on one application at the same time. A worker goes while
// commands are under way, and more come for the same applications once its
// partitions have another owner.
func TestWorkersTakeTurns(t *testing.T) {
	if testing.Short() {
		t.Skip("starts and stops workers under load")
	}
	n := min(size(t), 1500)
	rounds := max(4, n/250)
	r := newRig(t, 3)
	apps := r.moka.applicants(t, n/10)
	lines := (&script{lots: rand.New(rand.NewPCG(1, 2)), moka: r.moka}).write(apps, n)
	for _, w := range r.workers {
		w.start()
	}
	owners, moved := r.shared(), 0
	lots := rand.New(rand.NewPCG(3, 4))
	var away *process
	for part := range slices.Chunk(lines, len(lines)/(2*rounds+1)+1) {
		r.perform(part, 0)
		if away == nil {
			away = r.workers[lots.IntN(len(r.workers))]
			away.stop()
		} else {
			away.start()
			away = nil
		}
		now := r.shared()
		for p, owner := range now {
			if owners[p] != owner {
				moved++
			}
		}
		owners = now
	}
	if away != nil {
		away.start()
	}
	r.finish()
	for _, w := range r.workers {
		w.stop()
	}
	tl := r.tally(lines)
	t.Logf("%d rounds, %d times a partition had another owner, %d applications worked on by several\n%s", rounds, moved, tl.shared, tl)
	complain(t, tl)
	if tl.shared == 0 {
		t.Error("no application was worked on by two workers: the test moved nothing")
	}
}

// shared waits until every worker that runs has partitions and each partition has
// one of them, and returns which.
func (r *rig) shared() map[int32]string {
	r.t.Helper()
	var owners map[int32]string
	r.await("the workers share the partitions", time.Minute, func() bool {
		ctx, cancel := context.WithTimeout(r.t.Context(), 10*time.Second)
		defer cancel()
		groups, err := r.admin.DescribeGroups(ctx, r.house.group())
		if err != nil || groups[r.house.group()].State != "Stable" {
			return false
		}
		owners = map[int32]string{}
		have := map[string]bool{}
		twice := false
		for _, m := range groups[r.house.group()].Members {
			assigned, ok := m.Assigned.AsConsumer()
			if !ok || m.InstanceID == nil {
				return false
			}
			for _, topic := range assigned.Topics {
				for _, p := range topic.Partitions {
					twice = twice || owners[p] != ""
					owners[p], have[*m.InstanceID] = *m.InstanceID, true
				}
			}
		}
		for _, w := range r.workers {
			if have[w.orders.Instance] != w.running() {
				return false
			}
		}
		return !twice && len(owners) == partitions
	})
	return owners
}
