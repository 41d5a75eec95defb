package audit

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// The endpoints, as journal entries name them.
const (
	endpointApplications = "v2/data/ehrApplications"
	endpointHeadcount    = "v1/headcount"
)

// compare looks for what derive would make of an item if it came now, and notes
// it as what was found of the subject.
func (a *Auditor) compare(ctx context.Context, of subject, endpoint string, item moka.Item, began time.Time) error {
	delete(a.found, of)
	entry := entryOf(a.cfg.OrgID, of, endpoint, item, began)
	observations, err := normalize.Entry(entry, a.deps.Normalize)
	if err != nil {
		reason := "unknown"
		if bad, ok := errors.AsType[*normalize.Error](err); ok {
			reason = string(bad.Class)
		}
		a.add(of, Finding{Kind: Unreadable, Family: of.family().String(), Key: of.key(a.cfg.OrgID), UpdatedAt: entry.UpdatedAt, Reason: reason})
		return nil
	}
	for i := range observations {
		if err := a.judge(ctx, of, &observations[i], entry, i); err != nil {
			return err
		}
	}
	return nil
}

func (a *Auditor) judge(ctx context.Context, of subject, obs *normalize.Observation, entry *schemas.JournalEntry, n int) error {
	family, key, err := derive.KeyOf(obs.Entity)
	if err != nil {
		return fmt.Errorf("name what %s shows: %w", entry.Endpoint, err)
	}
	known, err := a.deps.States.Get(ctx, family, of.key(a.cfg.OrgID), key)
	if err != nil {
		return fmt.Errorf("read the state of %s: %w", key, err)
	}
	own := *entry
	own.EntryID = fmt.Sprintf("%s#%d", entry.EntryID, n)
	out, err := a.deps.Decider.Decide(known, obs, derive.Origin{Entry: &own, Revision: normalize.Revision})
	if err != nil {
		return fmt.Errorf("compare %s: %w", key, err)
	}
	if out.Verdict != derive.Changed || obs.Act == normalize.Gone {
		return nil
	}
	f := Finding{Kind: Different, Family: family.String(), Key: key, UpdatedAt: obs.UpdatedAt}
	switch s := summaryOf(known); {
	case s.deleted:
		f.Kind = Deleted
	case !s.alive:
		f.Kind = Missing
	default:
		f.Fields = changedIn(out.Events)
		if f.Unannounced, err = a.unannounced(ctx, of, obs.UpdatedAt); err != nil {
			return err
		}
		f.Copy = f.Unannounced && copied(family, f.Fields)
	}
	a.add(of, f)
	return nil
}

// unannounced tells whether the states know the version that Moka shows: then it
// was changed without being updated.
func (a *Auditor) unannounced(ctx context.Context, of subject, updatedAt *time.Time) (bool, error) {
	key := of.key(a.cfg.OrgID)
	whole, err := a.deps.States.Get(ctx, of.family(), key, key)
	if err != nil {
		return false, fmt.Errorf("read the state of %s: %w", key, err)
	}
	known := summaryOf(whole).updatedAt
	return known != nil && updatedAt != nil && !updatedAt.After(*known), nil
}

func (a *Auditor) add(of subject, f Finding) { a.found[of] = append(a.found[of], f) }

// changedIn are the fields that the events would name.
func changedIn(events []derive.Event) []string {
	var all []string
	for _, ev := range events {
		switch e := ev.Value.(type) {
		case *schemas.CandidateEvent:
			all = append(all, e.ChangedFields...)
		case *schemas.OfferEvent:
			all = append(all, e.ChangedFields...)
		case *schemas.InterviewEvent:
			all = append(all, e.ChangedFields...)
		case *schemas.HeadcountEvent:
			all = append(all, e.ChangedFields...)
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// entryOf is the journal entry that a sweep would make of an item.
func entryOf(org string, of subject, endpoint string, item moka.Item, began time.Time) *schemas.JournalEntry {
	e := &schemas.JournalEntry{
		OrgID: org, Channel: schemas.ChannelSweep, Endpoint: endpoint, ReceivedAt: began, ContentType: "application/json", Body: item.Body,
		EntryID: fmt.Sprintf("audit:%s:%d:%d", endpoint, of.id, began.UnixMilli()),
	}
	if of.headcount {
		e.HeadcountID = &of.id
	} else {
		e.ApplicationID = &of.id
	}
	if !item.UpdatedAt.IsZero() {
		at := item.UpdatedAt
		e.UpdatedAt = &at
	}
	return e
}

// summary is what matters of a state here.
type summary struct {
	alive, deleted bool
	id             int64
	updatedAt      *time.Time
}

func summaryOf(state any) summary {
	switch s := state.(type) {
	case *schemas.CandidateState:
		if s.Entity != nil {
			return summary{alive: true, id: s.Entity.ApplicationID, updatedAt: s.Entity.UpdatedAt}
		}
		return summary{deleted: s.DeletedAt != nil}
	case *schemas.OfferState:
		return summary{alive: s.Entity != nil, deleted: s.Entity == nil && s.DeletedAt != nil}
	case *schemas.InterviewState:
		return summary{alive: s.Entity != nil, deleted: s.Entity == nil && s.DeletedAt != nil}
	case *schemas.HeadcountState:
		if s.Entity != nil {
			return summary{alive: true, id: s.Entity.HeadcountID, updatedAt: s.Entity.UpdatedAt}
		}
		return summary{deleted: s.DeletedAt != nil}
	}
	return summary{}
}

// gone notes that Moka does not have a subject, where the states have it.
func (a *Auditor) gone(ctx context.Context, of subject) error {
	delete(a.found, of)
	key := of.key(a.cfg.OrgID)
	known, err := a.deps.States.Get(ctx, of.family(), key, key)
	if err != nil {
		return fmt.Errorf("read the state of %s: %w", key, err)
	}
	if s := summaryOf(known); s.alive {
		a.add(of, Finding{Kind: Gone, Family: of.family().String(), Key: key, UpdatedAt: s.updatedAt})
	}
	return nil
}
