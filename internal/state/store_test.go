package state_test

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/state"
)

var (
	part  = state.Partition{Topic: "t", Partition: 3}
	epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
)

func open(t *testing.T, dir, boot string) *state.Store {
	t.Helper()
	s, err := state.Open(dir, boot)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Log(err) // closed by the test already
		}
	})
	return s
}

func get(t *testing.T, s *state.Store, p state.Partition, key string) string {
	t.Helper()
	v, err := s.Get(p, key)
	if err != nil {
		t.Fatal(err)
	}
	return string(v)
}

func apply(t *testing.T, s *state.Store, changes ...state.Change) {
	t.Helper()
	if err := s.Apply(changes, epoch); err != nil {
		t.Fatal(err)
	}
}

func TestApplyTakesTheLastOfEachKey(t *testing.T) {
	s := open(t, t.TempDir(), "boot")
	other := state.Partition{Topic: "t", Partition: 4}
	apply(t, s,
		state.Change{Partition: part, Key: "b", Value: []byte("b1"), Offset: 1},
		state.Change{Partition: other, Key: "a", Value: []byte("other"), Offset: 9},
		state.Change{Partition: part, Key: "a", Value: []byte("a1"), Offset: 0},
		state.Change{Partition: part, Key: "a", Value: []byte("a2"), Offset: 2},
		state.Change{Partition: part, Key: "b", Offset: 3},
	)
	for key, want := range map[string]string{"a": "a2", "b": ""} {
		if got := get(t, s, part, key); got != want {
			t.Errorf("%s is %q, want %q", key, got, want)
		}
	}
	if got := get(t, s, other, "a"); got != "other" {
		t.Errorf("the other partition has %q", got)
	}
	// Offsets behind the position are known already.
	apply(t, s, state.Change{Partition: part, Key: "a", Value: []byte("old"), Offset: 2})
	if got := get(t, s, part, "a"); got != "a2" {
		t.Errorf("an old offset overwrote the newer: %q", got)
	}
}

func TestGravesAreFoundUntilTheyEnd(t *testing.T) {
	s := open(t, t.TempDir(), "boot")
	apply(t, s,
		state.Change{Partition: part, Key: "old", Value: []byte("x"), DeletedAt: epoch, Offset: 0},
		state.Change{Partition: part, Key: "new", Value: []byte("x"), DeletedAt: epoch.Add(time.Hour), Offset: 1},
		state.Change{Partition: part, Key: "back", Value: []byte("x"), DeletedAt: epoch, Offset: 2},
	)
	apply(t, s, state.Change{Partition: part, Key: "back", Value: []byte("alive"), Offset: 3})
	graves := func() []string {
		keys, err := s.Graves(part, epoch.Add(time.Minute), 10)
		if err != nil {
			t.Fatal(err)
		}
		return keys
	}
	if got := graves(); len(got) != 1 || got[0] != "old" {
		t.Fatalf("graves %q, want old alone", got)
	}
	apply(t, s, state.Change{Partition: part, Key: "old", Offset: 4})
	if got := graves(); len(got) != 0 {
		t.Errorf("graves after the tombstone: %q", got)
	}
}

func TestCopySurvivesRestartsOfTheProcess(t *testing.T) {
	dir := t.TempDir()
	s := open(t, dir, "boot")
	apply(t, s, state.Change{Partition: part, Key: "a", Value: []byte("1"), Offset: 0})
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if got := get(t, open(t, dir, "another boot"), part, "a"); got != "1" {
		t.Errorf("after a clean end the copy has %q", got)
	}
}

// A file as a killed process leaves it: still marked as open.
func killed(t *testing.T) string {
	t.Helper()
	dir, snapshot := t.TempDir(), t.TempDir()
	s := open(t, dir, "boot")
	apply(t, s, state.Change{Partition: part, Key: "a", Value: []byte("1"), Offset: 0})
	raw, err := os.ReadFile(filepath.Join(dir, "state.db"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(snapshot, "state.db"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	return snapshot
}

func TestCopySurvivesKillButNotPowerCut(t *testing.T) {
	for boot, want := range map[string]string{"boot": "1", "another boot": "", "": ""} {
		if got := get(t, open(t, killed(t), boot), part, "a"); got != want {
			t.Errorf("opened in start %q of the machine the copy has %q, want %q", boot, got, want)
		}
	}
}

func TestUnreadableFileIsReplaced(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "state.db"), bytes.Repeat([]byte("garbage"), 4096), 0o600); err != nil {
		t.Fatal(err)
	}
	if got := get(t, open(t, dir, "boot"), part, "a"); got != "" {
		t.Errorf("got %q from garbage", got)
	}
}

func TestSecondProcessIsRefused(t *testing.T) {
	dir := t.TempDir()
	open(t, dir, "boot")
	if _, err := state.Open(dir, "boot"); err == nil {
		t.Fatal("two opened the same copy")
	}
}
