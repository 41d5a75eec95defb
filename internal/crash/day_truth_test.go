package crash_test

import (
	"maps"
	"strconv"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func keyOf(entity any) string {
	switch e := entity.(type) {
	case *schemas.Candidate:
		return publish.CandidateKey(e.OrgID, e.ApplicationID)
	case *schemas.Offer:
		return publish.OfferKey(e.OrgID, e.ApplicationID)
	case *schemas.Interview:
		return publish.InterviewKey(e.OrgID, e.ApplicationID, e.InterviewID)
	case *schemas.Headcount:
		return publish.HeadcountKey(e.OrgID, e.HeadcountID)
	}
	return ""
}

// truths compares the states with how things are in the company, and with what
// the last event of each says.
func (d *day) truths(p *picture) {
	y, wanted := &d.tally, map[string]facts{}
	for _, its := range d.sim.Truths(0, 10_000_000) {
		wantApplication(wanted, its)
	}
	for _, its := range d.sim.HeadcountTruths() {
		wanted[publish.HeadcountKey(org, its.ID)] = facts{
			"headcount_status": its.Status, "headcount_need": strconv.Itoa(its.Need), "updated_at": stamp(its.UpdatedAt),
		}
	}
	for key, want := range wanted {
		entity, known := p.states[key]
		if !known || entity == nil {
			y.say(&y.untrue, "%s is unknown, and should be %v; the journal has %d entries of it", key, want, p.entriesOf(key))
			continue
		}
		got := factsOf(entity)
		for name, value := range want {
			if got[name] != value {
				y.say(&y.untrue, "%s: %s is %q, and should be %q", key, name, got[name], value)
			}
		}
	}
	for key, entity := range p.states {
		events := p.events[key]
		if entity == nil {
			continue
		}
		if wanted[key] == nil && !feedbackOnly(key) {
			y.say(&y.untrue, "%s is there, and should not be: %v", key, factsOf(entity))
		}
		if len(events) == 0 {
			y.say(&y.missing, "%s has a state and no event", key)
			continue
		}
		last := events[len(events)-1]
		if last.after == nil {
			y.say(&y.disordered, "%s: there is a state, and the last event is %s", key, last.kind)
			continue
		}
		if differ := d.changed(last.records[1], entity); len(differ) > 0 {
			y.say(&y.disordered, "%s: the state differs from the last event in %v", key, differ)
		}
	}
}

// entriesOf counts the journal's entries of an entity's application or headcount.
func (p *picture) entriesOf(key string) (n int) {
	for _, e := range p.entries {
		switch root := rootOf(key); {
		case e.ApplicationID != nil && publish.CandidateKey(org, *e.ApplicationID) == root,
			e.HeadcountID != nil && publish.HeadcountKey(org, *e.HeadcountID) == root:
			n++
		}
	}
	return n
}

func wantApplication(wanted map[string]facts, its company.Truth) {
	id := its.ApplicationID
	wanted[publish.CandidateKey(org, id)] = facts{
		"stage": strconv.FormatInt(its.StageID, 10), "archived": strconv.FormatBool(its.Archived), "hired": strconv.FormatBool(its.Hired),
		"updated_at": stamp(its.UpdatedAt),
	}
	if its.OfferStatus != "" {
		wanted[publish.OfferKey(org, id)] = facts{"offer_status": word(its.OfferStatus), "offer_approval": word(its.OfferApproval)}
	}
	for _, iv := range its.Interviews {
		wanted[publish.InterviewKey(org, id, strconv.FormatInt(iv.ID, 10))] = maps.Clone(facts{
			"interview_status": word(iv.Status), "starts_at": stamp(iv.Start), "feedback": strconv.FormatBool(iv.Feedbacks > 0),
		})
	}
}
