package specimen

import (
	"time"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// letter makes a dead letter, of a journal entry that was cut off.
func (m *maker) letter() error {
	e, why, err := unreadable(m.decider)
	if err != nil {
		return err
	}
	rec, err := m.records.JournalEntry(e)
	if err != nil {
		return err
	}
	root := string(rec.Key)
	rec.Partition, rec.Offset = publish.Partition(root, m.cfg.Partitions), 4007
	letter := publish.LetterOf(rec, schemas.DeadLetterStageDerive, why.Class, why.Text)
	letter.ID, letter.OccurredAt = "5d0f2a8b-44a1-5c0e-9f66-0a2f3f6f7a11", e.ReceivedAt.Add(40*time.Millisecond)
	out, err := m.records.DeadLetter(&letter)
	if err != nil {
		return err
	}
	m.keep(out, root, 3, letter.OccurredAt)
	return nil
}

// cursor makes the checkpoint of a feed.
func (m *maker) cursor() error {
	updated, saved := moment("2021-06-09T06:31:02.000Z"), moment("2021-06-09T06:31:08.015Z")
	id, owner := int64(200012943), "ingest-0"
	rec, err := m.records.Checkpoint(0, &schemas.Checkpoint{
		OrgID: org, Feed: "applications", UpdatedAt: &updated, LastID: &id, Completed: true, Items: 2,
		Owner: &owner, SavedAt: saved,
	})
	if err != nil {
		return err
	}
	m.keep(rec, org, 918, saved)
	return nil
}

// command makes a command and what became of it.
func (m *maker) command() error {
	stage, from, to := "面试", `{"id":200000085,"name":"初筛"}`, `{"id":200000086,"name":"面试"}`
	id, field, worker := int64(23191), "stage", "writeback-0"
	asked := moment("2019-01-28T02:00:00.000Z")
	started, finished, took := asked.Add(410*time.Millisecond), asked.Add(1277*time.Millisecond), int64(867)
	c := &schemas.WritebackCommand{
		CommandID: "onboarding-8812-documents-complete", OrgID: org, ApplicationID: &id, RequestedBy: "onboarding",
		RequestedAt: asked, MoveStage: &schemas.MoveStage{StageName: &stage},
	}
	rec, err := m.records.Command(c)
	if err != nil {
		return err
	}
	root := string(rec.Key)
	m.keep(rec, root, 57, asked.Add(12*time.Millisecond))
	done := &schemas.WritebackResult{
		CommandID: c.CommandID, OrgID: org, ApplicationID: &id, Action: "move_stage",
		Outcome: schemas.WritebackOutcomeApplied, ParameterHash: "b1c9e7d2a4f06853", Field: &field, Before: &from, After: &to,
		Attempts: 1, RequestedAt: asked, StartedAt: &started, FinishedAt: &finished, DurationMs: &took, Worker: &worker,
		Origin: &schemas.RecordOrigin{Topic: rec.Topic, Partition: rec.Partition, Offset: rec.Offset},
	}
	out, err := m.records.Result(rec.Partition, "", done)
	if err != nil {
		return err
	}
	m.keep(out, root, 131, finished)
	return nil
}
