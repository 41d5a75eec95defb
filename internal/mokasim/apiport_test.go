package mokasim_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/company"
	"github.com/mokafka/mokafka/internal/mokasim/payload"
)

// asks calls Moka's API over the port and returns status and body.
func (r *rig) asks(method, path, body string) (int, string) {
	r.t.Helper()
	request, err := http.NewRequestWithContext(r.t.Context(), method, "http://"+r.sim.Addr()+"/api-platform"+path, strings.NewReader(body))
	if err != nil {
		r.t.Fatal(err)
	}
	request.SetBasicAuth("dev-api-key", "")
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	response, err := client.Do(request)
	if err != nil {
		return 0, err.Error()
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return 0, err.Error()
	}
	return response.StatusCode, string(text)
}

// some is an application that suits.
func (r *rig) some(suits func(company.Truth) bool) company.Truth {
	r.t.Helper()
	for _, truth := range r.sim.Truths(0, 100_000) {
		if suits(truth) {
			return truth
		}
	}
	r.t.Fatal("no application suits")
	return company.Truth{}
}

func inProgress(truth company.Truth) bool { return !truth.Archived }

func TestAWriteIsSeenEverywhere(t *testing.T) {
	r := run(t, config(""), mokasim.Deps{})
	one := r.some(inProgress)
	var acted mokasim.Acted
	r.must(post, "/__sim/act", fmt.Sprintf(`{"act":"remark","applicationId":%d}`, one.ApplicationID), &acted)
	hired := fmt.Sprintf("/v1/applications/%d/hired", one.ApplicationID)
	if status, body := r.asks(http.MethodPut, hired, `{"hiredAt":"2026-03-05","probation":3}`); status != 200 || body != `{"success":true}` {
		t.Fatalf("%d %s", status, body)
	}
	var effects mokasim.EffectLog
	r.must(get, "/__sim/effects", "", &effects)
	if len(effects.Effects) != 1 || effects.Total != 1 || effects.Effects[0].Operation != "hired" || !effects.Effects[0].Changed {
		t.Errorf("%+v", effects)
	}
	var log mokasim.Log
	r.must(get, "/__sim/log", "", &log)
	last := log.Entries[len(log.Entries)-1]
	if last.Kind != company.Hired || last.Origin != "api" || last.Operator != company.OperatorAPI {
		t.Errorf("the log says %+v", last)
	}
	if truth, _ := r.sim.Truth(one.ApplicationID); !truth.Hired {
		t.Error("the truth is that nobody was hired")
	}
	_, body := r.asks(http.MethodPost, "/v2/data/ehrApplications", fmt.Sprintf(`{"applicationIds":[%d]}`, one.ApplicationID))
	if !strings.Contains(body, `"probation":3`) || !strings.Contains(body, `"archived":true`) {
		t.Errorf("read back as %.600s", body)
	}
	if status, body := r.asks(http.MethodPut, hired, `{"hiredAt":"2026-03-05","probation":3}`); status != 200 || !strings.Contains(body, "该申请已归档") {
		t.Errorf("%d %s", status, body)
	}
	if status := r.call(get, "/__sim/effects?after=x", "", nil); status != http.StatusBadRequest {
		t.Errorf("after=x answers %d", status)
	}
}

func TestHumansWorkInTheSameRecords(t *testing.T) {
	target, got := receiver(t, nil)
	r := run(t, config(target), mokasim.Deps{})
	one := r.some(func(truth company.Truth) bool { return !truth.Archived && truth.OfferStatus == "" })
	stages := map[string]int64{}
	for _, truth := range r.sim.Truths(0, 100_000) {
		stages[truth.StageName] = truth.StageID
	}
	act := func(act, rest string) mokasim.Acted {
		t.Helper()
		var acted mokasim.Acted
		r.must(post, "/__sim/act", fmt.Sprintf(`{"act":%q,"applicationId":%d%s}`, act, one.ApplicationID, rest), &acted)
		for _, change := range acted.Changes {
			if change.Origin != "human" || change.Operator == "" || change.Operator == company.OperatorAPI {
				t.Errorf("%s: %+v", act, change)
			}
		}
		return acted
	}
	moved := act("move", fmt.Sprintf(`,"stageId":%d,"operator":"王静"`, stages["面试"]))
	if one.StageName != "面试" && (len(moved.Changes) != 1 || moved.Changes[0].Operator != "王静" || moved.Changes[0].StageID != stages["面试"]) {
		t.Errorf("moved: %+v", moved)
	}
	if again := act("move", fmt.Sprintf(`,"stageId":%d`, stages["面试"])); len(again.Changes) != 0 {
		t.Errorf("moved to where it was: %+v", again)
	}
	arranged := act("interview_arrange", "")
	if len(arranged.Pushes) != 1 || !strings.Contains(next(t, got).body, payload.CreateInterviewsInfo) {
		t.Errorf("arranged: %+v", arranged)
	}
	for _, name := range []string{"offer_create", "offer_in_approval", "offer_deny", "offer_approve", "offer_send", "offer_accept"} {
		if acted := act(name, ""); len(acted.Changes) != 1 {
			t.Errorf("%s: %+v", name, acted.Changes)
		}
	}
	hired := act("hire", `,"probation":2`)
	if kinds := fmt.Sprintf("%s %s", hired.Changes[0].Kind, hired.Changes[1].Kind); kinds != "interview_cancelled hired" {
		t.Errorf("hiring did %s", kinds)
	}
	if !strings.Contains(next(t, got).body, payload.DeleteInterviewsInfo) {
		t.Error("the interview that fell through was not pushed")
	}
	act("regular", "")
	act("irregular", "")
	act("resign", `,"detail":"走了"`)
	act("push", "")
	next(t, got)
	act("delete", "")
	if _, there := r.sim.Truth(one.ApplicationID); there {
		t.Error("is still there")
	}

	one = r.some(func(truth company.Truth) bool { return !truth.Archived && len(truth.Interviews) == 0 })
	act("archive", "")
	act("restore", "")
	var acted mokasim.Acted
	r.must(post, "/__sim/act", `{"act":"apply","count":600}`, &acted)
	if len(acted.Changes) != 600 || acted.Changes[0].Kind != company.ApplicationReceived {
		t.Errorf("%d applied", len(acted.Changes))
	}
	headcount := r.sim.HeadcountTruths()[0].ID
	r.must(post, "/__sim/act", fmt.Sprintf(`{"act":"headcount_status","headcountId":%d,"status":"timeout"}`, headcount), &acted)
	r.must(post, "/__sim/act", fmt.Sprintf(`{"act":"headcount_delete","headcountId":%d}`, headcount), &acted)
	for body, status := range map[string]int{
		`{}`:                                  http.StatusBadRequest,
		`{"act":"dance"}`:                     http.StatusBadRequest,
		`{"act":"move"}`:                      http.StatusBadRequest,
		`{"act":"apply","count":-1}`:          http.StatusBadRequest,
		`{"act":"headcount_delete"}`:          http.StatusNotFound,
		`{"act":"restore","applicationId":1}`: http.StatusNotFound,
		fmt.Sprintf(`{"act":"restore","applicationId":%d}`, one.ApplicationID):          http.StatusConflict,
		fmt.Sprintf(`{"act":"move","stageId":1,"applicationId":%d}`, one.ApplicationID): http.StatusConflict,
	} {
		if got := r.call(post, "/__sim/act", body, nil); got != status {
			t.Errorf("%s: %d, want %d", body, got, status)
		}
	}
}

func TestAnInterviewThatTheAPIMakesFallThroughIsPushed(t *testing.T) {
	target, got := receiver(t, nil)
	r := run(t, config(target), mokasim.Deps{})
	one := r.some(func(truth company.Truth) bool {
		return !truth.Archived && len(truth.Interviews) > 0 && truth.Interviews[len(truth.Interviews)-1].Status == company.MeetingOpen
	})
	r.asks(http.MethodPut, fmt.Sprintf("/v1/applications/%d/hired", one.ApplicationID), `{"hiredAt":"2026-03-05","probation":3}`)
	if body := next(t, got).body; !strings.Contains(body, payload.DeleteInterviewsInfo) {
		t.Errorf("pushed %.200s", body)
	}
}

func TestFaultsAndQuotaOnOrder(t *testing.T) {
	r := run(t, config(""), mokasim.Deps{})
	var ordered struct{ ID int }
	r.must(post, "/__sim/faults", `{"endpoint":"GET /v1/archiveReasons","kind":"error","calls":1,"status":503}`, &ordered)
	r.must(post, "/__sim/faults", `{"kind":"slow","for":"1m30s","endpoint":"writes"}`, &ordered)
	if ordered.ID != 2 {
		t.Errorf("the second is number %d", ordered.ID)
	}
	if status, _ := r.asks(get, "/v1/archiveReasons", ""); status != 503 {
		t.Errorf("answers %d", status)
	}
	var list mokasim.Ordered
	r.must(get, "/__sim/faults", "", &list)
	if len(list.Kinds) != len(api.FaultKinds()) || len(list.Faults) != 2 || !list.Faults[0].Over || list.Faults[1].For != api.Duration(90*time.Second) {
		t.Errorf("%+v", list)
	}
	for body, status := range map[string]int{`{"kind":"x"}`: 400, `{"kind":"error","for":"x"}`: 400, `{"sort":"error"}`: 400} {
		if got := r.call(post, "/__sim/faults", body, nil); got != status {
			t.Errorf("%s: %d", body, got)
		}
	}
	var cleared struct{ Cleared int }
	r.must(http.MethodDelete, "/__sim/faults?id=1", "", &cleared)
	if status := r.call(http.MethodDelete, "/__sim/faults?id=1", "", nil); status != http.StatusNotFound {
		t.Errorf("cleared twice: %d", status)
	}
	r.must(http.MethodDelete, "/__sim/faults", "", &cleared)
	if cleared.Cleared != 1 {
		t.Errorf("%d cleared", cleared.Cleared)
	}
	if status := r.call(http.MethodPut, "/__sim/faults", "", nil); status != http.StatusMethodNotAllowed {
		t.Errorf("PUT answers %d", status)
	}

	var quota mokasim.QuotaState
	r.must(post, "/__sim/quota", `{"perMinute":2,"refusal":"600"}`, &quota)
	if quota.PerMinute != 2 || quota.HeadcountWritesPerMinute != 30 || quota.Refusal != api.Refuse600 {
		t.Errorf("%+v", quota)
	}
	for _, want := range []int{200, 200, 600} {
		if status, body := r.asks(get, "/v1/archiveReasons", ""); status != want {
			t.Errorf("%d %s, want %d", status, body, want)
		}
	}
	r.must(get, "/__sim/quota", "", &quota)
	if quota.Refused != 1 {
		t.Errorf("%+v", quota)
	}
	if status := r.call(post, "/__sim/quota", `{"window":"x"}`, nil); status != http.StatusBadRequest {
		t.Errorf("a wrong window: %d", status)
	}
	var key struct{ Revoked bool }
	r.must(post, "/__sim/key", `{"revoked":true}`, &key)
	if status, body := r.asks(get, "/v1/archiveReasons", ""); status != 500 || !key.Revoked || !strings.Contains(body, "apiKey") {
		t.Errorf("a revoked key: %d %s", status, body)
	}
	r.must(post, "/__sim/key", `{"revoked":false}`, &key)
	if status := r.call(post, "/__sim/key", `{}`, nil); status != http.StatusBadRequest {
		t.Errorf("no word on the key: %d", status)
	}
}

// Many callers, while the company lives and humans work in it.
func TestManyCallersAtOnce(t *testing.T) {
	target, _ := receiver(t, nil)
	cfg := config(target)
	cfg.Pace, cfg.QuotaPerMinute = time.Millisecond, 0
	r := run(t, cfg, mokasim.Deps{})
	ids := []int64{}
	for _, truth := range r.sim.Truths(0, 100_000) {
		ids = append(ids, truth.ApplicationID)
	}
	one := r.some(inProgress)
	stage := one.StageID
	others := []string{
		"/v1/data/headcounts?fromTime=2026-01-01", "/v1/data/ehrApplications?stage=all", "/v1/data/applications?fromTime=2026-01-01",
		"/v1/data/movedApplications?fromTime=2026-01-01&reqType=all", "/v1/data/moved_applications", "/v1/headcount/minimal_headcounts",
		"/v1/data/interviewer_feedbacks?fromTime=2026-01-01", "/v1/data/job_stages?jobId=" + one.JobID, "/v1/headcounts", "/v1/archiveReasons",
		"/v2/stage/getStagesList", "/v2/pipelines/getPipelinesList", "/v1/pipelines/list?currentHireMode=1", "/v1/headcount_status/count",
		"/v1/interviews?startDate=" + time.Now().Format(time.DateOnly) + "&endDate=" + time.Now().AddDate(0, 0, 20).Format(time.DateOnly),
	}
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	t.Cleanup(client.CloseIdleConnections)
	var callers sync.WaitGroup
	accepted := make([]int, 8)
	for n := range accepted {
		callers.Go(func() {
			for k := range 60 {
				id := ids[(n*61+k)%len(ids)]
				for _, one := range []struct{ method, path, body string }{
					{http.MethodPut, fmt.Sprintf("/v1/applications/move_application_stage?applicationId=%d&stageId=%d", id, stage), ""},
					{http.MethodPost, "/v2/data/ehrApplications", fmt.Sprintf(`{"applicationIds":[%d]}`, id)},
					{http.MethodGet, others[(n+k)%len(others)], ""},
				} {
					request, err := http.NewRequestWithContext(t.Context(), one.method, "http://"+r.sim.Addr()+"/api-platform"+one.path, strings.NewReader(one.body))
					if err != nil {
						t.Error(err)
						return
					}
					request.SetBasicAuth("dev-api-key", "")
					response, err := client.Do(request)
					if err != nil {
						t.Error(err)
						return
					}
					text, err := io.ReadAll(response.Body)
					_ = response.Body.Close()
					if err != nil || response.StatusCode != http.StatusOK || !json.Valid(text) {
						t.Errorf("%s: %d %.200s %v", one.path, response.StatusCode, text, err)
					}
					if string(text) == `{"code":0,"msg":"Success"}` {
						accepted[n]++
					}
				}
				if _, err := r.sim.Do(t.Context(), mokasim.Human{Act: "remark", ApplicationID: id}); err != nil && !errors.Is(err, company.ErrUnknownApplication) {
					t.Error(err)
				}
			}
		})
	}
	callers.Wait()
	total := 0
	for _, count := range accepted {
		total += count
	}
	effects, all, forgotten := r.sim.API().Effects(0, 100_000)
	if total == 0 || uint64(total) != all || forgotten != 0 {
		t.Errorf("%d answers of success, %d effects, %d forgotten", total, all, forgotten)
	}
	for n, effect := range effects {
		if effect.Seq != uint64(n+1) {
			t.Fatalf("effect %d has number %d", n, effect.Seq)
		}
	}
}

func TestTheAPIWithoutAServer(t *testing.T) {
	clock := newHandClock()
	sim := mokasim.New(config(""), mokasim.Deps{Clock: clock})
	if err := sim.Open(); err != nil {
		t.Fatal(err)
	}
	defer sim.Close()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	client := &http.Client{Transport: api.Transport(sim.Handler())}
	ask := func(path string) (*http.Response, error) {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://moka.invalid/api-platform"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.SetBasicAuth("dev-api-key", "")
		return client.Do(request)
	}
	response, err := ask("/v1/archiveReasons")
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	_ = response.Body.Close()
	if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(text), "福利待遇不满足") || response.Header.Get("Date") != "Mon, 02 Mar 2026 01:00:00 GMT" {
		t.Errorf("%d %s %v %s", response.StatusCode, text, err, response.Header.Get("Date"))
	}
	for kind, want := range map[api.FaultKind]error{api.FaultReset: io.ErrUnexpectedEOF, api.FaultCut: io.ErrUnexpectedEOF, api.FaultEndless: nil} {
		if _, err := sim.API().Order(api.Fault{Kind: kind, Calls: 1}); err != nil {
			t.Fatal(err)
		}
		response, err := ask("/v1/archiveReasons")
		if err == nil {
			_, err = io.CopyN(io.Discard, response.Body, 1<<20)
			_ = response.Body.Close()
		}
		if !errors.Is(err, want) {
			t.Errorf("%s: %v, want %v", kind, err, want)
		}
	}
	if _, err := sim.API().Order(api.Fault{Kind: api.FaultHang, Calls: 1}); err != nil {
		t.Fatal(err)
	}
	failed := make(chan error, 1)
	go func() {
		response, err := ask("/v1/archiveReasons")
		if err == nil {
			_ = response.Body.Close()
		}
		failed <- err
	}()
	<-clock.waits
	cancel()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("hanging up: %v", err)
	}
}
