package derive

import (
	"errors"
	"fmt"
	"reflect"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/mokafka/mokafka/schemas"
)

// Command is news of a write-back command, as the journal has it: that Moka is
// about to be asked to change a field of an entity, or what came of it.
type Command struct {
	ID string
	// Entity is a pointer to the entity, with its ids alone.
	Entity any
	// Field is the dotted Avro name of the field that is to change, such as
	// stage.id, "" for the entity as a whole, and Value the text of what it is to
	// become (content.Model.Shows), nil for any change of it.
	Field string
	Value *string
	// Settled says that the outcome is known, and Done that Moka has carried the
	// command out.
	Settled, Done bool
	// At is when it was announced or settled.
	At time.Time
}

// commandBody is the body of a journal entry of the channel WRITEBACK.
type commandBody struct {
	CommandID string                   `json:"commandId"`
	Phase     string                   `json:"phase"`
	Outcome   schemas.WritebackOutcome `json:"outcome"`
	Entity    string                   `json:"entity"`
	Field     string                   `json:"field"`
	Value     *string                  `json:"value"`
}

// ReadCommand reads a journal entry of the channel WRITEBACK: {"commandId",
// "phase": "intent" or "settled", "outcome", "entity": "candidate", "offer" or
// "headcount", "field", "value"}, with the application or headcount that the
// entry names. An empty value is none. An error is permanent.
func (d *Decider) ReadCommand(entry *schemas.JournalEntry) (Command, error) {
	var body commandBody
	if err := json.Unmarshal(entry.Body, &body, jsontext.AllowInvalidUTF8(true)); err != nil {
		return Command{}, errors.New("the body is not the JSON of a command") // which may hold personal data
	}
	c := Command{
		ID: schemas.ValidText(body.CommandID), Field: body.Field, Settled: body.Phase == "settled", At: entry.ReceivedAt,
		Done: body.Outcome == schemas.WritebackOutcomeApplied || body.Outcome == schemas.WritebackOutcomeAlreadyApplied,
	}
	if body.Value != nil && *body.Value != "" {
		value := schemas.ValidText(*body.Value)
		c.Value = &value
	}
	if c.Entity = d.about(entry, body); c.Entity == nil {
		return Command{}, fmt.Errorf("the command is about %q, and the entry does not name one", body.Entity)
	}
	switch {
	case c.ID == "":
		return Command{}, errors.New("the command has no id")
	case !c.Settled && body.Phase != "intent":
		return Command{}, fmt.Errorf("the command is in the phase %q, which is neither intent nor settled", body.Phase)
	}
	return c, nil
}

// about is what a command is to change, nil where that is not said. Where the
// kind is left out, it is the one among those that the entry names which has the
// field; a candidate, if none has.
func (d *Decider) about(entry *schemas.JournalEntry, body commandBody) any {
	kind := body.Entity
	switch {
	case kind != "":
	case entry.ApplicationID == nil:
		kind = "headcount"
	case !d.has(&schemas.Candidate{}, body.Field) && d.has(&schemas.Offer{}, body.Field):
		kind = "offer"
	default:
		kind = "candidate"
	}
	switch {
	case kind == "candidate" && entry.ApplicationID != nil:
		return &schemas.Candidate{OrgID: entry.OrgID, ApplicationID: *entry.ApplicationID}
	case kind == "offer" && entry.ApplicationID != nil:
		return &schemas.Offer{OrgID: entry.OrgID, ApplicationID: *entry.ApplicationID}
	case kind == "headcount" && entry.HeadcountID != nil:
		return &schemas.Headcount{OrgID: entry.OrgID, HeadcountID: *entry.HeadcountID}
	default:
		return nil
	}
}

// has tells whether an event can show the field of an entity; "" is any.
func (d *Decider) has(entity any, field string) bool {
	return field == "" || d.model.Has(reflect.TypeOf(entity).Elem(), field)
}

// Note keeps with the entity what c tells: an intent until an event shows its
// effect, or it is settled without one; a field that the entity does not have no
// event will show, and nothing is kept. It changes nothing else. The entity need
// not be known yet: then there is a state that holds the command and no more,
// neither an entity nor a deletion, until the entity is seen.
func (d *Decider) Note(state any, c Command) (Outcome, error) {
	fam, err := familyOf(c.Entity)
	if err != nil {
		return Outcome{}, err
	}
	prev, err := fam.last(state)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Verdict: Noted, DeletedAt: prev.deletedAt}
	out.Family, _ = fam.identify(c.Entity)
	next := prev
	switch {
	case c.Settled:
		next.commands = settled(prev.commands, c)
	case d.has(c.Entity, c.Field):
		next.commands = announced(unexpired(prev.commands, c.At), c)
	}
	switch {
	case sameCommands(prev.commands, next.commands):
		out.Verdict = Unchanged
	case next.nothing():
		out.Forget = true
	default:
		if prev.nothing() {
			next.changedAt = c.At
		}
		out.State = fam.state(&next)
	}
	return out, nil
}

func sameCommands(a, b []schemas.PendingCommand) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i].CommandID != b[i].CommandID || a[i].Field != b[i].Field || a[i].Settled != b[i].Settled {
			return false
		}
	}
	return true
}
