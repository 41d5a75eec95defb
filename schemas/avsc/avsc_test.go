package avsc_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/mokafka/mokafka/schemas/avsc"
)

func record(name string, types ...string) string {
	var fields []string
	for i, typ := range types {
		fields = append(fields, fmt.Sprintf(`{"name":"f%d","type":%s}`, i, typ))
	}
	return fmt.Sprintf(`{"type":"record","name":%q,"namespace":"com.moka","fields":[%s]}`, name, strings.Join(fields, ","))
}

func TestReferences(t *testing.T) {
	b := avsc.Bundle{
		"A": record("A", `"com.moka.D"`, `["null","com.moka.C"]`, `{"type":"array","items":"com.moka.B"}`,
			`{"type":"map","values":["null",{"type":"array","items":"com.moka.B"}]}`, `"string"`, `"com.moka.A"`),
		"B": record("B"), "C": record("C"), "D": record("D"),
	}
	got, err := b.References("A")
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"B", "C", "D"}, got); d != "" {
		t.Error(d)
	}
}

// A name in a doc, a default or a symbol is no reference.
func TestReferencesAreTypesAlone(t *testing.T) {
	b := avsc.Bundle{"A": `{"type":"record","name":"A","namespace":"com.moka","doc":"com.moka.X","fields":[
		{"name":"a","type":"string","default":"com.moka.X","doc":"com.moka.X"},
		{"name":"type","type":{"type":"enum","name":"E","symbols":["com"]}}]}`}
	if got, err := b.References("A"); err != nil || len(got) > 0 {
		t.Errorf("%v %v", got, err)
	}
}

func TestOrderedNeedsNoMoreThanTheRoots(t *testing.T) {
	b := avsc.Bundle{
		"Top": record("Top", `"com.moka.Mid"`, `"com.moka.Low"`), "Mid": record("Mid", `"com.moka.Low"`),
		"Low": record("Low"), "Other": record("Other"),
	}
	for _, c := range []struct{ roots, want []string }{
		{[]string{"Top"}, []string{"Low", "Mid", "Top"}},
		{[]string{"Other", "Mid"}, []string{"Other", "Low", "Mid"}},
		{nil, []string{"Low", "Mid", "Other", "Top"}},
	} {
		got, err := b.Ordered(c.roots...)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(c.want, got); d != "" {
			t.Errorf("%v: %s", c.roots, d)
		}
	}
}

func TestOrderedRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		bundle avsc.Bundle
		root   string
		want   string
	}{
		"a circle":         {avsc.Bundle{"A": record("A", `"com.moka.B"`), "B": record("B", `["null","com.moka.A"]`)}, "A", "circle"},
		"a missing schema": {avsc.Bundle{"A": record("A", `"com.moka.B"`)}, "A", "com.moka.B, which is not there"},
		"a missing root":   {avsc.Bundle{}, "A", "no schema is called A"},
		"what is not JSON": {avsc.Bundle{"A": "{"}, "A", "schema A"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := c.bundle.Ordered(c.root); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// TestOrderedIsTopological draws bundles without circles.
func TestOrderedIsTopological(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := avsc.Bundle{}
		n := rapid.IntRange(1, 12).Draw(t, "schemas")
		names := rapid.Permutation([]string{"A", "B", "C", "D", "E", "F", "G", "H", "I", "J", "K", "L"}).Draw(t, "names")[:n]
		for i, name := range names {
			var types []string
			for _, earlier := range names[:i] {
				if rapid.Bool().Draw(t, "refers") {
					types = append(types, `"com.moka.`+earlier+`"`)
				}
			}
			b[name] = record(name, types...)
		}
		got, err := b.Ordered()
		if err != nil || len(got) != n {
			t.Fatalf("%v %v", got, err)
		}
		for i, name := range got {
			refs, err := b.References(name)
			if err != nil {
				t.Fatal(err)
			}
			for _, ref := range refs {
				if at := slices.Index(got, ref); at < 0 || at >= i {
					t.Fatalf("%s comes before %s, which it refers to: %v", name, ref, got)
				}
			}
		}
	})
}

func TestReadRefuses(t *testing.T) {
	for name, c := range map[string]struct{ file, content, want string }{
		"another name":      {"A.avsc", record("B"), "defines com.moka.B, not com.moka.A"},
		"another namespace": {"A.avsc", `{"type":"record","name":"A","namespace":"x","fields":[]}`, "x.A"},
		"not JSON":          {"A.avsc", `{`, "not JSON"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := avsc.Read(fstest.MapFS{c.file: {Data: []byte(c.content)}})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v", err)
			}
		})
	}
	got, err := avsc.Read(fstest.MapFS{"A.avsc": {Data: []byte(record("A"))}, "README.md": {}, "sub/B.avsc": {Data: []byte("{")}})
	if err != nil || len(got) != 1 {
		t.Errorf("%v %v", got, err)
	}
}

func TestEmbeddedIsWhole(t *testing.T) {
	b, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	names, err := b.Ordered()
	if err != nil || len(names) != len(b) || len(names) < 90 {
		t.Fatalf("%d of %d schemas, %v", len(names), len(b), err)
	}
}
