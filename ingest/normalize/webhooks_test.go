package normalize_test

import (
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// TestGroupInterview: one webhook, journaled once for each application, gives
// each its own.
func TestGroupInterview(t *testing.T) {
	const body = `{"id":"w","event":"updateInterviewsInfo","triggeredAt":1505296287,"data":{
		"interviewType":2,"creator":{"name":"张"},"new":1,
		"interviews":[
			{"event_id":"a","applicationIds":[1,2],"roomName":"甲","interviewee":[{"id":11},{"id":12}],"new":2},
			{"event_id":"b","applicationIds":["2"],"roomName":"乙","interviewee":{"id":12}},
			{"event_id":["c"],"roomName":"丙","interviewee":[{"id":11}],"interviewType":1,"creator":{"name":"李"}}],
		"applicationIds":"[1,2,3]"}}`
	for application, want := range map[int64][]string{1: {"a 甲 GROUP 张", "c 丙 ONSITE 李"}, 2: {"a 甲 GROUP 张", "b 乙 GROUP 张", "c 丙 ONSITE 李"}, 3: {"c 丙 ONSITE 李"}} {
		var got []string
		for _, o := range observe(t, "updateInterviewsInfo", application, body) {
			i := o.Entity.(*schemas.Interview)
			got = append(got, fmt.Sprintf("%s %s %s %s", i.InterviewID, *i.MeetingRoomName, *i.Type, *i.Arranger.Name))
			certain := i.InterviewID == "b"
			if (i.CandidateID != nil) != certain || carries(o, "candidate_id") != certain {
				t.Errorf("%d %s: candidate %v, carried %v", application, i.InterviewID, i.CandidateID, carries(o, "candidate_id"))
			}
			wantExtra := map[string]string{"new": "1"}
			if i.InterviewID == "a" {
				wantExtra["interviews[].new"] = "2"
			}
			if d := cmp.Diff(wantExtra, i.Extra); d != "" {
				t.Errorf("%d %s: extra (-want +got):\n%s", application, i.InterviewID, d)
			}
			if i.ApplicationID != application || i.OrgID != "demo" || i.Status != nil || carries(o, "status") ||
				o.Act != normalize.Seen || o.Feed != schemas.FeedWebhookInterview || o.Operator != nil ||
				o.OccurredAt == nil || !o.OccurredAt.Equal(time.Unix(1505296287, 0)) || !cmp.Equal(i.BatchApplicationIds, []int64{1, 2, 3}) {
				t.Errorf("%d: %+v %+v", application, o, i)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%d (-want +got):\n%s", application, d)
		}
	}
}

// TestDeletedInterviews: whichever form the deletion takes, only ids remain.
func TestDeletedInterviews(t *testing.T) {
	for body, want := range map[string][]string{
		`{"applicationIds":[1],"interviews":[{"event_id":"a","roomName":"甲"},{"event_id":7,"new":1}]}`: {"a", "7"},
		`{"interviews":[{"event_id":"a","applicationIds":[1]},{"event_id":"b","applicationIds":[2]}]}`: {"a"},
		`{"interviews":{"event_id":["a","b"],"applicationIds":1}}`:                                     {"a", "b"},
		`{"applicationIds":[1],"interviews":["a",7,null,""]}`:                                          {"a", "7"},
		`{"applicationIds":[1],"interviews":"a"}`:                                                      {"a"},
		`{"applicationIds":[1],"event_id":["a","b"]}`:                                                  {"a", "b"},
		`{"applicationIds":["1"],"eventIds":"[\"a\"]"}`:                                                {"a"},
		`{"applicationIds":[1],"event_id":"a"}`:                                                        {"a"},
		`{"applicationIds":[1],"interviews":[]}`:                                                       nil,
		`{"applicationIds":[1,2],"interviews":[{"event_id":"b","applicationIds":[2]}]}`:                nil,
		`{"applicationIds":[1],"interviews":[{"event_id":"x"}],"interviews":[{"event_id":"a"}]}`:       {"a"},
		`{"applicationIds":[1],"interviews":[{"event_id":"a","interviewee":[{"id":5}]}]}`:              {"a/5"},
	} {
		var got []string
		for _, o := range observe(t, "deleteInterviewsInfo", 1, `{"triggeredAt":1505296287,"data":`+body+`}`) {
			i := o.Entity.(*schemas.Interview)
			id := i.InterviewID
			if i.CandidateID != nil {
				id += fmt.Sprintf("/%d", *i.CandidateID)
			}
			got = append(got, id)
			ids := &schemas.Interview{OrgID: "demo", ApplicationID: 1, InterviewID: i.InterviewID, CandidateID: i.CandidateID}
			if o.Act != normalize.Gone || !reflect.DeepEqual(i, ids) || o.Carries != nil || o.UpdatedAt == nil {
				t.Errorf("%s: %+v %+v", body, o, i)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", body, d)
		}
	}
}

// TestInterviewsThatAreNone are kept, where they are not deletions.
func TestInterviewsThatAreNone(t *testing.T) {
	all := observe(t, "createInterviewsInfo", 1, `{"data":{"applicationIds":[1,"x"],"interviews":["a",{"event_id":"b"},5]}}`)
	if len(all) != 1 {
		t.Fatalf("%d observations", len(all))
	}
	want := map[string]string{"interviews[0]": `"a"`, "interviews[2]": `5`, "applicationIds[1]": `"x"`}
	if d := cmp.Diff(want, extraOf(all[0])); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestOfferOfAPush: an offer is observed only if data.offer says anything.
func TestOfferOfAPush(t *testing.T) {
	for in, want := range map[string]int{
		``: 1, `"offer":null`: 1, `"offer":{}`: 1, `"offer":[]`: 1, `"offer":{"status":null,"customFields":[]}`: 1,
		`"offer":"none"`: 1, `"offer":{"status":"sent"},"offer":null`: 1,
		`"offer":{"status":"sent"}`: 2, `"OFFER":[{"status":"sent"}]`: 2, `"offer":{"new":1}`: 2,
		`"offer":"x","offer":{"salaryNumber":"?"}`: 2,
	} {
		all := pushOf(t, in)
		if len(all) != want {
			t.Errorf("%s: %d observations", in, len(all))
		}
		if x := extraOf(all[0]); want == 2 && x != nil {
			t.Errorf("%s: the candidate's extra is %v", in, x)
		}
	}
	if x := extraOf(pushOf(t, `"offer":"none"`)[0]); !cmp.Equal(x, map[string]string{"offer": `"none"`}) {
		t.Errorf("an offer that is none: extra %v", x)
	}
	push := pushOf(t, `"candidateId":9,"operator":{"name":"李"},"offer":{"status":"sent","x":{"b":1,"a":2}}`)
	o := push[1].Entity.(*schemas.Offer)
	if o.OrgID != "demo" || o.ApplicationID != 1 || *o.CandidateID != 9 || o.Extra["offer.x"] != `{"a":2,"b":1}` ||
		push[1].Act != normalize.Seen || push[1].Operator != nil || push[1].OccurredAt != nil ||
		push[0].Act != normalize.Pushed || *push[0].Operator.Name != "李" || push[0].Feed != schemas.FeedWebhookPush {
		t.Errorf("%+v\n%+v\n%+v", push[0], push[1], o)
	}
}

// TestWhenAWebhookWas: the journal's time of it, else the body's.
func TestWhenAWebhookWas(t *testing.T) {
	e := entry("pushCandidate", 1, []byte(`{"triggeredAt":1505296287,"data":{"applicationId":1}}`))
	other := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	e.TriggeredAt = &other
	for _, want := range []*time.Time{&other, at(t, "2017-09-13T09:51:27Z")} {
		all, err := normalize.Entry(e, normalize.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if o := all[0]; !o.UpdatedAt.Equal(*want) || !o.OccurredAt.Equal(*want) || !o.ReadAt.Equal(arrival) {
			t.Errorf("%+v", o)
		}
		e.TriggeredAt = nil
	}
}
