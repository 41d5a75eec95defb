package commands_test

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/mokafka/mokafka/schemas"
)

// wants is the effect that a command is to have, in the words of Moka's log: as
// Moka's documents say it, not as the worker does.
func (t *tally) wants(c *schemas.WritebackCommand) (operation string, parameters map[string]string) {
	switch {
	case c.MoveStage != nil && c.MoveStage.StageID != nil:
		return "move_stage", map[string]string{"stageId": number(*c.MoveStage.StageID)}
	case c.MoveStage != nil:
		return "move_stage", map[string]string{"stageId": number(t.rig.moka.stages[*c.MoveStage.StageName])}
	case c.MarkHired != nil:
		return "hired", map[string]string{"hiredAt": instant(c.MarkHired.HiredAt), "probation": fmt.Sprint(c.MarkHired.ProbationMonths)}
	case c.SetOfferStatus != nil:
		return "offer_status", map[string]string{
			"accepted": strconv.FormatBool(c.SetOfferStatus.Accepted), "fbTime": instant(*c.SetOfferStatus.AnsweredAt)}
	case c.SetOfferApproval != nil:
		status := map[schemas.OfferApprovalDecision]string{
			schemas.OfferApprovalDecisionApproved: "1", schemas.OfferApprovalDecisionInApproval: "3"}
		return "offer_approval", map[string]string{"status": status[c.SetOfferApproval.Decision]}
	case c.MarkRejected != nil:
		return "rejected", map[string]string{"archiveReasonId": number(*c.MarkRejected.ReasonID), "detail": *c.MarkRejected.Remark}
	case c.MarkRegular != nil:
		return "corrected", map[string]string{"status": "1", "correctedAt": instant(*c.MarkRegular.CorrectedAt)}
	case c.MarkResigned != nil:
		return "resign", map[string]string{"detail": *c.MarkResigned.Reason}
	case c.ChangeHeadcount.Operation == schemas.HeadcountOperationCreate:
		return "create_headcount", map[string]string{"number": headcountFields(c).Number}
	default:
		return "update_headcount", map[string]string{"needNumber": headcountFields(c).Need.String()}
	}
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// instant is how the log writes a time that came in milliseconds.
func instant(at time.Time) string { return at.UTC().Format(time.RFC3339) }

type headcount struct {
	Number string      `json:"number"`
	Need   json.Number `json:"needNumber"`
}

func headcountFields(c *schemas.WritebackCommand) (h headcount) {
	_ = json.Unmarshal([]byte(*c.ChangeHeadcount.ParametersJSON), &h)
	return h
}

// keyOf names what a command is about as the calls do.
func keyOf(c *schemas.WritebackCommand) string {
	switch h := c.ChangeHeadcount; {
	case h == nil:
		return "app:" + number(*c.ApplicationID)
	case h.HeadcountID != nil:
		return "hc:" + number(*h.HeadcountID)
	default:
		return "hc:number:" + headcountFields(c).Number
	}
}
