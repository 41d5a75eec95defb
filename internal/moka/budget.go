package moka

import (
	"slices"
	"time"
)

// Budget is the arithmetic of the quota: when a call may be made, by whom, and
// what refusals teach. Time is handed in and never steps back in it. Not safe
// for concurrent use.
//
// In no stretch of a minute does it give more calls than PerMinute. Within that
// it gives them evenly, but for a few at once after a rest.
//
// A class is chosen by priority, unless one below has less than its floor: each
// class is owed a share of the calls given while it wants some, and what it is
// owed goes before priority.
type Budget struct {
	ceiling float64 // calls a minute, as configured
	factor  float64 // of it, as learned; 0 < factor <= 1
	now     time.Time

	tokens float64
	given  []time.Time // within the last minute, ascending

	owed [classes]float64

	paused time.Time
	streak int // refusals since a call was last accepted
}

// What refusals teach: the rate goes down by a third, to a twentieth at least,
// and comes back by a twentieth of the whole for a minute of accepted calls.
const (
	refusedFactor  = 2.0 / 3
	smallestFactor = 1.0 / 20
	acceptedStep   = 1.0 / 20

	firstPause   = 5 * time.Second // where Moka does not say
	longestGuess = time.Minute
)

// floors is the share of calls that each class is owed while it wants some. The
// most urgent gets what the others leave, more than half of all.
var floors = [classes]float64{
	ClassWriteback:   0.10,
	ClassRefetch:     0.10,
	ClassIncremental: 0.10,
	ClassHotSet:      0.05,
	ClassSweep:       0.05,
	ClassBackfill:    0.05,
}

// Floor is the share of calls, 0 to 1, that a class gets while it wants some,
// whatever the others want.
func Floor(class Class) float64 {
	if int(class) >= classes {
		return 0
	}
	return floors[class]
}

// NewBudget starts with a rested budget.
func NewBudget(cfg QuotaConfig, now time.Time) *Budget {
	return newBudget(float64(cfg.PerMinute), now)
}

func newBudget(perMinute float64, now time.Time) *Budget {
	b := &Budget{ceiling: max(0, perMinute), factor: 1, now: now}
	b.tokens = b.burst()
	return b
}

// rate is calls a minute.
func (b *Budget) rate() float64 { return b.ceiling * b.factor }

// burst is how many calls may be made at once after a rest: three seconds' worth,
// or a few where that is less. Whoever has used it up may wait as long at the end
// of the minute.
func (b *Budget) burst() float64 {
	rate := b.rate()
	return max(1, rate/20, min(rate/2, 4))
}

// advance brings the budget to now.
func (b *Budget) advance(now time.Time) time.Time {
	if now.Before(b.now) {
		now = b.now
	}
	b.tokens = min(b.burst(), b.tokens+b.rate()*now.Sub(b.now).Minutes())
	b.now = now
	minute := now.Add(-time.Minute)
	old := 0
	for old < len(b.given) && !b.given[old].After(minute) {
		old++
	}
	b.given = slices.Delete(b.given, 0, old)
	return now
}

// Pick gives one call to the class among those wanting whose turn it is. Where
// none may be made now, at says when to ask again; so it does when nobody wants.
// Classes that are not known are the least urgent.
func (b *Budget) Pick(now time.Time, wanting ...Class) (class Class, ok bool, at time.Time) {
	now = b.advance(now)
	at = b.next()
	if at.After(now) || len(wanting) == 0 {
		return 0, false, at
	}
	class = b.turn(wanting)
	b.tokens = max(0, b.tokens-1)
	b.given = append(b.given, now)
	return class, true, now
}

// Charge books calls that were made without having been picked, as those of an
// endpoint that has to be asked in several parts: what comes next waits so much
// longer. Nothing for n below 1.
func (b *Budget) Charge(now time.Time, n int) {
	now = b.advance(now)
	for range n {
		b.tokens--
		b.given = append(b.given, now)
	}
}

// tokenGap is a call's worth but for what floating point loses.
const tokenGap = 1 - 1e-9

// distant is when to ask again while the rate is none.
const distant = time.Hour

// next is the earliest time at which a call may be made.
func (b *Budget) next() time.Time {
	rate := b.rate()
	if rate <= 0 {
		return b.now.Add(distant)
	}
	at := b.now
	if b.paused.After(at) {
		at = b.paused
	}
	if b.tokens < tokenGap {
		wait := time.Duration((1-b.tokens)/rate*float64(time.Minute)) + 1
		if full := b.now.Add(min(wait, distant)); full.After(at) {
			at = full
		}
	}
	if most := max(1, int(rate)); len(b.given) >= most {
		// The window opens when the oldest of the last so many is a minute old.
		if opens := b.given[len(b.given)-most].Add(time.Minute); opens.After(at) {
			at = opens
		}
	}
	return at
}

// turn chooses among the classes that want a call, and settles what they are
// owed.
func (b *Budget) turn(wanting []Class) Class {
	first, due := Class(classes), Class(classes)
	var seen [classes]bool
	for _, class := range wanting {
		if int(class) >= classes || seen[class] {
			continue
		}
		seen[class] = true
		b.owed[class] += floors[class]
		first = min(first, class)
		if b.owed[class] >= tokenGap {
			due = min(due, class)
		}
	}
	chosen := min(first, Class(classes-1)) // unknown classes are the least urgent
	if due < classes {
		chosen = due
	}
	b.owed[chosen] = max(0, b.owed[chosen]-1)
	return chosen
}

// Refused learns from a refusal: nothing more until retryAfter is over, or for a
// while that doubles with each refusal in a row where Moka does not say, and
// fewer calls a minute after that. Refusals that come during the pause are of
// calls already under way, and teach no more.
func (b *Budget) Refused(now time.Time, retryAfter time.Duration) {
	now = b.advance(now)
	again := b.paused.After(now)
	if !again {
		b.factor = max(smallestFactor, b.factor*refusedFactor)
		b.streak++
		b.tokens = min(b.tokens, 1)
	}
	pause := min(retryAfter, longestPause)
	if pause <= 0 {
		if again {
			return
		}
		pause = min(firstPause<<min(b.streak-1, 10), longestGuess)
	}
	if until := now.Add(pause); until.After(b.paused) {
		b.paused = until
	}
}

// Accepted learns from a call that was not refused: a minute's worth of them
// brings back a twentieth of the configured rate.
func (b *Budget) Accepted(now time.Time) {
	now = b.advance(now)
	if b.paused.After(now) {
		return // it was under way when another was refused
	}
	b.streak = 0
	b.factor = min(1, b.factor+acceptedStep/max(1, b.rate()))
}

// PerMinute is the rate as learned, in calls a minute.
func (b *Budget) PerMinute(now time.Time) float64 {
	b.advance(now)
	return b.rate()
}

// Paused is when the pause ends that a refusal began; zero where there is none.
func (b *Budget) Paused(now time.Time) time.Time {
	if now = b.advance(now); !b.paused.After(now) {
		return time.Time{}
	}
	return b.paused
}

// SetPerMinute changes the configured rate; what was learned stays. Nothing is
// given while it is 0.
func (b *Budget) SetPerMinute(now time.Time, perMinute float64) {
	b.advance(now)
	b.ceiling = max(0, perMinute)
	b.tokens = min(b.tokens, b.burst())
}

// left is how many calls could be made at once.
func (b *Budget) left(now time.Time) float64 {
	now = b.advance(now)
	if b.paused.After(now) || b.rate() <= 0 {
		return 0
	}
	return min(b.tokens, max(1, b.rate())-float64(len(b.given)))
}
