package crash_test

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// dayTally is what came of a day. All below the line have to be 0.
type dayTally struct {
	kills, takeovers, brokers int
	mistakes                  uint64 // of Moka's, on order
	sweptAt                   time.Time

	changes    int // entries of the log
	steps      int // changes of facts, as the log has them
	events     int
	matched    int // steps that an event of their own tells
	overtaken  int // steps that came before the last one that the next look showed
	unseen     int // steps before the first look at an entity, or after the last at a deleted one
	shared     int // events of what an entity shows of another: a headcount's status in an application
	learned    int // events of what another feed showed for the first time
	lateBySome []time.Duration

	// unexplained are events that change no fact, and that the log does not explain.
	unexplained int

	missing, doubled, disordered, invented, untrue, undeleted, late, lost int
	examples                                                              []string
}

func (y *dayTally) say(count *int, format string, args ...any) {
	*count++
	if *count <= 12 { // of each kind
		y.examples = append(y.examples, fmt.Sprintf(format, args...))
	}
}

// judge compares what the topics tell with what happened.
func (d *day) judge(p *picture) {
	d.t.Helper()
	h, y := d.history(), &d.tally
	y.changes, y.events = len(h.entries), p.total
	for id, n := range p.ids {
		if n > 1 {
			y.say(&y.doubled, "event %s is there %d times", id, n)
		}
	}
	for _, entity := range slices.Sorted(maps.Keys(p.events)) {
		d.chained(entity, p.events[entity])
	}
	for _, key := range h.sorted() {
		for _, fact := range slices.Sorted(maps.Keys(h.facts[key])) {
			m := matcher{day: d, key: key, fact: fact, steps: h.facts[key][fact], isNew: h.received[key]}
			if fact == "stage" {
				m.moves(p.events[key], h.endOf(key))
				continue
			}
			m.match(p.events[key], h.endOf(key))
		}
	}
	d.explained(p, h)
	d.pushed(p, h)
	d.deletions(p, h)
	d.truths(p)
	d.report(p)
}

// endOf is when an entity ceased to be; zero for one that is.
func (h *history) endOf(key string) time.Time {
	if at, ok := h.deleted[key]; ok {
		return at
	}
	return h.deleted[rootOf(key)]
}

// rootOf is the application of an offer's or an interview's key, or the key.
func rootOf(key string) string {
	parts := strings.SplitN(key, ":", 4)
	return strings.Join(parts[:min(3, len(parts))], ":")
}

// changed are the fields in which two records differ. A newer updatedAt by itself
// is no event, so it may differ from one to the next.
func (d *day) changed(a, b any) []string {
	return slices.DeleteFunc(d.model.Changed(a, b), func(name string) bool { return name == "updated_at" })
}

// chained: each event of an entity begins where the one before it ended.
func (d *day) chained(entity string, events []*told) {
	var last *told
	for _, ev := range events {
		if last != nil && (ev.before == nil) != (last.after == nil) ||
			last != nil && ev.before != nil && len(d.changed(last.records[1], ev.records[0])) > 0 {
			d.tally.say(&d.tally.disordered, "%s: %s at %s does not begin where %s ended", entity, ev.kind, ev.read, last.kind)
		}
		last = ev
	}
}

// explained: no event tells of what did not happen.
func (d *day) explained(p *picture, h *history) {
	y := &d.tally
	for entity, events := range p.events {
		said := spoken{}
		for _, ev := range events {
			again := said.again(ev)
			switch {
			case ev.before == nil && ev.after != nil, ev.op == schemas.OperationDelete, ev.kind == "PUSHED", ev.transition != nil:
			case !maps.Equal(ev.before, ev.after):
				if feedbackOnly(entity) || h.facts[entity] == nil {
					d.unlogged(entity, ev, h)
				}
			case onlyShared(ev.changed):
				y.shared++
			case feedbackOnly(entity) && slices.Contains(ev.changed, "feedbacks"), !slices.ContainsFunc(again, own):
				y.learned++
			default:
				y.say(&y.unexplained, "%s: %s at %s from %s tells of %v; all of it: %s", entity, ev.kind, ev.read, ev.source.Endpoint, ev.changed, story(events))
			}
			if ev.source.Channel == schemas.ChannelSweep && ev.op != schemas.OperationDelete && !onlyShared(ev.changed) && ev.read.After(y.sweptAt) {
				y.say(&y.late, "%s: only the sweep found %v (%v to %v)", entity, ev.changed, ev.before, ev.after)
			}
		}
	}
}

// spoken are the fields of an entity that each endpoint has told of. One that
// outranks another takes a field at its first look, or at the next where that
// other one looked later. What was deleted and is there again is told anew.
type spoken map[string]bool

// again lists the fields of an event that its endpoint had told of before.
func (s spoken) again(ev *told) []string {
	if ev.before == nil {
		clear(s)
	}
	from := ev.source.Endpoint + "|"
	var again []string
	for _, name := range ev.changed {
		if s[from+"*"] || s[from+name] {
			again = append(again, name)
		}
		s[from+name] = true
	}
	if ev.before == nil {
		s[from+"*"] = true
	}
	return again
}

// story is what the events of an entity are, in short.
func story(events []*told) string {
	var parts []string
	for _, ev := range events {
		parts = append(parts, fmt.Sprintf("%s by %s at %s %v", ev.kind, ev.source.Endpoint, ev.read.Format("15:04:05.000"), ev.changed))
	}
	return strings.Join(parts, "; ")
}

// unlogged judges a change of facts of which the log has nothing: facts that
// appear for the first time, or feedback that came with the end of a meeting.
func (d *day) unlogged(entity string, ev *told, _ *history) {
	for name, is := range ev.after {
		was, known := ev.before[name]
		if known && was != is && (name != "feedback" || is != "true") && name != "starts_at" {
			d.tally.say(&d.tally.invented, "%s: %s from %s to %s, of which the log has nothing", entity, name, was, is)
		}
	}
}

// onlyShared tells whether an event is about nothing of the entity's own.
func onlyShared(changed []string) bool {
	return len(changed) > 0 && !slices.ContainsFunc(changed, unshared)
}

// unshared tells whether a field is not what an entity shows of another one: a
// headcount's status in its job's applications, the stage of an application in
// the list of interviews.
func unshared(name string) bool {
	switch top, _, _ := strings.Cut(name, "."); top {
	case "headcounts", "headcount", "headcount_number", "headcount_name", "job":
	case "stage_name", "interviewees", "interviewers", "theme", "job_title": // in the list of interviews
	case "last_sent_at": // of an offer, which only pushes show
	default:
		return true
	}
	return false
}

// own tells whether a field is neither another's, nor one of the forms that
// interviewers are to fill in, which v2 shows with the end of a meeting: the list
// of interviews, which tells that end too, may have been first.
func own(name string) bool { return unshared(name) && name != "feedbacks" && name != "feedback_url" }

// pushed: each press of Import EHR is told once.
func (d *day) pushed(p *picture, h *history) {
	y, seen := &d.tally, map[string]int{}
	for _, events := range p.events {
		for _, ev := range events {
			if ev.kind == "PUSHED" && ev.family == publish.Candidates && ev.source.WebhookID != nil {
				seen[*ev.source.WebhookID]++
			}
		}
	}
	for id, seq := range h.pushes {
		y.steps++
		switch n := seen[id]; {
		case n == 0:
			y.say(&y.missing, "change %d: the push %s is not told", seq, id)
		case n > 1:
			y.say(&y.doubled, "change %d: the push %s is told %d times", seq, id, n)
		default:
			y.matched++
		}
		delete(seen, id)
	}
	for id := range seen {
		y.say(&y.invented, "nobody pushed %s", id)
	}
}

// deletions: what was deleted is known to be, and nothing else is.
func (d *day) deletions(p *picture, h *history) {
	y := &d.tally
	for key := range h.deleted {
		y.steps++
		events := p.events[key]
		switch {
		case len(events) == 0 && h.received[key]:
			y.unseen++ // nobody ever saw it
		case len(events) == 0 || events[len(events)-1].op != schemas.OperationDelete:
			y.say(&y.undeleted, "%s is gone, and its last event of %d is not its deletion", key, len(events))
		default:
			y.matched++
		}
	}
	for entity, events := range p.events {
		for _, ev := range events {
			if ev.op == schemas.OperationDelete && h.endOf(entity).IsZero() && !ev.calledOff() {
				y.say(&y.invented, "%s was not deleted, and an event at %s of %s says so", entity, ev.read, ev.source.Endpoint)
			}
		}
	}
}

func (d *day) report(p *picture) {
	d.t.Helper()
	y := &d.tally
	calls, all := d.front.counted()
	repeated := d.repeated(p.entries)
	median, p99 := latency(y.lateBySome)
	d.t.Logf("tally of a day of %s with %d applications, %.0f times as fast: %d changes (%d of facts), %d events of this day;\n"+
		"%d told by an event of their own, %d overtaken before anybody looked, %d before the first or after the last look;\n"+
		"%d events of shared records, %d of what another feed knew; from change to read: median %s, 99%% within %s (virtual, %d times killed in between);\n"+
		"%d kills, %d takeovers, %d broker restarts; %d calls (%s), %d refused by quota, %d spoilt; %d webhooks, %d repeated deliveries;\n"+
		"%d journal entries, %d of them repeated, %d dead letters; %d events of details that the log does not explain;\n"+
		"missing %d, doubled %d, out of order %d, invented %d, untrue %d, deletions unknown %d, late %d, seen and not told %d",
		d.cfg.length, d.cfg.applications, d.cfg.scale, y.changes, y.steps, d.ofTheDay(p),
		y.matched, y.overtaken, y.unseen, y.shared, y.learned, median, p99, y.kills,
		y.kills, y.takeovers, y.brokers, all, calls, d.front.refused, y.mistakes, d.doors.taken.Load(), d.doors.repeats.Load(),
		len(p.entries), repeated, len(p.letters), y.unexplained,
		y.missing, y.doubled, y.disordered, y.invented, y.untrue, y.undeleted, y.late, y.lost)
	if y.missing+y.doubled+y.disordered+y.invented+y.untrue+y.undeleted+y.late+y.lost+y.unexplained > 0 {
		d.t.Errorf("the topics do not tell what happened:\n%s", strings.Join(y.examples, "\n"))
	}
	if len(p.letters) > 0 {
		d.t.Errorf("the first of %d dead letters: %s at %s: %s", len(p.letters), p.letters[0].ErrorClass, p.letters[0].Stage, p.letters[0].ErrorText)
	}
	if n := d.doors.failed.Load(); n > 0 {
		d.t.Logf("%d webhooks were sent back to Moka", n)
	}
	if y.kills == 0 || y.matched < y.changes/4 {
		d.t.Errorf("%d kills, %d of %d changes with an event of their own: the test did not put load on", y.kills, y.matched, y.changes)
	}
}

// ofTheDay counts the events that are no snapshots.
func (d *day) ofTheDay(p *picture) (n int) {
	for _, events := range p.events {
		for _, ev := range events {
			if ev.op != schemas.OperationSnapshot {
				n++
			}
		}
	}
	return n
}

func latency(all []time.Duration) (median, p99 time.Duration) {
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2].Round(time.Second), all[len(all)*99/100].Round(time.Second)
}

// counted are the calls by path, in words, and all of them.
func (f *front) counted() (text string, all int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	var parts []string
	for _, path := range slices.Sorted(maps.Keys(f.calls)) {
		parts = append(parts, fmt.Sprintf("%s %d", path, f.calls[path]))
		all += f.calls[path]
	}
	return strings.Join(parts, ", "), all
}

// repeated counts the entries of polls that say what the one before them said.
func (d *day) repeated(entries []*schemas.JournalEntry) (n int) {
	last := map[string]uint64{}
	for _, e := range entries {
		if e.Channel == schemas.ChannelWebhook {
			continue
		}
		key, fingerprint, ok := d.fingerprint(e)
		if ok && last[key] == fingerprint {
			n++
		}
		last[key] = fingerprint
	}
	return n
}
