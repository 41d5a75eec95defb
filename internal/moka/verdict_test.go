package moka_test

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/mokafka/mokafka/internal/moka"
)

// What Moka answers decides what happened: of reads, and of writes, of which
// only what is ambiguous may have happened.
func TestVerdicts(t *testing.T) {
	for _, tt := range []struct {
		name        string
		status      int
		body        string
		read, write moka.Kind
		code, text  string
	}{
		{"unknown key", 500, `{"code":-1,"success":false,"msg":"系统中不存在该apiKey"}`, moka.KindAuth, moka.KindAuth, "-1", "系统中不存在该apiKey"},
		{"no key", 500, `{"code":-1,"success":false,"msg":"无法识别的认证信息"}`, moka.KindAuth, moka.KindAuth, "-1", "无法识别的认证信息"},
		{"key not allowed", 403, `<html>no</html>`, moka.KindAuth, moka.KindAuth, "", ""},
		{"sign in", 200, `{"code":100002,"msg":"Sign-in invalid"}`, moka.KindAuth, moka.KindAuth, "100002", "Sign-in invalid"},
		{"429", 429, `slow down`, moka.KindQuota, moka.KindQuota, "", ""},
		{"600", 600, `{}`, moka.KindQuota, moka.KindQuota, "", ""},
		{"code 600", 200, `{"code":"600","msg":"no"}`, moka.KindQuota, moka.KindQuota, "600", "no"},
		{"too frequent", 200, `{"success":false,"errorMessage":"请求频率过快,请稍后"}`, moka.KindQuota, moka.KindQuota, "", "请求频率过快,请稍后"},
		{"too frequent, bare", 500, `请求频率过快`, moka.KindQuota, moka.KindQuota, "", ""},
		{"no such path", 404, `{"message":"您访问的页面不存在"}`, moka.KindProtocol, moka.KindProtocol, "", "您访问的页面不存在"},
		{"no such thing", 404, `{"msg":"headcount not found"}`, moka.KindNotFound, moka.KindNotFound, "", "headcount not found"},
		{"no such application", 200, `{"code":300501,"msg":"Application does not exists"}`, moka.KindNotFound, moka.KindRefused, "300501", "Application does not exists"},
		{"archived", 200, `{"success":false,"errorMessage":"该申请已归档"}`, moka.KindRefused, moka.KindRefused, "", "该申请已归档"},
		{"archived, as an error", 400, `{"success":false,"errorMessage":"该申请已归档"}`, moka.KindInvalid, moka.KindRefused, "", "该申请已归档"},
		{"wrong headcount", 200, `{"success":false,"errorMessage":"hcId 参数错误"}`, moka.KindRefused, moka.KindRefused, "", "hcId 参数错误"},
		{"accepted already", 200, `{"code":300608,"msg":"Offer has been accepted"}`, moka.KindRefused, moka.KindRefused, "300608", "Offer has been accepted"},
		{"accepted already, as a server error", 500, `{"code":300608,"msg":"x"}`, moka.KindRefused, moka.KindRefused, "300608", "x"},
		{"archived, as a server error", 500, `{"success":false,"errorMessage":"该申请已归档"}`, moka.KindRefused, moka.KindRefused, "", "该申请已归档"},
		{"anything else, as a server error", 500, `{"success":false,"errorMessage":"x"}`, moka.KindTransient, moka.KindAmbiguous, "", "x"},
		{"an unknown code, as a server error", 500, `{"code":7,"msg":"已归档"}`, moka.KindTransient, moka.KindAmbiguous, "7", "已归档"},
		{"failure of the stage move", 200, `{"code":1,"msg":"Failure"}`, moka.KindRefused, moka.KindRefused, "1", "Failure"},
		{"resignation", 200, `{"success":true,"errorMessage":"归档信息Error","code":40040102}`, moka.KindRefused, moka.KindRefused, "40040102", "归档信息Error"},
		{"wrong parameter", 200, `{"code":100005,"msg":"Parameter abnormal"}`, moka.KindInvalid, moka.KindInvalid, "100005", "Parameter abnormal"},
		{"bad request", 400, `oops`, moka.KindInvalid, moka.KindInvalid, "", ""},
		{"Moka's trouble", 200, `{"code":-1,"success":false,"msg":"服务器异常"}`, moka.KindTransient, moka.KindAmbiguous, "-1", "服务器异常"},
		{"trouble without a code", 200, `{"success":false,"errorMessage":"系统异常"}`, moka.KindTransient, moka.KindAmbiguous, "", "系统异常"},
		{"its services' trouble", 200, `{"code":300500,"msg":"x"}`, moka.KindTransient, moka.KindAmbiguous, "300500", "x"},
		{"server error", 500, `{"code":-1,"success":false,"msg":"x"}`, moka.KindTransient, moka.KindAmbiguous, "-1", "x"},
		{"bad gateway", 502, `<html><body>张三</body></html>`, moka.KindTransient, moka.KindAmbiguous, "", ""},
		{"HTML", 200, "<!doctype html>\n<html>张三</html>", moka.KindProtocol, moka.KindAmbiguous, "", ""},
		{"cut off", 200, `{"code":200,"success":true,"data":[{"name":"张三"`, moka.KindTransient, moka.KindAmbiguous, "", ""},
		{"nothing", 200, ``, moka.KindTransient, moka.KindAmbiguous, "", ""},
		{"more than one", 200, `{"success":true,"code":200}{}`, moka.KindProtocol, moka.KindAmbiguous, "", ""},
		{"another shape", 200, `{}`, moka.KindProtocol, moka.KindAmbiguous, "", ""},
		{"neither true nor false", 200, `{"success":null}`, moka.KindProtocol, moka.KindAmbiguous, "", ""},
		{"redirect", 302, ``, moka.KindProtocol, moka.KindAmbiguous, "", ""},
		{"nothing there", 204, ``, moka.KindTransient, moka.KindAmbiguous, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := serve(t, says(tt.status, tt.body))
			c := client(t, s.URL)
			_, read := c.Applications(t.Context(), moka.ClassSweep, moka.ApplicationsQuery{})
			write := c.MarkRejected(t.Context(), 7, moka.RejectedParams{})
			for i, err := range []error{read, write} {
				want := moka.Error{Kind: tt.read, Endpoint: "v2/data/ehrApplications", Status: tt.status, Code: tt.code, Message: tt.text}
				if i == 1 {
					want.Kind, want.Endpoint = tt.write, "v1/applications/rejected"
				}
				got, ok := errors.AsType[*moka.Error](err)
				if !ok {
					t.Fatalf("got %v", err)
				}
				if diff := cmp.Diff(want, *got, cmpopts.IgnoreFields(moka.Error{}, "Err")); diff != "" {
					t.Error(diff)
				}
			}
			if n := len(s.seen()); n != 2 {
				t.Errorf("%d calls, want one each", n)
			}
		})
	}
}

// What one endpoint calls success is none at another.
func TestShapesDiffer(t *testing.T) {
	for _, tt := range []struct {
		body                     string
		v2, feed, list, zero, ok moka.Kind // 0: success
	}{
		{`{"code":200,"data":[]}`, 0, 0, moka.KindProtocol, moka.KindAmbiguous, 0},
		{`{"code":0,"data":[]}`, moka.KindProtocol, 0, moka.KindProtocol, 0, 0},
		{`{"data":[]}`, moka.KindProtocol, 0, moka.KindProtocol, moka.KindAmbiguous, 0},
		{`[]`, moka.KindProtocol, moka.KindProtocol, 0, moka.KindAmbiguous, 0},
		{`{"success":true}`, moka.KindProtocol, moka.KindProtocol, moka.KindProtocol, moka.KindAmbiguous, 0},
		{`ok`, moka.KindProtocol, moka.KindProtocol, moka.KindProtocol, moka.KindAmbiguous, 0},
		{`{"CODE":"0","Data":"[]"}`, moka.KindProtocol, 0, moka.KindProtocol, 0, 0},
	} {
		t.Run(tt.body, func(t *testing.T) {
			c := client(t, serve(t, says(http.StatusOK, tt.body)).URL)
			ctx, class := t.Context(), moka.ClassSweep
			_, err := c.Applications(ctx, class, moka.ApplicationsQuery{})
			wantKind(t, err, tt.v2)
			_, err = c.Headcounts(ctx, class, moka.FeedQuery{Next: "x"})
			wantKind(t, err, tt.feed)
			_, err = c.JobStages(ctx, class, "x")
			wantKind(t, err, tt.list)
			wantKind(t, c.MoveStage(ctx, 1, 2), tt.zero)
			wantKind(t, c.DeleteHeadcount(ctx, 1), tt.ok)
		})
	}
}

func TestHeadcountThatIsNone(t *testing.T) {
	c := client(t, serve(t, says(http.StatusOK, `{"headcount":null}`)).URL)
	_, _, err := c.Headcount(t.Context(), moka.ClassSweep, 7)
	wantKind(t, err, moka.KindNotFound)
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC)
	for header, want := range map[string]time.Duration{
		"":                              0,
		"17":                            17 * time.Second,
		"-3":                            0,
		"soon":                          0,
		"99999999999999":                time.Hour,
		"Sun, 22 Nov 2026 04:00:30 GMT": 30 * time.Second,
		"Sun, 22 Nov 2026 03:00:30 GMT": 0,
		"Mon, 23 Nov 2026 04:00:30 GMT": time.Hour,
	} {
		s := serve(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Retry-After", header)
			w.WriteHeader(http.StatusTooManyRequests)
		})
		d := deps()
		d.Now = func() time.Time { return now }
		_, err := newClient(t, config(s.URL), d).ArchiveReasons(t.Context(), moka.ClassSweep)
		got, ok := errors.AsType[*moka.Error](err)
		if !ok || got.RetryAfter != want {
			t.Errorf("%q: %v, want %v", header, err, want)
		}
	}
}

// What is wrong is found before anything is sent.
func TestNothingIsSentThatIsWrong(t *testing.T) {
	s := serve(t, says(http.StatusOK, `{}`))
	c := client(t, s.URL)
	ctx, class := t.Context(), moka.ClassSweep
	day := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	by := moka.Operator{Name: "x"}
	page := func(_ moka.Page, err error) error { return err }
	for name, err := range map[string]error{
		"21 ids":                page(c.Applications(ctx, class, moka.ApplicationsQuery{IDs: make([]int64, 21)})),
		"an id of our own":      page(c.Applications(ctx, class, moka.ApplicationsQuery{IDs: []int64{-5}})),
		"too large a page":      page(c.Applications(ctx, class, moka.ApplicationsQuery{Limit: 21})),
		"neither ids nor stage": page(c.ApplicationsV1(ctx, class, moka.ApplicationsV1Query{})),
		"no beginning":          page(c.Headcounts(ctx, class, moka.FeedQuery{})),
		"501 a page":            page(c.Headcounts(ctx, class, moka.FeedQuery{From: day, Limit: 501})),
		"no days":               page(c.Interviews(ctx, class, moka.InterviewsQuery{})),
		"half a window":         page(c.Interviews(ctx, class, moka.InterviewsQuery{From: day})),
		"32 days":               page(c.Interviews(ctx, class, moka.InterviewsQuery{From: day, Until: day.AddDate(0, 0, 32)})),
		"a window backwards":    page(c.Interviews(ctx, class, moka.InterviewsQuery{From: day, Until: day.AddDate(0, 0, -1)})),
		"a negative id":         c.MoveStage(ctx, -1, 4),
		"no stage":              c.MoveStage(ctx, 1, 0),
		"no day":                c.MarkHired(ctx, 1, moka.HiredParams{}),
		"probation 7":           c.MarkHired(ctx, 1, moka.HiredParams{HiredAt: day, ProbationMonths: 7}),
		"probation -1":          c.MarkHired(ctx, 1, moka.HiredParams{HiredAt: day, ProbationMonths: -1}),
		"headcount 0":           c.MarkHired(ctx, 1, moka.HiredParams{HiredAt: day, HeadcountID: ptr(int64(0))}),
		"reject without why":    c.SetOfferStatus(ctx, 1, moka.OfferStatusParams{}),
		"approval 4":            c.SetOfferApproval(ctx, 1, 4),
		"regular at, but not":   c.MarkRegular(ctx, 1, moka.RegularParams{At: &day}),
		"resigned, no detail":   c.MarkResigned(ctx, 1, moka.ResignedParams{}),
		"resigned, no job":      c.MarkResigned(ctx, 1, moka.ResignedParams{Detail: "x", WriteJob: true}),
		"resigned, reason 3":    c.MarkResigned(ctx, 1, moka.ResignedParams{Detail: "x", Reason: ptr(3)}),
		"no operator":           c.MarkCandidateHired(ctx, 1, moka.Operator{}),
		"no offer":              c.AcceptOffer(ctx, "", by),
		"offer ..":              c.DeleteOffer(ctx, "..", by),
		"no reason":             c.RejectCandidate(ctx, 1, moka.RejectCandidateParams{}, by),
		"fields no object":      c.UpdateHeadcount(ctx, 1, []byte(`[1]`)),
		"fields cut off":        c.UpdateHeadcount(ctx, 1, []byte(`{"a":`)),
		"fields twice":          c.UpdateHeadcount(ctx, 1, []byte(`{"a":1,"a":2}`)),
		"number changed":        c.UpdateHeadcount(ctx, 1, []byte(`{"Number":"x"}`)),
		"headcount 0 deleted":   c.DeleteHeadcount(ctx, 0),
	} {
		if moka.KindOf(err) != moka.KindInvalid {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if _, err := c.CreateHeadcount(ctx, moka.HeadcountParams{Number: "x"}); moka.KindOf(err) != moka.KindInvalid {
		t.Errorf("half a headcount: got %v", err)
	}
	if n := len(s.seen()); n != 0 {
		t.Errorf("%d calls were made", n)
	}
}
