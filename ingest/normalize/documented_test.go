package normalize_test

import (
	"os"
	"strings"
	"testing"
)

// TestEveryDocumentedFieldIsTyped: the full samples hold every field that Moka's
// tables document (documented_fields.txt lists them), and nothing of them, nor of
// the documented samples, ends up in extra, but what is known to have no field.
func TestEveryDocumentedFieldIsTyped(t *testing.T) {
	full := map[string]any{}
	for _, s := range samples {
		body := s.body(t)
		for _, o := range s.observe(t, body) {
			for name := range extraOf(o) {
				if !s.isUntyped(name) {
					t.Errorf("%s: in extra: %s", s.name, name)
				}
			}
		}
		if strings.HasPrefix(s.name, "full_") {
			full[s.event+s.endpoint] = parse(t, body)
		}
	}

	list, err := os.ReadFile("testdata/documented_fields.txt")
	if err != nil {
		t.Fatal(err)
	}
	full["v1/data/headcounts"] = full[headcountDetail]
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
	if count < 1000 {
		t.Errorf("only %d fields are listed", count)
	}
}

// holds reports whether the path leads to something that is not empty.
func holds(v any, path []string) bool {
	if list, ok := v.([]any); ok {
		return len(list) > 0 && (len(path) == 0 || holds(list[0], path))
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
	if v, ok := object[key]; ok {
		return holds(v, path[1:])
	}
	for k, v := range object { // Moka's tables have CandidateId for candidateId
		if strings.EqualFold(k, key) {
			return holds(v, path[1:])
		}
	}
	return false
}
