package commands_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// process is a worker that can be killed, stopped and started again.
type process struct {
	t      *testing.T
	orders orders

	mu      sync.Mutex
	cmd     *exec.Cmd
	spoke   chan struct{} // closed when the process says its first word
	exited  chan struct{} // closed when the process is gone
	exitErr error         // set before
	lines   []string      // the last of its log
}

// keptLines is how much of a worker's log is kept, to tell what was wrong.
const keptLines = 30

// newProcess makes a worker that is not started yet; it is gone when t ends.
func newProcess(t *testing.T, h house, n int) *process {
	t.Helper()
	p := &process{t: t, orders: orders{house: h, Instance: fmt.Sprintf("worker-%d", n), Dir: t.TempDir()}}
	t.Cleanup(func() {
		if p.running() {
			p.kill()
		}
		if t.Failed() {
			t.Logf("the last words of %s:\n%s", p.orders.Instance, p.tail())
		}
	})
	return p
}

func (p *process) start() {
	p.t.Helper()
	text, err := json.Marshal(p.orders)
	if err != nil {
		p.t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		p.t.Fatal(err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), workerVariable+"="+string(text))
	pipe, err := cmd.StderrPipe()
	if err == nil {
		_, err = cmd.StdinPipe() // ends with this process, whatever becomes of it
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		p.t.Fatal(err)
	}
	spoke, exited := make(chan struct{}), make(chan struct{})
	go func() {
		lines := bufio.NewScanner(pipe)
		first := sync.OnceFunc(func() { close(spoke) })
		defer first()
		for lines.Scan() {
			first()
			p.mu.Lock()
			p.lines = append(p.lines[max(0, len(p.lines)+1-keptLines):], lines.Text())
			p.mu.Unlock()
		}
		p.exitErr = cmd.Wait()
		close(exited)
	}()
	p.cmd, p.spoke, p.exited = cmd, spoke, exited
}

// alive fails the test where the worker ended by itself.
func (p *process) alive() {
	p.t.Helper()
	p.mu.Lock()
	gone, runs := p.exited, p.cmd != nil
	p.mu.Unlock()
	if !runs {
		return
	}
	select {
	case <-gone:
		p.t.Fatalf("%s ended by itself: %v\n%s", p.orders.Instance, p.exitErr, p.tail())
	default:
	}
}

func (p *process) running() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.cmd != nil
}

func (p *process) end(signal os.Signal) (exited <-chan struct{}) {
	p.t.Helper()
	p.mu.Lock()
	cmd, gone := p.cmd, p.exited
	p.cmd = nil
	p.mu.Unlock()
	if cmd == nil {
		p.t.Fatalf("%s does not run", p.orders.Instance)
	}
	if err := cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Errorf("%v %s: %v", signal, p.orders.Instance, err)
	}
	return gone
}

// kill ends the process as a power cut would, and waits until it is gone.
func (p *process) kill() {
	p.t.Helper()
	if <-p.end(syscall.SIGKILL); p.exitErr == nil {
		p.t.Errorf("%s ended as if it had been asked to", p.orders.Instance)
	}
}

// stop asks the process to end, and waits until it has.
func (p *process) stop() {
	p.t.Helper()
	<-p.spoke // else it does not know what it is asked
	gone := p.end(syscall.SIGTERM)
	select {
	case <-gone:
	case <-time.After(30 * time.Second):
		p.t.Fatalf("%s does not stop:\n%s", p.orders.Instance, p.tail())
	}
	if p.exitErr != nil {
		p.t.Errorf("%s did not stop in good order: %v", p.orders.Instance, p.exitErr)
	}
}

// forget throws its local copy of the ledger away.
func (p *process) forget() {
	p.t.Helper()
	if err := os.RemoveAll(p.orders.Dir); err != nil {
		p.t.Fatal(err)
	}
	if err := os.MkdirAll(p.orders.Dir, 0o750); err != nil {
		p.t.Fatal(err)
	}
}

// tail is the end of its log.
func (p *process) tail() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return strings.Join(p.lines, "\n")
}
