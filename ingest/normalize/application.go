package normalize

import (
	"reflect"
	"strings"

	"github.com/mokafka/mokafka/schemas"
)

// item is one of data of v2/data/ehrApplications. Its person, application, job,
// exams, work trials and log make up the candidate; the offer and the interviews
// are entities of their own.
type item struct {
	pushed
	basics, exams, trials part
	// offered: there is the key of the offer, be it empty.
	offered    bool
	interviews []arranged
	// notInterviews are the elements that are none, in extra.
	notInterviews span
}

// part is what an object within the item has said of the candidate.
type part struct {
	seen    bool
	spoken  bitset
	misfits span
}

func application(e *schemas.JournalEntry, opts Options) ([]Observation, error) {
	r := newReader(e.Body, opts.Location)
	i := &item{pushed: pushed{candidate: &schemas.Candidate{}, repeated: e.ApplicationID}}
	if err := r.whole(func() { i.read(r) }); err != nil {
		return nil, err
	}
	if err := i.belongs(e, "basicInfo.applicationId"); err != nil {
		return nil, err
	}
	all := i.observations(e.OrgID, shown(e, schemas.FeedEhrApplicationsV2, i.candidate.UpdatedAt), nil)
	if i.offered && i.offer == nil && i.notOffers.from == i.notOffers.to {
		none := all[0].beside(&schemas.Offer{
			OrgID: e.OrgID, ApplicationID: i.application, CandidateID: i.candidate.CandidateID,
		})
		none.Act = Gone
		all = append(all, none)
	}
	identify(i.application, i.interviews)
	for n := range i.interviews {
		seen := all[0].beside(i.interviews[n].interview)
		seen.Carries = i.complete(&i.interviews[n], e.OrgID)
		all = append(all, seen)
	}
	return all, nil
}

// read reads the item.
func (i *item) read(r *reader) {
	same := func(key string) bool { return r.sameApplication(key, i.repeated) }
	i.spoken = applicationItem.read(r, reflect.ValueOf(i.candidate).Elem(), func(key string) bool {
		switch {
		case strings.EqualFold(key, "basicInfo"):
			i.identified = false
			i.readPart(r, "basicInfo", candidate, &i.basics, func(key string) bool {
				if !strings.EqualFold(key, "applicationId") {
					return false
				}
				r.enter("applicationId")
				i.readApplication(r)
				r.leave()
				return true
			})
		case strings.EqualFold(key, "examInfo"):
			i.readPart(r, "examInfo", examInfo, &i.exams, same)
		case strings.EqualFold(key, "shigongInfo"):
			i.readPart(r, "shigongInfo", trialInfo, &i.trials, same)
		case strings.EqualFold(key, "offerInfo"):
			i.offered = true
			r.enter("offerInfo")
			i.readOffer(r)
			r.leave()
		case strings.EqualFold(key, "interviewInfo"):
			r.enter("interviewInfo")
			i.readInterviews(r)
			r.leave()
		default:
			return same(key)
		}
		return true
	})
	for _, p := range []*part{&i.basics, &i.exams, &i.trials} {
		i.spoken.union(p.spoken)
	}
	i.extra = r.extra
}

// readPart reads an object whose keys fill fields of the candidate. Where there
// is none, all that it could say is empty.
func (i *item) readPart(r *reader, key string, rec *record, p *part, aside func(key string) bool) {
	owner := reflect.ValueOf(i.candidate).Elem()
	if p.seen {
		rec.clear(owner, p.spoken)
		r.forget(p.misfits)
	}
	from := len(r.extra)
	*p = part{seen: true, spoken: rec.speaks()}
	r.enter(key)
	r.first(func() { p.spoken = rec.read(r, owner, aside) })
	r.leave()
	p.misfits = span{from, len(r.extra)}
}

// readInterviews reads interviewInfo. Elements that say nothing are dropped.
func (i *item) readInterviews(r *reader) {
	r.forget(i.notInterviews)
	from := len(r.extra)
	i.interviews = nil
	r.elements(func() {
		if r.peek() != '{' {
			r.keep(r.value())
			return
		}
		r.path[len(r.path)-1].index = anyElement
		around := r.extra
		r.extra = nil
		a := arranged{interview: &schemas.Interview{}}
		a.spoken = interviewItem.read(r, reflect.ValueOf(a.interview).Elem(), func(key string) bool {
			if !strings.EqualFold(key, "groupInterviewId") {
				return r.sameApplication(key, i.repeated)
			}
			r.enter("groupInterviewId")
			v := r.value()
			id, ok := r.bare(v)
			if !ok {
				r.keep(v)
			}
			a.interview.InterviewID = id
			r.leave()
			return true
		})
		a.extra, r.extra = r.extra, around
		if a.extra != nil || !reflect.ValueOf(a.interview).Elem().IsZero() {
			i.interviews = append(i.interviews, a)
		}
	})
	i.notInterviews = span{from, len(r.extra)}
}

// complete gives a the ids that it has from its place in the item, and returns
// the fields that it speaks for.
func (i *item) complete(a *arranged, org string) []string {
	v := a.interview
	v.OrgID, v.ApplicationID, v.CandidateID = org, i.application, i.candidate.CandidateID
	if v.CandidateID != nil {
		a.spoken.add(interviewItem.bit("candidate_id"))
	}
	return a.settle()
}
