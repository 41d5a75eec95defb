package writeback

import (
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// certainty is what a reading without a trace of an effect proves.
type certainty uint8

const (
	// blind: Moka shows nothing of the effect in any reading.
	blind certainty = iota
	// positive: a trace proves it, none proves nothing.
	positive
	// certain: no trace, no effect.
	certain
)

// action is what a command does. All methods are pure; times of views are by our
// clock.
type action interface { //nolint:interfacebloat // what there is to know of an action, one method each
	// check refuses parameters that Moka would refuse, whatever its state.
	check() error
	// parameters are those that are there, by their names in the schema.
	parameters() map[string]any
	// field and value are what the command changes, and to what.
	field() string
	value() string
	// before is what the field was, for the result; nil where that is not known.
	before(v *View) any
	// after is what the field was set to.
	after() any
	// inForce tells whether the wanted state is there.
	inForce(v *View) bool
	// since tells whether the effect came about since begin, though the state may
	// be another by now. base is what was seen before, nil where nothing was.
	since(v *View, begin time.Time, base *baseline) bool
	// baseline is what since needs of a view from before.
	baseline(v *View) *baseline
	certainty() certainty
	// blocked says why it is not to be sent in this state, "" for no reason.
	blocked(v *View) string
	// superseded says what people did to the same thing after asked, "" for
	// nothing.
	superseded(v *View, asked time.Time, own []Change) string
	// needsStatus: the reading must tell what an archived application ended as.
	needsStatus() bool
	// headcount is the one to read instead of the application: its id, or its
	// number; zero and "" for none.
	headcount() (id int64, number string)
}

// actionOf takes a command with one action.
func actionOf(c *schemas.WritebackCommand) action {
	switch {
	case c.MoveStage != nil:
		return &moveStage{MoveStage: c.MoveStage}
	case c.MarkHired != nil:
		return markHired{MarkHired: c.MarkHired}
	case c.SetOfferStatus != nil:
		return offerStatus{SetOfferStatus: c.SetOfferStatus}
	case c.SetOfferApproval != nil:
		return offerApproval{SetOfferApproval: c.SetOfferApproval}
	case c.MarkRejected != nil:
		return markRejected{MarkRejected: c.MarkRejected}
	case c.MarkRegular != nil:
		return markRegular{MarkRegular: c.MarkRegular}
	case c.MarkResigned != nil:
		return markResigned{MarkResigned: c.MarkResigned}
	case c.FakeOffer != nil:
		return &fakeOffer{FakeOffer: c.FakeOffer}
	default:
		return &changeHeadcount{ChangeHeadcount: c.ChangeHeadcount}
	}
}

// onApplication is what most actions have in common.
type onApplication struct{}

func (onApplication) needsStatus() bool                      { return false }
func (onApplication) headcount() (int64, string)             { return 0, "" }
func (onApplication) certainty() certainty                   { return certain }
func (onApplication) since(*View, time.Time, *baseline) bool { return false }
func (onApplication) baseline(*View) *baseline               { return nil }
func (onApplication) blocked(*View) string                   { return "" }
func (onApplication) inForce(*View) bool                     { return false }

// standing is how an application stands, for results.
func standing(v *View) any {
	s := map[string]any{"archived": v.Archived}
	if v.Status != "" {
		s["status"] = v.Status
	}
	if !v.HiredAt.IsZero() {
		s["hired_at"] = v.HiredAt.UTC()
	}
	return s
}

// baseline goes with an intent.
type baseline struct {
	// Moves is how often the application had been moved to the wanted stage. Times
	// alone would not do: commands may move there twice within a second.
	Moves int `json:"moves"`
	// To is the stage that was meant, which a name alone does not tell later.
	To int64 `json:"to,omitempty"`
	// ArchivedAt is when the application had been archived.
	ArchivedAt time.Time `json:"archived_at,omitzero"`
}

func within(n int32, least, most int32) bool { return n >= least && n <= most }
