package process_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/mokafka/mokafka/internal/bench/process"
)

// The test's own program is the child, told by the environment what to be.
func TestMain(m *testing.M) {
	switch os.Getenv("BENCH_CHILD") {
	case "":
		goleak.VerifyTestMain(m)
	case "echo":
		err := process.Serve(context.Background(), os.Stdin, os.Stdout, echo)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	case "broken":
		fmt.Fprintln(os.Stderr, "no such port")
		os.Exit(3)
	case "rude":
		fmt.Fprintln(os.Stdout, "hello")
	}
}

func echo(ctx context.Context, c *process.Child) error {
	if err := c.Ready("127.0.0.1:1"); err != nil {
		return err
	}
	for {
		line, err := c.Told(ctx)
		if err != nil {
			return err
		}
		if line == "fail" {
			return errors.New("as told")
		}
		if err := c.Say(map[string]string{"told": line}); err != nil {
			return err
		}
	}
}

func start(t *testing.T, role string) (*process.Process, *bytes.Buffer, error) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd := exec.CommandContext(t.Context(), self)
	cmd.Env = append(os.Environ(), "BENCH_CHILD="+role)
	p, err := process.Start(t.Context(), role, &stderr, cmd)
	return p, &stderr, err
}

func TestChildLivesAsLongAsItsInput(t *testing.T) {
	p, _, err := start(t, "echo")
	if err != nil {
		t.Fatal(err)
	}
	if p.Ready() != "127.0.0.1:1" {
		t.Errorf("ready: %q", p.Ready())
	}
	if err := p.Tell("go"); err != nil {
		t.Fatal(err)
	}
	if line, err := p.Line(t.Context()); err != nil || line != `{"told":"go"}` {
		t.Errorf("%q, %v", line, err)
	}
	if u, ok := p.Usage(); ok && (u.Resident <= 0 || u.PeakResident < u.Resident) || !ok && runtime.GOOS == "linux" {
		t.Errorf("usage %+v, %v", u, ok)
	}
	if err := errors.Join(p.Stop(), p.Stop()); err != nil {
		t.Errorf("stop: %v", err)
	}
	if _, ok := p.Usage(); ok {
		t.Error("it is there after Stop")
	}
	if _, err := p.Line(t.Context()); err == nil {
		t.Error("it says something after Stop")
	}
}

func TestFaultsOfAChildAreErrors(t *testing.T) {
	p, stderr, err := start(t, "echo")
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Tell("fail"); err != nil {
		t.Fatal(err)
	}
	// Told to end before it fails, it would do that.
	if line, err := p.Line(t.Context()); err == nil {
		t.Errorf("it said %q", line)
	}
	if err := p.Stop(); err == nil || !strings.Contains(stderr.String(), "as told") {
		t.Errorf("stop: %v, standard error %q", err, stderr)
	}
	for _, role := range []string{"broken", "rude"} {
		if _, _, err := start(t, role); err == nil || !strings.Contains(err.Error(), "start "+role) {
			t.Errorf("%s: %v", role, err)
		}
	}
}

func TestReadsProc(t *testing.T) {
	stat := []byte("42 (a) b (c) S 1 42 42 0 -1 4194560 1 2 3 4 250 50 7 8 20 0 9 0 100 1 2")
	if user, system, ok := process.ParseStat(stat); !ok || user != 2500*time.Millisecond || system != 500*time.Millisecond {
		t.Errorf("%v, %v, %v", user, system, ok)
	}
	for _, bad := range []string{"", "42 (x", "42 (x) S 1", "42 (x) S 1 42 42 0 -1 4194560 1 2 3 4 a b"} {
		if _, _, ok := process.ParseStat([]byte(bad)); ok {
			t.Errorf("%q was read", bad)
		}
	}
	status := []byte("Name:\tx\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n")
	if hwm, rss := process.ParseStatus(status, "VmHWM"), process.ParseStatus(status, "VmRSS"); hwm != 2<<20 || rss != 1<<20 {
		t.Errorf("%d, %d", hwm, rss)
	}
	if process.ParseStatus(status, "VmSwap") != 0 {
		t.Error("a size that is not there was read")
	}
}
