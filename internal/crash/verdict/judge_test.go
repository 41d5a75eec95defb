package verdict_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/ingest/poll"
	"github.com/mokafka/mokafka/internal/crash/verdict"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

const key = "demo:app:7:offer"

func offer(status schemas.OfferStatus) *schemas.Offer {
	return &schemas.Offer{OrgID: "demo", ApplicationID: 7, Status: &status}
}

func event(id string, version int64, before, after any, op schemas.Operation) verdict.Event {
	return verdict.Event{Entity: key, ID: id, Type: id, Op: op, Version: version, Before: before, After: after}
}

// picture has events and the state that they come to, or another.
func picture(state any, events ...verdict.Event) *verdict.Picture {
	p := &verdict.Picture{Events: map[string][]verdict.Event{key: events}, States: map[string]any{key: state}, IDs: map[string]int{}}
	for _, ev := range events {
		p.IDs[ev.ID]++
	}
	return p
}

// TestJudgeNamesWhatIsWrong: one thing is wrong with each picture, or nothing.
func TestJudgeNamesWhatIsWrong(t *testing.T) {
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	model, err := poll.NewModel(bundle)
	if err != nil {
		t.Fatal(err)
	}
	pending, sent, accepted := offer(schemas.OfferStatusPending), offer(schemas.OfferStatusSent), offer(schemas.OfferStatusAccepted)
	created := event("created", 1, nil, pending, schemas.OperationCreate)
	updated := event("sent", 2, pending, sent, schemas.OperationUpdate)
	past := event("corrected", 1, nil, accepted, schemas.OperationCreate)
	past.Source.Channel = schemas.ChannelReplay
	is := verdict.Truth{key: {"offer_status": "SENT"}}
	for name, c := range map[string]struct {
		picture *verdict.Picture
		truth   verdict.Truth
		wrong   string
	}{
		"right":            {picture(sent, created, updated), is, ""},
		"a replay of old":  {picture(sent, created, updated, past), is, ""},
		"another state":    {picture(pending, created), is, `offer_status is "PENDING", and should be "SENT"`},
		"unknown":          {&verdict.Picture{}, is, "is unknown"},
		"not gone":         {picture(sent, created, updated), nil, "is there, and should not be"},
		"gone":             {picture(nil, created, event("deleted", 3, pending, nil, schemas.OperationDelete)), nil, ""},
		"gone untold":      {picture(nil, created), nil, "one says that it is gone"},
		"doubled":          {picture(sent, created, updated, updated), is, "is there 2 times"},
		"skipped":          {picture(sent, created, event("sent", 2, accepted, sent, schemas.OperationUpdate)), is, "does not begin where created ended"},
		"began anew":       {picture(sent, created, event("again", 2, nil, sent, schemas.OperationCreate)), is, "does not begin where created ended"},
		"state unlike":     {picture(sent, created), is, "the state differs from the last event"},
		"state of nothing": {picture(sent), is, "has a state and no event"},
	} {
		wrong := c.picture.Judge(c.truth, verdict.Expect{Model: model})
		found := slices.ContainsFunc(wrong, func(text string) bool { return c.wrong != "" && strings.Contains(text, c.wrong) })
		if (c.wrong == "") != (len(wrong) == 0) || c.wrong != "" && !found {
			t.Errorf("%s: %q, want %q", name, wrong, c.wrong)
		}
	}
	letters := picture(sent, created, updated)
	letters.Letters = []*schemas.DeadLetter{{ErrorClass: "avro"}}
	if wrong := letters.Judge(is, verdict.Expect{Model: model}); len(wrong) != 1 {
		t.Errorf("a dead letter: %q", wrong)
	}
	if letters.Gone(7) == nil {
		t.Error("an application without events is gone")
	}
}
