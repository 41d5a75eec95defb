package writeback_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// world is one application, a Moka with people in it, a topic of commands, a
// ledger, and a worker that dies at any step and comes back. Time is virtual.
type world struct {
	choose func(n int) int // 0 to n-1
	// What a worker without its safeguards would do.
	noLedger, noIntent, noReadBack bool

	now    time.Time
	stage  int64
	moves  []writeback.Move
	mine   map[int]string // index of a move → the command that made it
	late   []lateEffect
	queue  []*schemas.WritebackCommand
	ledger map[string]*schemas.WritebackResult
	own    []writeback.Change
	offset int
	replay int
	faults []string
}

type lateEffect struct {
	at  time.Time
	cmd *schemas.WritebackCommand
	// read is when Moka was last read before the write.
	read time.Time
}

const (
	callTime = 10 * time.Second
	grace    = 20 * time.Second
)

func newWorld(choose func(int) int) *world {
	return &world{
		choose: choose, now: epoch, stage: 1, mine: map[int]string{}, ledger: map[string]*schemas.WritebackResult{}, replay: 2,
	}
}

var epoch = time.Date(2026, 1, 1, 0, 0, 0, int(time.Millisecond), time.UTC)

// pass lets time go by; people and late calls act meanwhile.
func (w *world) pass(d time.Duration) {
	until := w.now.Add(d)
	if w.choose(6) == 0 {
		at := w.now.Add(d / 2)
		w.settleLate(at)
		w.now = at
		w.move(int64(1+w.choose(3)), "", time.Time{})
	}
	w.settleLate(until)
	w.now = until
}

func (w *world) settleLate(until time.Time) {
	var left []lateEffect
	for _, e := range w.late {
		if e.at.After(until) {
			left = append(left, e)
			continue
		}
		w.now = e.at
		w.move(*e.cmd.MoveStage.StageID, e.cmd.CommandID, e.read)
	}
	w.late = left
}

// move happens in Moka. It judges what a command does: cmd is "" for people.
func (w *world) move(to int64, cmd string, read time.Time) {
	if cmd != "" {
		for i, other := range w.mine {
			switch {
			case other == cmd:
				w.fault("command %s took effect twice", cmd)
			case i >= 0 && w.position(other) > w.position(cmd):
				w.fault("command %s took effect after %s", cmd, other)
			}
		}
		asked := w.command(cmd).RequestedAt
		for i, m := range w.moves {
			if w.mine[i] == "" && m.At.After(asked) && m.At.Before(read) {
				w.fault("command %s overrode what people did", cmd)
			}
		}
		w.mine[len(w.moves)] = cmd
	}
	w.moves = append(w.moves, writeback.Move{At: w.now, From: w.stage, To: to})
	w.stage = to
}

func (w *world) fault(format string, args ...any) {
	w.faults = append(w.faults, fmt.Sprintf(format, args...))
}

func (w *world) position(id string) int {
	for i, c := range w.queue {
		if c.CommandID == id {
			return i
		}
	}
	return -1
}

func (w *world) command(id string) *schemas.WritebackCommand { return w.queue[w.position(id)] }

func (w *world) view() *writeback.View {
	v := &writeback.View{ReadAt: w.now, Found: true, StageID: w.stage, JobID: "job"}
	v.Moves = append(v.Moves, w.moves...)
	if n := len(w.moves); n > 0 {
		v.MovedAt = w.moves[n-1].At
	}
	return v
}

// ask adds a command, or an earlier one again.
func (w *world) ask() {
	if len(w.queue) > 0 && w.choose(4) == 0 {
		w.queue = append(w.queue, w.queue[w.choose(len(w.queue))])
		return
	}
	app, stage := int64(7), int64(5+w.choose(3))
	w.queue = append(w.queue, &schemas.WritebackCommand{
		CommandID: fmt.Sprintf("c%d", len(w.queue)), OrgID: "demo", ApplicationID: &app, RequestedBy: "model",
		RequestedAt: w.now, MoveStage: &schemas.MoveStage{StageID: &stage},
	})
	w.pass(time.Duration(w.choose(5)) * time.Second)
}

// live is one life of the worker: it ends by a crash, or when all is settled.
func (w *world) live() {
	if w.replay > 0 && w.choose(5) == 0 {
		w.replay--
		w.offset = 0 // the whole topic again
	}
	for steps := 0; w.offset < len(w.queue) && steps < 200; steps++ {
		if !w.carryOut(w.queue[w.offset]) {
			w.pass(time.Duration(w.choose(40)) * time.Second)
			return
		}
		w.offset++
	}
}

// crash tells whether the worker dies here.
func (w *world) crash() bool { return w.choose(12) == 0 }

// carryOut is the order of steps that a run has. false is a crash.
func (w *world) carryOut(c *schemas.WritebackCommand) bool {
	req, err := writeback.NewRequest(c)
	if err != nil {
		panic(err)
	}
	entry := w.ledger[c.CommandID]
	if w.noLedger {
		entry = nil
	}
	var view *writeback.View
	for range 100 {
		if w.crash() {
			return false
		}
		d := writeback.Decide(writeback.Case{Request: req, Entry: entry, View: view, Own: w.own, Now: w.now})
		if w.noReadBack && entry != nil && entry.Outcome == schemas.WritebackOutcomePending {
			// Blind repetition.
			entry, view = nil, w.view()
			continue
		}
		switch d.Verdict {
		case writeback.Settled:
			return true
		case writeback.Wait:
			w.pass(d.Until.Sub(w.now))
			view = nil
		case writeback.Read:
			w.pass(time.Second)
			view = w.view()
		case writeback.Apply:
			done, again := w.write(c, req, view)
			if done || again == nil {
				return done
			}
			entry, view = again, nil
			if again.Outcome != schemas.WritebackOutcomePending {
				entry = nil
			}
		case writeback.Applied:
			return w.settle(c, req, entry, schemas.WritebackOutcomeApplied)
		case writeback.AlreadyApplied:
			return w.settle(c, req, entry, schemas.WritebackOutcomeAlreadyApplied)
		case writeback.Reject:
			return w.settle(c, req, entry, schemas.WritebackOutcomeRejected)
		default:
			panic(d.Verdict)
		}
	}
	w.fault("command %s comes to no end", c.CommandID)
	return true
}

// write announces and calls. done says that it was settled; again is the entry to
// go on from, nil for a crash.
func (w *world) write(c *schemas.WritebackCommand, req *writeback.Request, view *writeback.View) (done bool, again *schemas.WritebackResult) {
	until := w.now.Add(callTime + grace)
	intent := &schemas.WritebackResult{
		CommandID: c.CommandID, Outcome: schemas.WritebackOutcomePending, ParameterHash: req.Hash,
		StartedAt: ptr(w.now), UnsettledUntil: &until, Memory: req.Baseline(view),
	}
	if !w.noIntent {
		w.ledger[c.CommandID] = intent
	}
	if w.crash() {
		return false, nil
	}
	read := w.now
	to := *c.MoveStage.StageID
	switch w.choose(6) {
	case 0: // lost before it happened
	case 1: // happens some time after it was given up
		w.late = append(w.late, lateEffect{at: w.now.Add(time.Duration(1+w.choose(29)) * time.Second), cmd: c, read: read})
	case 2: // happens, and the answer is lost
		w.move(to, c.CommandID, read)
	case 3: // Moka says that nothing happened
		w.pass(time.Second)
		return false, &schemas.WritebackResult{}
	default:
		w.move(to, c.CommandID, read)
		if w.crash() {
			return false, nil
		}
		return w.settle(c, req, intent, schemas.WritebackOutcomeApplied), nil
	}
	if w.crash() {
		return false, nil
	}
	// The call ended without an answer.
	unclear := *intent
	unclear.UnsettledUntil = ptr(w.now.Add(callTime + grace))
	return false, &unclear
}

// settle commits the outcome with the offset.
func (w *world) settle(c *schemas.WritebackCommand, req *writeback.Request, entry *schemas.WritebackResult, outcome schemas.WritebackOutcome) bool {
	if w.crash() {
		return false
	}
	result := &schemas.WritebackResult{CommandID: c.CommandID, Outcome: outcome, ParameterHash: req.Hash}
	if outcome == schemas.WritebackOutcomeApplied {
		w.own = append(w.own, writeback.Change{Field: req.Field(), Value: req.Value(), From: *entry.StartedAt, Until: w.now})
	}
	w.ledger[c.CommandID] = result
	w.pass(time.Duration(w.choose(3)) * time.Second)
	return true
}

// run lets the world go on until everything is settled, and judges it.
func (w *world) run() []string {
	for range 6 {
		w.ask()
	}
	for range 400 {
		if w.offset == len(w.queue) {
			break
		}
		w.live()
		if len(w.queue) < 12 && w.choose(3) == 0 {
			w.ask()
		}
	}
	w.settleLate(w.now.Add(time.Hour))
	if w.offset < len(w.queue) {
		w.fault("offset %d of %d", w.offset, len(w.queue))
	}
	took := map[string]int{}
	for _, id := range w.mine {
		took[id]++
	}
	for id, e := range w.ledger {
		switch {
		case e.Outcome == schemas.WritebackOutcomeApplied && took[id] != 1:
			w.fault("command %s is APPLIED and took effect %d times", id, took[id])
		case e.Outcome != schemas.WritebackOutcomeApplied && took[id] > 0:
			w.fault("command %s is %s and took effect", id, e.Outcome)
		}
	}
	return w.faults
}

func TestWhateverGoesWrongCommandsTakeEffectOnceAndInOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := 0
		w := newWorld(func(most int) int {
			n++
			return rapid.IntRange(0, most-1).Draw(t, "choice")
		})
		if faults := w.run(); len(faults) > 0 {
			t.Fatal(faults)
		}
	})
}

// Each safeguard is needed: without it, the same world shows a fault soon.
func TestWithoutASafeguardTheModelFails(t *testing.T) {
	for name, without := range map[string]func(*world){
		"the ledger":              func(w *world) { w.noLedger = true },
		"the intent":              func(w *world) { w.noIntent = true },
		"reading back":            func(w *world) { w.noReadBack = true },
		"nothing, for comparison": nil,
	} {
		t.Run(name, func(t *testing.T) {
			found := 0
			var example []string
			for seed := range uint64(2000) {
				rng := rand.New(rand.NewPCG(seed, 1))
				w := newWorld(rng.IntN)
				if without != nil {
					without(w)
				}
				if faults := w.run(); len(faults) > 0 {
					found++
					example = faults
				}
			}
			t.Logf("%d of 2000 worlds had a fault, such as %v", found, example)
			if (without == nil) != (found == 0) {
				t.Errorf("%d of 2000 worlds had a fault, such as %v", found, example)
			}
		})
	}
}
