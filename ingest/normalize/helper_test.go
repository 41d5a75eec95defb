package normalize_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

var arrival = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// entry is a webhook as the door journals it.
func entry(event string, application int64, body []byte) *schemas.JournalEntry {
	return &schemas.JournalEntry{
		EntryID: "wh:1", OrgID: "demo", Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest",
		Event: &event, ApplicationID: &application, ReceivedAt: arrival,
		ContentType: "application/json", Body: body,
	}
}

// sample is a webhook, or an item that was polled, of testdata.
type sample struct {
	name, event string
	// id is the application's, or the headcount's.
	id       int64
	endpoint string // "" of a webhook
	// untyped are the places that Moka documents or shows, but for which no
	// schema has a field: they stay in extra.
	untyped string
}

var samples = []sample{
	{name: "webhook_pushCandidate", event: "pushCandidate", id: 12798},
	{name: "webhook_createInterviewsInfo", event: "createInterviewsInfo", id: 200006263},
	{name: "full_pushCandidate", event: "pushCandidate", id: 12798},
	{name: "full_updateInterviewsInfo", event: "updateInterviewsInfo", id: 200006263},

	{name: "v2_application", endpoint: v2, id: 200012943},
	{name: "full_v2_application", endpoint: v2, id: 200012943, untyped: "customstyleAttachments.type"},
	{name: "v1_application_1", endpoint: v1, id: 47151744, untyped: oddOnes},
	{name: "v1_application_2", endpoint: v1, id: 47168265, untyped: oddOnes},
	{name: "full_v1_application", endpoint: v1, id: 12798},
	{name: "moved_application_1", endpoint: moved, id: 23191, untyped: oddOnes},
	{name: "moved_application_2", endpoint: moved, id: 44803, untyped: oddOnes},
	{name: "moved_applications_1", endpoint: "v1/data/moved_applications", id: 23191, untyped: oddOnes},
	{name: "moved_applications_2", endpoint: "v1/data/moved_applications", id: 44803, untyped: oddOnes},
	{name: "full_moved_application", endpoint: moved, id: 12798},
	{name: "headcount_feed_1", endpoint: "v1/data/headcounts", id: 367824, untyped: "orgId"},
	{name: "headcount_feed_2", endpoint: "v1/data/headcounts", id: 180790, untyped: "orgId"},
	{name: "headcount_detail_1", endpoint: headcountDetail, id: 1, untyped: "orgId"},
	{name: "headcount_detail_2", endpoint: headcountDetail, id: 1, untyped: "orgId"},
	{name: "headcount_detail_3", endpoint: headcountDetail, id: 1, untyped: "orgId"},
	{name: "full_headcount", endpoint: headcountDetail, id: 1, untyped: "orgId"},
	{name: "listed_interview_1", endpoint: list, id: 1022, untyped: "id"},
	{name: "listed_interview_2", endpoint: list, id: 1022},
	{name: "full_listed_interview", endpoint: list, id: 1022, untyped: "id jobs jobs[0].mjCode"},
	{name: "feedback", endpoint: feedbacks, id: 1},
	{name: "full_feedback", endpoint: feedbacks, id: 1, untyped: "result"},
}

const (
	v2              = "v2/data/ehrApplications"
	v1              = "v1/data/ehrApplications"
	moved           = "v1/data/movedApplications"
	headcountDetail = "v1/headcount"
	list            = "v1/interviews"
	feedbacks       = "v1/data/interviewer_feedbacks"

	// oddOnes are in samples of the older feeds, not in their tables.
	oddOnes = "campus_site_name departmentCode parentDepartmentCode " +
		"educationInfo[].startTime educationInfo[].endTime experienceInfo[].startTime experienceInfo[].endTime " +
		"projectInfo[].startTime projectInfo[].endTime"
)

func (s sample) polled() bool { return s.endpoint != "" }

// isUntyped reports whether the place of that name stays in extra.
func (s sample) isUntyped(name string) bool {
	name = indices.ReplaceAllString(name, "[]")
	return slices.Contains(strings.Fields(indices.ReplaceAllString(s.untyped, "[]")), name)
}

var indices = regexp.MustCompile(`\[\d+\]`)

func (s sample) body(t testing.TB) []byte {
	t.Helper()
	return file(t, s.name+".json")
}

// entry is the journal entry that holds body.
func (s sample) entry(body []byte) *schemas.JournalEntry {
	if !s.polled() {
		return entry(s.event, s.id, body)
	}
	return item(s.endpoint, s.id, body)
}

// item is what a poll journals of the application or headcount id.
func item(endpoint string, id int64, body []byte) *schemas.JournalEntry {
	e := &schemas.JournalEntry{
		EntryID: "poll:1", OrgID: "demo", Channel: schemas.ChannelPoll, Endpoint: endpoint,
		ReceivedAt: arrival, ContentType: "application/json", Body: body,
	}
	if strings.Contains(endpoint, "headcount") {
		e.HeadcountID = &id
	} else {
		e.ApplicationID = &id
	}
	return e
}

// observe normalizes body as what s is.
func (s sample) observe(t testing.TB, body []byte) []normalize.Observation {
	t.Helper()
	all, err := normalize.Entry(s.entry(body), normalize.Options{})
	if err != nil {
		t.Fatalf("%s: %v\n%s", s.name, err, body)
	}
	return all
}

// observe normalizes body, which must be readable.
func observe(t testing.TB, event string, application int64, body string) []normalize.Observation {
	t.Helper()
	return sample{name: "inline", event: event, id: application}.observe(t, []byte(body))
}

// push normalizes a pushCandidate of application 1 whose data has the given
// members too, and returns its candidate.
func push(t testing.TB, members string) *schemas.Candidate {
	t.Helper()
	return pushOf(t, members)[0].Entity.(*schemas.Candidate)
}

func pushOf(t testing.TB, members string) []normalize.Observation {
	t.Helper()
	if members != "" {
		members = "," + members
	}
	return observe(t, "pushCandidate", 1, `{"id":"w","event":"pushCandidate","data":{"applicationId":1`+members+`}}`)
}

// shown is an observation for people: what is empty is left out.
func shown(t testing.TB, all []normalize.Observation) []byte {
	t.Helper()
	list := make([]any, 0, len(all))
	for _, o := range all {
		list = append(list, map[string]any{
			"act": []string{"Seen", "Pushed", "Gone"}[o.Act], "feed": o.Feed, "entity": fmt.Sprintf("%T", o.Entity),
			"carries": o.Carries, "occurred_at": o.OccurredAt, "updated_at": o.UpdatedAt, "read_at": o.ReadAt,
			"operator": tree(reflect.ValueOf(o.Operator)), "value": tree(reflect.ValueOf(o.Entity)),
		})
	}
	out, err := json.MarshalIndent(list, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	return append(out, '\n')
}

// tree is v by Avro names, without what is empty.
func tree(v reflect.Value) any {
	switch x := v.Interface().(type) {
	case time.Time:
		return x
	case *big.Rat:
		if x == nil {
			return nil
		}
		return x.FloatString(4)
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return tree(v.Elem())
	case reflect.Struct:
		fields := map[string]any{}
		for i := range v.NumField() {
			if sub := tree(v.Field(i)); sub != nil {
				fields[v.Type().Field(i).Tag.Get("avro")] = sub
			}
		}
		return fields
	case reflect.Slice:
		var list []any
		for i := range v.Len() {
			list = append(list, tree(v.Index(i)))
		}
		if list == nil {
			return nil
		}
		return list
	case reflect.Map:
		if v.Len() == 0 {
			return nil
		}
	default:
	}
	return v.Interface()
}

func treeOf(e normalize.Entity) map[string]any {
	return tree(reflect.ValueOf(e).Elem()).(map[string]any)
}
