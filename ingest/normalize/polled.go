package normalize

import (
	"strings"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// shown makes the observation of what the polled item e shows. updated is the
// item's own time of its version, for an entry without.
func shown(e *schemas.JournalEntry, feed schemas.Feed, updated *time.Time) Observation {
	at := e.UpdatedAt
	if at == nil {
		at = updated
	}
	return Observation{Act: Seen, Feed: feed, UpdatedAt: at, OccurredAt: at, ReadAt: e.ReceivedAt}
}

// whole calls read where the object begins that is the body; what read finds
// wrong, or what is wrong around it, comes back.
func (r *reader) whole(read func()) error {
	if r.peek() != '{' {
		r.value()
		r.fail(&Error{Class: Malformed, Path: "$"})
		return r.err
	}
	read()
	r.end()
	return r.err
}

// sameApplication reads the value of key if that is applicationId. Parts of an
// item repeat the application's id; that says nothing more, unless it is another
// one, which is kept.
func (r *reader) sameApplication(key string, application *int64) bool {
	if !strings.EqualFold(key, "applicationId") {
		return false
	}
	r.enter("applicationId")
	v := r.value()
	n, ok := parseLong(r, v)
	switch {
	case !ok || application == nil || n != *application:
		r.keep(v)
	case len(r.extra) > 0:
		r.extra = append(r.extra, misfit{path: r.path.String()}) // the key may have come before
	}
	r.leave()
	return true
}

// gone reads what a sweep has found to be there no more.
func gone(e *schemas.JournalEntry) ([]Observation, error) {
	if e.Event == nil || !strings.EqualFold(*e.Event, "gone") {
		return nil, ErrUnknownEvent
	}
	seen := shown(e, schemas.FeedSweep, nil)
	seen.Act = Gone
	switch {
	case e.ApplicationID != nil:
		seen.Entity = &schemas.Candidate{OrgID: e.OrgID, ApplicationID: *e.ApplicationID}
	case e.HeadcountID != nil:
		seen.Entity = &schemas.Headcount{OrgID: e.OrgID, HeadcountID: *e.HeadcountID}
	default:
		return nil, &Error{Class: MissingID, Path: "$"}
	}
	return []Observation{seen}, nil
}
