package derive

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"time"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// Place is where an event stands in the history of its entity: by the journal
// entry that it tells of; of the same entry, what a later mapper made of it comes
// after; and of one entry's several events, the version counts.
type Place struct {
	// Journal tells a journal that was made anew from those before it, whose numbers
	// are lower; 0 where there is one.
	Journal  int32
	Offset   int64
	Revision int32
	Version  int64
}

// Compare is negative where p is before o.
func (p Place) Compare(o Place) int {
	return cmp.Or(cmp.Compare(p.Journal, o.Journal), cmp.Compare(p.Offset, o.Offset), cmp.Compare(p.Revision, o.Revision), cmp.Compare(p.Version, o.Version))
}

// Past is what the events of an entity come to. The zero value is that of none.
type Past struct {
	// State is a pointer to the family's state, nil before the first event.
	State any
	// At is where the last of them stands.
	At Place
}

// Fold lays an event, which stands at the given place, over a past. One that is
// not behind the past's place changes nothing, so that the events of replays,
// which come late, may be among them.
//
// The entity, its version, the event's id and when it was deleted are as the
// event tells. Claims are put together again from what events say: a feed has the
// fields that it was the last to change, and at first sight those that hold
// anything; that it has shown other fields, or what it showed since without any
// change, no event tells. Nor are there any commands that wait. The past that was
// given stays as it is.
func (d *Decider) Fold(past Past, told Told, at Place) (Past, error) {
	if past.State != nil && at.Compare(past.At) <= 0 {
		return past, nil
	}
	fam, err := familyOfState(NewState(told.Family))
	if err != nil {
		return past, err
	}
	prev, err := fam.last(past.State)
	if err != nil {
		return past, err
	}
	next := last{
		version: told.Version, eventID: told.EventID, changedAt: told.ObservedAt,
		fingerprint: fingerprintText(0), claims: prev.claims,
	}
	var taken map[string]bool
	if told.After == nil {
		gone := told.ObservedAt
		next.deletedAt, next.claims = &gone, disown(prev.claims)
	} else {
		next.entity, next.fingerprint = told.After, fingerprintText(d.model.Fingerprint(told.After))
		taken = d.taken(&told)
	}
	next.claims = foldClaims(next.claims, &told, taken)
	return Past{State: fam.state(&next), At: at}, nil
}

// taken are the fields that an event shows its feed deciding.
func (d *Decider) taken(told *Told) map[string]bool {
	taken := map[string]bool{}
	if told.Before != nil {
		for _, field := range told.Changed {
			if !identity(top(field)) {
				taken[top(field)] = true
			}
		}
		return taken
	}
	v := reflect.ValueOf(told.After).Elem()
	rec := d.model.Record(v.Type())
	for at := range rec.Len() {
		if !identity(rec.Name(at)) && !v.Field(at).IsZero() {
			taken[rec.Name(at)] = true
		}
	}
	return taken
}

// foldClaims are the claims after an event: that of its feed is as new as the
// event.
func foldClaims(claims []schemas.Claim, told *Told, taken map[string]bool) []schemas.Claim {
	feed := normalize.FeedOf(told.Source.Endpoint, told.Family == publish.Interviews)
	if feed == schemas.FeedUnknown {
		return claims
	}
	obs := normalize.Observation{Feed: feed, ReadAt: told.ObservedAt, UpdatedAt: versionTold(told, feed)}
	entry := ""
	if told.Source.WebhookID != nil {
		entry = "wh:" + *told.Source.WebhookID + ":" + told.Root // as the doors call it
	}
	out := advance(claims, &obs, entry, taken)
	if entry == "" {
		mine := claimOf(out, feed)
		mine.EntryIds = slices.DeleteFunc(mine.EntryIds, func(id string) bool { return id == "" })
	}
	return out
}

// versionTold is Moka's time of the version that an event shows, nil where the
// event does not have it.
func versionTold(told *Told, feed schemas.Feed) *time.Time {
	if isWebhook(feed) {
		return told.OccurredAt
	}
	switch e := told.After.(type) {
	case *schemas.Candidate:
		return e.UpdatedAt
	case *schemas.Headcount:
		return e.UpdatedAt
	default:
		return nil
	}
}

// Informed is a state with the claims and the waiting commands of another one of
// the same entity, who has followed the feeds more closely, and with its time of the
// version, which moves without an event. Neither is changed.
func Informed(state, other any) (any, error) {
	fam, err := familyOfState(state)
	if err != nil {
		return nil, err
	}
	to, err := fam.last(state)
	if err != nil {
		return nil, err
	}
	from, err := fam.last(other)
	if err != nil {
		return nil, err
	}
	to.claims, to.commands = from.claims, from.commands
	if to.entity != nil && from.entity != nil {
		entity := reflect.New(reflect.TypeOf(to.entity).Elem())
		entity.Elem().Set(reflect.ValueOf(to.entity).Elem())
		if updated := entity.Elem().FieldByName("UpdatedAt"); updated.IsValid() {
			updated.Set(reflect.ValueOf(from.entity).Elem().FieldByName("UpdatedAt"))
		}
		to.entity = entity.Interface()
	}
	return fam.state(&to), nil
}

// Showing is a state that holds a version of an entity, a pointer, of which no
// feed has a claim.
func (d *Decider) Showing(entity any, version int64, since time.Time) (any, error) {
	fam, err := familyOf(entity)
	if err != nil {
		return nil, err
	}
	return fam.state(&last{entity: entity, version: version, changedAt: since, fingerprint: fingerprintText(d.model.Fingerprint(entity))}), nil
}

// Summary is what of a state matters to those who look from outside.
type Summary struct {
	// Entity is a pointer to it, nil where it is unknown or was deleted.
	Entity    any
	Version   int64
	EventID   string
	ChangedAt time.Time
	DeletedAt *time.Time
}

// Summarize reads a pointer to a state.
func Summarize(state any) (Summary, error) {
	fam, err := familyOfState(state)
	if err != nil {
		return Summary{}, err
	}
	l, err := fam.last(state)
	return Summary{Entity: l.entity, Version: l.version, EventID: l.eventID, ChangedAt: l.changedAt, DeletedAt: l.deletedAt}, err
}

// familyOfState is that of a pointer to a state.
func familyOfState(state any) (family, error) {
	switch state.(type) {
	case *schemas.CandidateState:
		return familyOf(&schemas.Candidate{})
	case *schemas.OfferState:
		return familyOf(&schemas.Offer{})
	case *schemas.InterviewState:
		return familyOf(&schemas.Interview{})
	case *schemas.HeadcountState:
		return familyOf(&schemas.Headcount{})
	default:
		return nil, fmt.Errorf("%T is not a state", state)
	}
}
