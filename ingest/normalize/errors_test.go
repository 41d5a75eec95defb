package normalize_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

func TestUnreadableEntries(t *testing.T) {
	const secret = "张三13800000000"
	for what, c := range map[string]struct {
		event, body string
		class       normalize.Class
		path        string
	}{
		"no JSON":                    {"pushCandidate", secret, normalize.Malformed, ""},
		"nothing":                    {"pushCandidate", ``, normalize.Malformed, ""},
		"cut off":                    {"pushCandidate", `{"data":{"applicationId":1,"name":"` + secret, normalize.Malformed, ""},
		"cut off between":            {"pushCandidate", `{"data":{"applicationId":1},`, normalize.Malformed, ""},
		"cut off in a list":          {"pushCandidate", `{"data":{"applicationId":1,"label":[{"id":1},`, normalize.Malformed, ""},
		"the wrong bracket":          {"pushCandidate", `{"data":{"applicationId":1,"label":[}]}`, normalize.Malformed, ""},
		"a key that is none":         {"pushCandidate", `{"data":{0`, normalize.Malformed, ""},
		"more after the end":         {"pushCandidate", `{"data":{"applicationId":1}} "` + secret + `"`, normalize.Malformed, ""},
		"a list":                     {"pushCandidate", `["` + secret + `"]`, normalize.Malformed, "$"},
		"no data":                    {"pushCandidate", `{"id":"` + secret + `"}`, normalize.Malformed, "data"},
		"data in cipher":             {"pushCandidate", `{"data":"` + secret + `"}`, normalize.Malformed, "data"},
		"data null":                  {"pushCandidate", `{"data":null}`, normalize.Malformed, "data"},
		"no application":             {"pushCandidate", `{"data":{"name":"` + secret + `"}}`, normalize.MissingID, "data.applicationId"},
		"application null":           {"pushCandidate", `{"data":{"applicationId":null}}`, normalize.MissingID, "data.applicationId"},
		"application no number":      {"pushCandidate", `{"data":{"applicationId":"` + secret + `"}}`, normalize.MissingID, "data.applicationId"},
		"another application":        {"pushCandidate", `{"data":{"applicationId":2}}`, normalize.WrongApplication, "data.applicationId"},
		"no interviews":              {"createInterviewsInfo", `{"data":{"applicationIds":[1]}}`, normalize.Malformed, "data.interviews"},
		"interviews of nobody":       {"createInterviewsInfo", `{"data":{"interviews":[{"event_id":"` + secret + `"}]}}`, normalize.MissingID, "data.applicationIds"},
		"interviews of others":       {"updateInterviewsInfo", `{"data":{"interviews":[{"event_id":"1","applicationIds":[2]}]}}`, normalize.WrongApplication, "data.applicationIds"},
		"an interview without id":    {"updateInterviewsInfo", `{"data":{"applicationIds":[1],"interviews":[{"event_id":"1"},{"roomName":"` + secret + `"}]}}`, normalize.MissingID, "data.interviews[].event_id"},
		"an interview of two ids":    {"createInterviewsInfo", `{"data":{"applicationIds":[1],"interviews":[{"event_id":["1","2"]}]}}`, normalize.MissingID, "data.interviews[].event_id"},
		"nothing deleted":            {"deleteInterviewsInfo", `{"data":{"applicationIds":[1],"event_id":[]}}`, "", ""},
		"nothing said to be deleted": {"deleteInterviewsInfo", `{"data":{"applicationIds":[1]}}`, normalize.Malformed, "data.interviews"},
	} {
		t.Run(what, func(t *testing.T) {
			all, err := normalize.Entry(entry(c.event, 1, []byte(c.body)), normalize.Options{})
			if c.class == "" {
				if err != nil || len(all) != 0 {
					t.Fatalf("got %v, %v", all, err)
				}
				return
			}
			var e *normalize.Error
			if !errors.As(err, &e) || e.Class != c.class || e.Path != c.path {
				t.Fatalf("got %v, %#v", all, err)
			}
			if text := err.Error(); all != nil || text == "" || strings.Contains(text, secret) || strings.Contains(text, "1380") {
				t.Errorf("it says %q, with %d observations", text, len(all))
			}
		})
	}
}

func TestOffsetOfBrokenJSON(t *testing.T) {
	_, err := normalize.Entry(entry("pushCandidate", 1, []byte(`{"data":{"applicationId":1,"name":tru}}`)), normalize.Options{})
	var e *normalize.Error
	if !errors.As(err, &e) || e.Offset < 30 || e.Offset > 38 {
		t.Errorf("got %#v", err)
	}
}

// TestEntriesOfNoApplication: the entry is keyed by none although the body names
// one, so it stands in the wrong partition.
func TestEntriesOfNoApplication(t *testing.T) {
	for event, body := range map[string]string{
		"pushCandidate":        `{"data":{"applicationId":1}}`,
		"createInterviewsInfo": `{"data":{"applicationIds":[1],"interviews":[{"event_id":"1"}]}}`,
	} {
		e := entry(event, 1, []byte(body))
		e.ApplicationID = nil
		_, err := normalize.Entry(e, normalize.Options{})
		var is *normalize.Error
		if !errors.As(err, &is) || is.Class != normalize.WrongApplication {
			t.Errorf("%s: got %v", event, err)
		}
	}
}

func TestUnknownEvents(t *testing.T) {
	for _, e := range []*schemas.JournalEntry{
		entry("moveStage", 1, []byte(`{}`)), entry("", 1, []byte(`{}`)), {Body: []byte(`{}`)},
	} {
		if all, err := normalize.Entry(e, normalize.Options{}); !errors.Is(err, normalize.ErrUnknownEvent) || all != nil {
			t.Errorf("got %v, %v", all, err)
		}
	}
}
