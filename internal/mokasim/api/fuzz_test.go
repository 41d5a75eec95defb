package api_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// Whatever is asked, by whatever means: an answer in JSON (or nothing, or ok),
// never a panic, never HTTP 500, and no effect without a success.
func FuzzCalls(f *testing.F) {
	paths := []string{
		"/v2/data/ehrApplications", "/v1/data/ehrApplications", "/v1/data/movedApplications", "/v1/data/moved_applications",
		"/v1/data/applications", "/v1/data/headcounts", "/v1/data/interviewer_feedbacks", "/v1/headcount/minimal_headcounts",
		"/v1/headcount_status/count", "/v1/headcounts", "/v1/headcount/1", "/v1/interviews", "/candidate/v1/getApplicationStates",
		"/v1/data/job_stages", "/v1/archiveReasons", "/v1/pipelines/list", "/v1/offer/status", "/v1/applications/move_application_stage",
		"/v1/applications/1/hired", "/v1/applications/1/rejected", "/v1/applications/1/corrected", "/v1/applications/1/resign",
		"/v1/applications/offerApproval", "/v1/sendOffer", "/v1/offers", "/v1/offers/x/accept", "/v1/candidates/1/reject", "/v1/headcount",
		"/v1/auth/oauth2/getToken",
	}
	methods := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}
	for n := range paths {
		for m := range methods {
			f.Add(uint8(n), uint8(m), "limit=-1&next=x&pageNumber=-9223372036854775808&startDate=2026-01-01&endDate=0001-01-01", `{"limit":-1,"next":"MTIz","applicationIds":[-1]}`)
			f.Add(uint8(n), uint8(m), "fromTime=2026-01-01&limit=99999999999&stage=all&jobId=x&reqType=all&applicationId=1,2&accepted=1&stageId=1", `{"applicationIds":null,"updateAtStartTime":"2026-01-01T00:00:00.000Z"}`)
			f.Add(uint8(n), uint8(m), "next=0_0&order=ASC&stage=offer&hireMode=9", `{"operator":{"name":"a"},"applicationId":1e99}`)
		}
	}
	var mu sync.Mutex
	clock := newHandClock()
	staff := company.New(1, founded, nil)
	server := api.New(api.Config{OrgID: "demo", APIKey: key, Effects: 10}, api.Deps{Clock: clock, Act: func(do func(*company.Company, time.Time) error) error {
		mu.Lock()
		defer mu.Unlock()
		return do(staff, clock.Now())
	}})
	f.Fuzz(func(t *testing.T, path, method uint8, query, body string) {
		values, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		target := "/api-platform" + paths[int(path)%len(paths)] + "?" + values.Encode()
		request := httptest.NewRequest(methods[int(method)%len(methods)], target, strings.NewReader(body))
		request.SetBasicAuth(key, "")
		_, before, _ := server.Effects(0, 0)
		recorder := httptest.NewRecorder()
		server.ServeHTTP(recorder, request)
		said := recorder.Body.String()
		if recorder.Code >= 500 || said != "" && said != "ok" && !json.Valid([]byte(said)) {
			t.Errorf("%s %s %s: %d %s", request.Method, target, body, recorder.Code, said)
		}
		no := recorder.Code != http.StatusOK || strings.Contains(said, `"success":false`)
		if _, after, _ := server.Effects(0, 0); after != before && no {
			t.Errorf("%s %s %s: refused with %s, and an effect", request.Method, target, body, said)
		}
	})
}
