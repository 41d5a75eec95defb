package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(hangingUp{m}) }

// hangingUp ends connections that are kept for more requests: to a registry that
// outlives the tests, they would look like leaks.
type hangingUp struct{ *testing.M }

func (h hangingUp) Run() int {
	code := h.M.Run()
	(&http.Client{}).CloseIdleConnections() // those of all clients without a transport of their own
	return code
}

var update = flag.Bool("update", false, "write the goldens anew")

// console runs command lines in process, with an environment of its own.
type console struct {
	t   *testing.T
	env map[string]string
}

// screen is what a command has written so far.
type screen struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (s *screen) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.Write(b)
}

func (s *screen) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.buf.String()
}

// outcome is what came of a command line.
type outcome struct {
	status   int
	out, err string
}

func (c console) program(in io.Reader, out, err io.Writer) *program {
	return &program{
		stdin: in, stdout: out, stderr: err,
		lookup:   func(name string) (string, bool) { value, ok := c.env[name]; return value, ok },
		hostname: func() (string, error) { return "host-1", nil },
		now:      time.Now,
	}
}

// run runs a command line to its end.
func (c console) run(args ...string) outcome { return c.runWith("", args...) }

// runWith is run with something on standard input.
func (c console) runWith(in string, args ...string) outcome {
	c.t.Helper()
	var out, err screen
	ctx, cancel := context.WithTimeout(c.t.Context(), time.Minute)
	defer cancel()
	status := c.program(strings.NewReader(in), &out, &err).run(ctx, args)
	if ctx.Err() != nil {
		c.t.Fatalf("mokafka %s did not end\nout: %s\nerr: %s", strings.Join(args, " "), &out, &err)
	}
	return outcome{status, out.String(), err.String()}
}

// must is run where success is expected; it returns the output.
func (c console) must(args ...string) string {
	c.t.Helper()
	got := c.run(args...)
	if got.status != exitDone {
		c.t.Fatalf("mokafka %s: status %d\nout: %s\nerr: %s", strings.Join(args, " "), got.status, got.out, got.err)
	}
	return got.out
}

// process is a command that runs until it is told to end.
type process struct {
	t        *testing.T
	name     string
	out, err screen
	cancel   context.CancelFunc
	done     chan struct{}
	status   int // set before done is closed
}

// start starts a command line; the test's end ends it if nothing did before.
func (c console) start(args ...string) *process {
	ctx, cancel := context.WithCancel(context.Background())
	p := &process{t: c.t, name: strings.Join(args, " "), cancel: cancel, done: make(chan struct{})}
	prog := c.program(strings.NewReader(""), &p.out, &p.err)
	go func() {
		defer close(p.done)
		p.status = prog.run(ctx, args)
	}()
	c.t.Cleanup(func() {
		cancel()
		<-p.done
		if c.t.Failed() {
			c.t.Logf("mokafka %s\nout: %s\nerr: %s", p.name, &p.out, &p.err)
		}
	})
	return p
}

// end tells the command to end, as SIGTERM does, and wants status 0.
func (p *process) end() {
	p.t.Helper()
	p.cancel()
	p.wants(exitDone)
}

// wants waits for the end of the command.
func (p *process) wants(status int) {
	p.t.Helper()
	select {
	case <-p.done:
	case <-time.After(time.Minute):
		p.t.Fatalf("mokafka %s does not end", p.name)
	}
	if p.status != status {
		p.t.Errorf("mokafka %s: status %d, want %d\nout: %s\nerr: %s", p.name, p.status, status, &p.out, &p.err)
	}
}

// shows waits until a text is on one of the command's two screens.
func (p *process) shows(on *screen, text string) {
	p.t.Helper()
	eventually(p.t, func() bool {
		select {
		case <-p.done:
			if !strings.Contains(on.String(), text) {
				p.t.Fatalf("mokafka %s ended with status %d before it said %q", p.name, p.status, text)
			}
		default:
		}
		return strings.Contains(on.String(), text)
	}, "mokafka %s to say %q", p.name, text)
}

// eventually waits until done.
func eventually(t *testing.T, done func() bool, what string, args ...any) {
	t.Helper()
	deadline := time.NewTimer(time.Minute)
	defer deadline.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !done() {
		select {
		case <-tick.C:
		case <-deadline.C:
			t.Fatalf("waited in vain for "+what, args...)
		}
	}
}

// golden compares with a file in testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it anew):\n%s", file, diff)
	}
}

// contains wants each of the texts in got.
func contains(t *testing.T, got string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(got, text) {
			t.Errorf("%q is not in:\n%s", text, got)
		}
	}
}

// deadAddr is a loopback address that refuses connections, and that nobody else
// gets until release or the test's end.
func deadAddr(t *testing.T) (addr string, release func()) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	release = sync.OnceFunc(func() { _ = syscall.Close(fd) })
	t.Cleanup(release)
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	bound, err := syscall.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	in4, ok := bound.(*syscall.SockaddrInet4)
	if !ok {
		t.Fatalf("bound to %v", bound)
	}
	return fmt.Sprintf("127.0.0.1:%d", in4.Port), release
}
