package polling

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// deriver is derive with its states in memory: entries in, events to a ledger.
//
// It knows the company as it was when the simulation began: the first time that
// somebody speaks of an application, what it was then is asked of a second
// company of the same seed, which stands still at the beginning.
type deriver struct {
	decider *derive.Decider
	ledger  *Ledger
	states  map[string]any // by entity key
	// ofRoot are the keys of each root's entities.
	ofRoot map[string][]string
	past   *past
	offset int64
}

func newDeriver(bundle avsc.Bundle, ledger *Ledger, p *past) (*deriver, error) {
	decider, err := derive.NewDecider(bundle)
	if err != nil {
		return nil, err
	}
	return &deriver{decider: decider, ledger: ledger, states: map[string]any{}, ofRoot: map[string][]string{}, past: p}, nil
}

// knows tells whether anybody has spoken of the root of an entry.
func (d *deriver) knows(root string) bool {
	_, known := d.ofRoot[root]
	return known
}

// take derives an entry: seen is when Moka was as it says, at is when its events
// are written. It tells whether a webhook's was delivered before.
func (d *deriver) take(ctx context.Context, e *schemas.JournalEntry, seen, at time.Time) (repeated bool, err error) {
	if err := d.recall(ctx, e); err != nil {
		return false, err
	}
	observations, err := normalize.Entry(e, normalize.Options{})
	if err != nil {
		return false, fmt.Errorf("read an entry of %s: %w", e.Endpoint, err)
	}
	d.offset++
	origin := derive.Origin{Entry: e, Offset: d.offset, Revision: normalize.Revision}
	repeated = len(observations) > 0
	for i := 0; i < len(observations); i++ {
		obs := observations[i]
		family, key, out, err := d.decide(&obs, origin)
		if err != nil {
			return false, err
		}
		repeated = repeated && out.Verdict == derive.Duplicate
		for _, ev := range out.Events {
			t := tellingOf(ev.Value)
			t.family, t.key, t.seen, t.at = family, key, seen, at
			d.ledger.Told(t)
		}
		if out.Verdict == derive.Changed || out.Verdict == derive.Unchanged {
			d.ledger.Looked(family, key, entityOf(d.states[key]), whole(e), seen)
		}
		c, ok := obs.Entity.(*schemas.Candidate)
		if ok && obs.Act == normalize.Gone && out.Verdict == derive.Changed {
			observations = append(observations, d.leftOf(c, &obs)...)
		}
	}
	return repeated, nil
}

// whole tells whether an entry shows all that the company's log speaks of.
func whole(e *schemas.JournalEntry) bool {
	return e.Endpoint == "v2/data/ehrApplications" || e.Endpoint == "v1/headcount"
}

func (d *deriver) decide(obs *normalize.Observation, origin derive.Origin) (publish.Family, string, derive.Outcome, error) {
	family, key, err := derive.KeyOf(obs.Entity)
	if err != nil {
		return 0, "", derive.Outcome{}, err
	}
	out, err := d.decider.Decide(d.states[key], obs, origin)
	if err != nil {
		return 0, "", out, fmt.Errorf("decide on %s: %w", key, err)
	}
	switch {
	case out.Forget:
		delete(d.states, key)
	case out.State != nil:
		if d.states[key] == nil {
			root := rootOf(key)
			d.ofRoot[root] = append(d.ofRoot[root], key)
		}
		d.states[key] = out.State
	}
	return family, key, out, nil
}

// leftOf are the offer and the interviews that go with an application, as
// derive has it.
func (d *deriver) leftOf(c *schemas.Candidate, gone *normalize.Observation) []normalize.Observation {
	var all []normalize.Observation
	root := publish.CandidateKey(c.OrgID, c.ApplicationID)
	interviews := publish.InterviewKey(c.OrgID, c.ApplicationID, "")
	for _, key := range slices.Sorted(slices.Values(d.ofRoot[root])) {
		obs := *gone
		switch id, interview := strings.CutPrefix(key, interviews); {
		case interview:
			obs.Entity = &schemas.Interview{OrgID: c.OrgID, ApplicationID: c.ApplicationID, InterviewID: id}
		case key != root:
			obs.Entity = &schemas.Offer{OrgID: c.OrgID, ApplicationID: c.ApplicationID}
		default:
			continue
		}
		all = append(all, obs)
	}
	return all
}

// recall has the states of an entry's application or headcount be what they were
// in the beginning, when it is spoken of for the first time.
func (d *deriver) recall(ctx context.Context, e *schemas.JournalEntry) error {
	var root string
	switch {
	case e.ApplicationID != nil:
		root = publish.CandidateKey(e.OrgID, *e.ApplicationID)
	case e.HeadcountID != nil:
		root = publish.HeadcountKey(e.OrgID, *e.HeadcountID)
	default:
		return nil
	}
	if d.knows(root) {
		return nil
	}
	d.ofRoot[root] = nil
	then, err := d.past.entry(ctx, e)
	if err != nil || then == nil {
		return err
	}
	observations, err := normalize.Entry(then, normalize.Options{})
	if err != nil {
		return fmt.Errorf("read what %s was: %w", root, err)
	}
	for i := range observations {
		if _, _, _, err := d.decide(&observations[i], derive.Origin{Entry: then, Revision: normalize.Revision}); err != nil {
			return err
		}
	}
	return nil
}

// current is an entity as it is known; nil where it is not.
func (d *deriver) current(_ publish.Family, key string) any { return entityOf(d.states[key]) }

// past is the company as it was in the beginning.
type past struct {
	sim    *mokasim.Simulator
	client *moka.Client
	at     time.Time
}

func newPast(c Company) (*past, error) {
	frozen := &clock{now: begin()}
	c.QuotaPerMinute = 0
	p := &past{sim: mokasim.New(c.config(""), mokasim.Deps{Clock: frozen}), at: frozen.now.Add(-time.Hour)}
	if err := p.sim.Open(); err != nil {
		return nil, err
	}
	var err error
	p.client, err = newClient(&transport{moka: p.sim.API(), pass: func(context.Context) error { return nil }}, frozen.Now)
	return p, err
}

// entry is what a read in the beginning would have journaled of the application
// or headcount of e; nil where there was none.
func (p *past) entry(ctx context.Context, e *schemas.JournalEntry) (*schemas.JournalEntry, error) {
	own := &schemas.JournalEntry{
		EntryID: "past", OrgID: e.OrgID, Channel: schemas.ChannelBackfill, ApplicationID: e.ApplicationID, HeadcountID: e.HeadcountID,
		ReceivedAt: p.at, ContentType: "application/json",
	}
	var item moka.Item
	if e.HeadcountID != nil {
		own.Endpoint = "v1/headcount"
		one, _, err := p.client.Headcount(ctx, moka.ClassBackfill, *e.HeadcountID)
		if moka.KindOf(err) == moka.KindNotFound {
			return nil, nil // there was none
		}
		if err != nil {
			return nil, fmt.Errorf("ask for the past: %w", err)
		}
		item = one
	} else {
		own.Endpoint = "v2/data/ehrApplications"
		page, err := p.client.Applications(ctx, moka.ClassBackfill, moka.ApplicationsQuery{IDs: []int64{*e.ApplicationID}})
		if err != nil {
			return nil, fmt.Errorf("ask for the past: %w", err)
		}
		if len(page.Items) == 0 {
			return nil, nil
		}
		item = page.Items[0]
	}
	own.Body = item.Body
	if !item.UpdatedAt.IsZero() {
		own.UpdatedAt = &item.UpdatedAt
	}
	return own, nil
}

var errNoEvent = errors.New("not an event")

// tellingOf reads an event.
func tellingOf(event any) telling {
	switch e := event.(type) {
	case *schemas.CandidateEvent:
		return telling{changed: e.ChangedFields, before: e.Before, after: e.After, pushed: e.Type == schemas.CandidateEventTypePushed}
	case *schemas.OfferEvent:
		return telling{changed: e.ChangedFields, before: e.Before, after: e.After}
	case *schemas.InterviewEvent:
		return telling{changed: e.ChangedFields, before: e.Before, after: e.After}
	case *schemas.HeadcountEvent:
		return telling{changed: e.ChangedFields, before: e.Before, after: e.After}
	}
	panic(errNoEvent)
}

// entityOf is what a state holds: a pointer that may be nil, or nil.
func entityOf(state any) any {
	switch s := state.(type) {
	case *schemas.CandidateState:
		return s.Entity
	case *schemas.OfferState:
		return s.Entity
	case *schemas.InterviewState:
		return s.Entity
	case *schemas.HeadcountState:
		return s.Entity
	}
	return nil
}
