package crash_test

import (
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// matcher matches the events of one fact with its steps.
type matcher struct {
	*day
	key   string
	fact  string
	steps []step
	isNew bool // the entity came into being with the first step
}

// value is the fact's at a position: 0 before the first step. Known is false where
// the log does not say.
func (m *matcher) value(pos int) (value string, known bool) {
	if pos > 0 {
		return m.steps[pos-1].is, true
	}
	return m.steps[0].was, m.steps[0].was != absent
}

// held tells whether a position's value was there at some time of a look that
// began at t. What webhooks tell may lie before that.
func (m *matcher) held(pos int, ev *told) bool {
	took := time.Duration(float64(patienceWithMoka+time.Second) * m.cfg.scale)
	if pos > 0 && m.steps[pos-1].real.After(ev.read.Add(took)) {
		return false
	}
	if ev.source.Channel == schemas.ChannelWebhook || ev.shared {
		return true
	}
	return pos == len(m.steps) || m.steps[pos].real.After(ev.read.Add(-time.Duration(2*m.cfg.scale)*time.Millisecond))
}

// calledOff: Moka's webhook of an interview that is called off says that it was
// deleted, and its feeds go on to show it, as cancelled.
func (t *told) calledOff() bool {
	return t.family == publish.Interviews && t.op == schemas.OperationDelete && t.source.Channel == schemas.ChannelWebhook
}

var called = facts{"interview_status": word(company.MeetingCancelled)}

// match walks along the events: each that changes the fact has to show a later
// value that was there when it was read.
func (m *matcher) match(events []*told, end time.Time) {
	y := &m.tally
	y.steps += len(m.steps)
	pos := -1
	for _, ev := range events {
		is, shown := ev.after[m.fact]
		if ev.calledOff() {
			is, shown = called[m.fact], m.fact == "interview_status"
		}
		if ev.before == nil && pos >= 0 {
			if was, known := m.value(pos); known && is == was {
				continue // called off, and shown as such
			}
		}
		if was, before := ev.before[m.fact]; !shown || before && was == is && pos >= 0 {
			continue
		}
		next := m.find(max(pos+1, 0), is, ev)
		if next < 0 {
			if was, before := ev.before[m.fact]; before && was == is {
				continue
			}
			count, what := &y.invented, "was never so"
			if at := slices.IndexFunc(m.steps, func(s step) bool { return s.is == is }); at >= 0 && at < pos {
				count, what = &y.disordered, "was so before"
			}
			y.say(count, "%s: %s became %q by %s at %s (%s), which %s; at step %d of %v", m.key, m.fact, is, ev.kind, ev.read, ev.source.Endpoint, what, pos, m.short())
			continue
		}
		m.count(pos, next, ev)
		pos = next
	}
	left := len(m.steps) - max(pos, 0)
	if left == 0 {
		return
	}
	now, _ := m.value(max(pos, 0))
	switch last, _ := m.value(len(m.steps)); {
	case !end.IsZero():
		y.unseen += left
	case pos >= 0 && last == now, m.fact == "updated_at":
		y.overtaken += left // the state says the last
	default:
		y.say(&y.missing, "%s: %s is %q after %d events, and step %d of %v is not told; all of it: %s", m.key, m.fact, now, len(events), pos+1, m.short(), story(events))
		y.missing += left - 1
	}
}

// count counts the steps up to the next position: the last has its event.
func (m *matcher) count(pos, next int, ev *told) {
	y := &m.tally
	switch {
	case next == 0:
		return
	case pos < 0 && m.isNew:
		y.matched++ // its coming into being
		y.unseen += next - 1
	case pos < 0:
		y.unseen += next
		return
	default:
		y.matched++
		y.overtaken += next - pos - 1
	}
	y.lateBySome = append(y.lateBySome, ev.read.Sub(m.steps[next-1].real))
	for at := max(pos+1, 1); at < next && m.fact != "updated_at"; at++ {
		value, _ := m.value(at)
		if m.front.looks.certainly(m.clock, m.key, m.fact, value, m.steps[at-1].real, m.steps[at].real) {
			y.say(&y.lost, "%s: Moka showed %s as %q, and no event tells of it: %d of %v", m.key, m.fact, value, at, m.short())
		}
	}
}

func (m *matcher) find(from int, is string, ev *told) int {
	for pos := from; pos <= len(m.steps); pos++ {
		value, known := m.value(pos)
		if (value == is || !known && !m.isNew) && m.held(pos, ev) {
			return pos
		}
	}
	return -1
}

func (m *matcher) short() []string {
	var out []string
	for _, s := range m.steps {
		out = append(out, strconv.FormatUint(s.seq, 10)+" "+s.is+" at "+s.real.Format("15:04:05.000"))
	}
	return out
}

// moves: each move between stages has an event of its own, in order, with its time
// and its stages. Of an application that nobody had seen before, the moves until
// then are history.
func (m *matcher) moves(events []*told, end time.Time) {
	y := &m.tally
	y.steps += len(m.steps)
	pos := 0
	if m.isNew {
		pos = 1
		if len(events) > 0 {
			y.matched++
		} else {
			y.unseen++
		}
	}
	for n, ev := range events {
		if n == 0 && ev.before == nil {
			for pos < len(m.steps) && !m.steps[pos].real.After(ev.read) && ev.source.Channel != schemas.ChannelWebhook {
				pos++
				y.unseen++
			}
			continue
		}
		tr := ev.transition
		if tr == nil || tr.To == nil || tr.To.ID == nil {
			continue
		}
		to := strconv.FormatInt(*tr.To.ID, 10)
		at := slices.IndexFunc(m.steps[pos:], func(s step) bool {
			return s.is == to && (tr.At == nil || tr.At.Equal(s.at))
		})
		if at < 0 {
			count := &y.invented
			if slices.ContainsFunc(m.steps[:pos], func(s step) bool { return s.is == to && (tr.At == nil || tr.At.Equal(s.at)) }) {
				count = &y.disordered
			}
			y.say(count, "%s: %s tells of a move to %s at %v; at step %d of %v", m.key, ev.kind, to, tr.At, pos, m.short())
			continue
		}
		if at > 0 {
			y.say(&y.missing, "%s: %d moves before that to %s at %v are not told; at step %d of %v", m.key, at, to, tr.At, pos, m.short())
			y.missing += at - 1
		}
		y.matched++
		y.lateBySome = append(y.lateBySome, ev.read.Sub(m.steps[pos+at].real))
		pos += at + 1
	}
	switch left := len(m.steps) - pos; {
	case left == 0:
	case !end.IsZero():
		y.unseen += left
	default:
		y.say(&y.missing, "%s: %d moves after step %d of %v are not told", m.key, left, pos, m.short())
		y.missing += left - 1
	}
}

// fingerprint is what an entry says, by what it is of.
func (d *day) fingerprint(e *schemas.JournalEntry) (key string, fingerprint uint64, ok bool) {
	observations, err := normalize.Entry(e, normalize.Options{})
	if err != nil || len(observations) == 0 {
		return "", 0, false
	}
	sum := fnv.New64a()
	for i := range observations {
		_, _ = sum.Write(strconv.AppendUint(nil, d.model.Observation(&observations[i]), 16)) // never fails
	}
	return e.Endpoint + "|" + keyOf(observations[0].Entity), sum.Sum64(), true
}
