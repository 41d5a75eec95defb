package webhook_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mokafka/mokafka/ingest/webhook"
)

func TestEnvelopeOfSamples(t *testing.T) {
	triggered := time.Date(2017, 9, 13, 9, 51, 27, 0, time.UTC)
	const id = "f353e5ce-17e0-4783-bee4-4a6b734b20fe"
	for name, want := range map[string]webhook.Envelope{
		"webhook_pushCandidate.json": {
			ID: id, Event: "pushCandidate", TriggeredAt: triggered, Applications: []int64{12798}, Candidate: 8030,
		},
		"webhook_createInterviewsInfo.json": {
			ID: id, Event: "createInterviewsInfo", TriggeredAt: triggered, Applications: []int64{200006263},
		},
	} {
		wantEnvelope(t, name, string(sample(t, name)), want)
		wantEnvelope(t, name+", compact", string(compact(t, sample(t, name))), want)
	}
}

func wantEnvelope(t *testing.T, name, body string, want webhook.Envelope) {
	t.Helper()
	got, err := webhook.ReadEnvelope([]byte(body), nil)
	if err != nil {
		t.Errorf("%s: %v", name, err)
	} else if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(webhook.Envelope{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s: (-want +got)\n%s", name, diff)
	}
}

func TestEnvelopeForms(t *testing.T) {
	at := time.Date(2017, 9, 13, 9, 51, 27, 0, time.UTC)
	for body, want := range map[string]webhook.Envelope{
		`{}`:                   {},
		` {"id":"a"} ` + "\n":  {ID: "a"},
		`{"id":12}`:            {ID: "12"},
		`{"id":" a "}`:         {ID: "a"},
		`{"id":null}`:          {},
		`{"id":["a"]}`:         {},
		`{"id":true}`:          {},
		`{"id":"a","id":"b"}`:  {ID: "b"},
		`{"id":"a","ID":null}`: {},
		`{"ID":"a","Event":"b","TriggeredAt":1505296287,"DATA":{"ApplicationId":3,"CandidateID":4}}`: {
			ID: "a", Event: "b", TriggeredAt: at, Applications: []int64{3}, Candidate: 4},
		// Other keys, which nobody downstream reads either.
		`{"_id":"a","i-d":"b","triggered_at":1505296287,"data":{"application_id":3,"application-ids":[3],"candidate-id":4}}`: {},
		`{"id":"a","_id":"b","data":{"applicationId":3,"application_id":4}}`:                                                 {ID: "a", Applications: []int64{3}},
		`{"\u0069d":"a","i\u0064\u0064":"b"}`:                                                                                {ID: "a"},
		`{"data":{"id":7,"event":"x","extra":{"applicationId":9}}}`:                                                          {},
		`{"id":"` + "\xff" + `"}`: {ID: "\uFFFD"},
		`{"id":"\ud800"}`:         {ID: "\uFFFD"},

		`{"data":{"applicationId":"3"}}`:                                                       {Applications: []int64{3}},
		`{"data":{"applicationId":3.0}}`:                                                       {Applications: []int64{3}},
		`{"data":{"applicationId":3.5}}`:                                                       {},
		`{"data":{"applicationId":-3}}`:                                                        {},
		`{"data":{"applicationId":"+3"}}`:                                                      {},
		`{"data":{"applicationId":"03"}}`:                                                      {},
		`{"data":{"applicationId":"0x1p4"}}`:                                                   {},
		`{"data":{"applicationId":1e3}}`:                                                       {},
		`{"data":{"applicationId":"3.0.0"}}`:                                                   {},
		`{"data":{"applicationId":0}}`:                                                         {},
		`{"data":{"applicationId":1e300}}`:                                                     {},
		`{"data":{"applicationId":"NaN"}}`:                                                     {},
		`{"data":{"applicationId":""}}`:                                                        {},
		`{"data":{"applicationId":"abc"}}`:                                                     {},
		`{"data":{"applicationId":[3]}}`:                                                       {Applications: []int64{3}},
		`{"data":{"applicationId":9007199254740993}}`:                                          {Applications: []int64{9007199254740993}},
		`{"data":{"applicationIds":[1,"2",null,[4],{"id":5},1,3]}}`:                            {Applications: []int64{1, 2, 3}},
		`{"data":{"applicationIds":7}}`:                                                        {Applications: []int64{7}},
		`{"data":{"applicationIds":"[26,\"43\"]"}}`:                                            {Applications: []int64{26, 43}},
		`{"data":{"applicationIds":"[26,43"}}`:                                                 {},
		`{"data":{"applicationIds":[]}}`:                                                       {},
		`{"data":{"interviews":[{"applicationIds":[1]},{"applicationIds":[2,1]},null,[],3]}}`:  {Applications: []int64{1, 2}},
		`{"data":{"interviews":{"applicationIds":4}}}`:                                         {Applications: []int64{4}},
		`{"data":{"applicationId":5,"applicationIds":[6],"interviews":[{"applicationId":7}]}}`: {Applications: []int64{5, 6, 7}},
		`{"data":{"applicationId":5},"data":{"applicationId":6}}`:                              {Applications: []int64{6}},
		`{"data":{"applicationId":5},"data":null}`:                                             {},
		`{"data":{"applicationId":5},"data":"00"}`:                                             {},
		`{"data":[{"applicationId":5}]}`:                                                       {},
	} {
		wantEnvelope(t, body, body, want)
	}
}

func TestTriggeredAtForms(t *testing.T) {
	at := time.Date(2017, 9, 13, 9, 51, 27, 0, time.UTC)
	for text, want := range map[string]time.Time{
		`1505296287`:                  at,
		`"1505296287"`:                at,
		`1505296287.5`:                at.Add(500 * time.Millisecond),
		`1505296287123`:               at.Add(123 * time.Millisecond),
		`"2017-09-13T09:51:27.123Z"`:  at.Add(123 * time.Millisecond),
		`"2017-09-13T17:51:27+08:00"`: at,
		`"2017-09-13 17:51:27"`:       at,
		`"2017-09-13T17:51:27"`:       at,
		`0`:                           {}, `-1`: {}, `1e15`: {}, `1e400`: {}, `"NaN"`: {}, `"Inf"`: {}, `"yesterday"`: {}, `""`: {}, `null`: {},
		`{"at":1505296287}`: {}, `"0001-01-01 00:00:00"`: {},
	} {
		wantEnvelope(t, text, `{"triggeredAt":`+text+`}`, webhook.Envelope{TriggeredAt: want})
	}
	env, err := webhook.ReadEnvelope([]byte(`{"triggeredAt":"2017-09-13 09:51:27"}`), time.UTC)
	if err != nil || !env.TriggeredAt.Equal(at) {
		t.Errorf("in UTC: %v, %v", env.TriggeredAt, err)
	}
}

func TestNoEnvelope(t *testing.T) {
	for body, want := range map[string]error{
		``: webhook.ErrNotJSON, ` `: webhook.ErrNotJSON, `{`: webhook.ErrNotJSON, `{"id":}`: webhook.ErrNotJSON,
		`{"id":"a"}x`: webhook.ErrNotJSON, `{"id":"a"}{}`: webhook.ErrNotJSON, `{"data":{"x":[1,}}`: webhook.ErrNotJSON,
		`{"data":{"applicationIds":[1}}`: webhook.ErrNotJSON, "\xef\xbb\xbf{}": webhook.ErrNotJSON, `{'id':1}`: webhook.ErrNotJSON,
		`{"id":"a",}`: webhook.ErrNotJSON, `[1}`: webhook.ErrNotJSON, `payload=1`: webhook.ErrNotJSON,
		`[]`: webhook.ErrNotObject, `"x"`: webhook.ErrNotObject, `1`: webhook.ErrNotObject, `null`: webhook.ErrNotObject,
	} {
		if _, err := webhook.ReadEnvelope([]byte(body), nil); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", body, err, want)
		}
	}
}

func TestManyApplications(t *testing.T) {
	list := func(n int) string {
		ids := make([]string, 2*n)
		for i := range ids {
			ids[i] = strconv.Itoa(i%n%(webhook.MaxApplications+500) + 1) // each twice
		}
		return `{"data":{"applicationIds":[` + strings.Join(ids, ",") + `]}}`
	}
	for n, want := range map[int]int{
		15: 15, 16: 16, 17: 17, webhook.MaxApplications: webhook.MaxApplications,
		webhook.MaxApplications + 400: webhook.MaxApplications + 1, 300_000: webhook.MaxApplications + 1,
	} {
		env, err := webhook.ReadEnvelope([]byte(list(n)), nil)
		if err != nil || len(env.Applications) != want {
			t.Errorf("%d ids: read %d, %v", n, len(env.Applications), err)
		}
	}
}

// FuzzReadEnvelope: it refuses what is not JSON and nothing else, agrees with
// the standard library where that has an opinion, and knows where data stands.
func FuzzReadEnvelope(f *testing.F) {
	f.Add(sample(f, "webhook_pushCandidate.json"))
	f.Add(sample(f, "webhook_createInterviewsInfo.json"))
	f.Add([]byte(`{"id":1,"data":"00","ID":"2","data":{"applicationIds":"[1,2]","interviews":{"applicationIds":3}}}`))
	f.Add([]byte(`{"data":"\u0030"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		env, err := webhook.ReadEnvelope(body, nil)
		lenient := []jsontext.Options{jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)}
		if valid := jsontext.Value(body).IsValid(lenient...); valid == errors.Is(err, webhook.ErrNotJSON) {
			t.Fatalf("%v, but valid is %t", err, valid)
		}
		if err != nil {
			return
		}
		for _, id := range env.Applications {
			if id <= 0 {
				t.Fatalf("application %d", id)
			}
		}
		if spliced, ok := env.Splice(body, []byte(`{"applicationId":4711}`)); ok {
			again, err := webhook.ReadEnvelope(spliced, nil)
			if err != nil || !cmp.Equal(again.Applications, []int64{4711}) || again.ID != env.ID {
				t.Fatalf("spliced to %q: %v, %v", spliced, again, err)
			}
		}
		var exact struct {
			ID *string `json:"id"`
		}
		unique := jsontext.Value(body).IsValid() && bytes.Count(bytes.ToLower(body), []byte(`id`)) == 1
		if unique && json.Unmarshal(body, &exact) == nil && exact.ID != nil && strings.TrimSpace(*exact.ID) != env.ID {
			t.Fatalf("id %q, the standard library says %q", env.ID, *exact.ID)
		}
	})
}

func BenchmarkReadEnvelope(b *testing.B) {
	for name, body := range map[string][]byte{"push": pushSample(b), "interview": interviewSample(b)} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := webhook.ReadEnvelope(body, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
