package moka_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/mokafka/mokafka/internal/moka"
)

func quota(t *testing.T, perMinute int, reg prometheus.Registerer) *moka.Quota {
	t.Helper()
	q, err := moka.NewQuota(moka.QuotaConfig{PerMinute: perMinute, HeadcountWritesPerMinute: 30}, nil, nil, reg)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

// exhaust takes what a rested quota gives at once.
func exhaust(t *testing.T, g moka.Gate) {
	t.Helper()
	for {
		before := time.Now()
		if err := g.Acquire(t.Context(), moka.ClassBackfill); err != nil {
			t.Fatal(err)
		}
		if time.Since(before) > 0 {
			return
		}
	}
}

// Among those who wait the most urgent goes first, and those of a class in the
// order of their coming.
func TestQuotaPriority(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := quota(t, 60, nil)
		exhaust(t, q)
		var mu sync.Mutex
		var order []int
		for i, class := range []moka.Class{moka.ClassBackfill, moka.ClassSweep, moka.ClassBackfill, moka.ClassRefetch, moka.ClassWriteback, moka.ClassWriteback} {
			go func() {
				if err := q.Acquire(t.Context(), class); err != nil {
					t.Error(err)
				}
				mu.Lock()
				order = append(order, i)
				mu.Unlock()
			}()
			synctest.Wait()
		}
		<-time.After(10 * time.Second)
		mu.Lock()
		defer mu.Unlock()
		want := []int{4, 5, 3, 1, 0, 2}
		for i := range want {
			if len(order) != len(want) || order[i] != want[i] {
				t.Fatalf("the order was %v, want %v", order, want)
			}
		}
	})
}

// Ten callers of each class that never stop asking: together they get the rate,
// and no class less than its floor.
func TestQuotaUnderLoad(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		q := quota(t, 120, reg)
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
		defer cancel()
		var mu sync.Mutex
		got := map[moka.Class]int{}
		var wg sync.WaitGroup
		for _, class := range allClasses {
			for range 10 {
				wg.Go(func() {
					for q.Acquire(ctx, class) == nil {
						mu.Lock()
						got[class]++
						mu.Unlock()
					}
				})
			}
		}
		wg.Wait()
		total := 0
		for _, class := range allClasses {
			total += got[class]
			if floor := moka.Floor(class) * 1200; float64(got[class]) < floor-10 {
				t.Errorf("%v got %d, floor %v", class, got[class], floor)
			}
		}
		if total > 1210 || total < 1190 {
			t.Errorf("%d calls in ten minutes", total)
		}
		if got[moka.ClassWriteback] < 1200/2 {
			t.Errorf("got %v", got)
		}
		if n := testutil.CollectAndCount(reg, "mokafka_moka_quota_wait_seconds"); n != len(allClasses) {
			t.Errorf("waits of %d classes", n)
		}
		if n, err := testutil.GatherAndCount(reg, "mokafka_moka_quota_calls_total"); err != nil || n != len(allClasses) {
			t.Errorf("calls of %d classes, %v", n, err)
		}
	})
}

// Whoever gives up leaves the line, and takes no call with him.
func TestQuotaGivingUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := quota(t, 6, nil)
		exhaust(t, q)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := q.Acquire(ctx, moka.ClassWriteback); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		if err := q.Acquire(ctx, moka.ClassWriteback); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		before := time.Now()
		if err := q.Acquire(t.Context(), moka.ClassBackfill); err != nil {
			t.Error(err)
		}
		if waited := time.Since(before); waited > 10*time.Second {
			t.Errorf("waited %v, as if for somebody who left", waited)
		}
	})
}

func TestQuotaPausesAfterRefusal(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		reg := prometheus.NewRegistry()
		q := quota(t, 60, reg)
		q.Refused(42 * time.Second)
		if until := time.Until(q.Paused()); until != 42*time.Second {
			t.Errorf("paused for %v", until)
		}
		before := time.Now()
		if err := q.Acquire(t.Context(), moka.ClassWriteback); err != nil {
			t.Error(err)
		}
		if waited := time.Since(before); waited < 42*time.Second || waited > 45*time.Second {
			t.Errorf("waited %v", waited)
		}
		q.Accepted()
		if rate := q.PerMinute(); rate <= 40 || rate > 41 {
			t.Errorf("rate %v", rate)
		}
	})
}

// A call that is given to somebody who sleeps for a slower rate wakes him.
func TestQuotaWakes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := quota(t, 60, nil)
		for range 10 {
			q.Refused(time.Second)
			<-time.After(2 * time.Second)
		}
		exhaust(t, q) // at 3 a minute
		done := make(chan time.Duration, 1)
		before := time.Now()
		go func() {
			if err := q.Acquire(t.Context(), moka.ClassWriteback); err != nil {
				t.Error(err)
			}
			done <- time.Since(before)
		}()
		synctest.Wait()
		for q.PerMinute() < 60 {
			q.Accepted()
		}
		<-time.After(2 * time.Second)
		if err := q.Acquire(t.Context(), moka.ClassBackfill); err != nil {
			t.Error(err)
		}
		if waited := <-done; waited > 3*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

// A worker without partitions has no share: it waits until it has one.
func TestQuotaShareChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		q := quota(t, 60, nil)
		q.SetPerMinute(0)
		done := make(chan time.Duration, 1)
		before := time.Now()
		go func() {
			if err := q.Acquire(t.Context(), moka.ClassWriteback); err != nil {
				t.Error(err)
			}
			done <- time.Since(before)
		}()
		<-time.After(10 * time.Minute)
		q.SetPerMinute(20)
		if waited := <-done; waited < 10*time.Minute || waited > 10*time.Minute+10*time.Second {
			t.Errorf("waited %v", waited)
		}
	})
}

// Writes to headcounts have their own limit, and count for the quota, too.
func TestHeadcountWritesAreLimited(t *testing.T) {
	s := serve(t, says(200, "ok"))
	var naps naps
	now := start
	q, err := moka.NewQuota(moka.QuotaConfig{PerMinute: 600, HeadcountWritesPerMinute: 30}, func() time.Time { return now },
		func(ctx context.Context, d time.Duration) error {
			now = now.Add(d)
			return naps.sleep(ctx, d)
		}, nil)
	if err != nil {
		t.Fatal(err)
	}
	d := deps()
	d.Gate = q
	c := newClient(t, config(s.URL), d)
	for range 60 {
		if err := c.DeleteHeadcount(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	if took := now.Sub(start); took < time.Minute || took > 2*time.Minute+10*time.Second {
		t.Errorf("60 writes took %v", took)
	}
	before := now
	for range 60 {
		_ = c.MoveStage(t.Context(), 1, 2) // answers ok, which is no success here
	}
	if took := now.Sub(before); took > 10*time.Second {
		t.Errorf("60 other writes took %v", took)
	}
	q.SetHeadcountWritesPerMinute(3)
	before = now
	for range 6 {
		if err := c.DeleteHeadcount(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
	}
	if took := now.Sub(before); took < time.Minute {
		t.Errorf("6 writes at 3 a minute took %v", took)
	}
}

func TestMetrics(t *testing.T) {
	s := serve(t, says(500, `{"msg":"系统中不存在该apiKey"}`))
	d, reg := deps(), prometheus.NewRegistry()
	d.Registerer, d.Gate = reg, quota(t, 60, reg)
	c := newClient(t, config(s.URL), d)
	wantKind(t, read(t, c), moka.KindAuth)
	const want = `
# HELP mokafka_moka_calls_total HTTP attempts at Moka, by endpoint, class and outcome: ok, auth, quota (refused for the number of calls), not_found, invalid, refused, transient, ambiguous, protocol.
# TYPE mokafka_moka_calls_total counter
mokafka_moka_calls_total{class="incremental",endpoint="v1/data/headcounts",outcome="auth"} 1
`
	if err := testutil.GatherAndCompare(reg, strings.NewReader(want), "mokafka_moka_calls_total"); err != nil {
		t.Error(err)
	}
	lint, err := testutil.GatherAndLint(reg)
	if err != nil || len(lint) > 0 {
		t.Error(lint, err)
	}
	if _, err := moka.New(config(s.URL), d); err == nil {
		t.Error("two clients count in the same metrics")
	}
}
