package normalize_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/schemas"
)

// interviewsOf returns the interviews of an item of application 1.
func interviewsOf(t testing.TB, info string) (all []*schemas.Interview) {
	t.Helper()
	for _, o := range application(t, `"interviewInfo":`+info) {
		if i, ok := o.Entity.(*schemas.Interview); ok {
			all = append(all, i)
		}
	}
	return all
}

// TestInterviewInfo in its shapes.
func TestInterviewInfo(t *testing.T) {
	for info, want := range map[string][]string{
		`null`: nil, `[]`: nil, `[{},null,""]`: nil, `[{"applicationId":1}]`: nil,
		`[{"groupInterviewId":7},{"groupInterviewId":"8"}]`:                 {"7", "8"},
		`{"groupInterviewId":" 7 "}`:                                        {"7"},
		`"[{\"groupInterviewId\":7}]"`:                                      {"7"},
		`[{"groupInterviewId":6}],"interviewInfo":[{"groupInterviewId":7}]`: {"7"},
	} {
		var got []string
		for _, i := range interviewsOf(t, info) {
			got = append(got, i.InterviewID)
			if i.ApplicationID != 1 || i.OrgID != "demo" || *i.CandidateID != 9 || i.Extra != nil {
				t.Errorf("%s: %+v", info, i)
			}
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s (-want +got):\n%s", info, d)
		}
	}
	all := application(t, `"interviewInfo":["x",{"groupInterviewId":7,"applicationId":2,"new":1},{"groupInterviewId":{"a":1},"roundId":1}]`)
	if x := extraOf(all[0]); x["interviewInfo[0]"] != `"x"` || len(x) != 1 {
		t.Errorf("what is no interview: %v", x)
	}
	if d := cmp.Diff(map[string]string{"interviewInfo[].applicationId": "2", "interviewInfo[].new": "1"}, extraOf(all[1])); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	if d := cmp.Diff(map[string]string{"interviewInfo[].groupInterviewId": `{"a":1}`}, extraOf(all[2])); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
}

// TestEndOfAnInterview follows from its start and duration, if both are known.
func TestEndOfAnInterview(t *testing.T) {
	for in, want := range map[string]string{
		`"startTime":"2021-01-29T10:00:00.000Z","duration":30`:                              "2021-01-29T10:30:00Z",
		`"duration":"90","startTime":1611914400000`:                                         "2021-01-29T11:30:00Z",
		`"startTime":"2021-01-29 18:00:00","duration":0`:                                    "2021-01-29T10:00:00Z",
		`"startTime":"2021-01-29T10:00:00Z","duration":30,"endTime":"2021-01-29T11:00:00Z"`: "2021-01-29T11:00:00Z",
		`"startTime":"2021-01-29T10:00:00Z","duration":null`:                                "empty",
		`"startTime":null,"duration":null`:                                                  "empty",
		`"startTime":"2021-01-29T10:00:00Z","duration":-30`:                                 "empty",
		`"startTime":"2021-01-29T10:00:00Z","duration":2147483647`:                          "empty",
		`"startTime":"9999-12-31T23:59:00Z","duration":30`:                                  "empty",
		`"startTime":"2021-01-29T10:00:00Z"`:                                                "unsaid",
		`"duration":30`:                                                                     "unsaid",
	} {
		for _, e := range []*schemas.JournalEntry{
			item(v2, 1, []byte(`{"basicInfo":{"applicationId":1},"interviewInfo":[{"groupInterviewId":7,`+in+`}]}`)),
			item(list, 1, []byte(`{"candidates":[{"applicationId":1,"groupId":7}],`+in+`}`)),
		} {
			all := observeEntry(t, e)
			o := all[len(all)-1]
			got := "unsaid"
			if end := o.Entity.(*schemas.Interview).EndsAt; end != nil {
				got = end.Format("2006-01-02T15:04:05Z07:00")
			} else if carries(o, "ends_at") {
				got = "empty"
			}
			if got != want {
				t.Errorf("%s %s: %s, want %s", e.Endpoint, in, got, want)
			}
		}
	}
}

// TestFeedbackWithoutAnInterview has the same id in both feeds, whatever else
// they know of the interviewer, and an id that names nobody.
func TestFeedbackWithoutAnInterview(t *testing.T) {
	lone := func(members string) string {
		return observeEntry(t, item(feedbacks, 1, []byte(`{"applicationId":1,`+members+`}`)))[0].Entity.(*schemas.Interview).InterviewID
	}
	for in, same := range map[string]string{
		`{"noInterview":true,"roundId":null,"interviewerFeedbacks":[{"interviewer":{"name":"李","email":"Li@x.cn ","id":5}}]}`: `"interviewerName":"李明","interviewerEmail":"li@x.cn"`,
		`{"roundId":2,"interviewerFeedbacks":{"interviewer":{"email":"li@x.cn"}}}`:                                            `"interviewerEmail":"li@x.cn","round":"2"`,
		`{"groupInterviewId":"","interviewerFeedbacks":[{"interviewer":{"name":"李"}}]}`:                                       `"interviewerName":"李","interviewerEmail":""`,
	} {
		i := interviewsOf(t, in)[0]
		if i.InterviewID != lone(same) || !regexp.MustCompile(`^feedback-[0-9a-f]{24}$`).MatchString(i.InterviewID) {
			t.Errorf("%s: %s, %s", in, i.InterviewID, lone(same))
		}
	}
	ids := map[string]bool{}
	for _, members := range []string{`"round":1,"interviewerName":"a"`, `"round":2,"interviewerName":"a"`, `"interviewerName":"a"`, `"round":1,"interviewerName":"b"`, `"x":1`} {
		ids[lone(members)] = true
	}
	if len(ids) != 5 {
		t.Errorf("%v", ids)
	}
	const pinned = "feedback-15ad260e4115824d6a35a885" // of the documented sample: events are keyed by it
	if id := lone(`"round":1,"interviewerName":"张三","interviewerEmail":"zhangsan@mokahr.com"`); id != pinned {
		t.Errorf("the id of the sample is %s now", id)
	}
}

// TestFeedbacksOfOneInterviewer are told apart by when they were given, in
// whatever order they come.
func TestFeedbacksOfOneInterviewer(t *testing.T) {
	one := func(day int) string {
		return fmt.Sprintf(`{"noInterview":true,"createAt":"2021-01-0%d","interviewerFeedbacks":[{"interviewer":{"email":"a@b.c"}}]}`, day)
	}
	var first string
	for _, order := range [][]int{{1, 2, 3}, {3, 1, 2}, {2, 3, 1}} {
		ids := map[int]string{}
		for n, i := range interviewsOf(t, "["+one(order[0])+","+one(order[1])+","+one(order[2])+"]") {
			ids[order[n]] = i.InterviewID
		}
		if first == "" {
			first = ids[1]
		}
		if d := cmp.Diff(map[int]string{1: first, 2: first + "-2", 3: first + "-3"}, ids); d != "" {
			t.Errorf("%v (-want +got):\n%s", order, d)
		}
	}
}

// TestListedGroupInterview: each of its applications has an interview of its own.
func TestListedGroupInterview(t *testing.T) {
	body := file(t, "listed_interview_2.json")
	for application, want := range map[int64]string{1022: "2 REJECTED", 1432: "3 ACCEPTED", 4422: "4 NO_FEEDBACK"} {
		o := observeEntry(t, item(list, application, body))[0]
		i := o.Entity.(*schemas.Interview)
		if got := i.InterviewID + " " + string(*i.Attendance); got != want || i.ApplicationID != application || len(i.Interviewees) != 3 || i.CandidateID != nil {
			t.Errorf("%d: %s %+v", application, got, i)
		}
		if *i.Type != schemas.InterviewTypeGroup || *i.Status != schemas.InterviewStatusUnfinished {
			t.Errorf("%d: %v %v", application, *i.Type, *i.Status)
		}
	}
	again := observeEntry(t, item(list, 1, []byte(`{"candidates":["x",{"applicationId":1,"groupId":5}],"candidates":[{"applicationId":1,"groupId":6}]}`)))[0]
	if i := again.Entity.(*schemas.Interview); i.InterviewID != "6" || len(i.Interviewees) != 1 || i.Extra != nil {
		t.Errorf("candidates given twice: %+v", i)
	}
	o := observeEntry(t, item(list, 1, []byte(`{"CANDIDATES":"[{\"applicationId\":\"1\",\"groupId\":\"a\",\"id\":5},7]"}`)))[0]
	if i := o.Entity.(*schemas.Interview); i.InterviewID != "a" || *i.CandidateID != 5 || i.Extra["candidates[1]"] != "7" ||
		!cmp.Equal(o.Carries, []string{"candidate_id", "extra", "interviewees"}) {
		t.Errorf("%+v %v", i, o.Carries)
	}
}

// TestListedTwice: files that an offer lists under both of their keys are there
// once, however their links are signed; others are kept.
func TestListedTwice(t *testing.T) {
	for second, kept := range map[string]bool{
		`[{"name":"a","downloadUrl":"http://x/?sign=2"}]`: false, `[]`: false, `null`: false, `{"name":"a"}`: false,
		`[{"name":"b"}]`: true, `[{"name":"a","new":1}]`: true, `[{"name":"a"},{"name":"a"}]`: true,
	} {
		all := application(t, `"offerInfo":{"attachment":[{"name":"a","downloadUrl":"http://x/?sign=1"}],"attachmentList":`+second+`}`)
		o := all[1].Entity.(*schemas.Offer)
		if len(o.Attachments) != 1 || *o.Attachments[0].URL != "http://x/?sign=1" || (o.Extra != nil) != kept {
			t.Errorf("%s: %v, extra %v", second, o.Attachments, o.Extra)
		}
	}
}
