package normalize_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// application is an item of v2/data/ehrApplications of application 1 with the
// given members beside basicInfo.
func application(t testing.TB, members string) []normalize.Observation {
	t.Helper()
	return observeEntry(t, item(v2, 1, []byte(`{"basicInfo":{"applicationId":1,"candidateId":9},`+members+`}`)))
}

// summary tells observations in few words.
func summary(all []normalize.Observation) string {
	var words []string
	for _, o := range all {
		name := map[string]string{
			"*schemas.Candidate": "candidate", "*schemas.Offer": "offer", "*schemas.Interview": "interview", "*schemas.Headcount": "headcount",
		}[fmt.Sprintf("%T", o.Entity)]
		words = append(words, []string{"seen ", "pushed ", "gone "}[o.Act]+name)
	}
	return strings.Join(words, ", ")
}

func TestUnreadableItems(t *testing.T) {
	const secret = "张三13800000000"
	for _, c := range []struct {
		endpoint, body string
		class          normalize.Class
		path           string
	}{
		{v2, ``, normalize.Malformed, ""},
		{v2, `{"basicInfo":{"applicationId":1,"name":"` + secret, normalize.Malformed, ""},
		{v2, `{"basicInfo":{"applicationId":1}} "` + secret + `"`, normalize.Malformed, ""},
		{v2, `[{"basicInfo":{"applicationId":1}}]`, normalize.Malformed, "$"},
		{v2, `{"interviewInfo":[{"groupInterviewId":{]}`, normalize.Malformed, ""},
		{v2, `{}`, normalize.MissingID, "basicInfo.applicationId"},
		{v2, `{"basicInfo":null}`, normalize.MissingID, "basicInfo.applicationId"},
		{v2, `{"basicInfo":"` + secret + `"}`, normalize.MissingID, "basicInfo.applicationId"},
		{v2, `{"basicInfo":{"applicationId":1},"basicInfo":{}}`, normalize.MissingID, "basicInfo.applicationId"},
		{v2, `{"basicInfo":{"applicationId":"` + secret + `"}}`, normalize.MissingID, "basicInfo.applicationId"},
		{v2, `{"basicInfo":{"applicationId":2}}`, normalize.WrongApplication, "basicInfo.applicationId"},
		{v1, `null`, normalize.Malformed, "$"},
		{v1, `{"name":"` + secret + `"}`, normalize.MissingID, "applicationId"},
		{moved, `{"applicationId":2}`, normalize.WrongApplication, "applicationId"},
		{headcountDetail, `{"number":"x"}`, normalize.MissingID, "id"},
		{headcountDetail, `{"id":"` + secret + `"}`, normalize.MissingID, "id"},
		{headcountDetail, `{"headcount":{"id":1}}`, normalize.MissingID, "id"},
		{"v1/data/headcounts", `{"id":2}`, normalize.WrongHeadcount, "id"},
		{list, `{"id":"x"}`, normalize.MissingID, "candidates[].applicationId"},
		{list, `{"candidates":[{"name":"` + secret + `"}]}`, normalize.MissingID, "candidates[].applicationId"},
		{list, `{"candidates":[{"applicationId":2,"groupId":3}]}`, normalize.WrongApplication, "candidates[].applicationId"},
		{list, `{"candidates":[{"applicationId":1,"groupId":" "}]}`, normalize.MissingID, "candidates[].groupId"},
		{feedbacks, `{"round":1}`, normalize.MissingID, "applicationId"},
		{feedbacks, `{"applicationId":2}`, normalize.WrongApplication, "applicationId"},
	} {
		all, err := normalize.Entry(item(c.endpoint, 1, []byte(c.body)), normalize.Options{})
		var e *normalize.Error
		if !errors.As(err, &e) || e.Class != c.class || e.Path != c.path || all != nil {
			t.Errorf("%s %s: %v, %#v", c.endpoint, c.body, all, err)
			continue
		}
		if text := err.Error(); text == "" || strings.Contains(text, secret) {
			t.Errorf("%s %s: it says %q", c.endpoint, c.body, text)
		}
	}
}

// TestKeylessItems: entries that are keyed by nothing stand in the wrong
// partition.
func TestKeylessItems(t *testing.T) {
	for _, s := range samples {
		if !s.polled() {
			continue
		}
		e := s.entry(s.body(t))
		e.ApplicationID, e.HeadcountID = nil, nil
		_, err := normalize.Entry(e, normalize.Options{})
		if !isClass(err, normalize.WrongApplication) && !isClass(err, normalize.WrongHeadcount) {
			t.Errorf("%s: %v", s.name, err)
		}
	}
}

func TestWhatIsNotReadHere(t *testing.T) {
	command, push := item("writeback", 1, []byte(`{}`)), entry("pushCandidate", 1, []byte(`{"data":{"applicationId":1}}`))
	event := "command"
	command.Channel, command.Event = schemas.ChannelWriteback, &event
	push.Channel = schemas.ChannelPoll
	for _, e := range []*schemas.JournalEntry{command, push, item("v1/data/surprises", 1, []byte(`{}`)), item("sweep", 1, []byte(`{}`))} {
		if all, err := normalize.Entry(e, normalize.Options{}); !errors.Is(err, normalize.ErrUnknownEvent) || all != nil {
			t.Errorf("%s %s: %v, %v", e.Channel, e.Endpoint, all, err)
		}
	}
	hook := item(v2, 1, []byte(`{"basicInfo":{"applicationId":1}}`))
	hook.Channel = schemas.ChannelWebhook
	if _, err := normalize.Entry(hook, normalize.Options{}); !errors.Is(err, normalize.ErrUnknownEvent) {
		t.Errorf("an item from a door: %v", err)
	}
}

// TestChannels: an item is the same whichever way it came.
func TestChannels(t *testing.T) {
	e := samples[4].entry(samples[4].body(t))
	want := shown(t, observeEntry(t, e))
	for _, e.Channel = range []schemas.Channel{schemas.ChannelBackfill, schemas.ChannelSweep} {
		if d := cmp.Diff(string(want), string(shown(t, observeEntry(t, e)))); d != "" {
			t.Errorf("%s (-poll +it):\n%s", e.Channel, d)
		}
	}
}

func TestSweep(t *testing.T) {
	event := "GONE"
	for endpoint, want := range map[string]normalize.Entity{
		"application": &schemas.Candidate{OrgID: "demo", ApplicationID: 7}, "headcount": &schemas.Headcount{OrgID: "demo", HeadcountID: 7},
	} {
		e := item(endpoint, 7, []byte(`{}`))
		e.Channel, e.Endpoint, e.Event = schemas.ChannelSweep, "sweep", &event
		o := observeEntry(t, e)[0]
		if o.Act != normalize.Gone || o.Feed != schemas.FeedSweep || !reflect.DeepEqual(o.Entity, want) || o.Carries != nil ||
			o.UpdatedAt != nil || o.OccurredAt != nil || !o.ReadAt.Equal(arrival) {
			t.Errorf("%s: %+v", endpoint, o)
		}
		e.ApplicationID, e.HeadcountID = nil, nil
		if _, err := normalize.Entry(e, normalize.Options{}); !isClass(err, normalize.MissingID) {
			t.Errorf("of nothing: %v", err)
		}
	}
}

// TestOfferOfAnItem: an empty offerInfo is the news that there is none; whatever
// else is no offer is kept. The older feeds never say that there is none.
func TestOfferOfAnItem(t *testing.T) {
	const both, none, gone = "seen candidate, seen offer", "seen candidate", "seen candidate, gone offer"
	for in, want := range map[string]string{
		`"x":1`: none, `"offerInfo":null`: gone, `"offerInfo":""`: gone, `"offerInfo":{}`: gone, `"offerInfo":[]`: gone, `"offerInfo":[null]`: gone,
		`"offerInfo":{"applicationId":1,"status":null}`: gone, `"offerInfo":{"status":"sent"},"offerInfo":null`: gone,
		`"offerInfo":"none"`: none, `"offerInfo":5`: none, `"offerInfo":"none","offerInfo":null`: gone,
		`"offerInfo":{"status":"notCreated"}`: both, `"OFFERINFO":[{"status":"sent"}]`: both, `"offerInfo":{"new":1}`: both,
		`"offerInfo":{"applicationId":2}`: both, `"offerInfo":null,"offerInfo":{"status":"sent"}`: both,
	} {
		all := application(t, in)
		if got := summary(all); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
		if want == none && in != `"x":1` && extraOf(all[0])["offerInfo"] == "" {
			t.Errorf("%s is lost", in)
		}
		if want == gone && !reflect.DeepEqual(all[1].Entity, &schemas.Offer{OrgID: "demo", ApplicationID: 1, CandidateID: ptr[int64](9)}) {
			t.Errorf("%s: %+v", in, all[1].Entity)
		}
	}
	for _, endpoint := range []string{v1, moved} {
		for in, want := range map[string]string{`"offer":null`: none, `"offer":{}`: none, `"offer":{"status":"sent"}`: both} {
			if got := summary(observeEntry(t, item(endpoint, 1, []byte(`{"applicationId":1,`+in+`}`)))); got != want {
				t.Errorf("%s %s: %s, want %s", endpoint, in, got, want)
			}
		}
	}
}

func ptr[V any](v V) *V { return &v }

// TestPartsOfAnItem: what is absent is not spoken for, what is empty is; of a
// part that comes twice the last counts.
func TestPartsOfAnItem(t *testing.T) {
	for in, want := range map[string][]string{
		`"x":null`:                                 {"candidate_id"},
		`"jobInfo":null,"activities":[]`:           {"activities", "candidate_id", "job"},
		`"examInfo":null,"shigongInfo":null`:       {"candidate_id", "exams", "surveys", "work_trials"},
		`"examInfo":{"exams":[]},"shigongInfo":{}`: {"candidate_id", "exams"},
		`"examInfo":{"applicationId":1,"exams":[{"name":"x"}]},"examInfo":{"surveys":[]}`: {"candidate_id", "surveys"},
		`"examInfo":{"exams":"?","y":1},"examInfo":null`:                                  {"candidate_id", "exams", "surveys"},
		`"basicInfo":{"applicationId":"1","name":"n"}`:                                    {"name"},
		`"customAttachmentList":{},"customstyleAttachments":null`:                         {"application_form", "candidate_id", "custom_attachments"},
	} {
		all := application(t, in)
		if d := cmp.Diff(want, all[0].Carries); d != "" || len(extraOf(all[0])) > 0 {
			t.Errorf("%s (-want +got):\n%s%v", in, d, extraOf(all[0]))
		}
		if c := all[0].Entity.(*schemas.Candidate); c.Exams != nil && !strings.Contains(in, `"exams":[{`) || strings.HasSuffix(in, `"surveys":[]}`) && c.Exams != nil {
			t.Errorf("%s: exams %v", in, c.Exams)
		}
	}
}

// TestNameOfADepartment beside its info: the parent's if it differs from its own.
func TestNameOfADepartment(t *testing.T) {
	for in, want := range map[string]string{
		`{"info":{"departmentName":"甲","departmentPath":"甲"},"name":"甲","parentId":null}`:  "甲 under ",
		`{"info":{"departmentName":"甲","departmentPath":"乙/甲"},"name":"乙","parentId":"8"}`: "甲 under 乙",
		`{"name":"乙","parentId":"8","info":{"departmentName":"甲"}}`:                        "甲 under 乙",
		`{"name":"甲","info":{"departmentName":"甲"}}`:                                       "甲 under ",
		`{"name":"甲"}`: "甲 under ", `{"departmentName":"甲"}`: "甲 under ", `"甲"`: "甲 under ",
	} {
		d := application(t, `"jobInfo":{"department":`+in+`}`)[0].Entity.(*schemas.Candidate).Job.Department
		parent := ""
		if d.ParentName != nil {
			parent = *d.ParentName
		}
		if got := *d.Name + " under " + parent; got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
}

// TestLog: who moved the application when, from where to where.
func TestLog(t *testing.T) {
	c := application(t, `"activities":[{"type":"ADD_Candidate","createAt":"2021-01-26T10:48:03.000Z","source":"拉勾"},
		{"type":"MOVE_STAGE","createAt":"2021-01-27 10:00:00","operator":{"id":"5","name":"李"},"fromStageId":"1","fromStageName":"初筛","toStageId":2,"toStageName":"面试"},
		{"type":"JUMP"}]`)[0].Entity.(*schemas.Candidate)
	a := c.Activities
	if len(a) != 3 || *a[0].Type != schemas.ActivityTypeAddCandidate || *a[2].Type != schemas.ActivityTypeUnknown || c.Extra["activities[2].type"] != `"JUMP"` {
		t.Fatalf("%+v %v", a, c.Extra)
	}
	if m := a[1]; *m.Type != schemas.ActivityTypeMoveStage || *m.Operator.ID != 5 || *m.FromStageID != 1 || *m.FromStageName != "初筛" ||
		*m.ToStageID != 2 || *m.ToStageName != "面试" || !m.At.Equal(time.Date(2021, 1, 27, 2, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", m)
	}
}

// TestWhenAnItemWas: the journal's time of its version, else its own; it is when
// the candidate or headcount changed, not the offer or an interview.
func TestWhenAnItemWas(t *testing.T) {
	own, other := at(t, "2021-06-09T06:14:38Z"), at(t, "2020-01-01T00:00:00Z")
	for body, endpoint := range map[string]string{
		`{"basicInfo":{"applicationId":1,"updatedAt":"2021-06-09T06:14:38.000Z","movedAt":5000000000},"offerInfo":{"status":"sent"},"interviewInfo":{"groupInterviewId":1}}`: v2,
		`{"applicationId":1,"moved_at":"2021-06-09 14:14:38"}`:                             moved,
		`{"applicationId":1,"moved_at":"2019-06-09 14:14:38","updatedAt":1623219278000}`:   moved,
		`{"applicationId":1,"updatedAt":1623219278}`:                                       v1,
		`{"id":1,"updatedAt":"2021-06-09T06:14:38.000Z"}`:                                  headcountDetail,
		`{"applicationId":1,"interviewerName":"x","updatedAt":"2021-06-09T06:14:38.000Z"}`: feedbacks,
	} {
		e := item(endpoint, 1, []byte(body))
		for _, want := range []*time.Time{own, other} {
			for i, o := range observeEntry(t, e) {
				if !o.UpdatedAt.Equal(*want) || !o.ReadAt.Equal(arrival) || o.Operator != nil || i == 0 && !o.OccurredAt.Equal(*want) || i > 0 && o.OccurredAt != nil {
					t.Errorf("%s %d: %+v", body, i, o)
				}
			}
			e.UpdatedAt = other
		}
	}
	for body, endpoint := range map[string]string{
		`{"applicationId":1,"moved_at":"2021-06-09 14:14:38"}`:                                 v1,
		`{"createdAt":"2021-06-09 14:14:38","candidates":[{"applicationId":1,"groupId":"1"}]}`: list,
	} {
		if o := observeEntry(t, item(endpoint, 1, []byte(body)))[0]; o.UpdatedAt != nil || o.OccurredAt != nil {
			t.Errorf("%s: %+v", body, o)
		}
	}
}

// TestHeadcounts: the shapes of the feed and the detail.
func TestHeadcounts(t *testing.T) {
	h := observeEntry(t, item(headcountDetail, 1, []byte(`{"ID":"1","orgId":"demo","needNumber":"5","approvalStatus":2,"isGlobal":0,"managerIds":"[1,2]",
		"managerEmails":"a@b.c","startDate":"2022-03-24T16:00:00.000Z","customData":{"1":null,"2":"x","3":[1]},"minSalary":"1.5","jobRanks":{"id":3,"new":1}}`)))[0]
	want := map[string]any{
		"org_id": "demo", "headcount_id": int64(1), "needed": int32(5), "approval_status": schemas.HeadcountApprovalStatusUnknown, "is_global": false,
		"manager_ids": []any{int64(1), int64(2)}, "manager_emails": []any{"a@b.c"}, "start_date": time.Date(2022, 3, 25, 0, 0, 0, 0, time.UTC),
		"custom_data": map[string]string{"2": `"x"`, "3": `[1]`}, "min_salary": "1.5000", "ranks": []any{map[string]any{"id": int64(3)}},
		"extra": map[string]string{"approvalStatus": "2", "jobRanks[0].new": "1"},
	}
	if d := cmp.Diff(want, treeOf(h.Entity)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	for in, kept := range map[string]bool{`"demo"`: false, `"other"`: true, `null`: false, `"other","orgId":"demo"`: false, `5`: true} {
		o := observeEntry(t, item(headcountDetail, 1, []byte(`{"id":1,"orgId":`+in+`}`)))[0]
		if (extraOf(o) != nil) != kept || carries(o, "extra") != kept {
			t.Errorf("orgId %s: extra %v", in, extraOf(o))
		}
	}
}
