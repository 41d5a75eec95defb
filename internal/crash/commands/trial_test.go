package commands_test

import (
	"math/rand/v2"
	"os"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim"
)

// trial says what is done to the workers while they work.
type trial struct {
	commands, applications, workers int
	// kills end a worker with SIGKILL, rounds one with SIGTERM; each comes back.
	kills, rounds int
	faults        float64
	people        bool
	replay        bool
	// every is how long on the average it is quiet between two of them.
	every time.Duration
}

// size is how many commands the trial has: few as a rule, so that it is part of
// every test run.
func size(t *testing.T) int {
	t.Helper()
	text := os.Getenv("MOKAFKA_COMMANDS")
	if text == "" {
		return 200
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 100 {
		t.Fatalf("MOKAFKA_COMMANDS is %q: it must be a number from 100", text)
	}
	return n
}

// TestCommandsTakeEffectOnce is the whole trial. That it can fail is shown by
// TestMutants, with each safeguard taken away.
func TestCommandsTakeEffectOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("kills workers again and again")
	}
	n := size(t)
	trial{
		commands: n, applications: n / 10, workers: 3, kills: max(4, n/100), rounds: n / 500,
		faults: 0.025, people: true, replay: true, every: 1500 * time.Millisecond,
	}.run(t)
}

func (tr trial) run(t *testing.T) {
	t.Helper()
	r := newRig(t, tr.workers)
	apps := r.moka.applicants(t, tr.applications)
	lines := (&script{lots: rand.New(rand.NewPCG(1, 2)), moka: r.moka}).write(apps, tr.commands)
	if tr.faults > 0 {
		r.moka.misbehave(t, tr.faults)
	}
	for _, w := range r.workers {
		w.start()
	}
	lots := rand.New(rand.NewPCG(3, 4))
	blows := tr.kills + tr.rounds
	length := time.Duration(blows) * tr.every
	over := make(chan struct{})
	var people sync.WaitGroup
	if tr.people {
		people.Go(func() { r.people(apps, length/time.Duration(tr.commands/10), over) })
	}
	sent := make(chan struct{})
	go func() { defer close(sent); r.perform(lines, length) }()
	brokers := 0
	for i := range blows {
		pause(t, tr.every/4+time.Duration(lots.Int64N(int64(tr.every*3/2))))
		w := r.workers[lots.IntN(len(r.workers))]
		if kill := i%blows < tr.kills; !kill {
			w.stop()
			pause(t, time.Duration(lots.Int64N(int64(tr.every))))
		} else {
			w.kill()
			if nodes := r.cluster.Nodes(); i%10 == 5 && len(nodes) > 0 {
				node := nodes[lots.IntN(len(nodes))]
				r.cluster.KillNode(node)
				r.cluster.StartNode(node)
				brokers++
			}
			if lots.IntN(3) == 0 {
				w.forget()
			}
		}
		w.start()
	}
	<-sent
	close(over)
	people.Wait()
	released := r.finish()
	if tr.replay {
		tr.again(t, r)
	}
	for _, w := range r.workers {
		w.stop()
	}
	tl := r.tally(lines)
	t.Logf("%d SIGKILL, %d SIGTERM, %d broker restarts, %d applications released\n%s", tr.kills, tr.rounds, brokers, released, tl)
	complain(t, tl)
}

// again has the whole topic carried out once more: nothing may come of it.
func (tr trial) again(t *testing.T, r *rig) {
	t.Helper()
	for _, w := range r.workers {
		w.stop()
	}
	r.moka.later.Wait()
	_, records := r.outcomes()
	effects := len(r.moka.effects(t))
	r.rewind()
	r.workers[0].forget()
	for _, w := range r.workers {
		w.start()
	}
	r.finish()
	if _, now := r.outcomes(); now != records {
		t.Errorf("replayed from the start: %d results became %d", records, now)
	}
	if now := len(r.moka.effects(t)); now != effects {
		t.Errorf("replayed from the start: %d effects became %d", effects, now)
	}
}

// perform sends the script over the given time.
func (r *rig) perform(lines []*line, length time.Duration) {
	start := time.Now()
	for i, l := range lines {
		pause(r.t, time.Until(start.Add(length*time.Duration(i)/time.Duration(len(lines)))))
		c := l.command
		now := time.Now().UTC().Truncate(time.Millisecond)
		switch l.sort {
		case again:
		case other:
			c.RequestedAt, c.ExpiresAt = l.of.command.RequestedAt, l.of.command.ExpiresAt
		default:
			c.RequestedAt = now
		}
		switch l.sort {
		case late:
			at := now.Add(-time.Second)
			c.RequestedAt, c.ExpiresAt = now.Add(-2*time.Second), &at
		case brief:
			at := now.Add(time.Second)
			c.ExpiresAt = &at
		default:
		}
		if err := r.trySend(c); err != nil {
			r.t.Errorf("send a command: %v", err)
			return
		}
	}
}

// people work in the same records. They take out of the archive only what they
// put there.
func (r *rig) people(apps []int64, every time.Duration, over <-chan struct{}) {
	lots := rand.New(rand.NewPCG(5, 6))
	archived := map[int64]bool{}
	tick := time.NewTicker(every)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return
		case <-tick.C:
		}
		app := apps[lots.IntN(len(apps))]
		do := mokasim.Human{ApplicationID: app, Act: "move", StageID: r.moka.order[lots.IntN(len(r.moka.order))]}
		switch lot := lots.Float64(); {
		case archived[app]:
			do.Act = "restore"
			delete(archived, app)
		case lot < 0.1:
			do.Act = "remark"
		case lot < 0.2:
			do.Act = "offer_accept"
		case lot < 0.25:
			do.Act = "archive"
			archived[app] = r.moka.human(r.t, do)
			continue
		}
		r.moka.human(r.t, do)
	}
}
