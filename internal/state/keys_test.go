package state_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/state"
)

func keys(t *testing.T, s *state.Store, p state.Partition, prefix string) []string {
	t.Helper()
	var got []string
	err := s.Keys(p, prefix, func(key string) error {
		got = append(got, key)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestKeysAreThoseWithThePrefixInOrder(t *testing.T) {
	s := open(t, t.TempDir(), "boot")
	value := []byte("v")
	apply(t, s,
		state.Change{Partition: part, Key: "a:2", Value: value, Offset: 0},
		state.Change{Partition: part, Key: "a:1", Value: value, Offset: 1},
		state.Change{Partition: part, Key: "a:10", Value: value, Offset: 2, DeletedAt: time.UnixMilli(1)},
		state.Change{Partition: part, Key: "a", Value: value, Offset: 3},
		state.Change{Partition: part, Key: "b:1", Value: value, Offset: 4},
		state.Change{Partition: part, Key: "a:3", Value: value, Offset: 5},
		state.Change{Partition: part, Key: "a:3", Offset: 6},
		state.Change{Partition: state.Partition{Topic: "t", Partition: 4}, Key: "a:4", Value: value, Offset: 0},
	)
	for prefix, want := range map[string][]string{
		"a:": {"a:1", "a:10", "a:2"}, "": {"a", "a:1", "a:10", "a:2", "b:1"}, "c": nil,
	} {
		if d := cmp.Diff(want, keys(t, s, part, prefix)); d != "" {
			t.Errorf("keys with %q:\n%s", prefix, d)
		}
	}
	if got := keys(t, s, state.Partition{Topic: "never", Partition: 0}, ""); got != nil {
		t.Errorf("a partition without a copy has %v", got)
	}
}

func TestKeysStopWhereTheCallerDoes(t *testing.T) {
	s := open(t, t.TempDir(), "boot")
	apply(t, s, state.Change{Partition: part, Key: "a", Value: []byte("v"), Offset: 0}, state.Change{Partition: part, Key: "b", Value: []byte("v"), Offset: 1})
	enough, calls := errors.New("enough"), 0
	if err := s.Keys(part, "", func(string) error { calls++; return enough }); err != enough || calls != 1 { //nolint:errorlint // it is promised as it is
		t.Errorf("%d calls and %v", calls, err)
	}
}
