package normalize

import (
	"slices"

	"github.com/mokafka/mokafka/schemas"
)

// interviewEvent tells the interview webhooks apart.
type interviewEvent int

const (
	created interviewEvent = iota
	updated
	deleted
)

// arranged is one of data.interviews.
type arranged struct {
	interview *schemas.Interview
	spoken    bitset
	extra     []misfit
}

// batch is the data of an interview webhook.
type batch struct {
	event interviewEvent
	// common holds what is said of all interviews at once.
	common schemas.Interview
	spoken bitset
	extra  []misfit
	found  bool // there is a list, be it empty
	// notInterviews are the elements that are none, in extra.
	notInterviews span
	all           []arranged
}

func interviews(e *schemas.JournalEntry, opts Options, event interviewEvent) ([]Observation, error) {
	r := newReader(e.Body, opts.Location)
	var b *batch
	env := r.webhook(func() { b = r.batch(event) })
	if r.err != nil {
		return nil, r.err
	}
	concerned, err := b.of(e.ApplicationID)
	if err != nil {
		return nil, err
	}
	var all []Observation
	for _, a := range concerned {
		if a.interview.InterviewID == "" {
			return nil, &Error{Class: MissingID, Path: "data.interviews[].event_id"}
		}
		a.interview.OrgID, a.interview.ApplicationID = e.OrgID, *e.ApplicationID
		b.complete(&a, r.extra)
		act := Seen
		if event == deleted {
			act = Gone
			a.interview = &schemas.Interview{
				OrgID: e.OrgID, ApplicationID: *e.ApplicationID,
				InterviewID: a.interview.InterviewID, CandidateID: a.interview.CandidateID,
			}
		}
		seen := env.observation(e, act, schemas.FeedWebhookInterview, a.interview)
		seen.OccurredAt = seen.UpdatedAt
		if event != deleted {
			seen.Carries = interview.fields(a.spoken)
		}
		if event == created {
			seen.Operator = a.interview.Arranger
		}
		all = append(all, seen)
	}
	return all, nil
}

// of returns the interviews that concern the application.
func (b *batch) of(application *int64) ([]arranged, error) {
	named := slices.Clone(b.common.BatchApplicationIds)
	var concerned []arranged
	for _, a := range b.all {
		ids := b.applications(a)
		named = append(named, ids...)
		if application != nil && slices.Contains(ids, *application) {
			concerned = append(concerned, a)
		}
	}
	switch {
	case !b.found:
		return nil, &Error{Class: Malformed, Path: "data.interviews"}
	case len(named) == 0:
		return nil, &Error{Class: MissingID, Path: "data.applicationIds"}
	case application == nil || !slices.Contains(named, *application):
		return nil, &Error{Class: WrongApplication, Path: "data.applicationIds"}
	}
	return concerned, nil
}

// applications returns the ids of the applications that a concerns.
func (b *batch) applications(a arranged) []int64 {
	if len(a.interview.InterviewApplicationIds) > 0 {
		return a.interview.InterviewApplicationIds
	}
	return b.common.BatchApplicationIds
}

// complete gives a what is said of all interviews at once.
func (b *batch) complete(a *arranged, around []misfit) {
	i := a.interview
	i.BatchApplicationIds = slices.Clone(b.common.BatchApplicationIds)
	if i.Type == nil {
		i.Type = b.common.Type
	}
	if i.CreatedAt == nil {
		i.CreatedAt = b.common.CreatedAt
	}
	if i.Arranger == nil && b.common.Arranger != nil {
		arranger := *b.common.Arranger
		i.Arranger = &arranger
	}
	a.spoken.union(b.spoken)
	if len(i.Interviewees) == 1 && len(b.applications(*a)) == 1 && i.Interviewees[0].CandidateID != nil {
		i.CandidateID = i.Interviewees[0].CandidateID
		a.spoken.add(interview.bit("candidate_id"))
	}
	if i.Extra = extra(a.extra, b.extra, around); i.Extra != nil {
		a.spoken.add(interview.bit("extra"))
	}
}
