package webhook_test

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/publish"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestAnswers compares all that Moka and the people behind it get to read.
func TestAnswers(t *testing.T) {
	big := strings.Repeat("[", 2000)
	failing := func(err error) func(*house) {
		return func(h *house) { h.journal.fail = func(context.Context) error { return fmt.Errorf("append: %w", err) } }
	}
	for name, one := range map[string]struct {
		env    []string
		before func(*house)
		method string
		path   string
		body   string
		sign   string
	}{
		"accepted_push":      {body: string(pushSample(t))},
		"accepted_interview": {body: string(interviewSample(t)), env: []string{"WEBHOOK_REDIRECT_PC_URL=https://ehr.example.com/"}},
		"accepted_redirect": {body: string(pushSample(t)), env: []string{
			"WEBHOOK_REDIRECT_PC_URL=https://ehr.example.com/a/{applicationId}?c={candidateId}",
			"WEBHOOK_REDIRECT_MOBILE_URL=https://m.ehr.example.com/{candidateId}"}},
		"accepted_odd_text":     {body: `{"id":"a\"b","event":"<\u0007>"}`},
		"not_json":              {body: `{"id":`},
		"not_object":            {body: `[]`},
		"no_event":              {body: `{"id":"1","data":{"applicationId":1}}`},
		"long_event":            {body: `{"id":"1","event":"` + strings.Repeat("e", 129) + `"}`},
		"no_application":        {body: `{"id":"1","event":"pushCandidate","data":{"candidateId":1}}`},
		"too_many_applications": {body: `{"id":"1","event":"pushCandidate","data":{"applicationIds":[1` + manyIDs() + `]}}`},
		"undecryptable":         {body: `{"id":"1","event":"pushCandidate","data":"` + sealedHex + `"}`},
		"unsigned":              {body: `{}`, sign: "none"},
		"too_large":             {body: big, env: []string{"WEBHOOK_MAX_BODY=1999"}},
		"get":                   {method: http.MethodGet},
		"wrong_path":            {path: "/webhook/moka", body: `{}`},
		"busy":                  {body: string(pushSample(t)), before: failing(publish.ErrBusy)},
		"unavailable":           {body: string(pushSample(t)), before: failing(publish.ErrUnavailable)},
		"deadline":              {body: string(pushSample(t)), before: failing(context.DeadlineExceeded)},
		"too_large_to_keep":     {body: string(pushSample(t)), before: failing(publish.ErrTooLarge)},
		"dead_letter_unavailable": {body: `{"id":`, before: func(h *house) {
			h.letters.fail = publish.ErrUnavailable
		}},
	} {
		t.Run(name, func(t *testing.T) {
			h := open(t, one.env...)
			if one.before != nil {
				one.before(h)
			}
			r := signedRequest(t, []byte(one.body))
			if one.method != "" {
				r.Method = one.method
			}
			if one.path != "" {
				r.URL.Path = one.path
			}
			if one.sign != "" {
				r.URL.RawQuery = "sign=" + one.sign
			}
			w := h.do(r)
			wantAnswer(t, w, w.Code)
			wantGolden(t, name, written(w))
		})
	}
}

func manyIDs() string {
	var b strings.Builder
	for i := range 1000 {
		fmt.Fprintf(&b, ",%d", i+2)
	}
	return b.String()
}

// written is an answer as it goes over the wire, its headers sorted.
func written(w *httptest.ResponseRecorder) string {
	lines := []string{fmt.Sprintf("%d %s", w.Code, http.StatusText(w.Code))}
	for name, values := range w.Header() {
		lines = append(lines, name+": "+strings.Join(values, ", "))
	}
	slices.Sort(lines[1:])
	return strings.Join(append(lines, "", w.Body.String(), ""), "\n")
}

func wantGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "answers", name+".txt")
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the answer has changed; if it should have, run the test with -update (-want +got)\n%s", diff)
	}
}

// TestRedirects: for the person who pushed a candidate, and where there is a
// place to go to.
func TestRedirects(t *testing.T) {
	const (
		pc     = "WEBHOOK_REDIRECT_PC_URL=https://e.example/{applicationId}/{candidateId}"
		mobile = "WEBHOOK_REDIRECT_MOBILE_URL=https://m.example/{applicationId}"
		push   = `{"id":"1","event":"pushCandidate","data":{"applicationId":7,"candidateId":"8"}}`
		nobody = `{"id":"1","event":"pushCandidate","data":{"applicationId":7,"candidateId":"../evil"}}`
	)
	for _, one := range []struct {
		name, body         string
		env                []string
		wantPC, wantMobile string
	}{
		{"both", push, []string{pc, mobile}, "https://e.example/7/8", "https://m.example/7"},
		{"one", push, []string{mobile}, "", "https://m.example/7"},
		{"no candidate", nobody, []string{pc, mobile}, "", "https://m.example/7"},
		{"none left", nobody, []string{pc}, "", ""},
		{"none", push, nil, "", ""},
		{"an interview", string(interviewSample(t)), []string{pc, mobile}, "", ""},
		{"another event", `{"id":"1","event":"other","data":{"applicationId":7,"candidateId":8}}`, []string{pc, mobile}, "", ""},
	} {
		got := wantAnswer(t, open(t, one.env...).push([]byte(one.body)), http.StatusOK)
		if one.wantPC == "" && one.wantMobile == "" {
			if got.Redirect != nil {
				t.Errorf("%s: redirected to %+v", one.name, got.Redirect)
			}
		} else if got.Redirect == nil || got.Redirect.PC != one.wantPC || got.Redirect.Mobile != one.wantMobile {
			t.Errorf("%s: redirected to %+v", one.name, got.Redirect)
		}
	}
}
