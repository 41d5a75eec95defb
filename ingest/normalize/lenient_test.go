package normalize_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/ingest/normalize"
)

// opaqueKeys hold objects that stay as they are, or that are maps.
func opaqueKey(key string) bool {
	return key == "value" || key == "roundOtherName" || key == "resumePdfMeta" || key == "customAttachmentList" ||
		key == "customData" || key == "connectedJobs" || key == "options"
}

// recase writes every key anew with the given function.
func recase(v any, write func(string) string) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for key, sub := range v {
			if opaqueKey(key) {
				out[write(key)] = sub
			} else {
				out[write(key)] = recase(sub, write)
			}
		}
		return out
	case []any:
		out := make([]any, 0, len(v))
		for _, sub := range v {
			out = append(out, recase(sub, write))
		}
		return out
	default:
		return v
	}
}

// typed shows observations without what is in extra, which has the keys as sent.
func typed(t testing.TB, all []normalize.Observation) []byte {
	t.Helper()
	for _, o := range all {
		clear(extraOf(o))
	}
	return shown(t, all)
}

// TestKeysMatchWhateverTheirCase: Moka's documents have CandidateId and
// candidateId, SOAP has candidateid.
func TestKeysMatchWhateverTheirCase(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			body := s.body(t)
			want := typed(t, s.observe(t, body))
			root := parse(t, body)
			rapid.Check(t, func(rt *rapid.T) {
				upper := rapid.SliceOfN(rapid.Bool(), 64, 64).Draw(rt, "upper")
				changed := recase(root, func(key string) string {
					var b strings.Builder
					for i := range len(key) {
						if upper[i] {
							b.WriteString(strings.ToUpper(key[i : i+1]))
						} else {
							b.WriteString(strings.ToLower(key[i : i+1]))
						}
					}
					return b.String()
				})
				if d := cmp.Diff(string(want), string(typed(t, s.observe(t, format(t, changed))))); d != "" {
					rt.Fatalf("(-as documented +recased):\n%s", d)
				}
			})
		})
	}
}

// TestOrderOfKeysDoesNotMatter: JSON objects have none.
func TestOrderOfKeysDoesNotMatter(t *testing.T) {
	for _, s := range samples {
		t.Run(s.name, func(t *testing.T) {
			body := s.body(t)
			sorted := format(t, parse(t, body)) // encoding/json sorts the keys of maps
			if bytes.Equal(body, sorted) {
				t.Fatal("the sample is sorted")
			}
			want := shown(t, s.observe(t, body))
			if d := cmp.Diff(string(want), string(shown(t, s.observe(t, sorted)))); d != "" {
				t.Errorf("(-as documented +sorted):\n%s", d)
			}
		})
	}
}

// TestBodyIsNotChanged: the same bytes may be read by others at the time.
func TestBodyIsNotChanged(t *testing.T) {
	for _, s := range samples {
		body := s.body(t)
		was := bytes.Clone(body)
		all := s.observe(t, body)
		first := shown(t, all)
		if !bytes.Equal(was, body) {
			t.Errorf("%s: the body was changed", s.name)
		}
		clear(body)
		if !bytes.Equal(first, shown(t, all)) {
			t.Errorf("%s: the observations change with the body", s.name)
		}
	}
}
