package writeback_test

import (
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

// A stage that was asked for by name, and is there already, is told with its id.
func TestStageByNameIsToldWithItsID(t *testing.T) {
	r := newRig(t, newFakeMoka(1))
	c := r.move(1, 0)
	c.MoveStage = &schemas.MoveStage{StageName: ptr("stage 1")}
	r.send(c)
	r.worker("one")
	r.caughtUp()
	if got := text(r.outcome(c.CommandID, schemas.WritebackOutcomeAlreadyApplied).After); got != `{"id":1,"name":"stage 1"}` {
		t.Errorf("after it: %s", got)
	}
}

// What is read back after a write is not what was before it.
func TestNothingReadAfterAWriteIsToldAsBefore(t *testing.T) {
	m := newFakeMoka(1)
	m.next = func(int64) fault { return lostAnswer }
	r := newRig(t, m)
	r.config = func(c *writeback.Config) { c.Fresh = time.Minute }
	unread := r.move(1, 5)
	create := r.move(1, 0)
	create.ApplicationID, create.MoveStage = nil, nil
	create.ChangeHeadcount = &schemas.ChangeHeadcount{
		Operation: schemas.HeadcountOperationCreate, ParametersJSON: ptr(`{"number":"H1","jobName":"x","needNumber":1}`),
	}
	r.send(unread, create)
	r.worker("one")
	r.caughtUp()
	for _, c := range []*schemas.WritebackCommand{unread, create} {
		if got := r.outcome(c.CommandID, schemas.WritebackOutcomeApplied); got.Before != nil {
			t.Errorf("%s was %s before", text(got.Field), text(got.Before))
		}
	}
}
