package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kadm"
)

// transcript is what a person at a terminal types and reads, to be compared with
// a golden.
type transcript struct {
	*site
	text strings.Builder
	// hidden are texts that differ from run to run, each followed by what stands
	// for it.
	hidden []string
}

func (x *transcript) hide(texts ...string) { x.hidden = append(x.hidden, texts...) }

// types runs a command line with an answer on standard input, wants its exit
// status, and writes it down.
func (x *transcript) types(status int, in string, args ...string) outcome {
	x.t.Helper()
	got := x.runWith(in, args...)
	if got.status != status {
		x.t.Errorf("mokafka %s: status %d, want %d\nout: %s\nerr: %s", strings.Join(args, " "), got.status, status, got.out, got.err)
	}
	quoted := make([]string, len(args))
	for i, arg := range args {
		if quoted[i] = arg; strings.ContainsAny(arg, " '") {
			quoted[i] = fmt.Sprintf("%q", arg)
		}
	}
	fmt.Fprintf(&x.text, "$ mokafka %s\n%s", strings.Join(quoted, " "), got.out)
	for line := range strings.Lines(got.err) {
		x.text.WriteString("! " + strings.TrimSuffix(line, "\n") + "\n")
	}
	if status != exitDone {
		fmt.Fprintf(&x.text, "exit status %d\n", status)
	}
	x.text.WriteString("\n")
	return got
}

func (x *transcript) golden(t *testing.T, name string) {
	t.Helper()
	golden(t, name, strings.NewReplacer(append(x.hidden, x.cluster.Prefix(), "moka")...).Replace(x.text.String()))
}

// kafkaNow is all that a command could have changed: the ends of the topics, and
// what the groups have committed.
func (s *site) kafkaNow(groups ...string) string {
	s.t.Helper()
	admin := kadm.NewClient(s.cluster.Client())
	topics, err := admin.ListTopics(context.Background())
	if err != nil {
		s.t.Fatal(err)
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(topics)) {
		if strings.HasPrefix(name, s.cluster.Prefix()) {
			names = append(names, name)
		}
	}
	var ends kadm.ListedOffsets
	eventually(s.t, func() bool { // the ends of transactions come a moment later
		committed, err := admin.ListCommittedOffsets(context.Background(), names...)
		if err == nil {
			ends, err = admin.ListEndOffsets(context.Background(), names...)
		}
		if err != nil {
			s.t.Fatal(err)
		}
		// A partition that has no leader yet has no end.
		return committed.Error() == nil && ends.Error() == nil && cmp.Equal(committed.Offsets(), ends.Offsets())
	}, "all transactions to end")
	var b strings.Builder
	for _, name := range names {
		for _, p := range slices.Sorted(maps.Keys(ends[name])) {
			fmt.Fprintf(&b, "%s/%d ends at %d\n", name, p, ends[name][p].Offset)
		}
	}
	for _, group := range groups {
		committed, err := admin.FetchOffsets(context.Background(), group)
		if err != nil {
			s.t.Fatal(err)
		}
		for _, o := range committed.Sorted() {
			fmt.Fprintf(&b, "%s is at %s/%d@%d\n", group, o.Topic, o.Partition, o.At)
		}
	}
	return b.String()
}

// unchanged wants nothing to be changed by f.
func (s *site) unchanged(f func(), groups ...string) {
	s.t.Helper()
	before := s.kafkaNow(groups...)
	f()
	if after := s.kafkaNow(groups...); after != before {
		s.t.Errorf("it was to change nothing (-before +after):\n%s", cmp.Diff(before, after))
	}
}
