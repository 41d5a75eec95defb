package crash_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// facts are what the simulator's log and the events both speak of, by name, in
// the events' words. What is not known is not there.
type facts map[string]string

// told is an event, as far as it is judged.
type told struct {
	entity     string // the key of its state
	family     publish.Family
	id         string
	kind       string
	op         schemas.Operation
	read       time.Time // observed_at
	source     schemas.EventSource
	changed    []string
	before     facts // nil: there was none
	after      facts
	records    [2]any // before and after
	transition *schemas.StageTransition
	shared     bool // another event of the same look follows
}

// picture is what is in the topics after the day.
type picture struct {
	events  map[string][]*told // by entity, in order
	states  map[string]any     // by key: the entity, nil for a deletion that is known
	ids     map[string]int
	entries []*schemas.JournalEntry
	letters []*schemas.DeadLetter
	total   int
}

// read reads the topics as a read_committed consumer does.
func (d *day) read() *picture {
	d.t.Helper()
	p := &picture{events: map[string][]*told{}, states: map[string]any{}, ids: map[string]int{}}
	for _, family := range publish.Families() {
		for _, rec := range committed(d.t, d.cluster, d.topics.Events(family)) {
			one := d.event(family, rec.Value[publish.FrameHeader:])
			if its := p.events[one.entity]; len(its) > 0 {
				last := its[len(its)-1]
				last.shared = last.source.JournalPartition == one.source.JournalPartition && last.source.JournalOffset == one.source.JournalOffset
			}
			p.events[one.entity] = append(p.events[one.entity], one)
			p.ids[one.id]++
			p.total++
		}
		for _, rec := range committed(d.t, d.cluster, d.topics.State(family)) {
			if rec.Value == nil {
				delete(p.states, string(rec.Key))
				continue
			}
			p.states[string(rec.Key)] = d.state(family, rec.Value[publish.FrameHeader:])
		}
	}
	for _, rec := range committed(d.t, d.cluster, d.topics.Journal()) {
		entry := new(schemas.JournalEntry)
		d.unmarshal(rec.Value[publish.FrameHeader:], entry)
		p.entries = append(p.entries, entry)
	}
	for _, rec := range committed(d.t, d.cluster, d.topics.DeadLetters()) {
		letter := new(schemas.DeadLetter)
		d.unmarshal(rec.Value[publish.FrameHeader:], letter)
		p.letters = append(p.letters, letter)
	}
	return p
}

func (d *day) unmarshal(value []byte, into any) {
	d.t.Helper()
	if err := d.codec.Unmarshal(value, into); err != nil {
		d.t.Fatal(err)
	}
}

func (d *day) event(family publish.Family, value []byte) *told {
	d.t.Helper()
	one := &told{family: family}
	switch family {
	case publish.Candidates:
		ev := new(schemas.CandidateEvent)
		d.unmarshal(value, ev)
		one.entity, one.id, one.kind, one.op = publish.CandidateKey(org, ev.ApplicationID), ev.EventID, string(ev.Type), ev.Op
		one.read, one.source, one.changed, one.transition = ev.ObservedAt, ev.Source, ev.ChangedFields, ev.Transition
		one.before, one.after, one.records = candidateFacts(ev.Before), candidateFacts(ev.After), [2]any{ev.Before, ev.After}
	case publish.Offers:
		ev := new(schemas.OfferEvent)
		d.unmarshal(value, ev)
		one.entity, one.id, one.kind, one.op = publish.OfferKey(org, ev.ApplicationID), ev.EventID, string(ev.Type), ev.Op
		one.read, one.source, one.changed = ev.ObservedAt, ev.Source, ev.ChangedFields
		one.before, one.after, one.records = offerFacts(ev.Before), offerFacts(ev.After), [2]any{ev.Before, ev.After}
	case publish.Interviews:
		ev := new(schemas.InterviewEvent)
		d.unmarshal(value, ev)
		one.entity, one.id, one.kind, one.op = publish.InterviewKey(org, ev.ApplicationID, ev.InterviewID), ev.EventID, string(ev.Type), ev.Op
		one.read, one.source, one.changed = ev.ObservedAt, ev.Source, ev.ChangedFields
		one.before, one.after, one.records = interviewFacts(ev.Before), interviewFacts(ev.After), [2]any{ev.Before, ev.After}
	default:
		ev := new(schemas.HeadcountEvent)
		d.unmarshal(value, ev)
		one.entity, one.id, one.kind, one.op = publish.HeadcountKey(org, ev.HeadcountID), ev.EventID, string(ev.Type), ev.Op
		one.read, one.source, one.changed = ev.ObservedAt, ev.Source, ev.ChangedFields
		one.before, one.after, one.records = headcountFacts(ev.Before), headcountFacts(ev.After), [2]any{ev.Before, ev.After}
	}
	return one
}

// state is the entity of a state; nil where it was deleted.
func (d *day) state(family publish.Family, value []byte) any {
	d.t.Helper()
	switch family {
	case publish.Candidates:
		s := new(schemas.CandidateState)
		d.unmarshal(value, s)
		return orNil(s.Entity)
	case publish.Offers:
		s := new(schemas.OfferState)
		d.unmarshal(value, s)
		return orNil(s.Entity)
	case publish.Interviews:
		s := new(schemas.InterviewState)
		d.unmarshal(value, s)
		return orNil(s.Entity)
	default:
		s := new(schemas.HeadcountState)
		d.unmarshal(value, s)
		return orNil(s.Entity)
	}
}

func orNil[T any](p *T) any {
	if p == nil {
		return nil
	}
	return p
}

// factsOf are those of a pointer to an entity.
func factsOf(entity any) facts {
	switch e := entity.(type) {
	case *schemas.Candidate:
		return candidateFacts(e)
	case *schemas.Offer:
		return offerFacts(e)
	case *schemas.Interview:
		return interviewFacts(e)
	case *schemas.Headcount:
		return headcountFacts(e)
	}
	return nil
}

func candidateFacts(c *schemas.Candidate) facts {
	if c == nil {
		return nil
	}
	f := facts{}
	if c.Stage != nil && c.Stage.ID != nil {
		f["stage"] = strconv.FormatInt(*c.Stage.ID, 10)
	}
	if c.Archived != nil {
		f["archived"] = strconv.FormatBool(*c.Archived)
		f["hired"] = strconv.FormatBool(c.HiredAt != nil || c.ArchiveReason != nil && *c.ArchiveReason == hiredReason)
	}
	f.at("updated_at", c.UpdatedAt)
	return f
}

// hiredReason is how Moka says that somebody was hired, in the reason of the
// archiving: its applications have no other field for it.
const hiredReason = "已入职"

func offerFacts(o *schemas.Offer) facts {
	if o == nil {
		return nil
	}
	f := facts{}
	if o.Status != nil {
		f["offer_status"] = string(*o.Status)
	}
	if o.ApprovalStatus != nil {
		f["offer_approval"] = string(*o.ApprovalStatus)
	}
	return f
}

func interviewFacts(i *schemas.Interview) facts {
	if i == nil {
		return nil
	}
	f := facts{}
	if i.Status != nil {
		f["interview_status"] = string(*i.Status)
	}
	f.at("starts_at", i.StartsAt)
	given := slices.ContainsFunc(i.Feedbacks, func(one schemas.InterviewerFeedback) bool { return one.FeedbackAt != nil })
	if len(i.Feedbacks) > 0 { // webhooks show none
		f["feedback"] = strconv.FormatBool(given)
	}
	return f
}

func headcountFacts(h *schemas.Headcount) facts {
	if h == nil {
		return nil
	}
	f := facts{}
	if h.Status != nil {
		f["headcount_status"] = *h.Status
	}
	if h.Needed != nil {
		f["headcount_need"] = fmt.Sprint(*h.Needed)
	}
	f.at("updated_at", h.UpdatedAt)
	return f
}

func (f facts) at(name string, at *time.Time) {
	if at != nil {
		f[name] = stamp(*at)
	}
}

func stamp(at time.Time) string { return at.UTC().Format(time.RFC3339Nano) }

// feedbackOnly tells of a feedback that stands for an interview of its own.
func feedbackOnly(entity string) bool {
	_, id, ok := strings.Cut(entity, ":iv:")
	return ok && strings.Trim(id, "0123456789") != ""
}
