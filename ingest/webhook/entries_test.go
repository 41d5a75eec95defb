package webhook_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/schemas"
)

const sampleID = "f353e5ce-17e0-4783-bee4-4a6b734b20fe"

func TestEntriesOfSamples(t *testing.T) {
	h := open(t)
	triggered := time.Date(2017, 9, 13, 9, 51, 27, 0, time.UTC)
	for _, one := range []struct {
		event       string
		body        []byte
		application int64
		entryID     string
	}{
		{"pushCandidate", pushSample(t), 12798, "wh:" + sampleID + ":demo:app:12798"},
		{"createInterviewsInfo", interviewSample(t), 200006263, "wh:" + sampleID + ":demo:app:200006263"},
	} {
		wantAnswer(t, h.push(one.body), http.StatusOK)
		id := sampleID
		want := []*schemas.JournalEntry{{
			EntryID: one.entryID, OrgID: "demo", Channel: schemas.ChannelWebhook, Endpoint: "webhook/rest",
			Event: &one.event, WebhookID: &id, ApplicationID: &one.application,
			TriggeredAt: &triggered, ReceivedAt: at, ContentType: "application/json", Body: one.body,
		}}
		if diff := cmp.Diff(want, h.journal.take()); diff != "" {
			t.Errorf("%s: entries (-want +got)\n%s", one.event, diff)
		}
	}
}

// entryIDs pushes a body and returns the ids of the entries it became.
func (h *house) entryIDs(t *testing.T, body string) []string {
	t.Helper()
	wantAnswer(t, h.push([]byte(body)), http.StatusOK)
	var ids []string
	for _, e := range h.journal.take() {
		ids = append(ids, e.EntryID)
		if string(e.Body) != body {
			t.Errorf("the entry holds %q, pushed was %q", e.Body, body)
		}
	}
	return ids
}

func TestGroupInterviewIsOneEntryPerApplication(t *testing.T) {
	h := open(t)
	got := h.entryIDs(t, `{"id":"w1","event":"updateInterviewsInfo","data":{"applicationIds":[3,1],"interviews":[{"applicationIds":[1,2]}]}}`)
	want := []string{"wh:w1:demo:app:3", "wh:w1:demo:app:1", "wh:w1:demo:app:2"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("entries (-want +got)\n%s", diff)
	}
}

// TestRepeatedPushIsTheSameEntry, whether or not Moka gave it an id.
func TestRepeatedPushIsTheSameEntry(t *testing.T) {
	h := open(t)
	seen := map[string]string{}
	for _, body := range []string{
		`{"id":"w1","event":"pushCandidate","data":{"applicationId":1}}`,
		`{"id":"w2","event":"pushCandidate","data":{"applicationId":1}}`,
		`{"event":"pushCandidate","data":{"applicationId":1,"name":"a"}}`,
		`{"event":"pushCandidate","data":{"applicationId":1,"name":"b"}}`,
		`{"id":"` + strings.Repeat("w", 129) + `","event":"pushCandidate","data":{"applicationId":1}}`,
		`{"id":"` + strings.Repeat("w", 130) + `","event":"pushCandidate","data":{"applicationId":1}}`,
		`{"id":"邵旭冬","event":"pushCandidate","data":{"applicationId":1}}`,
		`{"id":"a b","event":"pushCandidate","data":{"applicationId":1}}`,
	} {
		first, second := h.entryIDs(t, body), h.entryIDs(t, body)
		if len(first) != 1 || !cmp.Equal(first, second) {
			t.Errorf("%s: entries %q, then %q", body, first, second)
			continue
		}
		if other, ok := seen[first[0]]; ok {
			t.Errorf("%s and %s are one entry", body, other)
		}
		seen[first[0]] = body
		if len(first[0]) > len("wh:")+128+len(":demo:app:1") || strings.ContainsFunc(first[0], func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Errorf("entry id %q is no fit key", first[0])
		}
	}
}

func TestUnknownEvents(t *testing.T) {
	h := open(t, encrypting...)
	for body, want := range map[string][]string{
		`{"id":"w1","event":"offerAccepted","data":{"offerId":1}}`:       {"wh:w1:demo:webhook:w1"},
		`{"id":"w1","event":"offerAccepted","data":{"applicationId":1}}`: {"wh:w1:demo:app:1"},
		`{"id":"w1","event":"ping","data":"pong"}`:                       {"wh:w1:demo:webhook:w1"},
		`{"id":"w1","event":"ping","data":""}`:                           {"wh:w1:demo:webhook:w1"},
		`{"id":"w1","event":"ping"}`:                                     {"wh:w1:demo:webhook:w1"},
		`{"id":"w1","event":"测试"}`:                                       {"wh:w1:demo:webhook:w1"},
	} {
		if diff := cmp.Diff(want, h.entryIDs(t, body)); diff != "" {
			t.Errorf("%s: entries (-want +got)\n%s", body, diff)
		}
	}
	h.wantMetric(t, "mokafka_webhook_requests_total", `
		# HELP mokafka_webhook_requests_total Requests, by door, event (other: not a documented one, none: not read so far) and answer.
		# TYPE mokafka_webhook_requests_total counter
		mokafka_webhook_requests_total{answer="accepted",door="rest",event="other"} 6
	`)
}

func TestEventInAnotherCase(t *testing.T) {
	h := open(t)
	wantAnswer(t, h.push([]byte(`{"id":"1","event":"PushCandidate","data":{"applicationId":1}}`)), http.StatusOK)
	if got := h.journal.take(); len(got) != 1 || *got[0].Event != "pushCandidate" {
		t.Errorf("entries %+v", got)
	}
}

func TestWhatIsUnknownStaysNull(t *testing.T) {
	h := open(t)
	wantAnswer(t, h.push([]byte(`{"event":"ping","triggeredAt":"soon"}`)), http.StatusOK)
	got := h.journal.take()
	if len(got) != 1 || got[0].TriggeredAt != nil || got[0].ApplicationID != nil || got[0].WebhookID == nil {
		t.Errorf("entries %+v", got)
	}
}

func TestContentTypeIsRecordedAndDecidesNothing(t *testing.T) {
	h := open(t)
	for header, want := range map[string]string{
		"":                                 "application/octet-stream",
		"application/json; charset=UTF-8":  "application/json; charset=UTF-8",
		"text/plain":                       "text/plain",
		"no media type":                    "application/octet-stream",
		"text/" + strings.Repeat("x", 200): "application/octet-stream",
	} {
		r := signedRequest(t, pushSample(t))
		r.Header.Set("Content-Type", header)
		wantAnswer(t, h.do(r), http.StatusOK)
		if got := h.journal.take(); len(got) != 1 || got[0].ContentType != want {
			t.Errorf("%q: journaled %+v, want content type %q", header, got, want)
		}
	}
	h.wantMetric(t, "mokafka_webhook_content_types_total", `
		# HELP mokafka_webhook_content_types_total Authentic requests by their Content-Type: json, other, none. It decides nothing.
		# TYPE mokafka_webhook_content_types_total counter
		mokafka_webhook_content_types_total{door="rest",type="json"} 1
		mokafka_webhook_content_types_total{door="rest",type="none"} 1
		mokafka_webhook_content_types_total{door="rest",type="other"} 3
	`)
}
