package replica

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Worker is a process that can be stopped, killed and started again, also as
// another version of the program. Its methods are for one goroutine, but for those
// that look at its log.
type Worker struct {
	// Program is what the next Start runs, with Args and with Env alone.
	Program   string
	Args, Env []string
	// Webhook and Ops are where an ingest listens, and StateDir is its data; "" for
	// others.
	Webhook, Ops, StateDir string

	mu      sync.Mutex
	cmd     *exec.Cmd
	exited  chan struct{} // closed when the process is gone
	exitErr error         // set before
	lines   []string      // the last of its log
}

// keptLines is how much of a worker's log is kept, to tell what was wrong.
const keptLines = 40

// NewIngest is an ingest that listens on free loopback ports and has its state in
// dir. env goes before its own addresses, and after this process's environment.
func NewIngest(program string, n int, dir string, env []string) (*Worker, error) {
	webhook, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	ops, err := FreeAddr()
	if err != nil {
		return nil, err
	}
	w := &Worker{Program: program, Args: []string{"ingest"}, Webhook: webhook, Ops: ops, StateDir: dir}
	w.Env = append(append(os.Environ(), env...), "WEBHOOK_ADDR="+webhook, "OPS_ADDR="+ops, "STATE_DIR="+dir,
		fmt.Sprintf("INGEST_INSTANCE=replica-%d", n), "LOG_FORMAT=json")
	return w, nil
}

// FreeAddr is a loopback address nobody listens on at the moment.
func FreeAddr() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer l.Close()
	return l.Addr().String(), nil
}

// Start starts the process; it must not run.
func (w *Worker) Start() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	// It outlives whoever starts it: Kill and Stop end it.
	cmd := exec.CommandContext(context.Background(), w.Program, w.Args...)
	cmd.Env = w.Env
	pipe, err := cmd.StderrPipe()
	if err == nil {
		_, err = cmd.StdinPipe() // ends with this process, whatever becomes of it
	}
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return fmt.Errorf("start %s: %w", w.Program, err)
	}
	exited := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(pipe)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			w.mu.Lock()
			w.lines = append(w.lines[max(0, len(w.lines)+1-keptLines):], lines.Text())
			w.mu.Unlock()
		}
		w.exitErr = cmd.Wait()
		close(exited)
	}()
	w.cmd, w.exited = cmd, exited
	return nil
}

// take is the running process, which is no longer the worker's.
func (w *Worker) take() (*exec.Cmd, chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	cmd := w.cmd
	w.cmd = nil
	return cmd, w.exited
}

// Kill ends the process as a power cut would, and waits until it is gone. It is an
// error when it had ended in good order. Without a process it does nothing.
func (w *Worker) Kill() error {
	cmd, exited := w.take()
	if cmd == nil {
		return nil
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("kill a worker: %w", err)
	}
	if <-exited; w.exitErr == nil {
		return errors.New("a killed worker had ended as if it had been asked to")
	}
	return nil
}

// Stop asks the process to end, as a rollout does, and waits for it; what has not
// ended after a time is killed, and an error, as is any exit status but 0.
func (w *Worker) Stop(patience time.Duration) error {
	cmd, exited := w.take()
	if cmd == nil {
		return nil
	}
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("stop a worker: %w", err)
	}
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-exited:
		if w.exitErr != nil {
			return fmt.Errorf("a worker that was asked to stop: %w\n%s", w.exitErr, w.Tail())
		}
		return nil
	case <-timer.C:
	}
	err := cmd.Process.Kill()
	<-exited
	return errors.Join(fmt.Errorf("a worker did not end within %s\n%s", patience, w.Tail()), err)
}

// AwaitReady waits until the worker says that it is ready.
func (w *Worker) AwaitReady(ctx context.Context) error {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for {
		if ready(ctx, client, w.Ops) {
			return nil
		}
		select {
		case <-w.exited:
			return fmt.Errorf("the worker ended by itself: %w\n%s", w.exitErr, w.Tail())
		case <-ctx.Done():
			return fmt.Errorf("the worker is not ready: %w\n%s", ctx.Err(), w.Tail())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func ready(ctx context.Context, client *http.Client, ops string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+ops+"/readyz", nil)
	if err != nil {
		return false
	}
	resp, err := client.Do(req)
	if err != nil {
		return false
	}
	_ = resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// Tail is the end of its log.
func (w *Worker) Tail() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.lines, "\n")
}

// Ended tells whether it ended by itself.
func (w *Worker) Ended() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cmd == nil {
		return false
	}
	select {
	case <-w.exited:
		return true
	default:
		return false
	}
}
