package moka_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/moka"
)

// Whatever answers, it is judged without a crash: a write that was not done is
// never called a failed read, an answer that is no JSON is a success of one
// shape alone, errors are short and on one line, and items are parts of what was
// sent.
func FuzzAnswers(f *testing.F) {
	names, err := filepath.Glob(filepath.Join("testdata", "samples", "*.json"))
	if err != nil || len(names) == 0 {
		f.Fatal("no samples", err)
	}
	for i, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(body, 200, i, i%2 == 0)
		f.Add(body[:len(body)/2], 200, i, i%2 == 0)
	}
	for _, body := range []string{"", "ok", "<html>", "null", "[]", `{"code":-1,"success":false,"msg":"无法识别的认证信息"}`, `{"data":"[{}]"}`, `{"a":"\ud800"}`, "{\"\xff\":1}"} {
		f.Add([]byte(body), 500, 0, true)
		f.Add([]byte(body), 200, 3, false)
	}
	f.Fuzz(func(t *testing.T, body []byte, status, shape int, write bool) {
		sent := bytes.Clone(body)
		kind, page, err := moka.Judge(write, max(shape, 0), status, body)
		if !bytes.Equal(sent, body) {
			t.Fatal("the answer was changed")
		}
		switch {
		case kind != 0 && err == nil, kind > moka.KindProtocol:
			t.Fatalf("kind %v, error %v", kind, err)
		case kind == moka.KindAmbiguous && !write:
			t.Fatal("an ambiguous read")
		case kind == moka.KindTransient && write:
			t.Fatal("an answered write that is transient")
		case kind == 0 && (status < 200 || status > 299):
			t.Fatalf("HTTP %d is a success", status)
		}
		if err != nil && (len(err.Error()) > 2000 || strings.ContainsAny(err.Error(), "\n\r")) {
			t.Fatalf("error %q", err)
		}
		for _, item := range page.Items {
			if item.ID < 0 || !json.Valid(item.Body) {
				t.Fatalf("item %+v", item)
			}
			if !bytes.Contains(body, []byte(`\`)) && !bytes.Contains(body, item.Body) {
				t.Fatalf("item %q is not as sent", item.Body)
			}
		}
	})
}

func FuzzTimes(f *testing.F) {
	for _, text := range []string{`"2018-5-3"`, `"2018-4-23T09:10:26.000Z"`, `1662520322000`, `"2017-01-01 10:00:00"`, `"2026-11-22T12:00:00+08:00"`, `null`, `"2026-02-30"`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if !json.Valid(text) {
			return
		}
		got := moka.When(text)
		if got.IsZero() {
			return
		}
		again, err := json.Marshal(got)
		if err != nil {
			return // a year that RFC 3339 cannot write
		}
		if back := moka.When(again); !back.Equal(got) {
			t.Errorf("%s is %v, which is read as %v", text, got, back)
		}
	})
}

func TestTimes(t *testing.T) {
	for text, want := range map[string]string{
		`"2018-5-3"`:                  "2018-05-02T16:00:00Z",
		`"2018-09-27T02:00:00.000Z"`:  "2018-09-27T02:00:00Z",
		`"2018-4-23T09:10:26.000Z"`:   "2018-04-23T09:10:26Z",
		`" 2017-01-01 10:00:00 "`:     "2017-01-01T02:00:00Z",
		`"2017-01-01T10:00"`:          "2017-01-01T02:00:00Z",
		`"2017-01-01T10:00:00+0800"`:  "2017-01-01T02:00:00Z",
		`"2017-01-01T10:00:00-05:30"`: "2017-01-01T15:30:00Z",
		`"2017-01-01T10:00:00.5Z"`:    "2017-01-01T10:00:00.5Z",
		`1662520322000`:               "2022-09-07T03:12:02Z",
		`"1662520322"`:                "2022-09-07T03:12:02Z",
		`20180503`:                    "",
		`"2018-13-01"`:                "",
		`"2018-00-01"`:                "",
		`"soon"`:                      "",
		`""`:                          "",
		`null`:                        "",
		`true`:                        "",
		`["2018-05-03"]`:              "",
		`99999999999999999`:           "",
	} {
		got := moka.When([]byte(text))
		if want == "" {
			if !got.IsZero() {
				t.Errorf("%s: got %v", text, got)
			}
		} else if got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: got %v, want %s", text, got, want)
		}
	}
}
