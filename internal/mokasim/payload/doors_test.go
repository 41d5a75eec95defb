package payload_test

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/internal/mokasim/payload"
)

func TestXML(t *testing.T) {
	got, err := payload.XML([]byte(`{"Event":"pushCandidate","data":{"applicationId":12798,"a&b":"x<y>&","list":[1,{"K":null}],"empty":[],"9":"","yes":true,"big":12345678901234567890}}`))
	want := `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<root><event>pushCandidate</event><data><applicationid>12798</applicationid><ab>x&lt;y&gt;&amp;</ab>` +
		`<list><element>1</element><element><k></k></element></list><empty></empty><_9></_9><yes>true</yes><big>12345678901234567890</big></data></root>`
	if err != nil || string(got) != want {
		t.Errorf("%v\n%s\n%s", err, got, want)
	}
	for _, bad := range []string{``, `{"a"`, `[1,`} {
		if _, err := payload.XML([]byte(bad)); err == nil {
			t.Errorf("%s was taken", bad)
		}
	}
}

// TestZhirenKeys: the payload has the documented keys, in their order, and no
// others.
func TestZhirenKeys(t *testing.T) {
	data, err := os.ReadFile("testdata/webhook_pushCandidate.json")
	if err != nil {
		t.Fatal(err)
	}
	var sample struct{ Data json.RawMessage }
	if err := json.Unmarshal(data, &sample); err != nil {
		t.Fatal(err)
	}
	text, err := payload.Zhiren(payload.Webhook{Event: payload.PushCandidate, Data: sample.Data})
	if err != nil {
		t.Fatal(err)
	}
	at := 0
	keys := strings.Fields(`id name phone email gender birthYear source academicDegree married educationInfo experienceInfo resumeUrl
		jobTitle operator interviewFeedbackUrl offerAttachmentUrls offerInfo`)
	for _, key := range keys {
		next := strings.Index(string(text[at:]), `"`+key+`":`)
		if next < 0 {
			t.Fatalf("%s is missing or out of order: %s", key, text)
		}
		at += next
	}
	var all map[string]any
	if err := json.Unmarshal(text, &all); err != nil || len(all) != len(keys) {
		t.Errorf("%d keys, %v", len(all), err)
	}
	if id, _ := all["id"].(string); len(id) != 24 || all["jobTitle"] == "" || !strings.HasPrefix(all["offerAttachmentUrls"].([]any)[0].(string), "https://") {
		t.Errorf("%v", all)
	}
	if _, err := payload.Zhiren(payload.Webhook{Event: payload.CreateInterviewsInfo, Data: []byte(`{}`)}); err == nil {
		t.Error("an interview has no form for Zhiren")
	}
}
