package verdict

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Expect is what a test allows for.
type Expect struct {
	// Model compares records.
	Model *content.Model
	// Restarts are entities whose events may begin anew, as after a state topic was
	// lost without being rebuilt, nil for none.
	Restarts func(Event) bool
	// Lingers tells of entities whose deletion need not be known, nil for none.
	Lingers func(key string) bool
	// Repeats tells of events that may be there twice under one id, nil for none.
	Repeats func(Event) bool
}

// Judge names what is wrong with a picture; nothing where it is true.
func (p *Picture) Judge(truth Truth, expect Expect) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	for _, key := range slices.Sorted(maps.Keys(truth)) {
		entity := p.States[key]
		if entity == nil {
			say("%s is unknown, and should be %v", key, truth[key])
			continue
		}
		got := factsOf(entity)
		for name, want := range truth[key] {
			if got[name] != want {
				say("%s: %s is %q, and should be %q", key, name, got[name], want)
			}
		}
	}
	for _, key := range slices.Sorted(maps.Keys(p.States)) {
		p.settled(key, truth, expect, say)
	}
	for _, key := range slices.Sorted(maps.Keys(p.Events)) {
		p.chained(key, expect, say)
	}
	for _, letter := range p.Letters {
		say("a dead letter: %s at %s: %s", letter.ErrorClass, letter.Stage, letter.ErrorText)
	}
	return wrong
}

// settled: a state is of what there is, and is what the last event says.
func (p *Picture) settled(key string, truth Truth, expect Expect, say func(string, ...any)) {
	entity, events := p.States[key], p.Events[key]
	switch {
	case len(events) == 0:
		say("%s has a state and no event", key)
		return
	case made(key), expect.Lingers != nil && expect.Lingers(key):
	case entity != nil && truth[key] == nil && !feedbackOnly(key):
		say("%s is there, and should not be", key)
	}
	last := newest(events)
	if (entity == nil) != (last.After == nil) {
		say("%s: of state and last event (%s) one says that it is gone", key, last.Type)
		return
	}
	if entity == nil {
		if last.Op != schemas.OperationDelete {
			say("%s is gone, and its last event is %s", key, last.Op)
		}
		return
	}
	if differ := changed(expect.Model, last.After, entity); len(differ) > 0 {
		say("%s: the state differs from the last event (%s) in %v", key, last.Type, differ)
	}
}

// newest is the event of the highest version. It need not be the last in the topic:
// a replay tells of the past behind what is newer.
func newest(events []Event) Event {
	last := events[0]
	for _, ev := range events[1:] {
		if ev.Version >= last.Version {
			last = ev
		}
	}
	return last
}

// chained: each event begins where the newest one before it ended, and is there once.
// What a replay tells of the past begins where it was then.
func (p *Picture) chained(key string, expect Expect, say func(string, ...any)) {
	seen := map[string]bool{}
	for n, ev := range p.Events[key] {
		if times := p.IDs[ev.ID]; times > 1 && (expect.Repeats == nil || !expect.Repeats(ev)) && !seen[ev.ID] {
			say("%s: event %s (%s) is there %d times", key, ev.ID, ev.Type, times)
		}
		seen[ev.ID] = true
		if n == 0 || ev.Source.Channel == schemas.ChannelReplay {
			continue
		}
		last := newest(p.Events[key][:n])
		begins := (ev.Before == nil) == (last.After == nil) && (ev.Before == nil || len(changed(expect.Model, last.After, ev.Before)) == 0)
		if !begins && (expect.Restarts == nil || !expect.Restarts(ev)) {
			say("%s: %s at %s does not begin where %s ended", key, ev.Type, ev.Read, last.Type)
		}
	}
}

// changed are the fields in which two records differ. A newer updatedAt by itself is
// no event, so it may differ from one to the next.
func changed(m *content.Model, a, b any) []string {
	return slices.DeleteFunc(m.Changed(a, b), func(name string) bool { return name == "updated_at" })
}

// Gone tells whether the last word on an application is its deletion.
func (p *Picture) Gone(application int64) error {
	for key, events := range p.Events {
		if key != publish.CandidateKey(orgOf(key), application) {
			continue
		}
		if last := newest(events); last.Op != schemas.OperationDelete {
			return fmt.Errorf("%s is gone, and its last event is %s", key, last.Type)
		}
		return nil
	}
	return fmt.Errorf("application %d has no event", application)
}

func orgOf(key string) string {
	org, _, _ := strings.Cut(key, ":")
	return org
}
