package normalize_test

import (
	"testing"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/schemas"
)

// TestApplicationOfAPush in the forms in which the door takes it, and no others.
func TestApplicationOfAPush(t *testing.T) {
	event, application := "pushCandidate", int64(7)
	for id, read := range map[string]bool{
		`7`: true, `7.0`: true, `"7"`: true, `" 7 "`: true, `[7]`: true, `["7"]`: true, `[7,7]`: true, `"[7]"`: true,
		`[7,8]`: false, `[]`: false, `"+7"`: false, `"07"`: false, `"0x7"`: false, `null`: false, `{"id":7}`: false,
	} {
		_, err := normalize.Entry(&schemas.JournalEntry{
			OrgID: "demo", Endpoint: "webhook/rest", Event: &event, ApplicationID: &application,
			Body: []byte(`{"id":"1","event":"pushCandidate","data":{"applicationId":` + id + `,"name":"x"}}`),
		}, normalize.Options{})
		if (err == nil) != read {
			t.Errorf("%s: %v", id, err)
		}
	}
}
