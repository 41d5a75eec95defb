package schemas_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// A producer needs the id of the schema WritebackCommand, which the registry's
// LookupID finds, and any Kafka client whose partitioner is Java's (murmur2).
func ExampleEncodeCommand() {
	codec, err := schemas.NewCodec()
	if err != nil {
		fmt.Println(err)
		return
	}
	application, stage, expected := int64(200012943), int64(5), int64(4)
	command := schemas.WritebackCommand{
		// Unique, and the same when the sender repeats itself: then Moka is
		// written to once.
		CommandID:     "onboarding-8812-documents-complete",
		OrgID:         "acme",
		ApplicationID: &application,
		RequestedBy:   "onboarding",
		RequestedAt:   time.Date(2026, 11, 22, 8, 0, 0, 0, time.UTC),
		// Refused when somebody moved the application elsewhere meanwhile.
		ExpectedStageID: &expected,
		MoveStage:       &schemas.MoveStage{StageID: &stage},
	}
	key, value, err := schemas.EncodeCommand(codec, 7, &command)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("moka.writeback.commands.v1", key, len(value) > 0)
	// Output: moka.writeback.commands.v1 acme:app:200012943 true
}

func TestCommandKeyAndRefusals(t *testing.T) {
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	app, hc, params := int64(7), int64(3), `{"number":"HC-1","jobName":"工程师","needNumber":1}`
	none := `{"number":5}`
	good := func(change func(*schemas.WritebackCommand)) *schemas.WritebackCommand {
		c := &schemas.WritebackCommand{
			CommandID: "c", OrgID: "demo", ApplicationID: &app, RequestedBy: "t", RequestedAt: time.UnixMilli(1),
			SetOfferApproval: &schemas.SetOfferApproval{Decision: schemas.OfferApprovalDecisionApproved},
		}
		change(c)
		return c
	}
	headcount := func(h schemas.ChangeHeadcount) func(*schemas.WritebackCommand) {
		return func(c *schemas.WritebackCommand) {
			c.ApplicationID, c.SetOfferApproval, c.ChangeHeadcount = nil, nil, &h
		}
	}
	create, update := schemas.HeadcountOperationCreate, schemas.HeadcountOperationUpdate
	for name, test := range map[string]struct {
		command *schemas.WritebackCommand
		want    string // the key, or "" and a part of the error
		fault   string
	}{
		"application":       {good(func(*schemas.WritebackCommand) {}), "demo:app:7", ""},
		"headcount":         {good(headcount(schemas.ChangeHeadcount{Operation: update, HeadcountID: &hc})), "demo:hc:3", ""},
		"new headcount":     {good(headcount(schemas.ChangeHeadcount{Operation: create, ParametersJSON: &params})), "demo:hc:number:HC-1", ""},
		"number of a type":  {good(headcount(schemas.ChangeHeadcount{Operation: create, ParametersJSON: &none})), "", "number"},
		"headcount without": {good(headcount(schemas.ChangeHeadcount{Operation: update})), "", "headcount_id"},
		"both": {good(func(c *schemas.WritebackCommand) {
			headcount(schemas.ChangeHeadcount{Operation: update, HeadcountID: &hc})(c)
			c.ApplicationID = &app
		}), "", "application_id must be null"},
		"no action":    {good(func(c *schemas.WritebackCommand) { c.SetOfferApproval = nil }), "", "no action"},
		"two actions":  {good(func(c *schemas.WritebackCommand) { c.MoveStage = &schemas.MoveStage{} }), "", "several"},
		"negative":     {good(func(c *schemas.WritebackCommand) { n := int64(-7); c.ApplicationID = &n }), "", "application_id"},
		"no org":       {good(func(c *schemas.WritebackCommand) { c.OrgID = "" }), "", "org_id"},
		"no id":        {good(func(c *schemas.WritebackCommand) { c.CommandID = "" }), "", "command_id"},
		"reserved id":  {good(func(c *schemas.WritebackCommand) { c.CommandID = "memory:x" }), "", "command_id"},
		"control id":   {good(func(c *schemas.WritebackCommand) { c.CommandID = "a\x00" }), "", "command_id"},
		"long id":      {good(func(c *schemas.WritebackCommand) { c.CommandID = strings.Repeat("x", 201) }), "", "command_id"},
		"nobody":       {good(func(c *schemas.WritebackCommand) { c.RequestedBy = "" }), "", "requested_by"},
		"at no moment": {good(func(c *schemas.WritebackCommand) { c.RequestedAt = time.Time{} }), "", "requested_at"},
	} {
		t.Run(name, func(t *testing.T) {
			key, value, err := schemas.EncodeCommand(codec, 9, test.command)
			if test.fault != "" {
				if !errors.Is(err, schemas.ErrBadCommand) || !strings.Contains(err.Error(), test.fault) {
					t.Errorf("got %v, want a refusal about %s", err, test.fault)
				}
				return
			}
			if err != nil || key != test.want {
				t.Fatalf("key %q, %v; want %q", key, err, test.want)
			}
			id, payload, err := schemas.SplitHeader(value)
			if err != nil || id != 9 {
				t.Fatalf("schema %d, %v", id, err)
			}
			if err := codec.Unmarshal(payload, new(schemas.WritebackCommand)); err != nil {
				t.Error(err)
			}
		})
	}
}
