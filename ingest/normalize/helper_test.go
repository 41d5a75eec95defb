package normalize_test

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"reflect"
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

// sample is a webhook of testdata.
type sample struct {
	name, event string
	application int64
}

var samples = []sample{
	{"webhook_pushCandidate", "pushCandidate", 12798},
	{"webhook_createInterviewsInfo", "createInterviewsInfo", 200006263},
	{"full_pushCandidate", "pushCandidate", 12798},
	{"full_updateInterviewsInfo", "updateInterviewsInfo", 200006263},
}

func (s sample) body(t testing.TB) []byte {
	t.Helper()
	body, err := os.ReadFile(filepath.Join("testdata", s.name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// observe normalizes body as the webhook s.
func (s sample) observe(t testing.TB, body []byte) []normalize.Observation {
	t.Helper()
	all, err := normalize.Entry(entry(s.event, s.application, body), normalize.Options{})
	if err != nil {
		t.Fatalf("%s: %v\n%s", s.name, err, body)
	}
	return all
}

// observe normalizes body, which must be readable.
func observe(t testing.TB, event string, application int64, body string) []normalize.Observation {
	t.Helper()
	return sample{"inline", event, application}.observe(t, []byte(body))
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
