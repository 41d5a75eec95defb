package kafkatest

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"sync"

	"github.com/mokafka/mokafka/internal/kafkatest/embedded"
)

// control takes brokers away and brings them back.
type control struct {
	nodes []int32 // those that may go while the others carry on
	do    func(verb string, node int32) error
	// cut and mend take away and bring back all brokers at once; ready waits
	// until a broker that was started is a full member again.
	cut, mend, ready func() error

	mu      sync.Mutex
	stopped map[int32]bool
}

// embeddedControl leaves the controller alone: kfake never elects another.
func embeddedControl(b *embedded.Broker) *control {
	var nodes []int32
	for node := range len(b.Addrs()) - 1 {
		nodes = append(nodes, int32(node))
	}
	return &control{
		nodes:   nodes,
		stopped: make(map[int32]bool),
		do: func(verb string, node int32) error {
			if verb == "start" {
				return b.StartNode(node)
			}
			return b.StopNode(node)
		},
		cut:   func() error { b.Cut(); return nil },
		mend:  func() error { b.Mend(); return nil },
		ready: func() error { return nil },
	}
}

// programControl runs KAFKA_CONTROL. An outage kills the brokers: of brokers
// asked to stop, the last waits for others to hand over to.
func programControl(program string, nodes []int32, ready func() error) *control {
	c := &control{stopped: make(map[int32]bool), ready: ready}
	if len(nodes) > 1 {
		c.nodes = nodes
	}
	c.do = func(verb string, node int32) error {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		out, err := exec.CommandContext(ctx, program, verb, strconv.Itoa(int(node))).CombinedOutput() //nolint:gosec // G702: running what KAFKA_CONTROL names is its meaning
		if err != nil {
			return fmt.Errorf("%s %s %d: %w: %s", program, verb, node, err, out)
		}
		return nil
	}
	all := func(verb string, down bool) func() error {
		return func() error {
			errs := make([]error, len(nodes))
			var wg sync.WaitGroup
			for i, node := range nodes {
				wg.Go(func() { errs[i] = c.do(verb, node) })
				c.mark(node, down)
			}
			wg.Wait()
			return errors.Join(errs...)
		}
	}
	c.cut, c.mend = all("kill", true), all("start", false)
	return c
}

func (c *control) mark(node int32, down bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if down {
		c.stopped[node] = true
	} else {
		delete(c.stopped, node)
	}
}

// startAll brings back what a test left stopped.
func (c *control) startAll() error {
	c.mu.Lock()
	var left []int32
	for node := range c.stopped {
		left = append(left, node)
	}
	c.mu.Unlock()
	if len(left) == 0 {
		return nil
	}
	var errs []error
	for _, node := range left {
		errs = append(errs, c.do("start", node))
		c.mark(node, false)
	}
	return errors.Join(append(errs, c.ready())...)
}

// CanRestart reports whether the brokers can be taken away and brought back.
func (c *Cluster) CanRestart() bool { return c.control != nil }

// Nodes are the ids of the brokers that StopNode and KillNode take, one at a
// time; empty where there is only one broker or CanRestart is false.
func (c *Cluster) Nodes() []int32 {
	if c.control == nil {
		return nil
	}
	return c.control.nodes
}

// StopNode shuts one broker down in good order and returns when it is gone; the
// others take over from it. The end of the test brings it back.
func (c *Cluster) StopNode(node int32) { c.t.Helper(); c.node("stop", node) }

// KillNode ends one broker without warning.
func (c *Cluster) KillNode(node int32) { c.t.Helper(); c.node("kill", node) }

// StartNode brings a broker back and returns when it holds all it should, so
// that the next may go.
func (c *Cluster) StartNode(node int32) {
	c.t.Helper()
	c.node("start", node)
	c.must("start broker "+strconv.Itoa(int(node)), c.control.ready())
}

func (c *Cluster) node(verb string, node int32) {
	c.t.Helper()
	c.restartable()
	c.control.mark(node, verb != "start")
	c.must(verb+" broker", c.control.do(verb, node))
}

// Outage takes all brokers away until Recover or the end of the test. What they
// acknowledged is not lost.
func (c *Cluster) Outage() {
	c.t.Helper()
	c.restartable()
	c.must("take the brokers away", c.control.cut())
}

// Recover ends an Outage and returns when the cluster is whole.
func (c *Cluster) Recover() {
	c.t.Helper()
	c.restartable()
	c.must("bring the brokers back", c.control.mend())
	c.must("bring the brokers back", c.control.ready())
}

func (c *Cluster) restartable() {
	c.t.Helper()
	if c.control == nil {
		c.t.Fatal("these brokers can't be stopped: ask for kafkatest.Restartable()")
	}
}

func (c *Cluster) must(what string, err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatalf("%s: %v", what, err)
	}
}
