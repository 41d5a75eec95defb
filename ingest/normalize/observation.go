package normalize

import (
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// Revision of the mapper. It is part of every event's identity: raise it when a
// change here makes an old journal entry give another observation. 2: the name of
// a department beside its info; keys and words that the polled feeds brought.
const Revision = 2

// Act says what an observation reports.
type Act int

const (
	// Seen: Moka showed the entity in this form.
	Seen Act = iota
	// Pushed: an HR user pressed "Import EHR" (推送). An event of its own, even
	// where nothing changed.
	Pushed
	// Gone: Moka said the entity was deleted, or showed that it is no more. Only
	// its ids are filled in.
	Gone
)

// Entity is one of *schemas.Candidate, *schemas.Offer, *schemas.Interview and
// *schemas.Headcount.
type Entity any

// Observation is what one journal entry says of one entity.
type Observation struct {
	Act    Act
	Feed   schemas.Feed
	Entity Entity
	// Carries names the top-level Avro fields of Entity that the feed spoke
	// for, sorted; a field it does not name stays as it was, whatever Entity
	// holds. A key that is there but empty speaks for its field: it is empty.
	// extra is named when there is something in it. What makes up the
	// entity's identity (org_id, application_id, interview_id, headcount_id) is
	// not named.
	// It is nil when the entity is Gone.
	Carries []string
	// OccurredAt is Moka's time of the change, nil when Moka gives none: not for
	// the offer and the interviews of an application's item, whose updatedAt is
	// the application's.
	OccurredAt *time.Time
	// UpdatedAt is Moka's time of this version: the entry's updated_at, else
	// updatedAt of the item itself (moved_at of one of movedApplications without
	// it), or triggeredAt of a webhook. Nil when Moka gives none.
	UpdatedAt *time.Time
	// ReadAt is when the webhook arrived or the read began.
	ReadAt time.Time
	// Operator is who acted, nil when Moka does not tell.
	Operator *schemas.Person
}
