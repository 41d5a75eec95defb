package normalize_test

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// writer puts facts on paper as Moka may: each in one of the forms seen.
type writer struct{ *rapid.T }

func (w writer) one(of ...any) any { return of[rapid.IntRange(0, len(of)-1).Draw(w.T, "form")] }

func (w writer) number(n int64) any { return w.one(n, strconv.FormatInt(n, 10)) }

// when writes a time of whole seconds.
func (w writer) when(t time.Time) any {
	t = t.UTC()
	return w.one(t.UnixMilli(), t.Format("2006-01-02T15:04:05.000Z"), t.Format("2006-1-2T15:04:05.000Z"),
		t.In(china).Format("2006-01-02 15:04:05"), t.In(china).Format("2006-01-02T15:04:05+08:00"), strconv.FormatInt(t.UnixMilli(), 10))
}

// date writes a day, given as midnight UTC.
func (w writer) date(day time.Time) any {
	inChina := day.Add(-8 * time.Hour)
	return w.one(day.Format("2006-01-02"), day.Format("2006-1-2"), day.Format("2006-01-02T15:04:05.000Z"),
		inChina.Format("2006-01-02T15:04:05.000Z"), day.Format("2006-01-02 00:00:00"), inChina.UnixMilli())
}

// list writes a list of one.
func (w writer) list(element any) any { return w.one([]any{element}, element) }

var china = time.FixedZone("", 8*60*60)

// facts are what is the case, in every form that a feed may give it.
type facts struct {
	w             writer
	application   int64
	born, begins  time.Time
	at            [6]time.Time
	words         map[string][]any
	minutes       int64
	person        map[string]any
	texts         map[string]string
	interview     int64
	round, salary int64
}

func drawFacts(t *rapid.T) *facts {
	f := &facts{w: writer{t}, words: map[string][]any{}, texts: map[string]string{}}
	f.application, f.interview = rapid.Int64Range(1, 1<<40).Draw(t, "application"), rapid.Int64Range(1, 1<<40).Draw(t, "interview")
	day := func(name string) time.Time {
		return time.Date(1970, 6, rapid.IntRange(1, 30000).Draw(t, name), 0, 0, 0, 0, time.UTC)
	}
	f.born, f.begins = day("born"), day("begins")
	for i := range f.at {
		f.at[i] = time.Unix(rapid.Int64Range(200_000_000, 4_000_000_000).Draw(t, "at"), 0)
	}
	f.minutes, f.round, f.salary = rapid.Int64Range(1, 600).Draw(t, "minutes"), rapid.Int64Range(1, 9).Draw(t, "round"), rapid.Int64Range(1, 1e6).Draw(t, "salary")
	for name, words := range map[string][][]any{
		"gender":   {{"Male", "男", "male"}, {"Female", "女"}},
		"married":  {{"Single", "未婚", "SINGLE"}, {"Married", "已婚"}},
		"mode":     {{1, "1", "社招"}, {2, "2", "校招"}},
		"stage":    {{201, "201", "Interview", "面试"}, {101, "101", "Offer", "沟通offer"}, {102, "待入职", "To be onboarded"}, {100, "初筛"}},
		"source":   {{1, "主动搜索"}, {2, "2", "主动投递"}},
		"paper":    {{1, "1", "身份证"}, {5, "Passport", "护照"}},
		"offer":    {{"sent", "待接受"}, {"accepted", "已接收"}, {"notCreated", "未创建"}},
		"approval": {{"INPROGRESS", "INPROGRES", "审批中"}, {"APPROVED", "已通过"}},
		"kind":     {{1, "1", "On-site interview", "现场面试"}, {2, "Group interview", "集体面试"}, {4, "Video interview", "视频面试"}},
		"state":    {{"Finished", "已结束", "Closed", 2}, {"unfinished", "未结束", "Open"}, {"Cancelled", "已取消", "Canceled"}},
		"answer":   {{"No feedback", "候选人未反馈", "Candidate No Feedback"}, {"Accepted", "候选人已接受", "Candidate Accepted"}, {"No show", "候选人未到场"}},
		"private":  {{true, 1, "1"}, {false, 0}},
	} {
		f.words[name] = words[rapid.IntRange(0, len(words)-1).Draw(t, name)]
	}
	for _, name := range []string{"name", "title", "department", "parent", "code", "stage", "city", "room", "text"} {
		f.texts[name] = rapid.StringOfN(rapid.RuneFrom([]rune("甲乙丙丁abcXYZ0 ")), 1, 8, -1).Draw(t, name)
	}
	f.person = map[string]any{"name": f.texts["name"], "email": "p@example.com"}
	return f
}

func (f *facts) word(name string) any { return f.w.one(f.words[name]...) }

// who is the person and the application in the keys that all feeds have.
func (f *facts) who() map[string]any {
	return map[string]any{
		"applicationId": f.w.number(f.application), "candidateId": f.w.number(77), "name": f.texts["name"], "gender": f.word("gender"),
		"birthDate": f.w.date(f.born), "married": f.word("married"), "hireMode": f.word("mode"), "sourceType": f.word("source"),
		"certificateType": f.word("paper"), "experience": f.w.number(-1), "stageId": f.w.number(5),
		"sourceList":      f.w.list(map[string]any{"name": f.texts["text"], "isBuiltin": f.word("private")}),
		"educationInfo":   f.w.list(map[string]any{"id": f.w.number(9), "school": f.texts["text"], "startDate": "2010-09"}),
		"customFields":    []any{map[string]any{"name": "甲", "value": []any{1, "二"}, "index": f.w.number(0)}},
		"referrer":        f.person,
		"archived":        f.word("private"),
		"archivedAt":      f.w.when(f.at[0]),
		"graduateDate":    f.w.date(f.begins),
		"idCardFrontList": f.w.one([]any{"a", "b"}, `["a","b"]`),
	}
}

func (f *facts) offerCommon() map[string]any {
	return map[string]any{
		"status": f.word("offer"), "approvalStatus": f.word("approval"), "salaryNumber": f.w.number(f.salary),
		"checkinDate": f.w.date(f.begins), "finishedAt": f.w.when(f.at[1]), "createdAt": f.w.when(f.at[2]), "creator": f.person,
		"hcInfo": map[string]any{"id": f.w.number(8), "number": f.w.number(5), "name": f.texts["text"]},
	}
}

// asV2 is the item of the richest feed.
func (f *facts) asV2() map[string]any {
	basic := f.who()
	maps.Copy(basic, map[string]any{
		"createdAt": f.w.when(f.at[3]), "updatedAt": f.w.when(f.at[4]), "movedAt": f.w.when(f.at[5]), "sourceName": f.texts["text"],
		"owner": f.person, "stage": map[string]any{"id": f.w.number(6), "name": f.texts["stage"], "type": f.word("stage")},
		"remarks": []any{map[string]any{"content": "x", "isPrivate": f.word("private"), "createdAt": f.w.when(f.at[0])}},
	})
	info := map[string]any{"departmentName": f.texts["department"], "departmentCode": f.texts["code"], "departmentPath": f.texts["parent"] + "/" + f.texts["department"]}
	offer := f.offerCommon()
	maps.Copy(offer, map[string]any{
		"applicationId": f.w.number(f.application), "locationString": f.texts["city"], "jobRankName": f.texts["title"], "jobRankLevel": f.w.number(3),
		"department": map[string]any{"departmentName": f.texts["department"], "departmentCode": f.texts["code"], "parentAPICode": "10"},
	})
	return map[string]any{
		"basicInfo": basic, "offerInfo": offer,
		"jobInfo": map[string]any{
			"id": "j", "title": f.texts["title"], "customFields": []any{},
			"department": map[string]any{"info": info, "name": f.w.one(f.texts["parent"], f.texts["department"])},
		},
		"interviewInfo": f.w.list(map[string]any{
			"applicationId": f.application, "groupInterviewId": f.w.number(f.interview), "noInterview": false, "interviewType": f.word("kind"),
			"status": f.word("state"), "candidateAttendStatus": f.word("answer"), "roundId": f.w.number(f.round), "roundName": f.texts["text"],
			"startTime": f.w.when(f.at[0]), "duration": f.w.number(f.minutes), "createAt": f.w.when(f.at[1]), "locationAddress": f.texts["city"],
			"meetingRoomId": f.w.number(4), "meetingRoomName": f.texts["room"], "stageName": f.texts["stage"], "interviewArranger": f.person,
		}),
	}
}

// flat is the data of pushCandidate, and the item of the older feeds.
func (f *facts) flat(v1 bool) map[string]any {
	m := f.who()
	offer := f.offerCommon()
	maps.Copy(offer, map[string]any{
		"location": f.texts["city"], "departmentName": f.texts["department"], "departmentCode": f.texts["code"], "parentDepartmentCode": f.w.number(10),
		"jobRankInfo": map[string]any{"name": f.texts["title"], "level": f.w.number(3)},
	})
	maps.Copy(m, map[string]any{
		"created_at": f.w.when(f.at[3]), "source": f.texts["text"], "owners": f.person, "stageName": f.texts["stage"], "offer": offer,
		"remarks": []any{map[string]any{"content": "x", "is_private": f.word("private"), "created_at": f.w.when(f.at[0])}},
		"job": map[string]any{
			"jobId": "j", "title": f.texts["title"], "department": f.texts["department"], "departmentCode": f.texts["code"],
			"departmentPath": f.texts["parent"] + "/" + f.texts["department"], "customFields": nil,
		},
	})
	if v1 {
		m["moved_at"], m["stageType"] = f.w.when(f.at[5]), f.word("stage")
	}
	return m
}

func (f *facts) asWebhook() map[string]any {
	return map[string]any{"event": "updateInterviewsInfo", "data": map[string]any{
		"applicationIds": f.w.list(f.w.number(f.application)), "interviewType": f.word("kind"), "createTime": f.w.when(f.at[1]), "creator": f.person,
		"interviews": f.w.list(map[string]any{
			"event_id": f.w.number(f.interview), "roundId": f.w.number(f.round), "roundName": f.texts["text"], "startTime": f.w.when(f.at[0]),
			"endTime": f.w.when(f.at[0].Add(time.Duration(f.minutes) * time.Minute)), "roomId": f.w.number(4), "roomName": f.texts["room"],
			"address": map[string]any{"address": f.texts["city"]}, "interviewee": []any{map[string]any{"id": f.w.number(77)}},
		}),
	}}
}

func (f *facts) asListed() map[string]any {
	return map[string]any{
		"type": f.word("kind"), "status": f.word("state"), "startTime": f.w.when(f.at[0]), "duration": f.w.number(f.minutes), "createdAt": f.w.when(f.at[1]),
		"address": f.texts["city"], "roomId": f.w.number(4), "roomName": f.texts["room"], "stageName": f.texts["stage"], "hr": f.person,
		f.w.one("Candidates", "candidates").(string): f.w.list(map[string]any{
			"applicationId": f.w.number(f.application), "groupId": f.w.number(f.interview), "status": f.word("answer"),
		}),
	}
}

// TestFeedsAgree: whichever feed shows an application, the fields that two of
// them carry have the same values.
func TestFeedsAgree(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		f := drawFacts(rt)
		type sight struct {
			feed string
			obs  normalize.Observation
		}
		seen := map[string][]sight{}
		for name, e := range map[string]*schemas.JournalEntry{
			"v2": item(v2, f.application, format(t, f.asV2())), "v1": item(v1, f.application, format(t, f.flat(true))),
			"moved": item(moved, f.application, format(t, f.flat(true))),
			"push":  entry("pushCandidate", f.application, format(t, map[string]any{"data": f.flat(false)})),
			"hook":  entry("updateInterviewsInfo", f.application, format(t, f.asWebhook())),
			"list":  item(list, f.application, format(t, f.asListed())),
		} {
			for _, o := range observeEntry(t, e) {
				if x := extraOf(o); len(x) > 0 {
					rt.Fatalf("%s: extra %v", name, x)
				}
				key := fmt.Sprintf("%T", o.Entity)
				if i, ok := o.Entity.(*schemas.Interview); ok {
					key += i.InterviewID
				}
				seen[key] = append(seen[key], sight{name, o})
			}
		}
		if len(seen) != 3 {
			rt.Fatalf("%d entities: %v", len(seen), slices.Collect(maps.Keys(seen)))
		}
		for key, all := range seen {
			for i, a := range all {
				for _, b := range all[i+1:] {
					for _, d := range disagreements(a.obs, b.obs) {
						rt.Errorf("%s: %s and %s have %s", key, a.feed, b.feed, d)
					}
				}
			}
		}
	})
}

// apart are fields that feeds show in other ways; the package comment tells how.
var apart = []string{"interviewees", "interviewers", "extra"}

// disagreements are the values that two observations of an entity both show but
// not alike, and the plain fields that only one of them fills.
func disagreements(a, b normalize.Observation) (found []string) {
	x, y := treeOf(a.Entity), treeOf(b.Entity)
	for _, field := range a.Carries {
		if !carries(b, field) || slices.Contains(apart, field) {
			continue
		}
		if (x[field] == nil) != (y[field] == nil) {
			found = append(found, fmt.Sprintf("%s: %v and %v", field, x[field], y[field]))
		}
		left, right := leaves(x[field]), leaves(y[field])
		for path, v := range left {
			if other, ok := right[path]; ok && v != other {
				found = append(found, fmt.Sprintf("%s%s: %v and %v", field, path, v, other))
			}
		}
	}
	return found
}
