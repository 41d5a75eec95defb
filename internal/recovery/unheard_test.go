package recovery_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// meeting is a webhook of an interview of an application.
func meeting(application int64, event string, at, starts time.Time) *schemas.JournalEntry {
	id := fmt.Sprintf("%s-%d-%d", event, application, at.Unix())
	return &schemas.JournalEntry{
		EntryID: "wh:" + id + ":" + publish.Root("demo", application), OrgID: "demo", Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest",
		Event: &event, WebhookID: &id, ApplicationID: &application, TriggeredAt: &at, ReceivedAt: at, ContentType: "application/json",
		Body: fmt.Appendf(nil, `{"id":%q,"event":%q,"triggeredAt":%d,"data":{"applicationIds":[%d],"interviews":[{"event_id":"iv","applicationIds":[%d],"startTime":%d}]}}`,
			id, event, at.Unix(), application, application, starts.UnixMilli()),
	}
}

// late has every interview begin an hour late.
func late() normalize.Mapper {
	return normalize.Mapper{Revision: 1, Entry: func(e *schemas.JournalEntry, opts normalize.Options) ([]normalize.Observation, error) {
		all, err := normalize.Entry(e, opts)
		for i := range all {
			if iv, ok := all[i].Entity.(*schemas.Interview); ok && iv.StartsAt != nil {
				starts := iv.StartsAt.Add(time.Hour)
				iv.StartsAt = &starts
			}
		}
		return all, err
	}}
}

// TestReplayWithoutItsPast: where the events are gone, a state that is older than
// the range says what was; where there is none, it is a snapshot.
func TestReplayWithoutItsPast(t *testing.T) {
	h := newHouse(t)
	now := time.Now().UTC().Truncate(time.Second)
	starts := now.Add(24 * time.Hour)
	stop := h.mill(late())
	h.say(now.Add(-2*time.Hour), meeting(1, "createInterviewsInfo", now.Add(-2*time.Hour), starts))
	h.say(now.Add(-30*time.Minute), meeting(1, "updateInterviewsInfo", now.Add(-30*time.Minute), starts))
	h.say(now.Add(-20*time.Minute), meeting(2, "createInterviewsInfo", now.Add(-20*time.Minute), starts))
	h.derived()
	stop()
	if n := len(h.told()); n != 2 {
		t.Fatalf("%d events", n)
	}
	admin := kadm.NewClient(h.writer)
	ends, err := admin.ListCommittedOffsets(t.Context(), h.topics.Events(publish.Interviews))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.DeleteRecords(t.Context(), ends.Offsets()); err != nil {
		t.Fatal(err)
	}
	plan, err := h.replayer(normalize.Mapper{}).Plan(t.Context(), recovery.Span{From: now.Add(-time.Hour), Until: now})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	for _, d := range plan.Sample {
		if d.What == recovery.NewEvent {
			kinds[d.Key] = d.Type
		}
	}
	if plan.New != 2 || plan.Corrected != 2 || kinds["demo:app:1:iv:iv"] != "RESCHEDULED" || kinds["demo:app:2:iv:iv"] != "CREATED" {
		t.Errorf("%+v", plan)
	}
	if _, err := h.replayer(normalize.Mapper{}).Replay(t.Context(), recovery.Span{From: now.Add(-time.Hour), Until: now}, true); err != nil {
		t.Fatal(err)
	}
	snapshots := 0
	for _, rec := range h.left(h.topics.Events(publish.Interviews)) {
		v, err := h.decoder.Decode(t.Context(), rec.Value)
		if err != nil {
			t.Fatal(err)
		}
		if ev := v.(*schemas.InterviewEvent); ev.Op != schemas.OperationSnapshot || ev.ApplicationID != 2 || !ev.After.StartsAt.Equal(starts) {
			t.Errorf("%s of %d", ev.Op, ev.ApplicationID)
		}
		snapshots++
	}
	if snapshots != 1 {
		t.Errorf("%d snapshots", snapshots)
	}
}

// left are the records of a topic of which others were deleted.
func (h *house) left(topic string) []*kgo.Record {
	h.t.Helper()
	var all []*kgo.Record
	for p := range int32(partitions) {
		log, err := state.OpenLog(h.t.Context(), h.writer, state.Partition{Topic: topic, Partition: p})
		if err != nil {
			h.t.Fatal(err)
		}
		end, err := log.End(h.t.Context())
		if err == nil {
			_, err = log.Read(h.t.Context(), 0, end, func(recs []*kgo.Record) error {
				all = append(all, recs...)
				return nil
			})
		}
		if err != nil {
			h.t.Fatal(err)
		}
	}
	return all
}
