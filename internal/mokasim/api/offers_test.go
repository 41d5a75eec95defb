package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// offered is an application whose offer has been sent.
func (r *rig) offered() int64 {
	r.t.Helper()
	id := r.find(func(app *company.Application) bool { return app.Open() && app.Offer == nil && app.OpenMeeting() == nil })
	r.order(func(do company.Commands) error { return do.CreateOffer(id) })
	r.order(func(do company.Commands) error { return do.ApproveOffer(id, company.ApprovalApproved) })
	r.order(func(do company.Commands) error { return do.SendOffer(id) })
	return id
}

func TestOfferStatus(t *testing.T) {
	r := newRig(t, nil)
	id := r.offered()
	path := func(rest string) string { return fmt.Sprintf("/v1/offer/status?applicationId=%d%s", id, rest) }
	refusals := map[string]string{
		path(""):                                      `{"code":100005,"msg":"accepted 参数异常,缺少必要参数"}`,
		path("&accepted=2"):                           `{"code":300400,"msg":"accepted 参数错误"}`,
		path("&accepted=true"):                        `{"code":300400,"msg":"accepted 参数错误"}`,
		path("&accepted=0"):                           `{"code":100005,"msg":"reasonId 参数异常,缺少必要参数"}`,
		path("&accepted=0&reasonId=1"):                `{"code":221018,"msg":"归档原因不存在"}`,
		path("&accepted=1&fbTime=later"):              `{"code":300400,"msg":"fbTime 参数错误"}`,
		"/v1/offer/status?accepted=1":                 `{"code":100005,"msg":"applicationId 参数异常,缺少必要参数"}`,
		"/v1/offer/status?accepted=1&applicationId=1": `{"code":300501,"msg":"申请不存在"}`,
	}
	reason := r.company.Reasons()[1]
	refusals[path(fmt.Sprintf("&accepted=0&reasonId=%d&talentPoolId=1", reason.ID))] = `{"code":300520,"msg":"归档人才库不存在"}`
	for target, answer := range refusals {
		r.want(put, target, "", 200, answer)
	}
	if app := r.app(id); !app.Open() || app.Offer.Status != company.OfferSent {
		t.Errorf("refusals left the offer %s", app.Offer.Status)
	}
	none := r.find(func(app *company.Application) bool { return app.Open() && app.Offer == nil })
	r.want(put, fmt.Sprintf("/v1/offer/status?applicationId=%d&accepted=1", none), "", 200, `{"code":300600,"msg":"Offer不存在"}`)
	r.order(func(do company.Commands) error { return do.CreateOffer(none) })
	r.want(put, fmt.Sprintf("/v1/offer/status?applicationId=%d&accepted=1", none), "", 200, `{"code":300606,"msg":"Offer状态错误"}`)
	if len(r.effects()) != 0 {
		t.Fatalf("refusals with effects: %+v", r.effects())
	}

	r.want(put, path("&accepted=1&fbTime=2026-03-01T00:00:00.000Z"), "", 200, `{"code":0}`)
	offer := r.app(id).Offer
	if offer.Status != company.OfferAccepted || offer.FinishedAt.Day() != 1 || offer.Answers[0].How != 3 {
		t.Errorf("accepted as %+v", offer)
	}
	want := map[string]any{"accepted": true, "fbTime": "2026-03-01T00:00:00Z"}
	if diff := cmp.Diff(want, r.last(1).Parameters); diff != "" {
		t.Error(diff)
	}
	r.want(put, path("&accepted=1"), "", 200, `{"code":300608,"msg":"Offer已被接受"}`)
	r.want(put, path(fmt.Sprintf("&accepted=0&reasonId=%d", reason.ID)), "", 200, `{"code":300608,"msg":"Offer已被接受"}`)

	id = r.offered()
	r.want(put, path(fmt.Sprintf("&accepted=0&reasonId=%d", reason.ID)), "", 200, `{"code":0}`)
	if app := r.app(id); app.Offer.Status != company.OfferRejected || app.Archive.Reason != reason || app.Archive.TalentPoolID != r.company.TalentPools()[1].ID {
		t.Errorf("rejected as %+v, %+v", app.Offer, app.Archive)
	}
	r.want(put, path("&accepted=1"), "", 200, `{"code":300502,"msg":"该申请已归档"}`)
	r.last(2)
}

func TestOfferApprovalAndSending(t *testing.T) {
	r := newRig(t, nil)
	id := r.find(func(app *company.Application) bool { return app.Open() && app.Offer == nil })
	approval := func(status string) string { return fmt.Sprintf(`{"applicationId":%d,"status":%s}`, id, status) }
	const path = "/v1/applications/offerApproval"
	r.want(put, path, approval("1"), 200, no("Offer不存在"))
	r.order(func(do company.Commands) error { return do.CreateOffer(id) })
	r.want(put, path, `{"status":1}`, 200, no("applicationId 参数异常,缺少必要参数"))
	r.want(put, path, approval("4"), 200, no("status 参数错误"))
	for status, want := range map[string]string{"3": company.ApprovalInProgress, "2": company.ApprovalRejected, "1": company.ApprovalApproved} {
		r.want(put, path, approval(status), 200, `{"success":true}`)
		if got := r.app(id).Offer.Approval; got != want {
			t.Errorf("status %s is %s", status, got)
		}
		r.want(put, path, approval(status), 200, `{"success":true}`)
		if effects := r.effects(); effects[len(effects)-1].Changed {
			t.Error("the same again changed something")
		}
	}
	r.order(func(do company.Commands) error { return do.ApproveOffer(id, company.ApprovalApproved) })
	send := fmt.Sprintf(`{"applicationId":%d,"hrEmail":"hr@example.com","notifyEmail":true}`, id)
	r.want(http.MethodPost, "/v1/sendOffer", fmt.Sprintf(`{"applicationId":%d}`, id), 200, no("hrEmail 参数异常,缺少必要参数"))
	r.want(http.MethodPost, "/v1/sendOffer", send, 200, `{"success":true}`)
	r.want(http.MethodPost, "/v1/sendOffer", send, 200, no("Offer状态错误"))
	r.order(func(do company.Commands) error { return do.AnswerOffer(id, company.Answer{Accepted: true}) })
	r.want(put, path, approval("2"), 200, no("Offer已被接受"))
}

func TestFakeOffers(t *testing.T) {
	r := newRig(t, nil)
	const operator = `"operator":{"name":"李明","phone":"18600000001"}`
	id := r.find(open)
	failed := func(code int, text string) string {
		return fmt.Sprintf(`{"success":false,"errorMessage":"%s","code":%d}`, text, code)
	}
	for body, answer := range map[string]string{
		`{"applicationId":1}`:                                   failed(100005, "operator 参数异常,缺少必要参数"),
		`{"applicationId":1,"operator":{}}`:                     failed(100005, "operator.name 参数异常,缺少必要参数"),
		`{"applicationId":1,"operator":{"name":1}}`:             failed(300400, "operator.name 参数错误"),
		`{"applicationId":1,"operator":{"name":"a","email":1}}`: failed(300400, "operator.email 参数错误"),
		`{` + operator + `}`:                                    failed(100005, "applicationId 参数异常,缺少必要参数"),
		`{"applicationId":1,` + operator + `}`:                  failed(300501, "申请不存在"),
	} {
		r.want(http.MethodPost, "/v1/offers", body, 400, answer)
	}
	create := fmt.Sprintf(`{"applicationId":%d,%s}`, id, operator)
	got := r.call(http.MethodPost, "/v1/offers", create)
	var made struct{ ID string }
	if err := json.Unmarshal([]byte(got.body), &made); err != nil || got.status != 200 || len(made.ID) != 16 {
		t.Fatalf("%d %s", got.status, got.body)
	}
	if effect := r.last(1); effect.Parameters["offerId"] != made.ID || effect.After.Application.FakeOffer != company.OfferPending {
		t.Errorf("%+v", effect)
	}
	r.want(http.MethodPost, "/v1/offers", create, 400, failed(300612, "该申请已存在Offer"))
	path := "/v1/offers/" + made.ID
	r.want(put, path+"/accept", `{}`, 400, failed(100005, "operator 参数异常,缺少必要参数"))
	r.want(put, "/v1/offers/gesk7uO58DZeThxx/accept", `{`+operator+`}`, 400, failed(300600, "Offer不存在"))
	r.want(put, path+"/accept", `{`+operator+`}`, 200, ``)
	r.want(put, path+"/accept", `{`+operator+`}`, 200, ``)
	effects := r.effects()
	if len(effects) != 3 || !effects[1].Changed || effects[2].Changed || effects[1].ApplicationID != id {
		t.Errorf("%+v", effects)
	}
	if last := r.changes[len(r.changes)-1]; last.Operator != "李明" {
		t.Errorf("the operator is %q", last.Operator)
	}
	r.want(put, path+"/delete", `{`+operator+`}`, 200, ``)
	r.want(put, path+"/delete", `{`+operator+`}`, 400, failed(300600, "Offer不存在"))
	r.last(4)
}

func TestCandidatesHiredAndRejected(t *testing.T) {
	r := newRig(t, nil)
	const operator = `"operator":{"name":"李明"}`
	id := r.find(open)
	r.want(put, fmt.Sprintf("/v1/candidates/%d/hired", id), `{`+operator+`}`, 200, ``)
	if r.app(id).HiredAt != r.clock.Now() {
		t.Error("was not hired")
	}
	if got := r.call(put, fmt.Sprintf("/v1/candidates/%d/hired", id), `{`+operator+`}`); got.status != 400 || !strings.Contains(got.body, "该申请已归档") {
		t.Errorf("hired twice: %s", got.body)
	}
	id = r.find(open)
	var offer string
	r.order(func(do company.Commands) (err error) { offer, err = do.CreateFakeOffer(id, "李明"); return err })
	reason := r.company.Reasons()[1]
	path := fmt.Sprintf("/v1/candidates/%d/reject", id)
	for body, text := range map[string]string{
		`{` + operator + `}`:                     "archiveReasonId 参数异常,缺少必要参数",
		`{` + operator + `,"archiveReasonId":1}`: "归档原因不存在",
		fmt.Sprintf(`{%s,"archiveReasonId":%d,"offerId":"x"}`, operator, reason.ID): "Offer不存在",
	} {
		if got := r.call(put, path, body); got.status != 400 || !strings.Contains(got.body, text) {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	if app := r.app(id); !app.Open() || app.Fake.Status != company.OfferPending {
		t.Error("a refusal changed something")
	}
	r.want(put, path, fmt.Sprintf(`{%s,"archiveReasonId":%d,"offerId":"%s"}`, operator, reason.ID, offer), 200, ``)
	if app := r.app(id); app.Archive == nil || app.Archive.Reason != reason || app.Fake.Status != company.OfferRejected {
		t.Errorf("rejected as %+v", app.Archive)
	}
	r.last(2)
}
