package recovery

import (
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

func TestSelection(t *testing.T) {
	at := time.UnixMilli(1_700_000_000_000)
	rec := &kgo.Record{
		Key: []byte("demo:app:42:offer"), Timestamp: at,
		Headers: []kgo.RecordHeader{{Key: "ce_type", Value: []byte("com.moka.candidate.stage_moved.v1")}},
	}
	span := Selection{Topic: "t", From: at, Until: at.Add(time.Millisecond)}
	with := func(change func(*Selection)) Selection { s := span; change(&s); return s }
	for name, c := range map[string]struct {
		s    Selection
		want bool
	}{
		"its time":            {span, true},
		"before it":           {with(func(s *Selection) { s.Until = at }), false},
		"after it":            {with(func(s *Selection) { s.From = at.Add(time.Millisecond) }), false},
		"its key":             {with(func(s *Selection) { s.Key = "demo:app:42:offer" }), true},
		"another key":         {with(func(s *Selection) { s.Key = "demo:app:42" }), false},
		"its application":     {with(func(s *Selection) { s.Application = 42 }), true},
		"another application": {with(func(s *Selection) { s.Application = 4 }), false},
		"its type":            {with(func(s *Selection) { s.Type = "stage_moved" }), true},
		"its whole type":      {with(func(s *Selection) { s.Type = "com.moka.candidate.stage_moved.v1" }), true},
		"its family's type":   {with(func(s *Selection) { s.Type = "candidate.stage_moved" }), true},
		"another type":        {with(func(s *Selection) { s.Type = "moved" }), false},
	} {
		if got := c.s.takes(rec); got != c.want {
			t.Errorf("%s: %t", name, got)
		}
	}
	if span.ID() != with(func(*Selection) {}).ID() || span.ID() == with(func(s *Selection) { s.Key = "k" }).ID() {
		t.Error("ids of selections")
	}
}

func FuzzParsePlace(f *testing.F) {
	for _, seed := range []string{"moka.candidates.v1/3@1234", "a/b/0@0", "/1@1", "t/-1@1", "t/1@-1", "t/1", "t@1/1", ""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		p, ok := parsePlace(text)
		if !ok {
			return
		}
		if p.topic == "" || p.partition < 0 || p.offset < 0 {
			t.Errorf("%q is %+v", text, p)
		}
		if again, ok := parsePlace(p.String()); !ok || again != p {
			t.Errorf("%q is %+v, and then %+v", text, p, again)
		}
	})
}
