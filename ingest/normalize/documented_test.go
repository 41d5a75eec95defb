package normalize_test

import (
	"os"
	"strings"
	"testing"
)

// TestEveryDocumentedFieldIsTyped: the full samples hold every field that Moka's
// tables document (documented_fields.txt lists them), and nothing of them, nor of
// the documented samples, ends up in extra.
func TestEveryDocumentedFieldIsTyped(t *testing.T) {
	full := map[string]any{}
	for _, s := range samples {
		body := s.body(t)
		for _, o := range s.observe(t, body) {
			if x := extraOf(o); len(x) > 0 || carries(o, "extra") {
				t.Errorf("%s: in extra: %v", s.name, x)
			}
		}
		if strings.HasPrefix(s.name, "full_") {
			full[s.event] = parse(t, body)
		}
	}

	list, err := os.ReadFile("testdata/documented_fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range strings.Lines(string(list)) {
		event, path, ok := strings.Cut(strings.TrimSpace(line), " ")
		if !ok || event == "#" {
			continue
		}
		count++
		if !holds(full[event], strings.Split(path, ".")) {
			t.Errorf("the full sample of %s lacks %s", event, path)
		}
	}
	if count < 250 {
		t.Errorf("only %d fields are listed", count)
	}
}

// holds reports whether the path leads to something that is not empty.
func holds(v any, path []string) bool {
	if list, ok := v.([]any); ok {
		return len(list) > 0 && holds(list[0], path)
	}
	if len(path) == 0 {
		return v != nil && v != ""
	}
	object, ok := v.(map[string]any)
	if !ok {
		return false
	}
	key := strings.TrimSuffix(path[0], "[]")
	if prefix, ok := strings.CutSuffix(key, "+customId"); ok { // customUpload with any id
		for k := range object {
			if strings.HasPrefix(k, prefix) {
				key = k
			}
		}
	}
	return holds(object[key], path[1:])
}
