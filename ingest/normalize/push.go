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
	// repeated is the application's id, where the feed repeats it in the offer.
	repeated *int64
}

func push(e *schemas.JournalEntry, opts Options) ([]Observation, error) {
	r := newReader(e.Body, opts.Location)
	var p *pushed
	env := r.webhook(func() { p = r.pushed(nil) })
	if r.err != nil {
		return nil, r.err
	}
	if err := p.belongs(e, "data.applicationId"); err != nil {
		return nil, err
	}
	seen := env.observation(e, Pushed, schemas.FeedWebhookPush, nil)
	seen.OccurredAt, seen.Operator = seen.UpdatedAt, p.candidate.Operator
	return p.observations(e.OrgID, seen, r.extra), nil
}

// belongs fails unless the application read at path is that of the entry.
func (p *pushed) belongs(e *schemas.JournalEntry, path string) error {
	switch {
	case !p.identified:
		return &Error{Class: MissingID, Path: path}
	case e.ApplicationID == nil || *e.ApplicationID != p.application:
		return &Error{Class: WrongApplication, Path: path}
	default:
		return nil
	}
}

// observations are the candidate's, which is seen with its entity, and the
// offer's if there is one. around is what stood beside it and fits nowhere.
func (p *pushed) observations(org string, seen Observation, around []misfit) []Observation {
	c := p.candidate
	c.OrgID, c.ApplicationID, c.Extra = org, p.application, extra(p.extra, around)
	if c.Extra != nil {
		p.spoken.add(candidate.bit("extra"))
	}
	seen.Entity, seen.Carries = c, candidate.fields(p.spoken)
	all := append(make([]Observation, 0, 2), seen)
	if p.offer == nil {
		return all
	}

	o := p.offer
	o.OrgID, o.ApplicationID, o.CandidateID, o.Extra = org, p.application, c.CandidateID, extra(p.offerExtra)
	if o.CandidateID != nil {
		p.offerSpoken.add(offer.bit("candidate_id"))
	}
	if o.Extra != nil {
		p.offerSpoken.add(offer.bit("extra"))
	}
	seen = seen.beside(o)
	seen.Carries = offer.fields(p.offerSpoken)
	return append(all, seen)
}

// beside is the observation of another entity that the same item shows. When
// that changed Moka does not tell: an application's updatedAt need not move with
// its offer and its interviews.
func (o Observation) beside(entity Entity) Observation {
	return Observation{Act: Seen, Feed: o.Feed, Entity: entity, UpdatedAt: o.UpdatedAt, ReadAt: o.ReadAt}
}

// pushed reads the data of pushCandidate, or an item of the older feeds, which
// is like it and may repeat the application's id.
func (r *reader) pushed(repeated *int64) *pushed {
	p := &pushed{candidate: &schemas.Candidate{}, repeated: repeated}
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
		p.offerSpoken = offer.read(r, reflect.ValueOf(made).Elem(), func(key string) bool {
			return p.repeated != nil && r.sameApplication(key, p.repeated)
		})
		if r.extra != nil || !reflect.ValueOf(made).Elem().IsZero() {
			p.offer, p.offerExtra = made, r.extra
		}
		r.extra = around
	})
	p.notOffers = span{from, len(r.extra)}
}
