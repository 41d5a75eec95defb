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

// name is the path as extra has it: relative to data, interviews without index.
func (n node) name() string {
	var b strings.Builder
	path := n.path
	if path[0] == "data" {
		path = path[1:]
	} else {
		b.WriteString("$")
	}
	for i, step := range path {
		switch step := step.(type) {
		case int:
			if i == 1 && path[0] == "interviews" {
				b.WriteString("[]")
			} else {
				fmt.Fprintf(&b, "[%d]", step)
			}
		case string:
			if b.Len() > 0 {
				b.WriteByte('.')
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
	"Male": "Female", "Female": "Male", "Single": "Married", "CIVILUNION": "ENGAGED", "APPROVED": "REJECTED",
	"INPROGRES": "RECALLED", "sent": "accepted", "Candidate_UPLOAD_ATTACHMENT": "UPLOAD_PORTRAIT",
	"Video interview": "Phone interview", "Phone interview": "Video interview", "No show": "Accepted",
	"unfinished": "Finished", "evaluation": "exam", "true": "false",
}

var date = regexp.MustCompile(`^(\d{4})-\d{1,2}-\d{1,2}`)

// another returns a value of the same type, unlike v, that suits the same field.
func another(n node, v any) any {
	switch v := v.(type) {
	case nil:
		if n.last() == "probation" {
			return json.Number("3")
		}
		return marker
	case bool:
		return !v
	case json.Number:
		if last := n.last(); last == "is_private" || v == "2" && (last == "hireMode" || last == "attachmentType") {
			return json.Number(map[json.Number]string{"2": "1", "1": "0"}[v]) // the end of their range
		}
		if f, err := v.Float64(); err == nil && strings.Contains(v.String(), ".") {
			return json.Number(strconv.FormatFloat(f+1, 'f', -1, 64))
		}
		i, _ := v.Int64()
		return json.Number(strconv.FormatInt(i+1, 10))
	case string:
		if word, ok := otherWord[v]; ok {
			return word
		}
		if date.MatchString(v) {
			return "1999" + v[4:]
		}
		if i, err := strconv.ParseInt(v, 10, 64); err == nil {
			return strconv.FormatInt(i+1, 10)
		}
		return marker
	default:
		return nil
	}
}

// journaled are the leaves that the entry itself holds, so that the mapper reads
// them for nothing, and those that say which application the webhook is about.
var journaled = regexp.MustCompile(`^(\$\.(id|event)|applicationId|applicationIds\[0\]|interviews\[\]\.applicationIds\[0\])$`)

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
				other := another(n, old)
				if list, ok := old.([]any); other == nil && (!ok || len(list) > 0) || journaled.MatchString(n.name()) {
					return
				}
				if other == nil { // an empty list
					other = []any{map[string]any{"name": marker}}
				}
				n.set(other)
				after := s.observe(t, format(t, root))
				n.set(old)
				leaves++

				shownAfter := shown(t, after)
				if bytes.Equal(shownAfter, shown(t, before)) {
					t.Errorf("%s: changing it changes nothing", n.name())
				}
				if other == marker && !bytes.Contains(shownAfter, []byte(marker)) {
					t.Errorf("%s: its text is nowhere to be found", n.name())
				}
				for i, o := range after {
					if x := extraOf(o); len(x) > 0 {
						t.Errorf("%s: %v has no typed place", n.name(), x)
					}
					for _, field := range differing(before[i].Entity, o.Entity) {
						if !carries(o, field) && field != "interview_id" {
							t.Errorf("%s: it fills %s, for which the observation does not speak", n.name(), field)
						}
					}
				}
			})
			if least := map[string]int{"pushCandidate": 200, "createInterviewsInfo": 20, "updateInterviewsInfo": 30}[s.event]; leaves < least {
				t.Errorf("walked %d leaves only", leaves)
			}
		})
	}
}

// TestUnknownKeysAreKept puts an unknown key into each object of each sample,
// one at a time, and demands it in extra, under its path.
func TestUnknownKeysAreKept(t *testing.T) {
	unknown := map[string]any{"deep": []any{marker, json.Number("1.50"), nil}}
	const kept = `{"deep":["` + marker + `",1.50,null]}`
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			root := parse(t, s.body(t))
			insert := func(in map[string]any, path string) {
				in["someNewKey"] = unknown
				var found int
				for _, o := range s.observe(t, format(t, root)) {
					if x := extraOf(o); x[path] == kept && len(x) == 1 && carries(o, "extra") {
						found++
					} else if len(x) > 0 || carries(o, "extra") {
						t.Errorf("%s: extra is %v", path, x)
					}
				}
				if found != 1 {
					t.Errorf("%s was kept %d times", path, found)
				}
				delete(in, "someNewKey")
			}
			insert(root, "$.someNewKey")
			insert(root["data"].(map[string]any), "someNewKey")
			walk(root, nil, func(n node) {
				in, ok := n.get().(map[string]any)
				if !ok || n.name() == "" || opaque(n) {
					return
				}
				insert(in, n.name()+".someNewKey")
			})
		})
	}
}

// opaque tells the objects that are one value as a whole, or a map.
func opaque(n node) bool {
	for _, step := range n.path {
		if step == "value" || step == "roundOtherName" || step == "resumePdfMeta" || step == "customAttachmentList" {
			return step != "customAttachmentList" || n.last() == step
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
