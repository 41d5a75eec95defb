package checkpoint_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/schemas"
)

// Three replicas of which each believes, again and again, to be the one: they
// are in groups of their own, so that only the fence is between them. Each goes
// on counting from the cursor it found. If a zombie could write, or a lease did
// not see all that was written before, a number would be there twice or never.
func TestFenceHoldsWhenEverybodyBelievesToLead(t *testing.T) {
	s := newSystem(t)
	const until = 300
	var replicas []*replica
	var wg sync.WaitGroup
	reached := make(chan struct{})
	var once sync.Once
	leases := make([]int, 3)
	for i := range 3 {
		r := s.replica(strconv.Itoa(i), func(c *checkpoint.Config) { c.Group = fmt.Sprintf("%s-%d", s.cluster.Prefix(), i) })
		replicas = append(replicas, r)
		wg.Go(func() {
			for {
				select {
				case <-reached:
					return
				case lease := <-r.leases:
					leases[i]++
					if n := count(t, lease, until); n >= until {
						once.Do(func() { close(reached) })
					}
				}
			}
		})
	}
	select {
	case <-reached:
	case <-time.After(2 * time.Minute):
		t.Error("not counted to the end in 2 minutes")
		once.Do(func() { close(reached) })
	}
	wg.Wait()
	for _, r := range replicas {
		r.stop()
	}
	var numbers []int
	for _, id := range s.journal() {
		n, err := strconv.Atoi(strings.TrimPrefix(id, "poll:"))
		if err != nil {
			t.Fatal(err)
		}
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for i, n := range numbers {
		if n != i+1 {
			t.Fatalf("the %d. number is %d", i+1, n)
		}
	}
	t.Logf("%d numbers, each once; leases %v", len(numbers), leases)
	if got := s.list()["applications"]; int(got) != len(numbers) || len(numbers) < until {
		t.Errorf("the cursor is %d after %d numbers", got, len(numbers))
	}
	if leases[0]+leases[1]+leases[2] < 6 {
		t.Errorf("hardly anybody was fenced: leases %v", leases)
	}
}

// count goes on from the cursor, one a commit, and returns how far it came. It
// takes its time, so that the others get a turn.
func count(t *testing.T, lease held, until int64) int64 {
	t.Helper()
	n := int64(0)
	if c := lease.Cursors()["applications"]; c != nil {
		n = *c.LastID
	}
	pace := time.NewTicker(10 * time.Millisecond)
	defer pace.Stop()
	for ; n < until; <-pace.C {
		err := lease.Commit(t.Context(), []*schemas.JournalEntry{entry(n+1, 100)}, pages(n+1), nil)
		if errors.Is(err, checkpoint.ErrLost) {
			break
		}
		if err != nil {
			t.Error(err)
			break
		}
		n++
	}
	return n
}
