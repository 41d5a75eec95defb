package sample_test

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/bench/sample"
)

type push struct {
	ID          string
	Event       string
	TriggeredAt int64
	Data        struct {
		ApplicationID int64 `json:"applicationId"`
		Phone         string
		Name          string
		Interviews    []struct {
			ApplicationIDs []int64 `json:"applicationIds"`
		}
	}
}

func TestRequestsAreSignedPushesOfTheDocumentedSize(t *testing.T) {
	s, err := sample.NewSigned(time.Unix(1_700_000_000, 0))
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for range 70 {
		req, err := http.ReadRequest(bufio.NewReader(bytes.NewReader(s.AppendRequest(nil))))
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(req.Body)
		if err != nil {
			t.Fatal(err)
		}
		mac := hmac.New(sha256.New, []byte(sample.SigningKey))
		mac.Write(body)
		if got := req.URL.Query().Get("sign"); got != hex.EncodeToString(mac.Sum(nil)) || req.URL.Path != sample.Path {
			t.Errorf("%s has the signature %s", req.URL.Path, got)
		}
		var p push
		if err := json.Unmarshal(body, &p); err != nil {
			t.Fatal(err)
		}
		if p.Event != "pushCandidate" || p.TriggeredAt != 1_700_000_000 || p.Data.Name != "邵旭冬" || len(p.Data.Phone) != 11 || seen[p.ID] {
			t.Errorf("the push is %+v", p)
		}
		seen[p.ID] = true
		if len(body) != s.BodySize() || len(body) < 8000 || len(body) > 8100 {
			t.Errorf("the body has %d bytes, said to be %d", len(body), s.BodySize())
		}
	}
}

func TestInterviewsAreOfTheApplicationAskedFor(t *testing.T) {
	interviews, err := sample.NewInterviews()
	if err != nil {
		t.Fatal(err)
	}
	w := sample.Webhook{Serial: 7, Application: sample.FirstApplication + 9, TriggeredAt: 1_700_000_001}
	var p push
	if err := json.Unmarshal(interviews.Body(w), &p); err != nil {
		t.Fatal(err)
	}
	if p.Event != "updateInterviewsInfo" || p.ID != w.ID() || p.TriggeredAt != w.TriggeredAt ||
		len(p.Data.Interviews) != 1 || p.Data.Interviews[0].ApplicationIDs[0] != w.Application {
		t.Errorf("the webhook is %+v", p)
	}
}

func TestTextsDifferAndTheRestDoesNot(t *testing.T) {
	pushes, err := sample.NewPushes()
	if err != nil {
		t.Fatal(err)
	}
	type texts struct {
		Data struct{ LastCompany, ResumeURL, Name, Gender, CreatedAt string }
	}
	var a, b texts
	for i, into := range []*texts{&a, &b} {
		if err := json.Unmarshal(pushes.Body(sample.Webhook{Application: int64(i)}), into); err != nil {
			t.Fatal(err)
		}
	}
	if a.Data.LastCompany == b.Data.LastCompany || len(a.Data.LastCompany) != len(b.Data.LastCompany) ||
		a.Data.ResumeURL == b.Data.ResumeURL || !strings.HasPrefix(b.Data.ResumeURL, "https://") {
		t.Errorf("%+v and %+v", a, b)
	}
	if a.Data.Gender != "Male" || a.Data.Name != b.Data.Name || a.Data.CreatedAt != b.Data.CreatedAt {
		t.Errorf("%+v and %+v", a, b)
	}
}
