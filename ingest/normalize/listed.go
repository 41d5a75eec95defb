package normalize

import (
	"reflect"
	"strings"

	"github.com/mokafka/mokafka/schemas"
)

// listed is an item of v1/interviews, read for one of its candidates.
type listed struct {
	arranged
	application *int64
	// own is the entry's candidate, if it is there.
	own       *schemas.Interviewee
	ownSpoken bitset
	named     bool // there is a candidate with an application
	misfits   span
}

// listedInterview reads an item of the list of interviews. Its own id is of
// another id space than what the other feeds name, which is groupId of each
// candidate: a group interview is one item here, and one interview a candidate
// there. So the item's id stays in extra.
func listedInterview(e *schemas.JournalEntry, opts Options) ([]Observation, error) {
	r := newReader(e.Body, opts.Location)
	l := &listed{arranged: arranged{interview: &schemas.Interview{}}, application: e.ApplicationID}
	err := r.whole(func() {
		l.spoken = interviewListed.read(r, reflect.ValueOf(l.interview).Elem(), func(key string) bool {
			if !strings.EqualFold(key, "candidates") {
				return false
			}
			r.enter("candidates")
			l.readCandidates(r)
			r.leave()
			return true
		})
	})
	switch {
	case err != nil:
		return nil, err
	case !l.named:
		return nil, &Error{Class: MissingID, Path: "candidates[].applicationId"}
	case l.own == nil:
		return nil, &Error{Class: WrongApplication, Path: "candidates[].applicationId"}
	case l.own.GroupID == nil || strings.TrimSpace(*l.own.GroupID) == "":
		return nil, &Error{Class: MissingID, Path: "candidates[].groupId"}
	}
	i := l.interview
	i.OrgID, i.ApplicationID, i.InterviewID = e.OrgID, *e.ApplicationID, strings.TrimSpace(*l.own.GroupID)
	l.spoken.add(interviewListed.bit("interviewees"))
	if l.ownSpoken.has(interviewee.bit("attendance")) {
		i.Attendance = l.own.Attendance
		l.spoken.add(interviewListed.bit("attendance"))
	}
	if l.own.CandidateID != nil {
		i.CandidateID = l.own.CandidateID
		l.spoken.add(interviewListed.bit("candidate_id"))
	}
	l.extra = r.extra
	seen := shown(e, schemas.FeedInterviewList, nil)
	seen.Entity, seen.Carries = i, l.settle()
	return []Observation{seen}, nil
}

// readCandidates reads the candidates of the item.
func (l *listed) readCandidates(r *reader) {
	r.forget(l.misfits)
	from := len(r.extra)
	l.interview.Interviewees, l.own, l.named = nil, nil, false
	r.elements(func() {
		if r.peek() != '{' {
			r.keep(r.value())
			return
		}
		var one schemas.Interviewee
		spoken := interviewee.read(r, reflect.ValueOf(&one).Elem(), nil)
		if reflect.ValueOf(one).IsZero() {
			return
		}
		l.interview.Interviewees = append(l.interview.Interviewees, one)
		l.named = l.named || one.ApplicationID != nil
		if l.own == nil && l.application != nil && one.ApplicationID != nil && *one.ApplicationID == *l.application {
			l.own, l.ownSpoken = &one, spoken
		}
	})
	l.misfits = span{from, len(r.extra)}
}

// settle gives the interview what follows from its keys: its end, where the feed
// has the start and the duration. It returns the fields that it speaks for.
func (a *arranged) settle() []string {
	i := a.interview
	start, minutes := interviewItem.bit("starts_at"), interviewItem.bit("duration_minutes")
	if a.spoken.has(start) && a.spoken.has(minutes) {
		a.spoken.add(interviewItem.bit("ends_at"))
		if i.EndsAt == nil && i.StartsAt != nil && i.DurationMinutes != nil {
			if end, ok := endOf(*i.StartsAt, *i.DurationMinutes); ok {
				i.EndsAt = &end
			}
		}
	}
	if i.Extra = extra(a.extra); i.Extra != nil {
		a.spoken.add(interviewItem.bit("extra"))
	}
	return interviewItem.fields(a.spoken)
}
