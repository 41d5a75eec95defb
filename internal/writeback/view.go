package writeback

import (
	"encoding/json"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// View is what Moka showed of an application or a headcount. Its times are by our
// clock, as far as Moka's Date header tells the two apart.
type View struct {
	// ReadAt is our clock before the request: what happened before is in it.
	// AnsweredAt is our clock when Moka had answered it.
	ReadAt, AnsweredAt time.Time
	// Found is false where Moka knows nothing of that id.
	Found bool

	CandidateID int64
	JobID       string
	StageID     int64
	StageName   string
	// MovedAt is when it came into the stage; zero where Moka does not say, as
	// are the others.
	MovedAt, UpdatedAt time.Time
	Archived           bool
	ArchivedAt         time.Time
	HiredAt            time.Time
	// Status is in_progress, rejected or hired, "" where it was not asked.
	Status string
	// Moves are the changes of stage that Moka lists; it may list none.
	Moves []Move
	// Offer is nil where there is none.
	Offer *OfferView
	// Headcount is what was read for a command about one.
	Headcount *HeadcountView
}

// Move is one change of stage.
type Move struct {
	At       time.Time
	From, To int64
}

// OfferView is the offer of an application.
type OfferView struct {
	Status     schemas.OfferStatus
	Approval   schemas.ApprovalStatus
	AnsweredAt time.Time
}

// HeadcountView is a headcount.
type HeadcountView struct {
	ID                   int64
	CreatedAt, UpdatedAt time.Time
	// Fields are the top level of what Moka showed, by lower-case name.
	Fields map[string]json.RawMessage
}

// Change is one that a command made, or may have made: the field took the value
// between From and Until, when its calls were under way.
type Change struct {
	Field string    `json:"f"`
	Value string    `json:"v,omitempty"`
	From  time.Time `json:"from"`
	Until time.Time `json:"until"`
}

// anyOurs tells whether a command changed anything at that time.
func anyOurs(own []Change, at time.Time) bool {
	for _, c := range own {
		if ours([]Change{c}, c.Field, "", at) {
			return true
		}
	}
	return false
}

// slack is how far Moka's times may be off ours: they are shown to the second.
const slack = 2 * time.Second

// ownSlack is how far they may be off for a change of ours: clocks are told apart
// from 3 s on (clockOf), and Moka's second may have begun one before.
const ownSlack = 4 * time.Second

// ours tells whether a change of the field to value, "" for any, at that time was
// made by a command.
func ours(own []Change, field, value string, at time.Time) bool {
	for _, c := range own {
		if c.Field == field && (value == "" || c.Value == value) &&
			!at.Before(c.From.Add(-ownSlack)) && !at.After(c.Until.Add(ownSlack)) {
			return true
		}
	}
	return false
}

// later tells whether something that Moka dates at came after asked. Moka may cut
// its times to the second; then any moment of that second is meant, and the
// latest counts: a command that is refused can be sent again.
func later(at, asked time.Time) bool {
	if at.IsZero() {
		return false
	}
	if at.Nanosecond() == 0 {
		at = at.Add(time.Second - time.Millisecond)
	}
	return at.After(asked)
}

// closedSince says that people archived (or hired) after asked, "" if not.
func closedSince(v *View, asked time.Time, own []Change) string {
	if !v.Archived && v.HiredAt.IsZero() {
		return ""
	}
	at := v.ArchivedAt
	if at.IsZero() {
		at = v.UpdatedAt // Moka's own sample has an archived application without a time
	}
	if !later(at, asked) || ours(own, closed, "", at) {
		return ""
	}
	return "the application was archived (归档) " + moment(at)
}

// movedSince says that people moved the application after asked, "" if not.
func movedSince(v *View, asked time.Time, own []Change) string {
	listed := false
	for _, m := range human(v.Moves, own) {
		if later(m.At, asked) {
			return "somebody moved the application to stage " + number(m.To) + " " + moment(m.At)
		}
	}
	for _, m := range v.Moves {
		listed = listed || !m.At.Before(v.MovedAt.Add(-slack))
	}
	// Moka's own sample lists no moves.
	if !listed && later(v.MovedAt, asked) && !ours(own, stageField, number(v.StageID), v.MovedAt) {
		return "somebody moved the application to stage " + number(v.StageID) + " " + moment(v.MovedAt)
	}
	return ""
}

// human returns the moves that no command made. Each change of ours accounts for
// one move, however many there were to that stage about the same time: the one
// whose time fits best, and of those the earliest, since people's word is the last.
func human(moves []Move, own []Change) []Move {
	left := append([]Move(nil), moves...)
	for _, c := range own {
		best := -1
		for i, m := range left {
			switch {
			case number(m.To) != c.Value || !ours([]Change{c}, stageField, c.Value, m.At):
			case best < 0, c.off(m.At) < c.off(left[best].At),
				c.off(m.At) == c.off(left[best].At) && m.At.Before(left[best].At):
				best = i
			}
		}
		if best >= 0 {
			left = append(left[:best:best], left[best+1:]...)
		}
	}
	return left
}

// off is how far a time lies outside of the change's.
func (c Change) off(at time.Time) time.Duration {
	return max(0, c.From.Sub(at), at.Sub(c.Until))
}

func moment(at time.Time) string { return "at " + at.UTC().Format(time.RFC3339) }

// Fields that commands change, as the entities of the topics call them. closed
// covers hired_at and archived: either closes an application.
const (
	stageField    = "stage.id"
	closed        = "closed"
	hiredField    = "hired_at"
	archivedField = "archived"
	resignedField = "resigned_at"
	offerField    = "status"
	approvalField = "approval_status"
	fakeField     = "fake_offer"
	countField    = "headcount"
)
