package normalize

import (
	"reflect"
	"strings"

	"github.com/mokafka/mokafka/schemas"
)

// pushed is the data of pushCandidate.
type pushed struct {
	application int64
	identified  bool // there is an application
	candidate   *schemas.Candidate
	spoken      bitset
	extra       []misfit
	offer       *schemas.Offer // nil when there is none
	offerSpoken bitset
	offerExtra  []misfit
	notOffers   span // of extra: what stands in place of an offer
}

func push(e *schemas.JournalEntry, opts Options) ([]Observation, error) {
	r := newReader(e.Body, opts.Location)
	var p *pushed
	env := r.webhook(func() { p = r.pushed() })
	switch {
	case r.err != nil:
		return nil, r.err
	case !p.identified:
		return nil, &Error{Class: MissingID, Path: "data.applicationId"}
	case e.ApplicationID == nil || *e.ApplicationID != p.application:
		return nil, &Error{Class: WrongApplication, Path: "data.applicationId"}
	}

	return p.observations(e, env, r.extra), nil
}

// observations are those of the push e: the candidate's, and the offer's if
// there is one. around is what stood beside data and fits nowhere.
func (p *pushed) observations(e *schemas.JournalEntry, env envelope, around []misfit) []Observation {
	c := p.candidate
	c.OrgID, c.ApplicationID, c.Extra = e.OrgID, p.application, extra(p.extra, around)
	if c.Extra != nil {
		p.spoken.add(candidate.bit("extra"))
	}
	seen := env.observation(e, Pushed, schemas.FeedWebhookPush, c)
	seen.Carries, seen.Operator = candidate.fields(p.spoken), c.Operator
	seen.OccurredAt = seen.UpdatedAt
	all := append(make([]Observation, 0, 2), seen)

	if p.offer != nil {
		o := p.offer
		o.OrgID, o.ApplicationID, o.CandidateID, o.Extra = e.OrgID, p.application, c.CandidateID, extra(p.offerExtra)
		if o.CandidateID != nil {
			p.offerSpoken.add(offer.bit("candidate_id"))
		}
		if o.Extra != nil {
			p.offerSpoken.add(offer.bit("extra"))
		}
		seen := env.observation(e, Seen, schemas.FeedWebhookPush, o)
		seen.Carries = offer.fields(p.offerSpoken)
		all = append(all, seen)
	}
	return all
}

// pushed reads the data of pushCandidate.
func (r *reader) pushed() *pushed {
	p := &pushed{candidate: &schemas.Candidate{}}
	p.spoken = candidate.read(r, reflect.ValueOf(p.candidate).Elem(), func(key string) bool {
		switch {
		case strings.EqualFold(key, "applicationId"):
			r.enter("applicationId")
			p.readApplication(r)
			r.leave()
		case strings.EqualFold(key, "offer"):
			r.enter("offer")
			p.readOffer(r)
			r.leave()
		default:
			return false
		}
		return true
	})
	p.extra = r.extra
	return p
}

// readApplication reads the id, bare or as the only one of a list.
func (p *pushed) readApplication(r *reader) {
	p.application, p.identified = 0, false
	several := false
	r.elements(func() {
		n, ok := parseLong(r, r.value())
		if !ok {
			return
		}
		several = several || p.identified && n != p.application
		p.application, p.identified = n, true
	})
	p.identified = p.identified && !several
}

// readOffer reads the offer, which is an entity of its own. If it says nothing
// there is none.
func (p *pushed) readOffer(r *reader) {
	r.forget(p.notOffers)
	from := len(r.extra)
	p.offer, p.offerExtra = nil, nil
	r.first(func() {
		around := r.extra
		r.extra = nil
		made := &schemas.Offer{}
		p.offerSpoken = offer.read(r, reflect.ValueOf(made).Elem(), nil)
		if r.extra != nil || !reflect.ValueOf(made).Elem().IsZero() {
			p.offer, p.offerExtra = made, r.extra
		}
		r.extra = around
	})
	p.notOffers = span{from, len(r.extra)}
}
