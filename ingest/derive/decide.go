package derive

import (
	"fmt"
	"slices"
	"time"

	"github.com/mokafka/mokafka/ingest/content"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// Outcome is what follows from an observation, or from news of a command.
type Outcome struct {
	Verdict Verdict
	Family  publish.Family
	// Events are in the order in which they happened; none unless Changed.
	Events []Event
	// State is a pointer to the family's state; nil where it stays as it was.
	State any
	// Forget says that there is nothing left to know: the state is to go.
	Forget bool
	// DeletedAt is when the entity was deleted, as State has it; nil while it
	// lives.
	DeletedAt *time.Time
}

// Event is one of an outcome.
type Event struct {
	// Value is a pointer to the family's event.
	Value any
	// Causation is the write-back command whose effect the event shows, as
	// Value's source has it; empty where there is none.
	Causation string
}

// Decider compares observations with what is known. It is immutable: the same
// input gives the same outcome.
type Decider struct {
	model *content.Model
}

// NewDecider learns the entities from the schemas; it fails when those are broken.
func NewDecider(bundle avsc.Bundle) (*Decider, error) {
	m, err := content.New(bundle, schemas.Candidate{}, schemas.Offer{}, schemas.Interview{}, schemas.Headcount{})
	if err != nil {
		return nil, fmt.Errorf("learn the entities: %w", err)
	}
	return &Decider{model: m}, nil
}

// step is a decision, before a family gives it its types.
type step struct {
	verdict       Verdict
	op            schemas.Operation
	before, after any
	changed       []string
	next          last
	obs           *normalize.Observation
}

// Decide compares obs with state, a pointer to the state of the entity it
// speaks of, nil where nothing is known. Neither is changed.
func (d *Decider) Decide(state any, obs *normalize.Observation, origin Origin) (Outcome, error) {
	fam, err := familyOf(obs.Entity)
	if err != nil {
		return Outcome{}, err
	}
	prev, err := fam.last(state)
	if err != nil {
		return Outcome{}, err
	}
	obs = notFromTheFuture(obs)
	family, key := fam.identify(obs.Entity)
	if v := judge(&prev, obs, origin.Entry); v != Changed {
		return Outcome{Verdict: v, Family: family}, nil
	}
	s := d.step(&prev, obs, origin)
	replayed := origin.Entry.Channel == schemas.ChannelReplay
	if replayed && s.verdict != Changed {
		return Outcome{Verdict: s.verdict, Family: family}, nil // it leaves no trace
	}
	out := Outcome{Verdict: s.verdict, Family: family, DeletedAt: s.next.deletedAt}
	if !replayed {
		s.next.commands = unexpired(prev.commands, obs.ReadAt)
	}
	if s.verdict == Changed {
		tellings := fam.tell(d.model, &s)
		number(tellings, prev.version, versionTime(obs))
		for i := range tellings {
			t := &tellings[i]
			t.id = identityOf(&s, key, t, origin)
			if !replayed { // what waits is waiting for news, which a replay has none of
				t.command, s.next.commands = d.cause(s.next.commands, t, tellings[i+1:])
			}
			out.Events = append(out.Events, Event{Value: fam.event(&s, t, origin), Causation: t.command})
		}
		newest := &tellings[len(tellings)-1]
		s.next.version, s.next.eventID, s.next.changedAt = newest.version, newest.id, obs.ReadAt
	}
	out.State = fam.state(&s.next)
	return out, nil
}

// telltale tells whether there is anything among the changed fields but the time
// of the version itself. That moves with whatever belongs to an application, its
// interviews and offer too, whose own events tell; alone it is nobody's news.
func telltale(changed []string) bool {
	return slices.ContainsFunc(changed, func(field string) bool { return field != "updated_at" })
}

// maxSkew is how far Moka's clock may be ahead of ours, or behind.
const maxSkew = 10 * time.Minute

// notFromTheFuture bounds the version of an observation: one that lies far ahead
// would make everything after it stale.
func notFromTheFuture(obs *normalize.Observation) *normalize.Observation {
	limit := obs.ReadAt.Add(maxSkew)
	if obs.UpdatedAt == nil || !obs.UpdatedAt.After(limit) {
		return obs
	}
	bounded := *obs
	bounded.UpdatedAt = &limit
	return &bounded
}

func (d *Decider) step(prev *last, obs *normalize.Observation, origin Origin) step {
	s := step{before: prev.entity, obs: obs, next: *prev}
	var taken map[string]bool
	if obs.Act == normalize.Gone {
		s.op = schemas.OperationDelete
		if prev.deletedAt != nil {
			s.verdict = Unchanged
		}
		at := obs.ReadAt
		s.next.deletedAt, s.next.entity, s.next.claims = &at, nil, disown(prev.claims)
		s.next.fingerprint = fingerprintText(0)
	} else {
		s.after, taken = merge(d.model, prev.entity, prev.claims, obs)
		s.next.deletedAt, s.next.entity = nil, s.after
		s.next.fingerprint = fingerprintText(d.model.Fingerprint(s.after))
		switch {
		case prev.entity == nil && snapshots(origin.Entry.Channel):
			s.op = schemas.OperationSnapshot
		case prev.entity == nil:
			s.op = schemas.OperationCreate
		default:
			s.op = schemas.OperationUpdate
			s.changed = d.model.Changed(s.before, s.after)
			again := repeats(claimOf(prev.claims, obs.Feed), origin.Entry)
			if !telltale(s.changed) && (obs.Act != normalize.Pushed || again) {
				s.verdict = Unchanged
			}
		}
	}
	s.next.claims = advance(s.next.claims, obs, origin.Entry.EntryID, taken)
	return s
}

// snapshots tells whether what a channel shows for the first time was there
// before: what is read from the past is nobody's creation.
func snapshots(c schemas.Channel) bool {
	return c == schemas.ChannelBackfill || c == schemas.ChannelReplay
}

// versionTime is Moka's time of the version, else that of the read.
func versionTime(obs *normalize.Observation) time.Time {
	if obs.UpdatedAt != nil {
		return *obs.UpdatedAt
	}
	return obs.ReadAt
}
