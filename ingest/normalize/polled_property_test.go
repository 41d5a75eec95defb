package normalize_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// places of an item are where its members are drawn: the object that is filled,
// within the smallest item that has it.
var places = map[string]func(drawn map[string]any) (endpoint string, whole map[string]any){
	"basicInfo": func(drawn map[string]any) (string, map[string]any) {
		drawn["applicationId"] = 1
		return v2, map[string]any{"basicInfo": drawn}
	},
	"an item":       beside(""),
	"offerInfo":     beside("offerInfo"),
	"examInfo":      beside("examInfo"),
	"shigongInfo":   beside("shigongInfo"),
	"jobInfo":       beside("jobInfo"),
	"activities":    beside("activities"),
	"interviewInfo": beside("interviewInfo"),
	"v1": func(drawn map[string]any) (string, map[string]any) {
		drawn["applicationId"] = 1
		return v1, drawn
	},
	"headcount": func(drawn map[string]any) (string, map[string]any) {
		drawn["id"] = 1
		return headcountDetail, drawn
	},
	"listed": func(drawn map[string]any) (string, map[string]any) {
		drawn["candidates"] = map[string]any{"applicationId": 1, "groupId": 1}
		return list, drawn
	},
	"feedback": func(drawn map[string]any) (string, map[string]any) {
		drawn["applicationId"] = 1
		return feedbacks, drawn
	},
}

func beside(part string) func(map[string]any) (string, map[string]any) {
	return func(drawn map[string]any) (string, map[string]any) {
		whole := map[string]any{}
		if part == "" {
			whole = drawn
		} else {
			whole[part] = drawn
		}
		whole["basicInfo"] = map[string]any{"applicationId": 1}
		return v2, whole
	}
}

// whose are the keys, in lower case, that say what the rest is about, or that are
// not drawn because they are a part of their own.
var whose = []string{"applicationid", "id", "orgid", "candidates", "basicinfo", "offerinfo", "examinfo", "shigonginfo"}

// TestNothingOfAnItemIsLost: whatever an item holds, each of its members shows:
// without it the observations are others. And all of it is sound.
func TestNothingOfAnItemIsLost(t *testing.T) {
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	for _, s := range samples {
		if strings.HasPrefix(s.name, "full_") && s.polled() {
			keysOf(parse(t, s.body(t)), known)
		}
	}
	keys := slices.Sorted(maps.Keys(known))
	for name, put := range places {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				drawn := rapid.MapOfN(rapid.OneOf(rapid.SampledFrom(keys), rapid.StringN(0, 6, -1)), anyValue(keys, 4), 1, 8).Draw(rt, "data")
				once := map[string]bool{}
				for _, key := range slices.Sorted(maps.Keys(drawn)) {
					lower := strings.ToLower(key)
					if once[lower] || slices.Contains(whose, lower) { // the mapper takes one key in two cases for one
						delete(drawn, key)
					}
					once[lower] = true
				}
				members := maps.Clone(drawn)
				endpoint, whole := put(drawn)
				observed := func() []byte { return shown(t, sound(t, codec, item(endpoint, 1, format(t, whole)))) }
				before := observed()
				for key, v := range members {
					delete(drawn, key)
					if says(v) && !repeated(members, key) && bytes.Equal(before, observed()) {
						rt.Fatalf("%s (%v) is not to be seen in what is observed", key, v)
					}
					drawn[key] = v
				}
			})
		})
	}
}

func fuzzItem(f *testing.F, endpoint string, bodies ...string) {
	f.Helper()
	for _, s := range samples {
		if s.endpoint == endpoint {
			f.Add(s.id, s.body(f))
		}
	}
	for _, body := range bodies {
		f.Add(int64(1), []byte(body))
	}
	codec, err := schemas.NewCodec()
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, id int64, body []byte) { sound(t, codec, item(endpoint, id, body)) })
}

func FuzzApplicationV2(f *testing.F) {
	fuzzItem(f, v2, `{"basicInfo":{"applicationId":1,"x":"\ud800`+"\xff"+`"},"basicInfo":{"applicationId":[1]},"examInfo":[{"exams":{}}],"examInfo":1,
		"offerInfo":[null,{"applicationId":2}],"interviewInfo":"[{\"startTime\":0,\"duration\":-1},{\"groupInterviewId\":[1]},[]]","applicationId":"1"}`)
}

func FuzzApplicationV1(f *testing.F) {
	fuzzItem(f, v1, `{"applicationId":1,"offer":[],"offer":{"applicationId":1,"department":{"name":"a","info":{}},"departmentName":"b"},"stageType":"?"}`)
}

func FuzzMovedApplication(f *testing.F) {
	fuzzItem(f, moved, `{"applicationId":1,"moved_at":"2019-1-1","customAttachmentList":{"":[{}]}}`)
}

func FuzzHeadcountFeed(f *testing.F) {
	fuzzItem(f, "v1/data/headcounts", `{"id":1,"orgId":5,"orgId":"demo"}`)
}

func FuzzHeadcount(f *testing.F) {
	fuzzItem(f, headcountDetail, `{"id":"1","customData":[{"a":1,"a":null,"b":{}},{}],"connectedJobs":[null,{"x":1}],"minSalary":"1e9"}`)
}

func FuzzListedInterview(f *testing.F) {
	fuzzItem(f, list, `{"Candidates":"[{\"applicationId\":1,\"groupId\":\"\\ud800\"},5,{}]","startTime":"9999-12-31","duration":1500}`)
}

func FuzzInterviewerFeedback(f *testing.F) {
	fuzzItem(f, feedbacks, `{"applicationId":1,"round":"x","interviewerName":[],"feedbackTemplateResult":"[]","updatedAt":1}`)
}

// TestSoundness of every sample, as the fuzz targets check it.
func TestSoundness(t *testing.T) {
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples {
		if len(sound(t, codec, s.entry(s.body(t)))) == 0 {
			t.Errorf("%s: nothing is observed", s.name)
		}
	}
}

// BenchmarkApplicationV2 is the documented item as it travels, with an offer and
// five interviews.
func BenchmarkApplicationV2(b *testing.B) { benchmarkItem(b, "v2_application", v2, 200012943) }

// BenchmarkHeadcount is the documented detail.
func BenchmarkHeadcount(b *testing.B) { benchmarkItem(b, "headcount_detail_1", headcountDetail, 1) }

func benchmarkItem(b *testing.B, name, endpoint string, id int64) {
	b.Helper()
	body, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		b.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, body); err != nil {
		b.Fatal(err)
	}
	e := item(endpoint, id, compact.Bytes())
	b.SetBytes(int64(compact.Len()))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := normalize.Entry(e, normalize.Options{}); err != nil {
			b.Fatal(err)
		}
	}
}
