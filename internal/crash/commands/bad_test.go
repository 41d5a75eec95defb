package commands_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// badCommand is a record that can't be carried out.
type badCommand struct {
	name string
	// change spoils a command that was good, or its record. value, where it is not
	// nil, is the whole value instead.
	change func(c *schemas.WritebackCommand, rec *kgo.Record)
	value  func() []byte
	// class of the dead letter, "" for none; outcome of the result, "" for none.
	class   string
	outcome schemas.WritebackOutcome
}

// TestBadCommandsGetTheirAnswer: each bad record has its result, its dead letter
// or both, one of each, and the good command behind it is carried out.
func TestBadCommandsGetTheirAnswer(t *testing.T) {
	r := newRig(t, 1)
	cases := r.badCommands()
	apps := r.moka.applicants(t, len(cases))
	pause(t, 2*time.Second) // Moka's times are whole seconds: nobody was faster than the commands
	topic := r.topics.Commands()
	s := &script{moka: r.moka}
	var bad, good []*schemas.WritebackCommand
	var recs []*kgo.Record
	for i, one := range cases {
		c := s.new(apps[i])
		c.RequestedAt = time.Now()
		c.MoveStage = &schemas.MoveStage{StageID: &r.moka.order[1]}
		rec, err := r.records.Command(c)
		if err != nil {
			t.Fatal(err)
		}
		if one.change != nil {
			one.change(c, rec)
			id, _ := r.encoder.ID(topic)
			if rec.Value, err = r.codec.Append(schemas.AppendHeader(nil, id), c); err != nil {
				t.Fatal(err)
			}
		} else {
			rec.Value = one.value()
		}
		behind := s.new(apps[i])
		behind.RequestedAt = time.Now()
		behind.MoveStage = &schemas.MoveStage{StageID: &r.moka.order[2]}
		bad, good, recs = append(bad, c), append(good, behind), append(recs, rec)
	}
	for i, rec := range recs {
		if err := r.produce(rec); err != nil {
			t.Fatalf("%s: %v", cases[i].name, err)
		}
		r.send(good[i])
	}
	// An id that was used, with other parameters: what was asked for first stands.
	again := *good[0]
	again.MoveStage = &schemas.MoveStage{StageID: &r.moka.order[3]}
	r.send(&again)
	r.workers[0].start()
	r.settled()
	r.workers[0].stop()

	results, _ := r.outcomes()
	letters := map[[2]int64][]*schemas.DeadLetter{}
	for _, rec := range r.read(r.topics.DeadLetters()) {
		letter, err := r.letter(rec)
		if err != nil {
			t.Fatal(err)
		}
		at := [2]int64{int64(letter.Origin.Partition), letter.Origin.Offset}
		letters[at] = append(letters[at], letter)
	}
	total := 0
	for i, one := range cases {
		here := letters[[2]int64{int64(recs[i].Partition), recs[i].Offset}]
		total += len(here)
		switch {
		case one.class == "" && len(here) > 0, one.class != "" && (len(here) != 1 || here[0].ErrorClass != one.class):
			t.Errorf("%s: %d dead letters, want one of class %q: %+v", one.name, len(here), one.class, here)
		case one.class != "" && here[0].ErrorText == "":
			t.Errorf("%s: the dead letter says nothing", one.name)
		}
		got := results[bad[i].CommandID]
		switch {
		case got == nil && one.outcome != "" || got != nil && got.Outcome != one.outcome:
			t.Errorf("%s: result %+v, want %q", one.name, got, one.outcome)
		case got != nil && (got.finals != 1 || text(got.Reason) == "" || got.Attempts != 0):
			t.Errorf("%s: %d final results, %d attempts, because %q", one.name, got.finals, got.Attempts, text(got.Reason))
		}
		if got := results[good[i].CommandID]; got == nil || got.Outcome != schemas.WritebackOutcomeApplied {
			t.Errorf("%s: the command behind it: %+v", one.name, got)
		}
	}
	if got := r.letters()["id_reused"]; got != 1 {
		t.Errorf("%d dead letters of class id_reused, want 1", got)
	}
	if effects := r.moka.effects(t); len(effects) != len(cases) {
		t.Errorf("%d effects, want one of each good command, %d", len(effects), len(cases))
	}
}

func (r *rig) badCommands() []badCommand {
	id, _ := r.encoder.ID(r.topics.Commands())
	rejected := schemas.WritebackOutcomeRejected
	invalid := func(name string, change func(c *schemas.WritebackCommand)) badCommand {
		return badCommand{name: name, change: func(c *schemas.WritebackCommand, _ *kgo.Record) { change(c) }, class: "invalid", outcome: rejected}
	}
	value := func(name, class string, v []byte) badCommand {
		return badCommand{name: name, value: func() []byte { return v }, class: class}
	}
	refused := func(name string, outcome schemas.WritebackOutcome, change func(c *schemas.WritebackCommand)) badCommand {
		return badCommand{name: name, change: func(c *schemas.WritebackCommand, _ *kgo.Record) { change(c) }, outcome: outcome}
	}
	letterID, _ := r.encoder.ID(r.topics.DeadLetters())
	return []badCommand{
		value("no value", "empty", nil),
		value("not Avro", "avro", []byte(`{"command_id":"x"}`)),
		value("unknown schema id", "unknown_schema", schemas.AppendHeader(nil, 987_654)),
		value("a header alone", "avro", schemas.AppendHeader(nil, id)),
		value("wrong types", "avro", append(schemas.AppendHeader(nil, id), bytes.Repeat([]byte{0xff}, 300)...)),
		value("another schema's record", "avro", append(schemas.AppendHeader(nil, letterID), make([]byte, 64)...)),
		value("10 MB of nothing", "unknown_schema", make([]byte, 10<<20)),
		{name: "a command of 10 MB", change: func(c *schemas.WritebackCommand, _ *kgo.Record) {
			c.RequestedBy = strings.Repeat("x", 10<<20)
		}, class: "oversize", outcome: rejected},
		{name: "unknown org", change: func(c *schemas.WritebackCommand, _ *kgo.Record) { c.OrgID = "somebody-else" }, class: "unknown_org", outcome: rejected},
		{name: "another key", change: func(_ *schemas.WritebackCommand, rec *kgo.Record) { rec.Key = []byte("demo:app:1") }, class: "misplaced", outcome: rejected},
		{name: "a control word that there is not", change: func(_ *schemas.WritebackCommand, rec *kgo.Record) {
			rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: writeback.ControlHeader, Value: []byte("explode")})
		}, class: "control"},
		invalid("no action", func(c *schemas.WritebackCommand) { c.MoveStage = nil }),
		invalid("two actions", func(c *schemas.WritebackCommand) { c.MarkRegular = &schemas.MarkRegular{} }),
		invalid("probation of 7 months", func(c *schemas.WritebackCommand) {
			c.MoveStage, c.MarkHired = nil, &schemas.MarkHired{HiredAt: time.Now(), ProbationMonths: 7}
		}),
		invalid("hired never", func(c *schemas.WritebackCommand) { c.MoveStage, c.MarkHired = nil, &schemas.MarkHired{} }),
		invalid("a rejection without a reason", func(c *schemas.WritebackCommand) {
			c.MoveStage, c.SetOfferStatus = nil, &schemas.SetOfferStatus{}
		}),
		refused("expired", schemas.WritebackOutcomeExpired, func(c *schemas.WritebackCommand) {
			at := time.Now().Add(-time.Second)
			c.ExpiresAt = &at
		}),
		refused("in another stage than expected", rejected, func(c *schemas.WritebackCommand) { c.ExpectedStageID = &r.moka.order[4] }),
		refused("with another offer than expected", rejected, func(c *schemas.WritebackCommand) {
			accepted := schemas.OfferStatusAccepted
			c.ExpectedOfferStatus = &accepted
		}),
		refused("a stage that there is not", rejected, func(c *schemas.WritebackCommand) {
			name := "没有这个阶段"
			c.MoveStage = &schemas.MoveStage{StageName: &name}
		}),
		refused("a reason that there is not", rejected, func(c *schemas.WritebackCommand) {
			reason := int64(7)
			c.MoveStage, c.SetOfferStatus = nil, &schemas.SetOfferStatus{ReasonID: &reason}
		}),
	}
}
