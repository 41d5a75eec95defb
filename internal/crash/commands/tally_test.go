package commands_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/schemas"
)

// tally compares what Moka did, by its own log, with what the results say.
type tally struct {
	*rig
	lines    []*line
	outcomes map[string]*outcome
	calls    []*seen
	human    map[int64][]mokasim.Entry
	// byCalls is when calls changed an application.
	byCalls map[int64][]time.Time
	// mistaken are changes by people that no reading could tell from a command's.
	mistaken map[uint64]bool

	deviations []string
	counts     map[schemas.WritebackOutcome]int
	effects    int
	superseded int // refused, since people were faster
	unseen     int // people were at it between the reading and the write
	byPeople   int // APPLIED, and it was people who did just that meanwhile
	sameMoment int // APPLIED, and people had done just that a moment before
	unclear    int // FAILED, and the effect is there
	readBack   int // APPLIED, though no answer said so
	writes     int
	letters    map[string]int
	shared     int // applications that several workers worked on
}

func (r *rig) tally(lines []*line) *tally {
	r.t.Helper()
	t := &tally{rig: r, lines: lines, counts: map[schemas.WritebackOutcome]int{}, human: map[int64][]mokasim.Entry{},
		byCalls: map[int64][]time.Time{}, mistaken: map[uint64]bool{}, letters: r.letters()}
	t.outcomes, _ = r.outcomes()
	t.calls = r.moka.seenCalls()
	for _, e := range r.moka.entries(r.t) {
		for _, app := range e.ApplicationIDs {
			switch e.Origin {
			case "human":
				t.human[app] = append(t.human[app], e)
			case "api":
				t.byCalls[app] = append(t.byCalls[app], e.RealAt)
			}
		}
	}
	t.results()
	t.order()
	t.overlaps()
	return t
}

func (t *tally) String() string {
	var outcomes []string
	for _, o := range slices.Sorted(maps.Keys(t.counts)) {
		outcomes = append(outcomes, fmt.Sprintf("%d %s", t.counts[o], o))
	}
	return fmt.Sprintf("tally: %d records, %d commands: %s; %d write calls, %d effects; %d read back, %d refused as superseded, "+
		"%d with people at it between reading and write, %d of people the same moment, %d done by people meanwhile, %d failed with their effect there; dead letters %v; %d deviations",
		len(t.lines), len(t.outcomes), strings.Join(outcomes, ", "), t.writes, t.effects, t.readBack, t.superseded, t.unseen,
		t.sameMoment, t.byPeople, t.unclear, t.letters, len(t.deviations))
}

// complain fails the test for what deviates, what happened in Moka first.
func complain(t *testing.T, tl *tally) {
	t.Helper()
	slices.SortStableFunc(tl.deviations, func(a, b string) int {
		return cmp.Compare(strings.Index(b, "effect"), strings.Index(a, "effect"))
	})
	for i, d := range tl.deviations {
		if i == 20 {
			t.Errorf("and %d more", len(tl.deviations)-i)
			return
		}
		t.Error(d)
	}
}

func (t *tally) deviates(format string, args ...any) {
	t.deviations = append(t.deviations, fmt.Sprintf(format, args...))
}

// results: each command has one final result, which says why it is not done.
func (t *tally) results() {
	conflicts := 0
	sent := map[string]bool{}
	for _, l := range t.lines {
		id := l.command.CommandID
		if l.sort == other {
			conflicts++
			continue
		}
		if sent[id] {
			continue
		}
		sent[id] = true
		o := t.outcomes[id]
		if o == nil || o.finals != 1 || o.after {
			if o == nil {
				o = &outcome{}
			}
			t.deviates("%s: %d final results, something after it: %t", id, o.finals, o.after)
			continue
		}
		t.counts[o.Outcome]++
		t.said(l, o)
	}
	for id := range t.outcomes {
		if !sent[id] {
			t.deviates("%s: a result, and nobody asked", id)
		}
	}
	if t.letters["id_reused"] != conflicts {
		t.deviates("%d dead letters of class id_reused, for %d ids used again", t.letters["id_reused"], conflicts)
	}
	if failed := t.counts[schemas.WritebackOutcomeFailed]; t.letters["failed"] != failed {
		t.deviates("%d dead letters of class failed, for %d that failed", t.letters["failed"], failed)
	}
}

func (t *tally) said(l *line, o *outcome) {
	id, reason := l.command.CommandID, text(o.Reason)
	switch o.Outcome {
	case schemas.WritebackOutcomeRejected:
		if reason == "" {
			t.deviates("%s: REJECTED without a reason", id)
		}
		if strings.HasPrefix(reason, "Moka refused it") && text(o.MokaMessage) == "" {
			t.deviates("%s: REJECTED by Moka without its text", id)
		}
		if strings.HasPrefix(reason, "Moka refused it") && (l.command.MoveStage != nil || l.command.SetOfferStatus != nil) && text(o.MokaCode) == "" {
			t.deviates("%s: REJECTED by Moka without its code", id)
		}
		if strings.HasPrefix(reason, "superseded") {
			t.superseded++
			if !t.overtaken(l.command, time.Now(), time.Second) {
				t.deviates("%s: REJECTED (%s), and nobody did anything%s", id, reason, t.history(keyOf(l.command)))
			}
		}
	case schemas.WritebackOutcomeExpired:
		if l.command.ExpiresAt == nil || o.FinishedAt.Before(*l.command.ExpiresAt) {
			t.deviates("%s: EXPIRED, and it was not too late", id)
		}
	case schemas.WritebackOutcomeApplied:
		if strings.HasPrefix(reason, "seen when") {
			t.readBack++
		}
		if l.sort == late {
			t.deviates("%s: APPLIED, and it had expired when it was sent", id)
		}
	default:
	}
}

// order: the effects on an application are those of its APPLIED commands, in
// their order, each while its command was at work, and none of a command that
// people had overtaken when Moka was read.
func (t *tally) order() {
	commands := map[string][]*schemas.WritebackCommand{}
	known := map[string]bool{}
	for _, l := range t.lines {
		if l.sort == other || known[l.command.CommandID] {
			continue
		}
		known[l.command.CommandID] = true
		key := keyOf(l.command)
		commands[key] = append(commands[key], l.command)
	}
	effects := map[string][]api.Effect{}
	for _, e := range t.rig.moka.effects(t.t) {
		t.effects++
		key := fmt.Sprintf("app:%d", e.ApplicationID)
		switch {
		case e.Operation == "create_headcount":
			key = "hc:number:" + fmt.Sprint(e.Parameters["number"])
		case e.ApplicationID == 0:
			key = fmt.Sprintf("hc:%d", e.HeadcountID)
		}
		effects[key] = append(effects[key], e)
	}
	for key, list := range effects {
		if commands[key] == nil {
			t.deviates("%s: %d effects, and nobody asked", key, len(list))
		}
	}
	for key, list := range commands {
		left := effects[key]
		for _, c := range list {
			left = t.match(c, left)
		}
		if len(left) > 0 {
			t.deviates("%s: effect %s %v of no command that was APPLIED (twice, or out of order); %s", key, left[0].Operation, left[0].Parameters, t.history(key))
		}
	}
}

// match takes the command's effect off the rest.
func (t *tally) match(c *schemas.WritebackCommand, left []api.Effect) []api.Effect {
	o := t.outcomes[c.CommandID]
	if o == nil || o.Outcome != schemas.WritebackOutcomeApplied && o.Outcome != schemas.WritebackOutcomeFailed {
		return left
	}
	here := len(left) > 0 && t.isOf(left[0], c, o)
	if o.Outcome == schemas.WritebackOutcomeFailed {
		if !here {
			return left
		}
		t.unclear++
		return left[1:]
	}
	if !here && t.doneByPeople(c, o) {
		t.byPeople++
		return left
	}
	if !here {
		next := "there is none left"
		if len(left) > 0 {
			next = fmt.Sprintf("the next is %s %v", left[0].Operation, left[0].Parameters)
		}
		t.deviates("%s (%s): APPLIED (%s) without its effect: %s; %s", c.CommandID, keyOf(c), text(o.Reason), next, t.history(keyOf(c)))
		return left
	}
	t.inTime(left[0], c, o)
	return left[1:]
}

// isOf tells whether the effect is what the command wants, made while it was at
// work.
func (t *tally) isOf(e api.Effect, c *schemas.WritebackCommand, o *outcome) bool {
	call := t.callOf(e)
	if o.StartedAt == nil || o.FinishedAt == nil || call.end.Before(*o.StartedAt) || call.begin.After(*o.FinishedAt) {
		return false
	}
	operation, parameters := t.wants(c)
	if e.Operation != operation {
		return false
	}
	for name, value := range parameters {
		if fmt.Sprint(e.Parameters[name]) != value {
			return false
		}
	}
	return true
}

func (t *tally) callOf(e api.Effect) *seen {
	n, err := strconv.Atoi(e.RequestID)
	if err != nil {
		t.t.Fatalf("an effect of no call that was seen: %q", e.RequestID)
	}
	return t.calls[n]
}

// overlaps: no two writes to one application or headcount are under way at the
// same time.
func (t *tally) overlaps() {
	last := map[string]*seen{}
	workers := map[string]map[string]bool{}
	for _, call := range t.calls {
		if !call.write {
			continue
		}
		t.writes++
		if before := last[call.about]; before != nil && call.begin.Before(before.end) {
			t.deviates("%s: %s and %s write at the same time, by %s", call.about, before.worker, call.worker, before.end.Sub(call.begin))
		}
		if before := last[call.about]; before == nil || call.end.After(before.end) {
			last[call.about] = call
		}
		if workers[call.about] == nil {
			workers[call.about] = map[string]bool{}
		}
		workers[call.about][call.worker] = true
	}
	for _, several := range workers {
		if len(several) > 1 {
			t.shared++
		}
	}
}

// history is all that happened about one key, to tell what was wrong.
func (t *tally) history(key string) string {
	var events []string
	add := func(at time.Time, format string, args ...any) {
		events = append(events, at.UTC().Format("\n\t04:05.000 ")+fmt.Sprintf(format, args...))
	}
	for _, l := range t.lines {
		o := t.outcomes[l.command.CommandID]
		if keyOf(l.command) != key || o == nil || l.of != nil {
			continue
		}
		operation, parameters := t.wants(l.command)
		add(l.command.RequestedAt, "%s is asked for: %s %v", l.command.CommandID, operation, parameters)
		for _, at := range o.intents {
			add(at, "%s is decided on", l.command.CommandID)
		}
		if o.FinishedAt != nil {
			add(*o.FinishedAt, "%s is %s: %s", l.command.CommandID, o.Outcome, text(o.Reason))
		}
	}
	for _, call := range t.calls {
		if call.about == key {
			add(call.begin, "%s writes, until %s", call.worker, call.end.UTC().Format("04:05.000"))
		}
	}
	for _, e := range t.rig.moka.entries(t.t) {
		for _, app := range e.ApplicationIDs {
			if "app:"+number(app) == key {
				add(e.RealAt, "%s by %s: %s becomes %s", e.Kind, e.Origin, e.Field, e.Is)
			}
		}
	}
	slices.Sort(events)
	return strings.Join(events, "")
}
