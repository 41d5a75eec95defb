package api_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/mokasim/api"
	"github.com/mokafka/mokafka/internal/mokasim/company"
)

const put = http.MethodPut

func no(text string) string { return `{"success":false,"errorMessage":"` + text + `"}` }

func TestMoveStage(t *testing.T) {
	r := newRig(t, nil)
	id := r.find(func(app *company.Application) bool { return app.Open() && app.Stage.Type == 100 && app.Offer == nil })
	to := r.stage(201)
	path := func(id, stage any) string {
		return fmt.Sprintf("/v1/applications/move_application_stage?applicationId=%v&stageId=%v", id, stage)
	}
	before := r.app(id).UpdatedAt
	r.clock.advance(time.Hour)
	request := r.request(t.Context(), put, "/api-platform"+path(id, to), "")
	request.Header.Set("X-Request-Id", "mine")
	if got := send(request); got.status != http.StatusOK || got.body != `{"code":0,"msg":"Success"}` || got.header.Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("%d %s", got.status, got.body)
	}
	want := api.Effect{
		Seq: 1, At: r.clock.Now(), Operation: "move_stage", ApplicationID: id, Parameters: map[string]any{"stageId": to},
		Before: &api.Standing{Application: &company.Standing{StageID: r.stage(100), Stage: "初筛"}},
		After:  &api.Standing{Application: &company.Standing{StageID: to, Stage: "面试"}}, Changed: true, RequestID: "mine",
	}
	if diff := cmp.Diff(want, r.last(1)); diff != "" {
		t.Error(diff)
	}
	app := r.app(id)
	if !app.UpdatedAt.After(before) || app.Stage.ID != to || !app.MovedAt.Equal(r.clock.Now()) {
		t.Errorf("moved at %s, updated at %s", app.MovedAt, app.UpdatedAt)
	}
	last := r.changes[len(r.changes)-1]
	if last.Kind != company.StageMoved || last.Operator != company.OperatorAPI || last.Applications[0].ID != id {
		t.Errorf("the change is %+v", last)
	}
	// Where it is already: accepted, and nothing happens.
	changes := len(r.changes)
	r.want(put, path(id, to), "", 200, `{"code":0,"msg":"Success"}`)
	if effect := r.last(2); effect.Changed || len(r.changes) != changes {
		t.Errorf("a move to where it is: %+v", effect)
	}
	for target, text := range map[string]string{
		path(1, to):     "申请不存在",
		path(id, 1):     "申请当前阶段错误",
		path("x", to):   "applicationId, stageId 参数错误",
		path("", to):    "applicationId 参数异常,缺少必要参数",
		path(id, ""):    "stageId 参数异常,缺少必要参数",
		path(id, "1.5"): "applicationId, stageId 参数错误",
	} {
		r.want(put, target, "", 200, `{"code":1,"msg":"`+text+`"}`)
	}
	r.order(func(do company.Commands) error { return do.Archive(id, company.Closing{}) })
	r.want(put, path(id, r.stage(101)), "", 200, `{"code":1,"msg":"该申请已归档"}`)
	r.last(2) // refusals have no effect
}

func TestMarkHired(t *testing.T) {
	r := newRig(t, nil)
	id := r.find(func(app *company.Application) bool { return app.Open() && app.OpenMeeting() == nil })
	path := fmt.Sprintf("/v1/applications/%d/hired", id)
	headcount := r.company.Headcounts()[0]
	for body, text := range map[string]string{
		`{"probation":3}`:                                           "hiredAt 参数异常,缺少必要参数",
		`{"hiredAt":"2026-03-05"}`:                                  "probation 参数异常,缺少必要参数",
		`{"hiredAt":"soon","probation":3}`:                          "hiredAt 参数错误",
		`{"hiredAt":"2026-03-05","probation":7}`:                    "probation 参数错误",
		`{"hiredAt":"2026-03-05","probation":-1}`:                   "probation 参数错误",
		`{"hiredAt":"2026-03-05","probation":"3"}`:                  "probation 参数错误",
		`{"hiredAt":"2026-03-05","probation":3,"hcId":null}`:        "hcId 参数错误",
		`{"hiredAt":"2026-03-05","probation":3,"hcId":""}`:          "hcId 参数错误",
		`{"hiredAt":"2026-03-05","probation":3,"hcId":1}`:           "hcId 参数错误",
		`{"hiredAt":"2026-03-05","probation":3,"isUseOfferHcid":2}`: "isUseOfferHcid 参数错误",
		`[]`: "body 参数错误",
		`{`:  "body 参数错误",
	} {
		r.want(put, path, body, 200, no(text))
	}
	used := headcount.Used
	r.want(put, path, fmt.Sprintf(`{"hiredAt":"2018-08-06T16:00:00.000Z","probation":6,"hcId":%d}`, headcount.ID), 200, `{"success":true}`)
	app := r.app(id)
	if app.Open() || app.Work.Probation != 6 || app.Work.HeadcountID != headcount.ID || headcount.Used != used+1 {
		t.Errorf("hired as %+v", app.Work)
	}
	effect := r.last(1)
	want := map[string]any{"probation": 6, "hcId": headcount.ID, "hiredAt": "2018-08-06T16:00:00Z"}
	if diff := cmp.Diff(want, effect.Parameters); diff != "" || !effect.Changed || !effect.After.Application.HiredAt.Equal(time.Date(2018, 8, 6, 16, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v\n%s", effect, diff)
	}
	r.want(put, path, `{"hiredAt":"2026-03-05","probation":0}`, 200, no("该申请已归档"))
	r.want(put, "/v1/applications/1/hired", `{"hiredAt":"2026-03-05","probation":0}`, 200, no("申请不存在"))
	r.want(put, "/v1/applications/x/hired", `{}`, 200, no("applicationId 参数错误"))
	r.last(1)
}

func TestHiredUnderTheHeadcountOfTheOffer(t *testing.T) {
	r := newRig(t, nil)
	id := r.find(func(app *company.Application) bool {
		return app.Open() && app.Offer != nil && app.Offer.Headcount != nil
	})
	offered := r.app(id).Offer.Headcount.ID
	r.want(put, fmt.Sprintf("/v1/applications/%d/hired", id), `{"hiredAt":"2026-03-05","probation":0,"isUseOfferHcid":1}`, 200, `{"success":true}`)
	if got := r.app(id).Work.HeadcountID; got != offered {
		t.Errorf("hired under %d, want %d", got, offered)
	}
}

func TestHiringCancelsWhatLiesAhead(t *testing.T) {
	r := newRig(t, nil)
	id := r.find(func(app *company.Application) bool { return app.OpenMeeting() != nil })
	r.want(put, fmt.Sprintf("/v1/applications/%d/hired", id), `{"hiredAt":"2026-03-05","probation":0}`, 200, `{"success":true}`)
	kinds := []company.Kind{}
	for _, change := range r.changes {
		kinds = append(kinds, change.Kind)
	}
	if kinds[0] != company.InterviewCancelled || kinds[1] != company.Hired || r.app(id).OpenMeeting() != nil {
		t.Errorf("what happened: %v", kinds)
	}
}

func TestGaveUpOnboarding(t *testing.T) {
	r := newRig(t, nil)
	id := r.find(func(app *company.Application) bool { return app.Open() && app.Stage.Type == 101 })
	r.order(func(do company.Commands) error { return do.MoveStage(id, r.stage(102)) })
	path := fmt.Sprintf("/v1/applications/%d/rejected", id)
	r.want(put, path, `{"archiveReasonId":1}`, 200, no("归档原因不存在"))
	r.want(put, path, `{"talentPoolId":"1"}`, 200, no("归档人才库不存在"))
	r.want(put, path, `{"talentPoolId":"x"}`, 200, no("talentPoolId 参数错误"))
	early := r.find(func(app *company.Application) bool { return app.Open() && app.Stage.Type == 100 })
	r.want(put, fmt.Sprintf("/v1/applications/%d/rejected", early), ``, 200, no("申请当前阶段错误"))
	reason, pool := r.company.Reasons()[1], r.company.TalentPools()[0].ID
	r.want(put, path, fmt.Sprintf(`{"archiveReasonId":%d,"talentPoolId":"%d","detail":"搬家"}`, reason.ID, pool), 200, `{"success":true}`)
	if archive := r.app(id).Archive; archive == nil || archive.Reason != reason || archive.TalentPoolID != pool || archive.Detail != "搬家" {
		t.Errorf("archived as %+v", archive)
	}
	r.want(put, path, ``, 200, no("该申请已归档"))
	// Without a reason: the built-in one.
	id = r.find(func(app *company.Application) bool { return app.Open() })
	r.order(func(do company.Commands) error { return do.MoveStage(id, r.stage(102)) })
	r.want(put, fmt.Sprintf("/v1/applications/%d/rejected", id), ``, 200, `{"success":true}`)
	if archive := r.app(id).Archive; archive.Reason.Name != "福利待遇不满足" {
		t.Errorf("archived for %s", archive.Reason.Name)
	}
	r.last(2)
}

func TestRegularAndResigned(t *testing.T) {
	r := newRig(t, nil)
	id := r.find(open)
	corrected, resign := fmt.Sprintf("/v1/applications/%d/corrected", id), fmt.Sprintf("/v1/applications/%d/resign", id)
	r.want(put, corrected, `{"status":1}`, 200, no("转正状态错误"))
	r.want(put, resign, `{"detail":"d"}`, 200, `{"success":false,"errorMessage":"applicationId.error","code":40040101}`)
	r.order(func(do company.Commands) error { return do.Hire(id, company.Hiring{}) })

	r.want(put, corrected, `{}`, 200, no("status 参数异常,缺少必要参数"))
	r.want(put, corrected, `{"status":2}`, 200, no("status 参数错误"))
	r.want(put, corrected, `{"status":1,"correctedAt":"2018-08-06T16:00:00.000Z"}`, 200, `{"success":true}`)
	r.want(put, corrected, `{"status":1}`, 200, `{"success":true}`) // so already
	r.want(put, corrected, `{"status":0}`, 200, `{"success":true}`)
	effects := r.effects()
	if len(effects) != 3 || !effects[0].Changed || effects[1].Changed || !effects[2].Changed || !effects[2].After.Application.RegularAt.IsZero() {
		t.Errorf("%+v", effects)
	}

	r.want(put, resign, `{}`, 200, no("detail 参数异常,缺少必要参数"))
	r.want(put, resign, `{"detail":"d","reason":3}`, 200, `{"success":false,"errorMessage":"reason.error","code":40040102}`)
	r.want(put, resign, `{"detail":"d","reasonType":1}`, 200, `{"success":false,"errorMessage":"归档信息错误","code":40040102}`)
	r.want(put, resign, `{"detail":"d","email":"nobody@example.com"}`, 200, `{"success":false,"errorMessage":"email.error","code":40040105}`)
	r.want(put, "/v1/applications/x/resign", `{"detail":"d"}`, 200, `{"success":false,"errorMessage":"applicationId.error","code":40040101}`)
	r.want(put, resign, `{"type":1,"detail":"世界那么大,我想去看看","time":"2018-08-06T16:00:00.000Z","reason":1}`, 200, `{"success":true}`)
	left := r.app(id).Work.Resignation
	if left == nil || left.Detail != "世界那么大,我想去看看" || left.Reason != 1 || left.At.Year() != 2018 {
		t.Errorf("left as %+v", left)
	}
	r.want(put, corrected, `{"status":1}`, 200, no("转正状态错误"))
}

func TestRefusalsInEnglish(t *testing.T) {
	r := newRig(t, func(cfg *api.Config) { cfg.English = true })
	r.want(put, "/v1/applications/1/hired", `{"hiredAt":"2026-03-05","probation":0}`, 200, no("Application does not exist"))
	r.want(put, "/v1/applications/1/hired", `{}`, 200, no("hiredAt Parameter abnormal, missing required parameter"))
}
