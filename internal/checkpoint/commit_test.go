package checkpoint_test

import (
	"context"
	"errors"
	"slices"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// pages is a cursor of the one feed that the tests write.
func pages(id int64) []*schemas.Checkpoint { return []*schemas.Checkpoint{cursor("applications", id)} }

// gathered sums the values of a metric as a gauge.
func gathered(t *testing.T, r *replica, name string) prometheus.Gauge {
	t.Helper()
	sum := prometheus.NewGauge(prometheus.GaugeOpts{Name: "sum", Help: "The sum."})
	families, err := r.registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != name {
			continue
		}
		for _, m := range f.GetMetric() {
			sum.Add(m.GetCounter().GetValue() + m.GetGauge().GetValue() + float64(m.GetHistogram().GetSampleCount()))
		}
	}
	return sum
}

func TestCommitIsAllOrNothing(t *testing.T) {
	s := newSystem(t)
	r := s.replica("a")
	lease := r.lease()
	if err := lease.Commit(t.Context(), page(1, 20, 100), append(pages(20), cursor("refetch:5", 5)), nil); err != nil {
		t.Fatal(err)
	}
	if err := lease.Commit(t.Context(), page(21, 1, 100), pages(21), []string{"refetch:5"}); err != nil {
		t.Fatal(err)
	}
	if got := s.list(); len(got) != 1 || got["applications"] != 21 {
		t.Errorf("cursors: %v", got)
	}
	if got := s.journal(); len(got) != 21 {
		t.Errorf("%d entries", len(got))
	}
	// A page with one entry that can't be written is not written at all, and the
	// lease goes on.
	tooLarge := append(page(30, 2, 10), entry(33, 13<<20))
	if err := lease.Commit(t.Context(), tooLarge, pages(30), nil); !errors.Is(err, publish.ErrTooLarge) || errors.Is(err, checkpoint.ErrLost) {
		t.Errorf("an entry that is too large: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := lease.Commit(ended, page(40, 1, 10), pages(40), nil); !errors.Is(err, context.Canceled) || errors.Is(err, checkpoint.ErrLost) {
		t.Errorf("a context that has ended: %v", err)
	}
	if err := lease.Commit(t.Context(), nil, nil, nil); err != nil {
		t.Errorf("nothing to commit: %v", err)
	}
	if err := lease.Commit(t.Context(), []*schemas.JournalEntry{entry(50, 11<<20)}, pages(50), nil); err != nil {
		t.Errorf("the largest entry: %v", err)
	}
	if got := s.journal(); len(got) != 22 || slices.Contains(got, "poll:30") || slices.Contains(got, "poll:40") {
		t.Errorf("%d entries: %q", len(got), got)
	}
	if n := testutil.ToFloat64(gathered(t, r, "mokafka_checkpoint_commit_seconds")); n != 3 {
		t.Errorf("%v commits were measured", n)
	}
	if n := testutil.ToFloat64(gathered(t, r, "mokafka_checkpoint_leading")); n != 1 {
		t.Errorf("leading is %v", n)
	}
}

func TestCommitsAtTheSameTime(t *testing.T) {
	s := newSystem(t)
	lease := s.replica("a").lease()
	done := make(chan error)
	for i := range int64(8) {
		go func() { done <- lease.Commit(t.Context(), page(i*10, 10, 100), nil, nil) }()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if got := s.journal(); len(got) != 80 {
		t.Errorf("%d entries", len(got))
	}
}

// A broker may fail to say what became of a commit. Then the lease ends, and the
// next one knows.
func TestUnclearCommitEndsTheLease(t *testing.T) {
	s := newSystem(t, kafkatest.Embedded())
	r := s.replica("a")
	lease := r.lease()
	if err := lease.Commit(t.Context(), page(1, 1, 10), pages(1), nil); err != nil {
		t.Fatal(err)
	}
	s.cluster.Embedded().Cluster().ControlKey(int16(kmsg.EndTxn), func(req kmsg.Request) (kmsg.Response, error, bool) {
		unclear := req.ResponseKind().(*kmsg.EndTxnResponse)
		unclear.ErrorCode = kerr.UnknownServerError.Code
		return unclear, nil, true
	})
	if err := lease.Commit(t.Context(), page(2, 1, 10), pages(2), nil); !errors.Is(err, checkpoint.ErrLost) {
		t.Fatalf("a commit whose outcome is not known: %v", err)
	}
	if err := lease.Commit(t.Context(), page(2, 1, 10), pages(2), nil); !errors.Is(err, checkpoint.ErrLost) {
		t.Errorf("the lease goes on: %v", err)
	}
	next := r.lease()
	want(t, ids(next), map[string]int64{"applications": 1})
	if err := next.Commit(t.Context(), page(2, 1, 10), pages(2), nil); err != nil {
		t.Error(err)
	}
	if got := s.journal(); len(got) != 2 {
		t.Errorf("entries: %q", got)
	}
}
