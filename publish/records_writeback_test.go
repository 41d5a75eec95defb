package publish_test

import (
	"errors"
	"testing"
	"time"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func TestWritebackRecords(t *testing.T) {
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	topics, enc := publish.NewTopics("moka"), publish.NewEncoder(codec)
	enc.Use(topics.Commands(), "WritebackCommand", 1)
	enc.Use(topics.Results(), "WritebackResult", 2)
	records := publish.NewRecords(enc, topics, "")
	application, stage := int64(7), int64(5)
	command := &schemas.WritebackCommand{
		CommandID: "c", OrgID: "demo", ApplicationID: &application, RequestedBy: "t", RequestedAt: time.UnixMilli(1),
		MoveStage: &schemas.MoveStage{StageID: &stage},
	}
	rec, err := records.Command(command)
	if err != nil || string(rec.Key) != publish.Root("demo", application) || rec.Topic != topics.Commands() {
		t.Errorf("a command's record: %+v, %v", rec, err)
	}
	command.MoveStage = nil
	if _, err := records.Command(command); !errors.Is(err, schemas.ErrBadCommand) {
		t.Errorf("a command without action: %v", err)
	}
	bad := "\xff"
	result := &schemas.WritebackResult{CommandID: "c", Outcome: schemas.WritebackOutcomeApplied, Reason: &bad, RequestedAt: time.UnixMilli(1)}
	for key, want := range map[string]string{"": "c", "memory:x": "memory:x"} {
		rec, err := records.Result(3, key, result)
		if err != nil || string(rec.Key) != want || rec.Partition != 3 || rec.Topic != topics.Results() {
			t.Fatalf("a result's record: %+v, %v", rec, err)
		}
		read := new(schemas.WritebackResult)
		if err := codec.Unmarshal(rec.Value[publish.FrameHeader:], read); err != nil || *read.Reason != "\uFFFD" || bad != "\xff" {
			t.Errorf("read %+v, %v", read, err)
		}
	}
}
