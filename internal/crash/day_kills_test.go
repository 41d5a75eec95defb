package crash_test

import (
	"context"
	"math/rand/v2"
	"time"
)

// killAgainAndAgain kills the replica that polls, until ctx ends: at a random
// moment; a moment after it has read news, so before, in or after the transaction
// that makes them durable; and for so long that the other takes over.
func (d *day) killAgainAndAgain(ctx context.Context) {
	rng := rand.New(rand.NewPCG(3, 4))
	share := d.clock.real(d.cfg.length) / time.Duration(d.cfg.kills+1)
	for n := 0; ctx.Err() == nil && n < d.cfg.kills; n++ {
		wait(ctx, time.Duration((0.5+rng.Float64()/2)*float64(share)))
		if !d.polledSince(ctx, time.Now()) {
			return
		}
		victim, _ := d.front.polls()
		if n%3 < 2 {
			victim = d.afterNews(ctx, time.Duration(rng.IntN(12))*time.Millisecond)
		}
		if victim < 0 || ctx.Err() != nil {
			return
		}
		if err := d.workers[victim].Kill(); err != nil {
			d.t.Error(err)
			return
		}
		d.front.looks.brokeNow(victim)
		d.tally.kills++
		if n%4 == 3 {
			d.tally.takeovers++
			d.othersTurn(ctx, victim)
		}
		if nodes := d.cluster.Nodes(); n%7 == 5 && len(nodes) > 0 {
			node := nodes[rng.IntN(len(nodes))]
			d.front.looks.brokeNow(-1)
			d.cluster.KillNode(node)
			d.cluster.StartNode(node)
			d.tally.brokers++
		}
		if err := d.workers[victim].Start(); err != nil {
			d.t.Error(err)
			return
		}
	}
}

func wait(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}

// polledSince waits until somebody polls again.
func (d *day) polledSince(ctx context.Context, since time.Time) bool {
	for ctx.Err() == nil {
		if _, at := d.front.polls(); at.After(since) {
			return true
		}
		wait(ctx, 5*time.Millisecond)
	}
	return false
}

// afterNews waits until a replica has read news, and a while more; -1 when ctx
// ends before.
func (d *day) afterNews(ctx context.Context, while time.Duration) int {
	d.front.trap.Store(true)
	defer d.front.trap.Store(false)
	select {
	case victim := <-d.front.caught:
		wait(ctx, while)
		return victim
	case <-ctx.Done():
		return -1
	}
}

// othersTurn waits until another replica polls.
func (d *day) othersTurn(ctx context.Context, victim int) {
	for since := time.Now(); ctx.Err() == nil; wait(ctx, 10*time.Millisecond) {
		if who, at := d.front.polls(); who != victim && at.After(since) {
			return
		}
	}
}
