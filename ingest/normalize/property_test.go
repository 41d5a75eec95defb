package normalize_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/schemas"
)

// keysOf collects the keys of every object below v.
func keysOf(v any, into map[string]bool) {
	switch v := v.(type) {
	case map[string]any:
		for key, sub := range v {
			into[key] = true
			keysOf(sub, into)
		}
	case []any:
		for _, sub := range v {
			keysOf(sub, into)
		}
	}
}

// anyValue draws JSON of any shape, with keys that Moka uses and others.
func anyValue(keys []string, depth int) *rapid.Generator[any] {
	kinds := []*rapid.Generator[any]{
		rapid.Just[any](nil),
		rapid.Bool().AsAny(),
		rapid.SampledFrom([]any{
			json.Number("0"), json.Number("1"), json.Number("-1"), json.Number("2.50"), json.Number("1505296287"),
			json.Number("1597391796747"), json.Number("1e400"), json.Number("99999999999999999999"),
		}),
		rapid.SampledFrom([]any{
			"", " ", "Male", "男", "2018-5-3", "2018-4-23T09:10:26.000Z", "2019-06-26 21:37:04", "12", "0.5", "true", "是", "pending",
			`[{"id":1,"name":"x"}]`, `["a"]`, "{}", "a\\b\"\n",
		}),
		rapid.StringN(1, 8, -1).AsAny(),
	}
	if depth > 0 {
		kinds = append(kinds,
			rapid.Map(rapid.SliceOfN(anyValue(keys, depth-1), 0, 3), func(v []any) any { return v }),
			rapid.Map(rapid.MapOfN(rapid.OneOf(rapid.SampledFrom(keys), rapid.StringN(0, 6, -1)), anyValue(keys, depth-1), 0, 5),
				func(v map[string]any) any { return v }),
		)
	}
	return rapid.OneOf(kinds...)
}

// says reports whether there is anything in v but nothing in many forms.
func says(v any) bool {
	switch v := v.(type) {
	case nil:
		return false
	case string:
		return v != ""
	case []any:
		return slices.ContainsFunc(v, says)
	case map[string]any:
		return slices.ContainsFunc(slices.Collect(maps.Values(v)), says)
	default:
		return true
	}
}

// repeated reports whether another member has the same value: it may be of the
// same field, which then is no poorer without one of them.
func repeated(members map[string]any, key string) bool {
	for other, v := range members {
		if other != key && reflect.DeepEqual(v, members[key]) {
			return true
		}
	}
	return false
}

// identity are the keys, in lower case, that say what the rest is about.
var identity = []string{
	"applicationid", "applicationids", "interviews", "event_id", "eventid", "event_ids", "eventids",
}

// TestNothingIsLost: whatever a webhook's data holds, each of its members shows:
// without it the observations are others. And all of it is sound.
func TestNothingIsLost(t *testing.T) {
	codec, err := schemas.NewCodec()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range samples[2:4] {
		t.Run(s.event, func(t *testing.T) {
			full := parse(t, s.body(t))["data"].(map[string]any)
			known := map[string]bool{}
			keysOf(full, known)
			keys := slices.Sorted(maps.Keys(known))
			top := slices.Sorted(maps.Keys(full))
			rapid.Check(t, func(rt *rapid.T) {
				drawn := rapid.MapOfN(rapid.OneOf(rapid.SampledFrom(top), rapid.SampledFrom(keys), rapid.StringN(0, 6, -1)),
					anyValue(keys, 4), 1, 8).Draw(rt, "data")
				maps.DeleteFunc(drawn, func(key string, _ any) bool { return slices.Contains(identity, strings.ToLower(key)) })
				data := maps.Clone(drawn)
				whole := map[string]any{"id": "w", "triggeredAt": 1505296287, "data": data}
				in := data // which object has what was drawn
				if s.event == "pushCandidate" {
					data["applicationId"] = s.id
				} else {
					interview := map[string]any{"event_id": "1"}
					if rapid.Bool().Draw(rt, "of the interview") {
						maps.Copy(interview, drawn)
						clear(data)
						in = interview
					}
					data["applicationIds"], data["interviews"] = s.id, []any{interview}
				}
				observed := func() []byte {
					return shown(t, sound(t, codec, entry(s.event, s.id, format(t, whole))))
				}
				before := observed()
				for key, v := range drawn {
					delete(in, key)
					if says(v) && !repeated(drawn, key) && bytes.Equal(before, observed()) {
						rt.Fatalf("%s (%v) is not to be seen in what is observed", key, v)
					}
					in[key] = v
				}
			})
		})
	}
}
