package topicdoc

import (
	"encoding/json"
	"strings"
	"testing"
)

// TestYAML: what a reader of YAML could take for something else is quoted, and empty
// lists and mappings stay what they are.
func TestYAML(t *testing.T) {
	var b strings.Builder
	err := writeYAML(&b, object{
		{"plain", "org/app.v1"}, {"no", "no"}, {"empty", ""}, {"number", "3.0"}, {"text", "a: b # \"c\"\n<中>"},
		{"$ref", "#/x"}, {"n", json.Number("12")}, {"flag", true}, {"none", nil}, {"one", 1},
		{"list", []any{"a", object{{"b", 1}, {"c", []any{}}}, []any{"d", "e"}}}, {"map", object{}}, {"deep", object{{"er", object{{"x", "y"}}}}},
	}, "")
	want := `plain: org/app.v1
"no": "no"
empty: ""
number: "3.0"
text: "a: b # \"c\"\n<中>"
"$ref": "#/x"
"n": 12
flag: true
none: null
one: 1
list:
  - a
  - b: 1
    c: []
  - - d
    - e
map: {}
deep:
  er:
    x: "y"
`
	if err != nil || b.String() != want {
		t.Errorf("%v\n%s", err, &b)
	}
	if err := writeYAML(&b, 1.5, ""); err == nil {
		t.Error("a float has no form here, and was written")
	}
}
