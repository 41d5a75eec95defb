package writeback

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// Request is a command that can be carried out, as far as can be told without
// asking Moka.
type Request struct {
	Command *schemas.WritebackCommand
	// Action is the command's one action, as its field is called.
	Action string
	// Key is the root: all commands with it are carried out in their order.
	Key string
	// Hash is of the action, its parameters and preconditions.
	Hash string

	act action
}

// NewRequest checks what can be checked without Moka. Its error is a
// schemas.ErrBadCommand, without personal data.
func NewRequest(c *schemas.WritebackCommand) (*Request, error) {
	key, err := schemas.CommandKey(c)
	if err != nil {
		return nil, err
	}
	name, err := schemas.CommandAction(c)
	if err != nil {
		return nil, err
	}
	switch {
	case !schemas.ValidCommandID(c.CommandID):
		return nil, bad("command_id is not 1 to %d bytes of printable UTF-8, or begins with %q", schemas.MaxCommandID, schemas.ReservedIDs)
	case c.RequestedAt.Year() < 2000:
		return nil, bad("requested_at is %s, before the year 2000", c.RequestedAt.UTC().Format(time.RFC3339))
	}
	act := actionOf(c)
	if err := act.check(); err != nil {
		return nil, err
	}
	return &Request{Command: c, Action: name, Key: key, Hash: hash(c, name, key, act.parameters()), act: act}, nil
}

// Field names the field that the command changes, such as "stage.id" of a
// candidate, and Value is the text that it is to have, "" for any.
func (r *Request) Field() string { return r.act.field() }

// Value is documented at Field.
func (r *Request) Value() string { return r.act.value() }

// Baseline is what an intent is to remember of the view that it was decided by, so
// that its effect can be told from an earlier one; nil where there is nothing. It
// goes into the intent's Memory.
func (r *Request) Baseline(v *View) *string {
	if v == nil {
		return nil
	}
	if base := r.act.baseline(v); base != nil {
		return jsonText(base)
	}
	return nil
}

// bad is a schemas.ErrBadCommand.
func bad(format string, args ...any) error {
	return fmt.Errorf("%w: %w", schemas.ErrBadCommand, fmt.Errorf(format, args...))
}

// reasonOf is what an error of NewRequest says to people.
func reasonOf(err error) string {
	var joined interface{ Unwrap() []error }
	if errors.As(err, &joined) {
		if parts := joined.Unwrap(); len(parts) > 1 {
			return parts[1].Error()
		}
	}
	return err.Error()
}

// hash is stable over versions of mokafka: it is made of the parameters that are
// there, by name, so that a new parameter changes nothing where it is not used.
func hash(c *schemas.WritebackCommand, name, key string, parameters map[string]any) string {
	all := map[string]any{"action": name, "key": key, "parameters": parameters}
	if c.ExpectedStageID != nil {
		all["expected_stage_id"] = *c.ExpectedStageID
	}
	if c.ExpectedOfferStatus != nil {
		all["expected_offer_status"] = string(*c.ExpectedOfferStatus)
	}
	text, err := json.Marshal(all) // maps are sorted by key
	if err != nil {
		text = fmt.Appendf(nil, "%v", all) // never: there are only texts, numbers, times and JSON that was checked
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// put notes a parameter that is there.
func put[T any](parameters map[string]any, name string, value *T) {
	if value != nil {
		parameters[name] = *value
	}
}

// jsonObject reads the text of a JSON object; nil is an empty one.
func jsonObject(text *string) (map[string]json.RawMessage, error) {
	object := map[string]json.RawMessage{}
	if text == nil {
		return object, nil
	}
	if err := json.Unmarshal([]byte(*text), &object); err != nil || object == nil {
		return nil, errors.New("parameters_json is not a JSON object")
	}
	return object, nil
}

// jsonText writes a value for results; never fails for what actions show.
func jsonText(v any) *string {
	if v == nil {
		return nil
	}
	text, err := json.Marshal(v)
	if err != nil {
		return nil
	}
	s := string(text)
	return &s
}
