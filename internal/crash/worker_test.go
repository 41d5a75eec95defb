package crash_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// binary builds the program under test.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "mokafka")
	out, err := exec.CommandContext(t.Context(), "go", "build", "-o", path, "github.com/mokafka/mokafka/cmd/mokafka").CombinedOutput()
	if err != nil {
		t.Fatalf("build mokafka: %v\n%s", err, out)
	}
	return path
}

// freeAddr is a loopback address nobody listens on at the moment.
func freeAddr(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// worker is one ingest replica that can be killed and started again.
type worker struct {
	t       *testing.T
	binary  string
	args    []string
	env     []string
	webhook string
	ops     string
	client  *http.Client

	mu      sync.Mutex
	cmd     *exec.Cmd
	exited  chan struct{} // closed when the process is gone
	exitErr error         // set before
	lines   []string      // the last of its log
}

// keptLines is how much of a worker's log is kept, to tell what was wrong.
const keptLines = 40

func newWorker(t *testing.T, binary string, n int, env []string) *worker {
	t.Helper()
	w := &worker{t: t, binary: binary, args: []string{"ingest"}, webhook: freeAddr(t), ops: freeAddr(t), client: &http.Client{}}
	w.env = append(os.Environ(), append(env,
		"WEBHOOK_ADDR="+w.webhook, "OPS_ADDR="+w.ops, "STATE_DIR="+t.TempDir(),
		fmt.Sprintf("INGEST_INSTANCE=replica-%d", n), "LOG_FORMAT=json")...)
	t.Cleanup(w.client.CloseIdleConnections)
	t.Cleanup(w.kill)
	return w
}

func (w *worker) start() {
	w.mu.Lock()
	defer w.mu.Unlock()
	cmd := exec.Command(w.binary, w.args...)
	cmd.Env = w.env
	pipe, err := cmd.StderrPipe()
	if err == nil {
		_, err = cmd.StdinPipe() // ends with this process, whatever becomes of it
	}
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	exited := make(chan struct{})
	go func() {
		lines := bufio.NewScanner(pipe)
		for lines.Scan() {
			w.mu.Lock()
			w.lines = append(w.lines[max(0, len(w.lines)+1-keptLines):], lines.Text())
			w.mu.Unlock()
		}
		w.exitErr = cmd.Wait()
		close(exited)
	}()
	w.cmd, w.exited = cmd, exited
}

// kill ends the process as a power cut would, and waits until it is gone.
func (w *worker) kill() {
	w.mu.Lock()
	cmd, exited := w.cmd, w.exited
	w.cmd = nil
	w.mu.Unlock()
	if cmd == nil {
		return
	}
	if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		w.t.Errorf("kill: %v", err)
	}
	if <-exited; w.exitErr == nil {
		w.t.Error("a killed worker ended as if it had been asked to")
	}
}

// awaitReady waits until the worker says it is ready.
func (w *worker) awaitReady(ctx context.Context) error {
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+w.ops+"/readyz", nil)
		if err != nil {
			return err
		}
		resp, err := w.client.Do(req)
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-w.exited:
			return fmt.Errorf("the worker ended by itself: %w; its last line: %s", w.exitErr, w.log())
		case <-ctx.Done():
			return fmt.Errorf("the worker is not ready: %w; its last line: %s", ctx.Err(), w.log())
		case <-time.After(50 * time.Millisecond):
		}
	}
}

func (w *worker) log() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.lines) == 0 {
		return ""
	}
	return w.lines[len(w.lines)-1]
}

// tail is the end of its log.
func (w *worker) tail() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return strings.Join(w.lines, "\n")
}

// ended tells whether it ended by itself.
func (w *worker) ended() bool {
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
