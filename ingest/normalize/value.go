package normalize

import (
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// value is one JSON value as it was sent; "" stands for none.
type value string

func (v value) kind() jsontext.Kind {
	if v == "" {
		return 0
	}
	switch c := v[0]; {
	case c == '-' || '0' <= c && c <= '9':
		return '0'
	default:
		return jsontext.Kind(c)
	}
}

// empty reports whether v says nothing: null, "", [] or {}.
func (v value) empty() bool {
	switch v.kind() {
	case 0, 'n':
		return true
	case '"':
		return len(v) == 2
	case '[', '{':
		return strings.TrimLeft(string(v[1:]), " \t\r\n") == string(v[len(v)-1:])
	default:
		return false
	}
}

// verbatim reports whether v holds no escapes.
func (v value) verbatim() bool { return strings.IndexByte(string(v), '\\') < 0 }

// bare returns the text of a string without the white space around it, or a
// number or literal as it was sent; false for objects and lists.
func (r *reader) bare(v value) (string, bool) {
	switch v.kind() {
	case '"':
		return strings.TrimSpace(r.string(v)), true
	case '0', 't', 'f':
		return string(v), true
	default:
		return "", false
	}
}

// list returns the JSON list that a string holds (Moka's v2 answers hold some
// so, such as stageIds: "[2601,43451]"), false when it holds none.
func (r *reader) list(v value) (string, bool) {
	if v.kind() != '"' {
		return "", false
	}
	s := r.string(v)
	if !strings.HasPrefix(strings.TrimLeft(s, " \t\r\n"), "[") ||
		!jsontext.Value(s).IsValid(jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true)) {
		return "", false
	}
	return s, true
}
