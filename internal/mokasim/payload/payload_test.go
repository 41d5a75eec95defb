package payload_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/payload"
)

var start = time.Date(2026, 3, 2, 1, 0, 0, 0, time.UTC)

// webhooks are those of a company's long life, by event.
func webhooks(t *testing.T) map[string][][]byte {
	t.Helper()
	all := map[string][][]byte{}
	c := company.New(3, start, func(change company.Change) {
		if payload.Event(change.Kind) == "" {
			return
		}
		webhook, err := payload.Of(change, "f353e5ce-17e0-4783-bee4-4a6b734b20fe")
		if err != nil {
			t.Fatal(err)
		}
		body, err := webhook.Body(nil)
		if err != nil {
			t.Fatal(err)
		}
		all[webhook.Event] = append(all[webhook.Event], body)
	})
	for n := range 3_000 {
		c.Step(start.Add(time.Duration(n) * time.Minute))
	}
	return all
}

// shape maps each path of a JSON text to the types seen there. A list's
// elements share the path of the list with [] behind it.
type shape map[string]map[string]bool

func (s shape) add(t *testing.T, text []byte) {
	t.Helper()
	var value any
	if err := json.Unmarshal(text, &value); err != nil {
		t.Fatal(err)
	}
	s.walk("", value)
}

func (s shape) walk(path string, value any) {
	kind := fmt.Sprintf("%T", value)
	if s[path] == nil {
		s[path] = map[string]bool{}
	}
	s[path][kind] = true
	switch value := value.(type) {
	case map[string]any:
		for key, inner := range value {
			s.walk(path+"."+key, inner)
		}
	case []any:
		for _, inner := range value {
			s.walk(path+"[]", inner)
		}
	}
}

// documented is the shape of a sample of Moka's documents.
func documented(t *testing.T, name string) shape {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	// The English document was translated by machine, this key included.
	s := shape{}
	s.add(t, []byte(strings.ReplaceAll(string(text), `"CandidateId"`, `"candidateId"`)))
	return s
}

func TestShapesAreTheDocumentedOnes(t *testing.T) {
	// Keys and types of the document's field tables that its samples lack.
	tables := map[string]string{
		".data.prefixPhone": "string", ".data.archived": "bool", ".data.archivedAt": "string",
		".data.archiveReasons": "string", ".data.offer.status": "string", ".data.offer.createdAt": "string",
		".data.customFields[].codes": "string", ".data.customFields[].value[]": "string",
		".data.interviews[].roundId": "float64", ".data.interviews[].roundName": "string",
		// null in the sample, text by the table
		".data.forwardLocation": "string",
	}
	// Types beyond the sample's that Moka was seen to use for the same key.
	more := map[string][]string{".data.customFields[].value": {"bool", "[]interface {}"}, ".data.ehrCustomFields[].value": {"string"}}

	all := webhooks(t)
	for _, event := range payload.Events() {
		sample := documented(t, "webhook_createInterviewsInfo.json")
		if event == payload.PushCandidate {
			sample = documented(t, "webhook_pushCandidate.json")
		}
		if len(all[event]) < 20 {
			t.Fatalf("only %d webhooks of %s", len(all[event]), event)
		}
		ours := shape{}
		for _, body := range all[event] {
			ours.add(t, body)
		}
		for path, kinds := range sample {
			for kind := range kinds {
				if kind != "<nil>" && !ours[path][kind] {
					t.Errorf("%s: never sent %s as %s", event, path, kind)
				}
			}
			if ours[path] == nil {
				t.Errorf("%s: never sent %s", event, path)
			}
		}
		for path, kinds := range ours {
			for kind := range kinds {
				allowed := kind == "<nil>" || sample[path][kind] || tables[path] == kind || slices.Contains(more[path], kind)
				if !allowed {
					t.Errorf("%s: sent %s as %s, the sample has %v", event, path, kind, slices.Collect(maps.Keys(sample[path])))
				}
			}
		}
	}
}

// Every single push, not only all of them together, has the sample's keys at
// the levels that are always there.
func TestEveryPushIsComplete(t *testing.T) {
	keys := func(text []byte, name string) []string {
		var whole struct{ Data map[string]json.RawMessage }
		if err := json.Unmarshal(text, &whole); err != nil {
			t.Fatal(err)
		}
		found := slices.Sorted(maps.Keys(whole.Data))
		return slices.DeleteFunc(found, func(key string) bool {
			return key == "offerAttachment" || name == "extra" && slices.Contains([]string{"prefixPhone", "archived", "archivedAt", "archiveReasons"}, key)
		})
	}
	text, err := os.ReadFile("testdata/webhook_pushCandidate.json")
	if err != nil {
		t.Fatal(err)
	}
	want := keys([]byte(strings.ReplaceAll(string(text), `"CandidateId"`, `"candidateId"`)), "")
	for _, body := range webhooks(t)[payload.PushCandidate] {
		if got := keys(body, "extra"); !slices.Equal(got, want) {
			t.Fatalf("keys %v\nwant %v", got, want)
		}
	}
}

func TestGroupAndSequentialInterviews(t *testing.T) {
	found := map[int]bool{}
	for _, body := range webhooks(t)[payload.CreateInterviewsInfo] {
		var webhook struct {
			Data struct {
				ApplicationIDs []int64 `json:"applicationIds"`
				InterviewType  int     `json:"interviewType"`
				Interviews     []struct {
					EventID        string  `json:"event_id"`
					ApplicationIDs []int64 `json:"applicationIds"`
					Interviewee    []any   `json:"interviewee"`
				} `json:"interviews"`
			} `json:"data"`
		}
		if err := json.Unmarshal(body, &webhook); err != nil {
			t.Fatal(err)
		}
		data := webhook.Data
		found[data.InterviewType] = true
		var inner []int64
		for _, interview := range data.Interviews {
			inner = append(inner, interview.ApplicationIDs...)
			if len(interview.Interviewee) != len(interview.ApplicationIDs) {
				t.Errorf("%d interviewees for %d applications", len(interview.Interviewee), len(interview.ApplicationIDs))
			}
		}
		if !slices.Equal(inner, data.ApplicationIDs) {
			t.Errorf("applications %v, interviews of %v", data.ApplicationIDs, inner)
		}
		entries := 1
		if data.InterviewType == company.Sequential {
			entries = len(data.ApplicationIDs)
		}
		if len(data.Interviews) != entries {
			t.Errorf("interview of type %d of %v has %d entries", data.InterviewType, data.ApplicationIDs, len(data.Interviews))
		}
	}
	if !found[company.Group] || !found[company.Sequential] {
		t.Errorf("types seen: %v", found)
	}
}

// Written down from node: JSON.stringify of the same value.
func TestStringifyIsJavaScripts(t *testing.T) {
	for value, want := range map[string]string{
		`<a href="x?y=1&z=2">`:  `"<a href=\"x?y=1&z=2\">"`,
		"招聘\u2028专员\u2029":      "\"招聘\u2028专员\u2029\"",
		`\u2028`:                `"\\u2028"`,
		"\\\u2028":              "\"\\\\\u2028\"",
		"tab\tline\nbell\a\b\f": `"tab\tline\nbell\u0007\b\f"`,
		"emoji 🎉":               `"emoji 🎉"`,
	} {
		got, err := payload.Stringify(value)
		if err != nil || string(got) != want {
			t.Errorf("%q gave %s (%v), want %s", value, got, err, want)
		}
	}
}

func TestBodiesAreCompact(t *testing.T) {
	for event, bodies := range webhooks(t) {
		for _, body := range bodies {
			if !strings.HasPrefix(string(body), `{"id":"f353e5ce-17e0-4783-bee4-4a6b734b20fe","event":"`+event+`","triggeredAt":17`) {
				t.Fatalf("%s begins %.100s", event, body)
			}
			if bytes.Contains(body, []byte(`\u00`)) || bytes.ContainsAny(body, "\n\t") {
				t.Fatalf("%s is escaped or spaced: %s", event, body)
			}
		}
	}
}

func TestNoWebhookForSilentChanges(t *testing.T) {
	if _, err := payload.Of(company.Change{Kind: company.StageMoved}, "x"); err == nil {
		t.Error("a stage move has a webhook; Moka never pushes those")
	}
}
