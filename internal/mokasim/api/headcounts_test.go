package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/internal/mokasim/company"
)

// detail reads {"headcount":…}.
func detail(t *testing.T, got said) (id int64, fields map[string]any) {
	t.Helper()
	var answer struct{ Headcount map[string]any }
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != http.StatusOK {
		t.Fatalf("%d %s", got.status, got.body)
	}
	number, ok := answer.Headcount["id"].(float64)
	if !ok {
		t.Fatalf("no id in %s", got.body)
	}
	return int64(number), answer.Headcount
}

func TestHeadcountLife(t *testing.T) {
	r := newRig(t, nil)
	department, owner := r.company.Headcounts()[0].Department, r.company.Headcounts()[0].Owner
	job := r.company.Headcounts()[0].Jobs[0]
	create := fmt.Sprintf(`{"number":"hc_automan","jobName":"hcName","needNumber":2,"startDate":"2017-10-12T00:00:00.000Z","departmentCode":"%d",`+
		`"ownerEmail":"%s","managerEmails":["%s"],"status":"ongoing","education":"Bachelor degree","connectedJobIds":["%s"],"customData":{"1":"test"}}`,
		department.Code, owner.Email, owner.Email, job.ID)
	id, fields := detail(t, r.call(http.MethodPost, "/v1/headcount/?currentHireMode=1", create))
	if fields["number"] != "hc_automan" || fields["needNumber"] != 2.0 || fields["status"] != "ongoing" {
		t.Errorf("created as %v", fields)
	}
	effect := r.last(1)
	if effect.Operation != "create_headcount" || effect.HeadcountID != id || effect.Before != nil || effect.After.Headcount.Number != "hc_automan" || !effect.Changed {
		t.Errorf("%+v", effect)
	}
	if _, again := detail(t, r.call(http.MethodGet, fmt.Sprintf("/v1/headcount/%d", id), "")); again["number"] != "hc_automan" {
		t.Errorf("read as %v", again)
	}

	path := fmt.Sprintf("/v1/headcount/%d", id)
	if _, fields = detail(t, r.call(put, path, `{"jobName":"其他","needNumber":10,"status":"suspend"}`)); fields["needNumber"] != 10.0 || fields["jobName"] != "其他" {
		t.Errorf("updated as %v", fields)
	}
	effect = r.last(2)
	if effect.Before.Headcount.Need != 2 || effect.After.Headcount.Need != 10 || effect.After.Headcount.Status != company.HeadcountSuspended || !effect.Changed {
		t.Errorf("%+v %+v", effect.Before.Headcount, effect.After.Headcount)
	}
	var kinds []company.Kind
	for _, change := range r.changes {
		kinds = append(kinds, change.Kind)
	}
	if got := fmt.Sprint(kinds); got != "[headcount_opened headcount_changed headcount_changed headcount_closed]" {
		t.Errorf("told as %s", got)
	}
	detail(t, r.call(put, path, `{"needNumber":10}`))
	if r.last(3).Changed {
		t.Error("the same again changed something")
	}

	if len(r.company.Job(job.ID).Headcounts) != 2 {
		t.Error("the job does not recruit for it")
	}
	detail(t, r.call(put, path, `{"connectedJobIds":[]}`))
	if !r.last(4).Changed || len(r.company.Job(job.ID).Headcounts) != 1 {
		t.Error("the job still recruits for it")
	}
	detail(t, r.call(put, path, fmt.Sprintf(`{"connectedJobIds":["%s"]}`, job.ID)))

	r.want(http.MethodDelete, path, "", 200, "ok")
	if effect := r.last(6); effect.After != nil || effect.Before.Headcount.ID != id || !effect.Changed {
		t.Errorf("%+v", effect)
	}
	for _, method := range []string{put, http.MethodDelete, http.MethodGet} {
		if got := r.call(method, path, `{}`); got.status != http.StatusNotFound || !strings.Contains(got.body, "招聘需求不存在") {
			t.Errorf("%s of what is deleted: %d %s", method, got.status, got.body)
		}
	}
	if r.company.Job(job.ID) == nil || len(r.company.Job(job.ID).Headcounts) != 1 {
		t.Error("the job still has the deleted headcount")
	}
}

func TestHeadcountRefusals(t *testing.T) {
	r := newRig(t, nil)
	taken := r.company.Headcounts()[0]
	const rest = `,"number":"n","jobName":"j","needNumber":1}`
	for body, text := range map[string]string{
		`{"jobName":"j","needNumber":1}`:                                          "number 参数异常",
		`{"number":"n","needNumber":1}`:                                           "jobName 参数异常",
		`{"number":"n","jobName":"j"}`:                                            "needNumber 参数异常",
		`{"number":"n","jobName":"j","needNumber":"1"}`:                           "needNumber 参数错误",
		`{"number":"n","jobName":"j","needNumber":0}`:                             "needNumber 参数错误",
		fmt.Sprintf(`{"number":"%s","jobName":"j","needNumber":1}`, taken.Number): "number 参数错误",
		`{"departmentCode":"1"` + rest:                                            "departmentCode 参数错误",
		`{"ownerEmail":"nobody@example.com"` + rest:                               "email 参数错误",
		`{"managerEmails":["nobody@example.com"]` + rest:                          "email 参数错误",
		`{"managerEmails":"nobody@example.com"` + rest:                            "managerEmails 参数错误",
		`{"connectedJobIds":["x"]` + rest:                                         "connectedJobIds 参数错误",
		`{"status":"over"` + rest:                                                 "status 参数错误",
		`{"startDate":"soon"` + rest:                                              "startDate 参数错误",
	} {
		if got := r.call(http.MethodPost, "/v1/headcount", body); got.status != 400 || !strings.Contains(got.body, text) {
			t.Errorf("%s: %d %s", body, got.status, got.body)
		}
	}
	if got := r.call(put, "/v1/headcount/x", `{}`); got.status != 400 {
		t.Errorf("an id that is none: %d %s", got.status, got.body)
	}
	if len(r.effects()) != 0 || len(r.changes) != 0 {
		t.Errorf("refusals had effects: %v", r.effects())
	}
}
