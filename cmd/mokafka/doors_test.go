package main

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/ingest/webhook"
)

// TestDevThroughAllDoors: the simulator, which is another reading of Moka's
// documents, and webhook send get through the doors for SOAP and Zhiren, and what
// they push becomes events.
func TestDevThroughAllDoors(t *testing.T) {
	t.Parallel()
	d := startDev(t, map[string]string{"POLL_APPLICATIONS": "off"}, "--pace", "0")
	trigger := strings.Replace(d.where("sim"), "status", "trigger/pushCandidate", 1)
	for _, how := range []string{
		`{"door":"soap"}`, `{"door":"soap","elements":true}`, `{"door":"soap","signedToken":true}`, `{"door":"zhiren"}`,
	} {
		answer := posted(t, trigger, how)
		if !strings.Contains(answer, `"outcome":"delivered"`) {
			t.Errorf("%s: %.2000s", how, answer)
		}
	}
	for _, how := range []string{
		`{"door":"soap","key":"wrong"}`, `{"door":"soap","key":"none"}`, `{"door":"soap","signedToken":true,"tamper":true}`,
		`{"door":"zhiren","key":"wrong"}`, `{"door":"zhiren","tamper":true}`,
	} {
		if answer := posted(t, trigger, how); !strings.Contains(answer, `"outcome":"refused"`) || !strings.Contains(answer, `"status":401`) {
			t.Errorf("%s: %.2000s", how, answer)
		}
	}
	if answer := posted(t, trigger, `{"door":"zhiren","duplicate":true}`); !strings.Contains(answer, `"status":409`) {
		t.Errorf("a replay is taken: %.2000s", answer)
	}

	base := strings.TrimSuffix(d.url, webhook.RESTPath)
	const samples = "../../ingest/webhook/testdata/"
	contains(t, d.must("webhook", "send", "--door", "soap", "--fresh", samples+"soap_pushCandidate.xml", "--url", base+webhook.SOAPPath), "HTTP 200", "true")
	contains(t, d.must("webhook", "send", "--door", "zhiren", samples+"zhiren_candidate.json", "--url", base+webhook.ZhirenPath), "HTTP 200", `"ok"`)
	for _, c := range []struct{ in, url, want string }{
		{"<root><data/></root>", base + webhook.SOAPPath, "it is authentic, but cannot be read"},
		{"<!DOCTYPE a><root/>", base + webhook.SOAPPath, "it is authentic, but cannot be read"},
		{"<root/>", base + webhook.RESTPath, "refused"},
	} {
		got := d.runWith(c.in, "webhook", "send", "--door", "soap", "-", "--url", c.url)
		if got.status != exitFailed {
			t.Errorf("%s: exit code %d", c.in, got.status)
		}
		contains(t, got.out, c.want)
	}
	negative := 0
	for _, e := range d.events("candidates", 7) {
		if e.Type != "PUSHED" || e.After.Name == "" {
			t.Errorf("%+v", e)
		}
		if e.ApplicationID < 0 {
			negative++
		}
	}
	if negative != 3 {
		t.Errorf("%d of Zhiren's, want 3", negative)
	}
}

// posted is the answer to a POST of JSON.
func posted(t *testing.T, url, body string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return strings.NewReplacer(" ", "", "\n", "").Replace(string(answer))
}
