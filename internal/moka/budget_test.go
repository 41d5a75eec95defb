package moka_test

import (
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/internal/moka"
)

var allClasses = []moka.Class{
	moka.ClassWriteback, moka.ClassRefetch, moka.ClassIncremental, moka.ClassHotSet, moka.ClassSweep, moka.ClassBackfill,
}

var start = time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)

func budget(perMinute int) *moka.Budget {
	return moka.NewBudget(moka.QuotaConfig{PerMinute: perMinute}, start)
}

// Whoever wants what and whenever: in no stretch of a minute are there more calls
// than the rate, none is given during a pause, and what is given was wanted.
func TestBudgetNeverGivesTooMuch(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		perMinute := rapid.IntRange(1, 200).Draw(t, "per minute")
		b, now := budget(perMinute), start
		var given []time.Time
		var pausedUntil time.Time
		for range rapid.IntRange(1, 400).Draw(t, "steps") {
			switch rapid.IntRange(0, 9).Draw(t, "step") {
			case 0:
				now = now.Add(time.Duration(rapid.Int64Range(0, int64(2*time.Minute)).Draw(t, "rest")))
			case 1:
				after := time.Duration(rapid.Int64Range(0, int64(90*time.Second)).Draw(t, "retry after"))
				b.Refused(now, after)
				if until := now.Add(after); until.After(pausedUntil) {
					pausedUntil = until
				}
				if !b.Paused(now).After(now) {
					t.Fatal("a refusal did not pause")
				}
			case 2:
				b.Accepted(now)
			default:
				wanting := rapid.SliceOfN(rapid.SampledFrom(allClasses), 0, 6).Draw(t, "wanting")
				class, ok, at := b.Pick(now, wanting...)
				if !ok {
					if len(wanting) > 0 && !at.After(now) {
						t.Fatalf("refused at %v, to ask again at %v", now, at)
					}
					if rapid.Bool().Draw(t, "wait") && at.After(now) {
						now = at
					}
					continue
				}
				if !contains(wanting, class) {
					t.Fatalf("%v was given a call and wanted none", class)
				}
				if now.Before(pausedUntil) {
					t.Fatal("a call was given during a pause")
				}
				given = append(given, now)
			}
			if rate := b.PerMinute(now); rate <= 0 || rate > float64(perMinute) {
				t.Fatalf("the rate is %v", rate)
			}
		}
		for i := range given {
			if j := i + perMinute; j < len(given) && given[j].Sub(given[i]) < time.Minute {
				t.Fatalf("%d calls within %v", perMinute+1, given[j].Sub(given[i]))
			}
		}
	})
}

func contains(classes []moka.Class, class moka.Class) bool {
	for _, c := range classes {
		if c == class {
			return true
		}
	}
	return false
}

// Whatever the others want, a class that always wants gets its floor; and what is
// over goes to the most urgent.
func TestBudgetFloorsAndPriority(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b, now := budget(rapid.IntRange(1, 120).Draw(t, "per minute")), start
		always := rapid.SliceOfNDistinct(rapid.SampledFrom(allClasses), 1, 6, rapid.ID).Draw(t, "always")
		got := map[moka.Class]int{}
		calls := rapid.IntRange(50, 400).Draw(t, "calls")
		others := false
		for range calls {
			wanting := append([]moka.Class(nil), always...)
			if rapid.Bool().Draw(t, "others") {
				others = true
				wanting = append(wanting, rapid.SampledFrom(allClasses).Draw(t, "other"))
			}
			class, ok, at := b.Pick(now, wanting...)
			for !ok {
				now = at
				class, ok, at = b.Pick(now, wanting...)
			}
			got[class]++
		}
		first, below := always[0], 0.0
		for _, class := range always {
			owed := int(math.Floor(moka.Floor(class)*float64(calls))) - len(allClasses)
			if got[class] < owed {
				t.Fatalf("%v got %d of %d calls, owed %d", class, got[class], calls, owed)
			}
			first = min(first, class)
			below += moka.Floor(class)
		}
		below -= moka.Floor(first)
		if most := int(math.Ceil((1-below)*float64(calls))) - len(allClasses); !others && got[first] < most {
			t.Fatalf("%v got %d of %d calls, though it is the most urgent of %v", first, got[first], calls, always)
		}
	})
}

// Whoever always wants gets all of the rate.
func TestBudgetGivesItAll(t *testing.T) {
	b, now, n := budget(60), start, 0
	for now.Before(start.Add(time.Hour)) {
		if _, ok, at := b.Pick(now, moka.ClassBackfill); ok {
			n++
		} else {
			now = at
		}
	}
	if n < 60*60*99/100 {
		t.Errorf("%d of %d calls", n, 60*60)
	}
}

// After a rest a few calls may be made at once; the next does not wait long for
// it at the end of the minute either.
func TestBudgetWaitsAreShort(t *testing.T) {
	b, now := budget(60), start
	var longest time.Duration
	for range 300 {
		_, ok, at := b.Pick(now, moka.ClassWriteback)
		if !ok {
			longest = max(longest, at.Sub(now))
			now = at
		}
	}
	if longest > 5*time.Second {
		t.Errorf("a wait of %v", longest)
	}
	if at, ok := pickAt(b, now.Add(time.Hour), 4); !ok {
		t.Errorf("after a rest only %d at once", at)
	}
}

func pickAt(b *moka.Budget, now time.Time, n int) (int, bool) {
	for i := range n {
		if _, ok, _ := b.Pick(now, moka.ClassRefetch); !ok {
			return i, false
		}
	}
	return n, true
}

// A refusal halts everything, takes a third of the rate, and accepted calls bring
// it back.
func TestBudgetLearns(t *testing.T) {
	b, now := budget(60), start
	b.Refused(now, 20*time.Second)
	b.Refused(now, 0) // of a call that was under way: nothing more to learn
	if got := b.Paused(now); !got.Equal(start.Add(20 * time.Second)) {
		t.Errorf("paused until %v", got)
	}
	if _, ok, at := b.Pick(now, moka.ClassWriteback); ok || !at.Equal(start.Add(20*time.Second)) {
		t.Errorf("a call during the pause, or another %v", at)
	}
	b.Accepted(now) // so was this one
	if got := b.PerMinute(now); math.Abs(got-40) > 1e-9 {
		t.Errorf("rate %v after a refusal", got)
	}
	var minutes int
	for ; b.PerMinute(now) < 60 && minutes < 100; minutes++ {
		for end := now.Add(time.Minute); now.Before(end); {
			if _, ok, at := b.Pick(now, moka.ClassSweep); ok {
				b.Accepted(now)
			} else {
				now = at
			}
		}
	}
	if minutes < 4 || minutes > 10 {
		t.Errorf("it took %d minutes to recover", minutes)
	}
	if !b.Paused(now).IsZero() {
		t.Error("still paused")
	}
}

// Refusals in a row, where Moka does not say for how long, double the pause up to
// a minute, and the rate goes down to a twentieth and no lower.
func TestBudgetBacksOff(t *testing.T) {
	b, now := budget(60), start
	for i, seconds := range []int{5, 10, 20, 40, 60, 60, 60, 60, 60, 60} {
		want := time.Duration(seconds) * time.Second
		b.Refused(now, 0)
		if got := b.Paused(now).Sub(now); got != want {
			t.Errorf("pause %d is %v", i+1, got)
		}
		now = b.Paused(now)
	}
	if got := b.PerMinute(now); math.Abs(got-3) > 1e-9 {
		t.Errorf("rate %v", got)
	}
	b.Accepted(now)
	b.Refused(now, 0)
	if got := b.Paused(now).Sub(now); got != 5*time.Second {
		t.Errorf("after an accepted call the pause is %v", got)
	}
	b.Refused(now.Add(time.Minute), 1000*time.Hour)
	if got := b.Paused(now.Add(time.Minute)).Sub(now.Add(time.Minute)); got != time.Hour {
		t.Errorf("a pause of %v", got)
	}
}

func TestBudgetRateChanges(t *testing.T) {
	b := budget(60)
	b.SetPerMinute(start, 0)
	if _, ok, at := b.Pick(start, moka.ClassWriteback); ok || !at.After(start) {
		t.Error("a call at rate 0")
	}
	now := start.Add(time.Hour)
	b.SetPerMinute(now, 0.5) // one in two minutes
	n := 0
	for end := now.Add(20 * time.Minute); now.Before(end); {
		if _, ok, at := b.Pick(now, moka.ClassWriteback); ok {
			n++
		} else {
			now = at
		}
	}
	if n < 9 || n > 11 {
		t.Errorf("%d calls in 20 minutes", n)
	}
}

// A clock that steps back gives nothing away.
func TestBudgetClockStepsBack(t *testing.T) {
	b, n := budget(60), 0
	for i := range 1000 {
		if _, ok, _ := b.Pick(start.Add(-time.Duration(i)*time.Hour), moka.ClassSweep); ok {
			n++
		}
	}
	if n > 5 {
		t.Errorf("%d calls at once", n)
	}
}

// What was made without having been picked is waited for afterwards.
func TestBudgetCharges(t *testing.T) {
	b, now, picked := budget(60), start, 0
	b.Charge(now, 0)
	b.Charge(now, -1)
	for end := now.Add(20 * time.Minute); now.Before(end); {
		_, ok, at := b.Pick(now, moka.ClassSweep)
		if !ok {
			now = at
			continue
		}
		picked++
		b.Charge(now, 2)
	}
	if want := 60 * 20 / 3; picked < want-3 || picked > want+3 {
		t.Errorf("%d picks of three calls each in 20 minutes of 60 calls, want about %d", picked, want)
	}
}
