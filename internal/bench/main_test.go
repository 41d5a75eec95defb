package main

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"
)

// The program starts itself in a role; in a test that is the test's program.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "as" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

func TestSettings(t *testing.T) {
	got, err := parseSettings([]string{
		"out=r.md", "parts=derive,event", "rounds=5", "connections=1,64", "seconds=0.5",
		"entries=100", "applications=7", "company=9", "changes=3,4", "hours=0.5", "history=0", "known=0", "ledger=0", "profiles=p", "node=n", "revision=r",
	})
	want := settings{
		out: "r.md", parts: []string{"derive", "event"}, rounds: 5, connections: []int{1, 64}, seconds: 0.5,
		entries: 100, applications: 7, company: 9, changes: []int{3, 4}, hours: 0.5, profiles: "p", node: "n", revision: "r",
	}
	if d := cmp.Diff(want, got, cmp.AllowUnexported(settings{})); d != "" || err != nil {
		t.Errorf("%v\n%s", err, d)
	}
	if got, err := parseSettings([]string{"out="}); err != nil || got.rounds != 3 || len(got.parts) != 3 {
		t.Errorf("defaults: %+v, %v", got, err)
	}
	bad := []string{"round=1", "rounds=0", "rounds=x", "connections=1,,2", "connections=5000", "seconds=NaN", "seconds=99", "parts=intake,", "entries=1", "applications=0", "hours=0", "changes=0", "history=-1", "ledger=-1"}
	_, err = parseSettings(bad)
	if err == nil {
		t.Fatal("no error")
	}
	for _, arg := range bad {
		if !strings.Contains(err.Error(), arg+": ") {
			t.Errorf("%s is not among the faults: %v", arg, err)
		}
	}
}

// A small run of everything but what a network or the Go command is needed for.
func TestRun(t *testing.T) {
	dir := t.TempDir()
	notADirectory := filepath.Join(dir, "file")
	if err := os.WriteFile(notADirectory, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(dir, "report.md")
	var stdout bytes.Buffer
	err := run([]string{
		"parts=intake,derive", "rounds=1", "seconds=0.2", "connections=1,4", "entries=300", "applications=50",
		"out=" + out, "node=" + filepath.Join(notADirectory, "node"), "profiles=" + filepath.Join(dir, "profiles"),
	}, strings.NewReader(""), &stdout, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	written, err := os.ReadFile(out)
	if err != nil || !bytes.Equal(written, stdout.Bytes()) {
		t.Errorf("the file is not what was printed: %v", err)
	}
	for _, want := range []string{
		`\| mokafka: door \+ journal\s+\|\s+[1-9]`, `\| floor: verify, produce\s+\|\s+[1-9]`, `\| verify alone, no Kafka\s+\|\s+[1-9]`,
		`The hand-written Node service is left out: `,
		`\| pushes that change something\s+\|\s+[1-9]`, `\| interviews said again, unchanged\s+\|\s+[1-9]`, `\| pushes delivered again\s+\|\s+[1-9]`,
		`## Goals`, `of the floor\s+\|\s+\d+ % \|`, `Load average`,
	} {
		if !regexp.MustCompile(want).Match(written) {
			t.Errorf("the report has no %s:\n%s", want, written)
		}
	}
	for _, role := range []string{"broker", "door", "floor", "bare", "derive", "derive-floor"} {
		profiles, err := filepath.Glob(filepath.Join(dir, "profiles", "*-"+role+".prof"))
		if err != nil || len(profiles) == 0 {
			t.Errorf("no profile of %s: %v", role, err)
			continue
		}
		if info, err := os.Stat(profiles[0]); err != nil || info.Size() == 0 {
			t.Errorf("the profile of %s is empty: %v", role, err)
		}
	}
}

// Small days, a small backfill and a small index.
func TestPolling(t *testing.T) {
	var out bytes.Buffer
	err := run([]string{"parts=polling", "company=100", "changes=3000", "hours=0.1", "history=300", "known=1000"}, strings.NewReader(""), &out, t.Output())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`mokafka · 3,000/day · 40 calls/min`, `plain, every 1m0s · 3,000/day`, `none invented\s+\|\s+0 \| met`, `\| 300\s+\|`, `\| 1,000\s+\|`,
	} {
		if !regexp.MustCompile(want).Match(out.Bytes()) {
			t.Errorf("the report has no %s:\n%s", want, out.String())
		}
	}
}

func TestUnknownRoleIsAnError(t *testing.T) {
	if err := run([]string{"as", "nobody", "broker=127.0.0.1:1", "prefix=x"}, strings.NewReader(""), &bytes.Buffer{}, t.Output()); err == nil {
		t.Error("no error")
	}
}
