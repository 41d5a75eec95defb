package writeback

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/schemas"
)

// result is the command's, as far as it is known.
func (r *run) result(outcome schemas.WritebackOutcome, reason string) *schemas.WritebackResult {
	c, field := r.req.Command, r.req.Field()
	out := &schemas.WritebackResult{
		CommandID: c.CommandID, OrgID: c.OrgID, ApplicationID: c.ApplicationID, Action: r.req.Action, Outcome: outcome,
		ParameterHash: r.req.Hash, Field: &field, Attempts: r.attempts, RequestedAt: c.RequestedAt,
		Origin: originOf(r.rec), Worker: &r.cfg.Instance, HeadcountID: r.headcountID(),
		CreatedID: r.made.headcountID, FakeOfferID: r.made.fakeOfferID,
	}
	if reason != "" {
		out.Reason = &reason
	}
	if !r.started.IsZero() {
		started := r.started
		out.StartedAt = &started
	}
	switch {
	case r.entry != nil: // of before the first attempt; what is read after it is not
		out.Before = r.entry.Before
	case r.view != nil && r.view.Found:
		out.Before = jsonText(r.req.act.before(r.view))
	}
	return out
}

func (r *run) headcountID() *int64 {
	if r.made.headcountID != nil {
		return r.made.headcountID
	}
	if h := r.req.Command.ChangeHeadcount; h != nil {
		return h.HeadcountID
	}
	return nil
}

// settle writes the outcome, with what Moka said where it said something.
func (r *run) settle(outcome schemas.WritebackOutcome, reason string, said *moka.Error) error {
	result := r.result(outcome, reason)
	now := r.deps.Now()
	result.FinishedAt = &now
	if !r.started.IsZero() {
		took := now.Sub(r.started).Milliseconds()
		result.DurationMs = &took
	}
	if said != nil && said.Code != "" {
		result.MokaCode = &said.Code
	}
	if said != nil && said.Message != "" {
		result.MokaMessage = &said.Message
	}
	m := r.memory
	switch {
	case outcome == schemas.WritebackOutcomeAlreadyApplied && r.attempts == 0 && result.Before != nil:
		result.After = result.Before // a stage that was named has its id there
	case outcome == schemas.WritebackOutcomeApplied, outcome == schemas.WritebackOutcomeAlreadyApplied:
		result.After = jsonText(r.req.act.after())
	}
	if outcome == schemas.WritebackOutcomeApplied {
		if r.view != nil && r.view.Headcount != nil && r.made.headcountID == nil && r.req.Command.ChangeHeadcount.HeadcountID == nil {
			result.CreatedID, result.HeadcountID = &r.view.Headcount.ID, &r.view.Headcount.ID
		}
		m = r.own(m, now)
	}
	return r.finish(result, m, nil)
}

// own remembers the change as a command's.
func (r *run) own(m memory, until time.Time) memory {
	for _, field := range ownFields(r.req.Field(), r.req.Value()) {
		m = m.with(Change{Field: field, Value: r.req.Value(), From: r.from, Until: until})
	}
	return m
}

// ownFields are those by which a change is known as ours. An offer that is
// rejected archives its application too.
func ownFields(field, value string) []string {
	switch {
	case field == hiredField, field == archivedField, field == resignedField:
		return []string{closed}
	case field == offerField && value == string(schemas.OfferStatusRejected):
		return []string{offerField, closed}
	}
	return []string{field}
}

// fail gives a command up, buries it and parks its key.
func (r *run) fail(reason string, last error) error {
	if last != nil {
		reason += ": " + last.Error()
	}
	result := r.result(schemas.WritebackOutcomeFailed, reason)
	now := r.deps.Now()
	result.FinishedAt = &now
	said := saidOf(last)
	if said.Code != "" {
		result.MokaCode = &said.Code
	}
	if said.Message != "" {
		result.MokaMessage = &said.Message
	}
	m := r.memory
	if r.open && r.entry != nil && r.entry.UnsettledUntil != nil { // what it may have done is not people's doing
		m = r.own(m, *r.entry.UnsettledUntil)
	}
	parked := parking{Command: r.req.Command.CommandID, At: r.at(), Since: now, Reason: reason}
	if m.Parked != nil {
		parked.Waiting = m.Parked.minus(r.req.Command.CommandID).Waiting
	}
	m.Parked = &parked
	letter, rec, err := r.letter(r.rec, "failed", reason, max(1, r.attempts))
	if err != nil {
		return err
	}
	r.deps.Log.Error().Str("command_id", r.req.Command.CommandID).Str("action", r.req.Action).Str("key", r.key).
		Int32("attempts", r.attempts).AnErr("cause", last).
		Msg("a command has failed and parks its application: look at it in Moka, then release or drop it (mokafka parked)")
	return r.finish(result, m, &letter, rec)
}

// at is the offset of the record that is worked on.
func (r *run) at() int64 { return max(r.settles, r.under) }

// finish commits an outcome with all that goes with it.
func (r *run) finish(result *schemas.WritebackResult, m memory, letter *schemas.DeadLetter, more ...*kgo.Record) error {
	rec, err := r.deps.Records.Result(r.holding.number, "", result)
	if err != nil {
		return fmt.Errorf("write the result of a command: %w", err)
	}
	records := append([]*kgo.Record{rec}, more...)
	if r.waited && m.Parked != nil && letter == nil {
		p := m.Parked.minus(result.CommandID)
		m.Parked = p
		if len(p.Waiting) == 0 {
			m.Parked = nil
		}
	}
	if r.waited || letter != nil || len(m.Own) != len(r.memory.Own) || result.Outcome == schemas.WritebackOutcomeApplied {
		kept, err := r.deps.Records.Result(r.holding.number, memoryKey(r.key), m.record(result))
		if err != nil {
			return fmt.Errorf("write what is remembered of an application: %w", err)
		}
		records = append(records, kept)
	}
	if !r.started.IsZero() { // it was announced
		said, err := r.tell("settled", result.Outcome)
		if err != nil {
			return err
		}
		records = append(records, said...)
	}
	var letters []schemas.DeadLetter
	if letter != nil {
		letters = append(letters, *letter)
	}
	if err := r.write(r.settles, m, letters, records...); err != nil {
		return err
	}
	r.observe(result)
	return nil
}

func (r *run) observe(result *schemas.WritebackResult) {
	now, outcome := r.deps.Now(), string(result.Outcome)
	r.metrics.commands.WithLabelValues(r.req.Action, outcome).Inc()
	r.metrics.latency.WithLabelValues(r.req.Action, outcome).Observe(now.Sub(r.begun).Seconds())
	r.metrics.age.WithLabelValues(r.req.Action).Observe(max(0, now.Sub(result.RequestedAt).Seconds()))
}

// shows is where Moka will show the effect: in which field of which entity. Being
// hired it shows as archived, and a headcount as a whole.
func (r *run) shows() (entity, field, value string) {
	switch field := r.req.Field(); field {
	case hiredField, archivedField:
		return "candidate", archivedField, "true"
	case offerField, approvalField:
		return "offer", field, r.req.Value()
	case countField:
		return "headcount", "", ""
	default:
		return "candidate", field, r.req.Value()
	}
}

// tell builds the journal entry by which derive knows the cause of what Moka will
// show. There is none for a headcount that has no id yet.
func (r *run) tell(phase string, outcome schemas.WritebackOutcome) ([]*kgo.Record, error) {
	c := r.req.Command
	headcount := r.headcountID()
	if c.ApplicationID == nil && headcount == nil {
		return nil, nil
	}
	entity, field, value := r.shows()
	body, err := json.Marshal(struct {
		CommandID string `json:"commandId"`
		Phase     string `json:"phase"`
		Outcome   string `json:"outcome"`
		Entity    string `json:"entity"`
		Field     string `json:"field"`
		Value     string `json:"value"`
	}{c.CommandID, phase, string(outcome), entity, field, value})
	if err != nil {
		return nil, fmt.Errorf("tell the journal of a command: %w", err)
	}
	event := "command"
	rec, err := r.deps.Records.JournalEntry(&schemas.JournalEntry{
		EntryID: "writeback:" + c.CommandID + ":" + phase, OrgID: c.OrgID, Channel: schemas.ChannelWriteback,
		Endpoint: "writeback", Event: &event, ApplicationID: c.ApplicationID, HeadcountID: headcount,
		ReceivedAt: r.deps.Now(), ContentType: "application/json", Body: body,
	})
	if err != nil {
		return nil, fmt.Errorf("tell the journal of a command: %w", err)
	}
	return []*kgo.Record{rec}, nil
}
