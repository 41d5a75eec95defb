package api_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/api"
)

// allowed calls until one is refused, at most 100 times.
func (r *rig) allowed(method, path, body string) (int, said) {
	r.t.Helper()
	for n := range 100 {
		if got := r.call(method, path, body); got.status != http.StatusOK {
			return n, got
		}
	}
	return 100, said{}
}

func TestSlidingQuota(t *testing.T) {
	r := newRig(t, func(cfg *api.Config) { cfg.PerMinute = 3 })
	reasons := func() (int, said) { return r.allowed(http.MethodGet, "/v1/archiveReasons", "") }
	if got := r.call(http.MethodGet, "/v1/archiveReasons", ""); got.status != http.StatusOK {
		t.Fatal(got.status)
	}
	r.clock.advance(20 * time.Second)
	n, refusal := reasons()
	if n != 2 || refusal.status != http.StatusTooManyRequests || refusal.header.Get("Retry-After") != "40" {
		t.Errorf("%d more calls, then %d after %q", n, refusal.status, refusal.header.Get("Retry-After"))
	}
	r.clock.advance(40*time.Second - time.Millisecond)
	if n, _ := reasons(); n != 0 {
		t.Errorf("just before that %d are allowed", n)
	}
	r.clock.advance(time.Millisecond)
	if n, _ := reasons(); n != 1 {
		t.Errorf("a minute after the first call %d are allowed, want 1", n)
	}
	// Unknown paths, unknown callers and tokens do not count.
	r.clock.advance(time.Minute)
	r.call(http.MethodGet, "/nowhere", "")
	r.token()
	r.key = "wrong"
	r.call(http.MethodGet, "/v1/archiveReasons", "")
	r.key = key
	if n, _ := reasons(); n != 3 {
		t.Errorf("after calls that do not count %d are allowed, want 3", n)
	}
	if refused := r.api.Refused(); refused != 4 {
		t.Errorf("%d refused, want 4", refused)
	}
}

func TestFixedQuota(t *testing.T) {
	r := newRig(t, func(cfg *api.Config) { cfg.PerMinute, cfg.Window = 3, api.Fixed })
	r.clock.advance(50 * time.Second)
	n, refusal := r.allowed(http.MethodGet, "/v1/archiveReasons", "")
	if n != 3 || refusal.header.Get("Retry-After") != "10" {
		t.Errorf("%d calls, then %s", n, refusal.header.Get("Retry-After"))
	}
	r.clock.advance(10 * time.Second)
	if n, _ := r.allowed(http.MethodGet, "/v1/archiveReasons", ""); n != 3 {
		t.Errorf("%d calls in the next minute, want 3", n)
	}
}

func TestRefusalForms(t *testing.T) {
	r := newRig(t, nil)
	for form, want := range map[string]said{
		api.Refuse429:     {status: 429, body: `{"code":600,"msg":"请求频率过快"}`},
		api.Refuse600:     {status: 600, body: `{"code":600,"msg":"请求频率过快"}`},
		api.RefuseCode:    {status: 200, body: `{"code":600,"msg":"请求频率过快"}`},
		api.RefuseMessage: {status: 200, body: `{"success":false,"errorMessage":"请求频率过快"}`},
	} {
		if err := r.api.SetQuota(api.Quota{PerMinute: 1, Window: api.Sliding, Refusal: form}); err != nil {
			t.Fatal(err)
		}
		r.call(http.MethodGet, "/v1/archiveReasons", "")
		r.want(http.MethodGet, "/v1/archiveReasons", "", want.status, want.body)
		if after := r.call(http.MethodGet, "/v1/archiveReasons", "").header.Get("Retry-After"); (after == "60") != (form == api.Refuse429) {
			t.Errorf("%s: Retry-After %q", form, after)
		}
	}
	if err := r.api.SetQuota(api.Quota{PerMinute: -1, Window: "x", Refusal: "y"}); err == nil {
		t.Error("a quota that is wrong in all it says was taken")
	}
}

func TestHeadcountWritesHaveAQuotaBesides(t *testing.T) {
	r := newRig(t, func(cfg *api.Config) { cfg.PerMinute, cfg.HeadcountWritesPerMinute = 6, 2 })
	r.want(http.MethodPost, "/v1/headcount", `{}`, 400, `{"success":false,"errorMessage":"number 参数异常,缺少必要参数","code":100005}`)
	r.want(http.MethodDelete, "/v1/headcount/1", ``, 404, `{"success":false,"errorMessage":"招聘需求不存在","code":300510}`)
	if got := r.call(http.MethodDelete, "/v1/headcount/1", ``); got.status != http.StatusTooManyRequests {
		t.Errorf("a third write: %d", got.status)
	}
	if n, _ := r.allowed(http.MethodGet, "/v1/archiveReasons", ""); n != 4 {
		t.Errorf("%d other calls, want 4: the writes count for both", n)
	}
}
