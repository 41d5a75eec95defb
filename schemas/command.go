package schemas

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxCommandID bounds a command's id in bytes.
const MaxCommandID = 200

// ErrBadCommand says that a command can't be carried out whatever Moka says.
var ErrBadCommand = errors.New("bad write-back command")

// CommandAction names the one action of a command as its field is called, such
// as "move_stage". A command with none or several is ErrBadCommand.
func CommandAction(c *WritebackCommand) (string, error) {
	var there []string
	for _, a := range []struct {
		name string
		set  bool
	}{
		{"move_stage", c.MoveStage != nil},
		{"mark_hired", c.MarkHired != nil},
		{"set_offer_status", c.SetOfferStatus != nil},
		{"set_offer_approval", c.SetOfferApproval != nil},
		{"mark_rejected", c.MarkRejected != nil},
		{"mark_regular", c.MarkRegular != nil},
		{"mark_resigned", c.MarkResigned != nil},
		{"fake_offer", c.FakeOffer != nil},
		{"change_headcount", c.ChangeHeadcount != nil},
	} {
		if a.set {
			there = append(there, a.name)
		}
	}
	switch len(there) {
	case 0:
		return "", fmt.Errorf("%w: it has no action", ErrBadCommand)
	case 1:
		return there[0], nil
	}
	return "", fmt.Errorf("%w: it has several actions (%s), and there is to be one", ErrBadCommand, strings.Join(there, ", "))
}

// CommandKey is the key that a command must have, by which all commands of one
// application are carried out in their order: `org:app:<application_id>`, for a
// headcount `org:hc:<headcount_id>`, and for one to be created
// `org:hc:number:<number>`. The record goes where Java's default partitioner puts
// that key (murmur2 of its UTF-8 bytes); librdkafka wants partitioner=murmur2 for
// that. A command that can have no key is ErrBadCommand.
func CommandKey(c *WritebackCommand) (string, error) {
	action, err := CommandAction(c)
	if err != nil {
		return "", err
	}
	if c.OrgID == "" {
		return "", fmt.Errorf("%w: org_id is empty", ErrBadCommand)
	}
	if action == "change_headcount" {
		return headcountKey(c)
	}
	if c.ApplicationID == nil || *c.ApplicationID <= 0 {
		return "", fmt.Errorf("%w: %s needs an application_id above 0 (those below do not come from Moka)", ErrBadCommand, action)
	}
	return c.OrgID + ":app:" + strconv.FormatInt(*c.ApplicationID, 10), nil
}

func headcountKey(c *WritebackCommand) (string, error) {
	if c.ApplicationID != nil {
		return "", fmt.Errorf("%w: change_headcount is about a headcount, and application_id must be null", ErrBadCommand)
	}
	h := c.ChangeHeadcount
	if h.Operation != HeadcountOperationCreate {
		if h.HeadcountID == nil || *h.HeadcountID <= 0 {
			return "", fmt.Errorf("%w: change_headcount needs a headcount_id above 0 to update or delete", ErrBadCommand)
		}
		return c.OrgID + ":hc:" + strconv.FormatInt(*h.HeadcountID, 10), nil
	}
	var parameters struct {
		Number string `json:"number"`
	}
	if h.ParametersJSON == nil || json.Unmarshal([]byte(*h.ParametersJSON), &parameters) != nil || parameters.Number == "" {
		return "", fmt.Errorf("%w: change_headcount needs parameters_json with a number, a text, to create", ErrBadCommand)
	}
	return c.OrgID + ":hc:number:" + parameters.Number, nil
}

// EncodeCommand makes the key and the value of the record that has a command
// carried out: schemaID is the id under which the registry has WritebackCommand
// for the topic (Registry.LookupID). It refuses with ErrBadCommand what no worker
// would take: none or several actions, no id, no author, no key. No header is
// needed; the value of one called moka_control would not be read as a command.
func EncodeCommand(codec *Codec, schemaID int, c *WritebackCommand) (key string, value []byte, err error) {
	key, err = CommandKey(c)
	if err != nil {
		return "", nil, err
	}
	switch {
	case !ValidCommandID(c.CommandID):
		return "", nil, fmt.Errorf("%w: command_id is to be 1 to %d bytes of printable UTF-8 and not to begin with %q",
			ErrBadCommand, MaxCommandID, ReservedIDs)
	case c.RequestedBy == "":
		return "", nil, fmt.Errorf("%w: requested_by is empty", ErrBadCommand)
	case c.RequestedAt.IsZero():
		return "", nil, fmt.Errorf("%w: requested_at is missing", ErrBadCommand)
	}
	value, err = codec.Append(AppendHeader(nil, schemaID), c)
	return key, value, err
}

// ReservedIDs begins the keys of the results topic that are not commands' ids.
const ReservedIDs = "memory:"

// ValidCommandID tells whether an id may be a command's: 1 to MaxCommandID bytes
// of UTF-8 without control characters, not beginning with ReservedIDs.
func ValidCommandID(id string) bool {
	if id == "" || len(id) > MaxCommandID || !utf8.ValidString(id) || strings.HasPrefix(id, ReservedIDs) {
		return false
	}
	return strings.IndexFunc(id, func(r rune) bool { return r < ' ' || r == 0x7f }) < 0
}
