package derive

import (
	"fmt"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// Verdict says what an observation came to.
type Verdict int

const (
	// Changed: there is an event.
	Changed Verdict = iota
	// Unchanged: it compares equal; the state notes that it was said.
	Unchanged
	// Stale: its feed has said something newer already.
	Stale
	// Duplicate: this very entry was applied already.
	Duplicate
)

// String is the verdict as metrics name it.
func (v Verdict) String() string {
	return [...]string{"changed", "unchanged", "stale", "duplicate"}[v]
}

// Origin is the journal entry an observation comes from, and where it stands.
type Origin struct {
	Entry     *schemas.JournalEntry
	Partition int32
	Offset    int64
	// Revision of the mapper that read the entry.
	Revision int
}

// nth is the origin of the nth observation, from 0, that an entry makes of the
// same entity: each counts as an entry of its own.
func (o Origin) nth(n int) Origin {
	if n > 0 {
		entry := *o.Entry
		entry.EntryID += "#" + strconv.Itoa(n)
		o.Entry = &entry
	}
	return o
}

// Outcome is what follows from an observation.
type Outcome struct {
	Verdict Verdict
	Family  publish.Family
	// Event is a pointer to the family's event; nil unless Changed.
	Event any
	// State is a pointer to the family's state; nil where it stays as it was
	// (Stale and Duplicate).
	State any
	// DeletedAt is when the entity was deleted, as State has it; nil while it
	// lives.
	DeletedAt *time.Time
}

// Decider compares observations with what is known. It is immutable: the same
// input gives the same outcome.
type Decider struct {
	model *model
}

// NewDecider learns the entities from the schemas; it fails when those are broken.
func NewDecider(bundle avsc.Bundle) (*Decider, error) {
	m, err := newModel(bundle, schemas.Candidate{}, schemas.Offer{}, schemas.Interview{}, schemas.Headcount{})
	if err != nil {
		return nil, fmt.Errorf("learn the entities: %w", err)
	}
	return &Decider{model: m}, nil
}

// last is what is known of an entity, whatever its family.
type last struct {
	// entity is a pointer to it; nil when it is unknown or was deleted.
	entity    any
	version   int64
	eventID   string
	changedAt time.Time
	deletedAt *time.Time
	claims    []schemas.Claim
}

// step is a decision, before a family gives it its types.
type step struct {
	verdict       Verdict
	op            schemas.Operation
	before, after any
	changed       []string
	fingerprint   uint64
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
	if v := judge(&prev, obs, origin.Entry.EntryID); v != Changed {
		return Outcome{Verdict: v, Family: family}, nil
	}
	s := d.step(&prev, obs, origin)
	out := Outcome{Verdict: s.verdict, Family: family, DeletedAt: s.next.deletedAt}
	if s.verdict == Changed {
		kind := fam.kind(&s)
		s.next.eventID = identityOf(&s, key, kind, origin)
		out.Event = fam.event(&s, kind, origin)
	}
	out.State = fam.state(&s.next, strconv.FormatUint(s.fingerprint, 16))
	return out, nil
}

// maxSkew is how far Moka's clock may be ahead of ours.
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
	} else {
		s.after, taken = d.model.merge(prev.entity, prev.claims, obs)
		s.next.deletedAt, s.next.entity = nil, s.after
		s.fingerprint = d.model.fingerprint(s.after)
		switch {
		case prev.entity == nil && origin.Entry.Channel == schemas.ChannelBackfill:
			s.op = schemas.OperationSnapshot
		case prev.entity == nil:
			s.op = schemas.OperationCreate
		default:
			s.op = schemas.OperationUpdate
			s.changed = d.model.changed(s.before, s.after)
			if len(s.changed) == 0 && obs.Act != normalize.Pushed {
				s.verdict = Unchanged
			}
		}
	}
	s.next.claims = advance(s.next.claims, obs, origin.Entry.EntryID, taken)
	if s.verdict == Changed {
		s.next.version = max(prev.version+1, versionTime(obs).UnixMilli())
		s.next.changedAt = obs.ReadAt
	}
	return s
}

// versionTime is Moka's time of the version, else that of the read.
func versionTime(obs *normalize.Observation) time.Time {
	if obs.UpdatedAt != nil {
		return *obs.UpdatedAt
	}
	return obs.ReadAt
}

func identityOf(s *step, key, kind string, origin Origin) string {
	if s.op == schemas.OperationSnapshot {
		var at int64
		if s.obs.UpdatedAt != nil {
			at = s.obs.UpdatedAt.UnixMilli()
		}
		return snapshotID(key, at, s.fingerprint, origin.Revision)
	}
	return eventID(origin.Entry.EntryID, key, kind, origin.Revision)
}

// source tells consumers where an event comes from.
func source(s *step, origin Origin) schemas.EventSource {
	return schemas.EventSource{
		Channel: origin.Entry.Channel, Endpoint: origin.Entry.Endpoint,
		JournalPartition: origin.Partition, JournalOffset: origin.Offset,
		MapperRevision: int32(origin.Revision), WebhookID: origin.Entry.WebhookID, Operator: s.obs.Operator,
	}
}
