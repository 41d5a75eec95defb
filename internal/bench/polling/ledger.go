package polling

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Way is how a change can be noticed.
type Way int

// The ways.
const (
	Moves     Way = iota // it moves updatedAt
	Quiet                // it does not
	Announced            // a webhook tells of it, whatever updatedAt does
	Removal              // something was deleted: no feed shows that
	ways      = iota
)

func (w Way) String() string {
	return [...]string{"moves updatedAt", "does not move it", "webhook", "deleted"}[w]
}

// Ledger compares what the company did with the events that tell of it.
//
// A change is counted once for each application it concerns (an interview with
// three candidates is three changes), and belongs to a family and a field. An
// event that shows another value of the field than before tells of the change
// that gave it that value, and of those of the same field before it that nobody
// saw: they are told together, and count as told at that time. Stage moves have
// an event each, since Moka lists them. A field that has its old value again when
// somebody looks tells of nothing: its changes are undone, and not missed; so are
// those that went with a deletion before anybody looked.
// The company's log says of remarks, pushes and feedback that there are more, and
// not what they will look like: any other value tells of them. That somebody was
// made regular (转正) or resigned is in none of the feeds that are read, and not
// counted.
//
// An event of a field that the company keeps in its log is invented when nothing
// happened to its application or headcount since all of it was looked at last.
type Ledger struct {
	from    time.Time // changes before are followed, and not counted
	open    map[slot][]*entry
	acts    map[string][]time.Time // of each root, ascending
	looked  map[slot]time.Time     // up to when its entity was seen; no field
	removed map[string]bool        // roots that are gone
	told    [4][ways]*sample
	counts  Counts
	log     func(string)
	// removals has deletions be missed where nobody tells of them.
	removals bool
}

// Counts of a Ledger; of changes since it was told to count.
type Counts struct {
	Changes  int // told or not
	Told     int
	Together int // of those: told with a later one of the same field
	Undone   int
	Missed   int // found by Close
	Unswept  int // deletions that nobody looked for
	Invented int
	Events   int // of all kinds
}

// said counts the changes that were told of.
func (l *Ledger) said() int {
	n := 0
	for family := range l.told {
		for way := range l.told[family] {
			n += l.told[family][way].Count()
		}
	}
	return n
}

// entry is a change that is to be told of.
type entry struct {
	at      time.Time
	is      string
	way     Way
	kind    company.Kind
	counted bool
}

// newLedger counts changes from an instant on. log gets what is wrong; nil: nobody.
func newLedger(from time.Time, log func(string)) *Ledger {
	l := &Ledger{
		from: from, open: map[slot][]*entry{}, acts: map[string][]time.Time{}, looked: map[slot]time.Time{},
		removed: map[string]bool{}, log: log,
	}
	for family := range l.told {
		for way := range l.told[family] {
			l.told[family][way] = &sample{}
		}
	}
	return l
}

// Did takes an entry of the company's log.
func (l *Ledger) Did(e *mokasim.Entry) {
	for _, p := range placesOf(e) {
		root := rootOf(p.key)
		l.acts[root] = append(l.acts[root], e.RealAt)
		if e.Field == company.FieldEmployment || l.removed[root] {
			continue
		}
		one := &entry{at: e.RealAt, is: p.is, kind: e.Kind, counted: !e.RealAt.Before(l.from)}
		switch {
		case e.Field == company.FieldExists:
			one.way = Removal
			l.close(root) // nobody can see them any more
		case e.Event != "":
			one.way = Announced
		case e.Quiet:
			one.way = Quiet
		}
		l.open[p.slot] = append(l.open[p.slot], one)
		if one.counted {
			l.counts.Changes++
		}
	}
	// A hiring is a change of its headcount, too.
	if e.HeadcountID != 0 && len(e.ApplicationIDs) > 0 {
		root := publish.HeadcountKey(org, e.HeadcountID)
		l.acts[root] = append(l.acts[root], e.RealAt)
	}
}

// telling is an event.
type telling struct {
	changed []string
	family  publish.Family
	key     string
	pushed  bool // the event says that HR pressed a button
	// before and after are pointers to the entity, nil where it is not there.
	before, after any
	// seen is when Moka was as the event has it; at is when the event was written.
	seen, at time.Time
}

// Told takes an event.
func (l *Ledger) Told(t telling) {
	if !t.at.Before(l.from) {
		l.counts.Events++
	}
	if t.pushed {
		l.tell(slot{t.family, t.key, fieldPushed}, t, 1)
	}
	before, after := valuesOf(t.before), valuesOf(t.after)
	if after == nil {
		l.gone(t)
		return
	}
	own := slot{family: t.family, key: t.key}
	for field, is := range after {
		s := slot{t.family, t.key, field}
		if was, known := before[field]; known && was == is {
			continue
		}
		pending := l.pending(s, t.seen)
		n := slices.IndexFunc(pending, func(e *entry) bool { return e.is == is })
		if len(pending) > 0 && pending[0].is == anyValue {
			n = len(pending) - 1
		}
		if back := l.back(pending[:max(n, 0)], before[field]); back > 0 {
			l.undo(pending[:back])
			l.drop(s, back)
			n -= back
		}
		switch {
		case n >= 0:
			l.tell(s, t, n+1)
		case before != nil && !l.acted(rootOf(t.key), l.looked[own], t.seen):
			l.counts.Invented++
			l.say("invented: %s of %s became %q, was %q, at %s", field, t.key, is, before[field], t.seen)
		}
	}
	if t.family == publish.Interviews {
		l.feedback(t)
	}
}

// back is how many of the changes of a slot have brought it back to what it was
// known to be.
func (l *Ledger) back(pending []*entry, was string) int {
	for n := len(pending); n > 0; n-- {
		if pending[n-1].is == was {
			return n
		}
	}
	return 0
}

// feedback that says of no interview is an entity of its own: it tells of
// whatever feedback the application's interviews got.
func (l *Ledger) feedback(t telling) {
	iv, ok := t.after.(*schemas.Interview)
	if !ok {
		return
	}
	if _, err := strconv.ParseInt(iv.InterviewID, 10, 64); err == nil {
		return // it has an interview's id
	}
	for s := range l.open {
		if s.family == publish.Interviews && s.field == company.FieldFeedback && rootOf(s.key) == rootOf(t.key) {
			l.tell(s, t, len(l.pending(s, t.seen)))
		}
	}
}

// gone takes an event that says that an entity is no more.
func (l *Ledger) gone(t telling) {
	if t.family == publish.Interviews {
		// That is how Moka's webhooks speak of a cancelled one.
		s := slot{t.family, t.key, company.FieldInterviewStatus}
		pending := l.pending(s, t.seen)
		if n := len(pending); n > 0 && pending[n-1].is == company.MeetingCancelled {
			l.tell(s, t, n)
			return
		}
	}
	s := slot{t.family, t.key, company.FieldExists}
	if n := len(l.pending(s, t.seen)); n > 0 {
		l.tell(s, t, n)
		l.close(rootOf(t.key))
		l.removed[rootOf(t.key)] = true
		return
	}
	if !l.removed[rootOf(t.key)] && !l.acted(rootOf(t.key), l.looked[slot{family: t.family, key: t.key}], t.seen) {
		l.counts.Invented++
		l.say("invented: %s is gone, at %s", t.key, t.seen)
	}
}

// close ends what is open of an application or a headcount that is gone: its
// last changes went with it.
func (l *Ledger) close(root string) {
	for s, all := range l.open {
		if rootOf(s.key) == root {
			l.undo(all)
			delete(l.open, s)
		}
	}
}

// Looked tells that an entity was seen, whole or in part, as Moka had it then:
// what it is now, as far as known.
func (l *Ledger) Looked(family publish.Family, key string, entity any, whole bool, seen time.Time) {
	if own := (slot{family: family, key: key}); whole {
		l.looked[own] = later(l.looked[own], seen)
	}
	for field, is := range valuesOf(entity) {
		s := slot{family, key, field}
		pending := l.pending(s, seen)
		if n := len(pending); n > 0 && pending[n-1].is == is {
			l.undo(pending)
			l.drop(s, n)
		}
	}
}

func (l *Ledger) undo(all []*entry) {
	for _, e := range all {
		if e.counted {
			l.counts.Undone++
		}
	}
}

// tell closes the first n changes of a slot.
func (l *Ledger) tell(s slot, t telling, n int) {
	for i, e := range l.open[s][:min(n, len(l.open[s]))] {
		if !e.counted {
			continue
		}
		l.counts.Told++
		if i < n-1 {
			l.counts.Together++
		}
		l.told[t.family][e.way].add(t.at.Sub(e.at))
	}
	l.drop(s, n)
}

func (l *Ledger) drop(s slot, n int) {
	if n >= len(l.open[s]) {
		delete(l.open, s)
		return
	}
	l.open[s] = l.open[s][n:]
}

// pending are the changes of a slot up to an instant that nobody told of.
func (l *Ledger) pending(s slot, seen time.Time) []*entry {
	all := l.open[s]
	n := 0
	for n < len(all) && !all[n].at.After(seen) {
		n++
	}
	return all[:n]
}

// acted tells whether something happened to a root after one instant and up to
// another.
func (l *Ledger) acted(root string, after, until time.Time) bool {
	return slices.ContainsFunc(l.acts[root], func(at time.Time) bool { return at.After(after) && !at.After(until) })
}

// Close counts what is left as missed; current returns an entity as it is known,
// a pointer, or nil.
func (l *Ledger) Close(current func(publish.Family, string) any) Counts {
	for s, all := range l.open {
		if v, known := valuesOf(current(s.family, s.key))[s.field]; known && v == all[len(all)-1].is {
			l.undo(all)
			continue
		}
		for _, e := range all {
			if e.way == Removal && !l.removals {
				l.counts.Unswept++
				continue
			}
			if e.counted {
				l.counts.Missed++
				l.say("missed: %s of %s became %q by %s at %s (%s)", s.field, s.key, e.is, e.kind, e.at, e.way)
			}
		}
	}
	l.open = map[slot][]*entry{}
	return l.counts
}

func (l *Ledger) say(format string, args ...any) {
	if l.log != nil {
		l.log(fmt.Sprintf(format, args...))
	}
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
