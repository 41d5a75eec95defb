// Package process runs the parties of a measurement in processes of their own
// and tells what they use of the machine.
//
// The two sides talk in lines: the child says "ready …" on its standard output
// once it does its work, and what it finds out later as further lines; the
// parent tells it things on its standard input. A child lives as long as its
// standard input: closed by Stop, or by the operating system when the parent is
// gone, however it went. One that does not end then is killed by its id.
package process

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"strings"
	"sync"
	"time"
)

const (
	startPatience = 30 * time.Second
	stopPatience  = 10 * time.Second
)

// Process is a running child. Its methods are for one goroutine, Usage and PID
// for any.
type Process struct {
	name  string
	ready string
	cmd   *exec.Cmd
	stdin io.WriteCloser
	lines chan string

	stop func() error
}

// Start starts a child and waits until it is ready. Its standard error goes to
// stderr. When ctx is done the child is killed.
func Start(ctx context.Context, name string, stderr io.Writer, cmd *exec.Cmd) (*Process, error) {
	p := &Process{name: name, cmd: cmd, lines: make(chan string, 64)}
	cmd.Stderr = stderr
	var err error
	if p.stdin, err = cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	read := make(chan struct{})
	go p.read(stdout, read)
	p.stop = sync.OnceValue(func() error { return p.end(read) })

	wait, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	line, err := p.Line(wait)
	if err == nil {
		var ok bool
		if p.ready, ok = strings.CutPrefix(line, readyWord+" "); ok || line == readyWord {
			return p, nil
		}
		err = fmt.Errorf("it said %q", line)
	}
	return nil, errors.Join(fmt.Errorf("start %s: %w", name, err), p.Stop())
}

// Ready is what the child said when it was ready, such as its address.
func (p *Process) Ready() string { return p.ready }

// PID is the child's process id.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Line returns the next line the child says. It fails when ctx is done, or the
// child has nothing more to say because it ended.
func (p *Process) Line(ctx context.Context) (string, error) {
	select {
	case line, ok := <-p.lines:
		if !ok {
			return "", fmt.Errorf("%s has ended", p.name)
		}
		return line, nil
	case <-ctx.Done():
		return "", fmt.Errorf("wait for %s: %w", p.name, context.Cause(ctx))
	}
}

// Tell sends the child a line.
func (p *Process) Tell(line string) error {
	if _, err := io.WriteString(p.stdin, line+"\n"); err != nil {
		return fmt.Errorf("tell %s: %w", p.name, err)
	}
	return nil
}

// Usage is what the child has used so far; ok is false where the operating
// system does not say.
func (p *Process) Usage() (u Usage, ok bool) { return UsageOf(p.PID()) }

// Stop has the child end, and returns when it is gone. It fails if the child
// ended with an error or had to be killed. A second Stop returns the same.
func (p *Process) Stop() error { return p.stop() }

func (p *Process) end(read <-chan struct{}) error {
	// It may be gone already; then there is nothing to close.
	_ = p.stdin.Close()
	kill := time.AfterFunc(stopPatience, func() { _ = p.cmd.Process.Kill() })
	defer kill.Stop()
	go func() {
		for range p.lines { // what nobody wants to know any more
			continue
		}
	}()
	<-read // Wait closes the pipe, so all is read before
	if err := p.cmd.Wait(); err != nil {
		return fmt.Errorf("end %s: %w", p.name, err)
	}
	return nil
}

func (p *Process) read(stdout io.Reader, done chan<- struct{}) {
	defer close(done)
	defer close(p.lines)
	scanner := bufio.NewScanner(stdout)
	for scanner.Scan() {
		p.lines <- scanner.Text()
	}
}

// Launcher starts a child in one of the roles that the benchmark program knows.
type Launcher func(ctx context.Context, role string, args ...string) (*Process, error)
