package normalize_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/ingest/normalize"
)

// node is a place in a sample.
type node struct {
	path []any // keys and indices
	in   any   // the object or list it stands in
}

func (n node) last() any { return n.path[len(n.path)-1] }

// place is the path of n in s as extra has it: relative to the item or to data,
// without the index of what is an entity of its own.
func (s sample) place(n node) string {
	var b strings.Builder
	path := n.path
	switch {
	case s.polled():
	case path[0] == "data":
		path = path[1:]
	default:
		b.WriteString("$")
	}
	for i, step := range path {
		switch step := step.(type) {
		case int:
			if i == 1 && (path[0] == "interviews" || path[0] == "interviewInfo") {
				b.WriteString("[]")
			} else {
				fmt.Fprintf(&b, "[%d]", step)
			}
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
			}
			if step == "Candidates" {
				step = "candidates" // the mapper knows it as this
			}
			b.WriteString(step)
		}
	}
	return b.String()
}

func (n node) get() any {
	switch in := n.in.(type) {
	case map[string]any:
		return in[n.last().(string)]
	default:
		return in.([]any)[n.last().(int)]
	}
}

func (n node) set(v any) {
	switch in := n.in.(type) {
	case map[string]any:
		in[n.last().(string)] = v
	default:
		in.([]any)[n.last().(int)] = v
	}
}

// walk calls visit for each value below v, leaves and others.
func walk(v any, path []any, visit func(node)) {
	step := func(in, key, sub any) {
		n := node{append(path[:len(path):len(path)], key), in}
		visit(n)
		walk(sub, n.path, visit)
	}
	switch v := v.(type) {
	case map[string]any:
		for key, sub := range v {
			step(v, key, sub)
		}
	case []any:
		for i, sub := range v {
			step(v, i, sub)
		}
	}
}

func parse(t testing.TB, body []byte) map[string]any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(body))
	d.UseNumber()
	var root map[string]any
	if err := d.Decode(&root); err != nil {
		t.Fatal(err)
	}
	return root
}

func format(t testing.TB, root any) []byte {
	t.Helper()
	body, err := json.Marshal(root)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

const marker = "标记 ✓"

// otherWord gives another word of the same enum.
var otherWord = map[string]string{
	"Male": "Female", "Female": "Male", "女": "男", "Single": "Married", "CIVILUNION": "ENGAGED", "已婚": "未婚",
	"UNINITIATED": "APPROVED", "APPROVED": "REJECTED", "INPROGRES": "RECALLED", "INPROGRESS": "RECALLED",
	"pending": "sent", "sent": "accepted", "accepted": "rejected", "open": "closed", "closed": "open",
	"Candidate_UPLOAD_ATTACHMENT": "UPLOAD_PORTRAIT", "HR_UPLOAD_ATTACHMENT": "UPLOAD_PORTRAIT",
	"On-site interview": "Phone interview", "Video interview": "Phone interview", "Phone interview": "Video interview",
	"Group interview": "Video interview", "No feedback": "No show", "No show": "Accepted", "Accepted": "Rejected",
	"Rejected": "Accepted", "候选人已接受": "候选人已拒绝",
	"unfinished": "Finished", "Finished": "Cancelled", "Cancelled": "unfinished", "已结束": "未结束",
	"evaluation": "exam", "exam": "evaluation", "true": "false", "ADD_Candidate": "MOVE_STAGE", "MOVE_STAGE": "ADD_CANDIDATE",
	"101": "201",
}

// otherNumber is of those numbers that stand for words.
var otherNumber = map[string]map[json.Number]json.Number{
	"is_private": {"1": "0"}, "isBuiltin": {"0": "1", "1": "0"}, "isGlobal": {"0": "1", "1": "0"},
	"hireMode": {"1": "2", "2": "1"}, "attachmentType": {"2": "1"}, "sourceType": {"2": "3"},
	"invitationUpdateStatus": {"2": "1"}, "approvalStatus": {"3": "4"}, "interviewType": {"4": "3"},
	"type": {"2": "1", "101": "201"}, "operationType": {"2": "3"}, "stageType": {"200": "201"},
}

var date = regexp.MustCompile(`^(\d{4})-\d{1,2}-\d{1,2}`)

// others returns values unlike v, one of which suits the same field.
func others(n node, v any) []any {
	switch v := v.(type) {
	case nil:
		return []any{marker, json.Number("2"), json.Number("1597391796747"), true, map[string]any{"name": marker},
			[]any{map[string]any{"name": marker}}, "Accepted", "Finished", "Married", "Male", map[string]any{"location": marker},
			map[string]any{"number": marker}, map[string]any{"items": []any{map[string]any{"title": marker}}},
			map[string]any{"shigongs": []any{map[string]any{"location": marker}}}, []any{map[string]any{"label": marker}},
			[]any{map[string]any{"assigneeId": json.Number("3")}}, map[string]any{"departmentName": marker},
			[]any{map[string]any{"title": marker}}}
	case bool:
		return []any{!v}
	case json.Number:
		if other, ok := otherNumber[fmt.Sprint(n.last())][v]; ok {
			return []any{other}
		}
		if f, err := v.Float64(); err == nil && strings.Contains(v.String(), ".") {
			return []any{json.Number(strconv.FormatFloat(f+1, 'f', -1, 64))}
		}
		i, _ := v.Int64()
		return []any{json.Number(strconv.FormatInt(i+1, 10))}
	case string:
		if word, ok := otherWord[v]; ok {
			return []any{word}
		}
		if date.MatchString(v) {
			return []any{"1999" + v[4:]}
		}
		if i, err := strconv.ParseInt(v, 10, 64); err == nil && v[0] != '0' {
			return []any{strconv.FormatInt(i+1, 10), marker}
		}
		if f, err := strconv.ParseFloat(v, 64); err == nil && v[0] != '0' {
			return []any{strconv.FormatFloat(f+1, 'f', -1, 64), marker}
		}
		return []any{marker}
	case []any:
		if len(v) == 0 { // an empty list
			return []any{[]any{map[string]any{"name": marker}}, []any{map[string]any{"title": marker}},
				[]any{map[string]any{"school": marker}}, []any{map[string]any{"language": marker}},
				[]any{map[string]any{"awardName": marker}}, []any{json.Number("3")}}
		}
	}
	return nil
}

// journaled are the leaves that the entry itself holds, so that the mapper reads
// them for nothing, and those that say which application the webhook is about.
var journaled = regexp.MustCompile(`^(\$\.(id|event)|(basicInfo\.)?applicationId|applicationIds\[0\]|` +
	`interviews\[\]\.applicationIds\[0\]|candidates\[0\]\.applicationId)$`)

// saidTwice are what Moka documents in two places, of which the other then goes
// to extra.
var saidTwice = regexp.MustCompile(`^basicInfo\.pipeline(\.id|Id)$`)

// repeats are where an item repeats the application's id; another one is kept.
var repeats = regexp.MustCompile(`^(offerInfo|interviewInfo\[\]|examInfo|shigongInfo)\.applicationId$`)

// skips reports whether the leaf of that name says who the item is of.
func (s sample) skips(name string) bool {
	return journaled.MatchString(name) || name == "id" && strings.Contains(s.endpoint, "headcount")
}

// TestEveryLeafIsTyped changes each value of each sample, one at a time, to
// another that suits it, and demands that the observation changes with it, in a
// typed field that the observation says it speaks for.
func TestEveryLeafIsTyped(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			body := s.body(t)
			before := s.observe(t, body)
			leaves := 0
			root := parse(t, body)
			walk(root, nil, func(n node) {
				old := n.get()
				values := others(n, old)
				if values == nil || s.skips(s.place(n)) || saidTwice.MatchString(s.place(n)) {
					return
				}
				leaves++
				var faults []string
				for _, other := range values {
					n.set(other)
					faults = s.changedBy(t, s.place(n), other, before, s.observe(t, format(t, root)))
					if faults == nil {
						break
					}
				}
				n.set(old)
				for _, fault := range faults {
					t.Errorf("%s: %s", s.place(n), fault)
				}
			})
			if least := map[string]int{
				"pushCandidate": 200, "createInterviewsInfo": 20, "updateInterviewsInfo": 30,
				v2: 300, v1: 80, moved: 50, headcountDetail: 30, list: 20, feedbacks: 20,
			}[s.event+s.endpoint]; leaves < least {
				t.Errorf("walked %d leaves only", leaves)
			}
		})
	}
}

// changedBy says what is wrong with the observations after a leaf got another
// value.
func (s sample) changedBy(t *testing.T, place string, value any, before, after []normalize.Observation) (faults []string) {
	t.Helper()
	now := shown(t, after)
	if bytes.Equal(now, shown(t, before)) {
		faults = append(faults, "changing it changes nothing")
	}
	if value == marker && !bytes.Contains(now, []byte(marker)) {
		faults = append(faults, "its text is nowhere to be found")
	}
	keeps := s.isUntyped(place) || repeats.MatchString(place)
	for i, o := range after {
		for path := range extraOf(o) {
			if path == place && !keeps {
				faults = append(faults, "it has no typed place")
			}
			if i < len(before) && extraOf(before[i])[path] == "" && (!keeps || !strings.HasPrefix(path, place)) {
				faults = append(faults, fmt.Sprintf("it brings %s into extra", path))
			}
		}
		if len(before) != len(after) || o.Act == normalize.Gone {
			continue
		}
		for _, field := range differing(before[i].Entity, o.Entity) {
			if !carries(o, field) && field != "interview_id" && field != "extra" {
				faults = append(faults, fmt.Sprintf("it fills %s, for which the observation does not speak", field))
			}
		}
	}
	return faults
}

// TestUnknownKeysAreKept puts an unknown key into each object of each sample,
// one at a time, and demands it in extra, under its path.
func TestUnknownKeysAreKept(t *testing.T) {
	unknown := map[string]any{"deep": []any{marker, json.Number("1.50"), nil}}
	const kept = `{"deep":["` + marker + `",1.50,null]}`
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			body := s.body(t)
			before := s.observe(t, body)
			root := parse(t, body)
			insert := func(in map[string]any, path string) {
				in["someNewKey"] = unknown
				var found int
				for i, o := range s.observe(t, format(t, root)) {
					x, was := extraOf(o), extraOf(before[i])
					if x[path] == kept && len(x) == len(was)+1 && carries(o, "extra") {
						found++
					} else if len(x) > len(was) || carries(o, "extra") != (len(was) > 0) {
						t.Errorf("%s: extra is %v", path, x)
					}
				}
				if found != 1 {
					t.Errorf("%s was kept %d times", path, found)
				}
				delete(in, "someNewKey")
			}
			if s.polled() {
				insert(root, "someNewKey")
			} else {
				insert(root, "$.someNewKey")
				insert(root["data"].(map[string]any), "someNewKey")
			}
			walk(root, nil, func(n node) {
				in, ok := n.get().(map[string]any)
				if place := s.place(n); ok && place != "" && !opaque(n) && !s.isUntyped(strings.SplitN(place, "[", 2)[0]) {
					insert(in, place+".someNewKey")
				}
			})
		})
	}
}

// opaque tells the objects that are one value as a whole, or a map.
func opaque(n node) bool {
	for _, step := range n.path {
		switch step {
		case "value", "roundOtherName", "resumePdfMeta", "customData", "connectedJobs", "options":
			return true
		case "customAttachmentList":
			return n.last() == step
		}
	}
	return false
}

func extraOf(o normalize.Observation) map[string]string {
	return reflect.ValueOf(o.Entity).Elem().FieldByName("Extra").Interface().(map[string]string)
}

func carries(o normalize.Observation, field string) bool {
	for _, f := range o.Carries {
		if f == field {
			return true
		}
	}
	return false
}

// differing names the top-level fields in which two entities differ.
func differing(a, b normalize.Entity) []string {
	var out []string
	x, y := reflect.ValueOf(a).Elem(), reflect.ValueOf(b).Elem()
	for i := range x.NumField() {
		if !reflect.DeepEqual(tree(x.Field(i)), tree(y.Field(i))) {
			out = append(out, x.Type().Field(i).Tag.Get("avro"))
		}
	}
	return out
}
