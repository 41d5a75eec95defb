package writeback_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func offer(operation schemas.FakeOfferOperation, id *string, parameters string) func(*schemas.WritebackCommand) {
	return instead(func(c *schemas.WritebackCommand) {
		c.FakeOffer = &schemas.FakeOffer{Operation: operation, FakeOfferID: id, ParametersJSON: &parameters}
	})
}

func change(operation schemas.HeadcountOperation, id *int64, parameters *string) func(*schemas.WritebackCommand) {
	return instead(func(c *schemas.WritebackCommand) {
		c.ApplicationID = nil
		c.ChangeHeadcount = &schemas.ChangeHeadcount{Operation: operation, HeadcountID: id, ParametersJSON: parameters}
	})
}

const somebody = `{"operator":{"name":"李明","phone":"18600000001"}}`

func TestParametersThatMokaWouldRefuse(t *testing.T) {
	id, text := int64(3), "gesk7uO58DZeThxx"
	hired := func(h schemas.MarkHired) func(*schemas.WritebackCommand) {
		return instead(func(c *schemas.WritebackCommand) { c.MarkHired = &h })
	}
	for name, test := range map[string]struct {
		command func(*schemas.WritebackCommand)
		fault   string // "" for none
	}{
		"move by id":          {nil, ""},
		"move by name":        {func(c *schemas.WritebackCommand) { c.MoveStage = &schemas.MoveStage{StageName: ptr("面试")} }, ""},
		"move by both":        {func(c *schemas.WritebackCommand) { c.MoveStage.StageName = ptr("面试") }, "both"},
		"move nowhere":        {func(c *schemas.WritebackCommand) { c.MoveStage = &schemas.MoveStage{} }, "needs"},
		"move to nothing":     {func(c *schemas.WritebackCommand) { c.MoveStage = &schemas.MoveStage{StageID: ptr(int64(0))} }, "above 0"},
		"asked at no time":    {func(c *schemas.WritebackCommand) { c.RequestedAt = time.Time{} }, "requested_at"},
		"no id":               {func(c *schemas.WritebackCommand) { c.CommandID = "" }, "command_id"},
		"negative":            {func(c *schemas.WritebackCommand) { c.ApplicationID = ptr(int64(-7)) }, "application_id"},
		"probation 6":         {hired(schemas.MarkHired{HiredAt: epoch, ProbationMonths: 6}), ""},
		"probation 7":         {hired(schemas.MarkHired{HiredAt: epoch, ProbationMonths: 7}), "probation_months"},
		"probation -1":        {hired(schemas.MarkHired{HiredAt: epoch, ProbationMonths: -1}), "probation_months"},
		"hired at no time":    {hired(schemas.MarkHired{ProbationMonths: 1}), "hired_at"},
		"hired for headcount": {hired(schemas.MarkHired{HiredAt: epoch, HeadcountID: ptr(int64(0))}), "headcount_id"},
		"reject without reason": {instead(func(c *schemas.WritebackCommand) { c.SetOfferStatus = &schemas.SetOfferStatus{} }),
			"reason_id"},
		"accept with reason": {instead(func(c *schemas.WritebackCommand) {
			c.SetOfferStatus = &schemas.SetOfferStatus{Accepted: true, ReasonID: &id}
		}), "for rejecting"},
		"no decision": {instead(func(c *schemas.WritebackCommand) {
			c.SetOfferApproval = &schemas.SetOfferApproval{Decision: schemas.OfferApprovalDecisionUnknown}
		}), "decision"},
		"undo with a day": {instead(func(c *schemas.WritebackCommand) {
			c.MarkRegular = &schemas.MarkRegular{Undo: true, CorrectedAt: ptr(epoch)}
		}), "undo"},
		"resign silently": {instead(func(c *schemas.WritebackCommand) { c.MarkResigned = &schemas.MarkResigned{} }), "reason"},
		"resign from nothing": {instead(func(c *schemas.WritebackCommand) {
			c.MarkResigned = &schemas.MarkResigned{Reason: &text, JobType: &text}
		}), "job_name"},
		"fake offer":            {offer(schemas.FakeOfferOperationCreate, nil, somebody), ""},
		"fake offer of nobody":  {offer(schemas.FakeOfferOperationCreate, nil, `{"operator":{}}`), "operator"},
		"fake offer, no object": {offer(schemas.FakeOfferOperationCreate, nil, `[]`), "JSON object"},
		"fake offer, not JSON":  {offer(schemas.FakeOfferOperationCreate, nil, `{`), "JSON object"},
		"fake offer, null":      {offer(schemas.FakeOfferOperationCreate, nil, `null`), "JSON object"},
		"fake offer, more":      {offer(schemas.FakeOfferOperationCreate, nil, somebody+somebody), "JSON object"},
		"fake offer, strange":   {offer(schemas.FakeOfferOperationCreate, nil, `{"operator":{"name":"x"},"salary":1}`), "does not take"},
		"accept which":          {offer(schemas.FakeOfferOperationAccept, nil, somebody), "fake_offer_id"},
		"accept":                {offer(schemas.FakeOfferOperationAccept, &text, somebody), ""},
		"reject why":            {offer(schemas.FakeOfferOperationReject, &text, somebody), "archiveReasonId"},
		"reject":                {offer(schemas.FakeOfferOperationReject, &text, `{"operator":{"name":"x"},"archiveReasonId":133}`), ""},
		"hired with id":         {offer(schemas.FakeOfferOperationHired, &text, somebody), "fake_offer_id"},
		"create headcount": {change(schemas.HeadcountOperationCreate, nil,
			ptr(`{"number":"HC-1","jobName":"工程师","needNumber":2,"minSalary":1}`)), ""},
		"create headcount for nobody":   {change(schemas.HeadcountOperationCreate, nil, ptr(`{"number":"HC-1","jobName":"x","needNumber":0}`)), "needNumber"},
		"create headcount in words":     {change(schemas.HeadcountOperationCreate, nil, ptr(`{"number":"HC-1","jobName":"x","needNumber":"2"}`)), "needNumber"},
		"update nothing":                {change(schemas.HeadcountOperationUpdate, &id, nil), "nothing to update"},
		"update the number":             {change(schemas.HeadcountOperationUpdate, &id, ptr(`{"number":"HC-2"}`)), "number"},
		"update by more than an object": {change(schemas.HeadcountOperationUpdate, &id, ptr(`{"jobName":"x"}}`)), "not a JSON object"},
		"delete with parameters":        {change(schemas.HeadcountOperationDelete, &id, ptr(`{"a":1}`)), "no parameters"},
		"delete":                        {change(schemas.HeadcountOperationDelete, &id, nil), ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := writeback.NewRequest(command(test.command))
			switch {
			case test.fault == "" && err != nil:
				t.Errorf("refused: %v", err)
			case test.fault != "" && (!errors.Is(err, schemas.ErrBadCommand) || !strings.Contains(err.Error(), test.fault)):
				t.Errorf("%v, want a refusal about %q", err, test.fault)
			case err != nil && (strings.Contains(err.Error(), "李明") || strings.Contains(err.Error(), "18600000001")):
				t.Errorf("the refusal has personal data: %v", err)
			}
		})
	}
}

// Entries of the ledger are compared by later builds.
func TestHashStaysTheSame(t *testing.T) {
	req := request(t, nil)
	if before := "fc65004f02c4627ea87298042588341af96f6cbad0750a6327a1508996886dae"; req.Hash != before {
		t.Errorf("hash %s, was %s", req.Hash, before)
	}
	same := request(t, func(c *schemas.WritebackCommand) {
		c.RequestedAt, c.RequestedBy, c.ExpiresAt = at(5), "somebody else", ptr(at(9))
	})
	if same.Hash != req.Hash {
		t.Error("who asked, and when, is not what was asked")
	}
	for name, other := range map[string]func(*schemas.WritebackCommand){
		"stage":        func(c *schemas.WritebackCommand) { c.MoveStage.StageID = ptr(int64(6)) },
		"application":  func(c *schemas.WritebackCommand) { c.ApplicationID = ptr(int64(8)) },
		"precondition": func(c *schemas.WritebackCommand) { c.ExpectedStageID = ptr(int64(3)) },
		"organisation": func(c *schemas.WritebackCommand) { c.OrgID = "other" },
	} {
		if request(t, other).Hash == req.Hash {
			t.Errorf("another %s has the same hash", name)
		}
	}
}

func TestKeysAreThoseOfTheTopics(t *testing.T) {
	if got, want := request(t, nil).Key, publish.Root("demo", 7); got != want {
		t.Errorf("key %s, want %s", got, want)
	}
	if got, want := request(t, rename).Key, publish.HeadcountRoot("demo", 3); got != want {
		t.Errorf("key %s, want %s", got, want)
	}
}

func TestConfigNamesEveryFault(t *testing.T) {
	err := writeback.Config{Grace: -1}.Validate()
	for _, name := range []string{
		"INSTANCE", "STATE_DIR", "PARALLEL", "MAX_PENDING", "QUOTA_PER_MINUTE", "MAX_ATTEMPTS", "MAX_PARKED", "BACKOFF", "CALL_TIMEOUT",
		"GRACE", "READ_MAX_AGE", "LOOKUP_TTL", "AUTH_PAUSE", "STOP_TIMEOUT", "SESSION_TIMEOUT", "TRANSACTION_TIMEOUT",
	} {
		if err == nil || !strings.Contains(err.Error(), "WRITEBACK_"+name+" is") {
			t.Errorf("nothing is said about WRITEBACK_%s", name)
		}
	}
}
