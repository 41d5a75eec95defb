package api_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/internal/mokasim/api"
)

const (
	notThere   = `{"message":"您访问的页面不存在"}`
	unreadable = `{"code":-1,"success":false,"msg":"无法识别的认证信息"}`
	unknown    = `{"code":-1,"success":false,"msg":"系统中不存在该apiKey"}`
)

func TestRoutingComesBeforeAuthentication(t *testing.T) {
	r := newRig(t, nil)
	r.key = ""
	for _, path := range []string{
		"/v3/data/getApplications", "/v1", "", "/v1/Candidates/1/hired", "/v1/candidates//hired", "/v1/candidates/1/2/hired",
		"/v1/applications/1", "/v1/archiveReasons/x", "/v1/archivereasons",
	} {
		r.want(http.MethodGet, path, "", http.StatusNotFound, notThere)
	}
	// A method that a path does not take is as unknown.
	r.want(http.MethodPost, "/v1/archiveReasons", "", http.StatusNotFound, notThere)
	for _, path := range []string{"/api-platformer/v1/archiveReasons", "/v1/archiveReasons", "/api-platform/api-platform/v1/archiveReasons"} {
		if got := send(r.request(t.Context(), http.MethodGet, path, "")); got.body != notThere {
			t.Errorf("%s answers %s", path, got.body)
		}
	}
	// What is there wants to know who asks.
	r.want(http.MethodGet, "/v1/archiveReasons", "", http.StatusInternalServerError, unreadable)
	r.want(http.MethodGet, "/v1/archiveReasons/", "", http.StatusInternalServerError, unreadable)
}

func TestBasicAuthentication(t *testing.T) {
	r := newRig(t, nil)
	for authorization, want := range map[string]string{
		"":                                unreadable,
		"Basic":                           unknown,
		"Basic ###":                       unreadable,
		"Digest x":                        unreadable,
		"Bearer " + key:                   unreadable,
		"Basic " + encoded(key):           "",
		"basic " + encoded(key+":"):       "",
		"Basic " + encoded(key+":x"):      "",
		"Basic " + encoded("other:"):      unknown,
		"Basic " + encoded(":"+key):       unknown,
		"Basic " + encoded(key+"x:"):      unknown,
		"Basic " + encoded("the-client:"): unknown,
	} {
		request := r.request(t.Context(), http.MethodGet, "/api-platform/v1/archiveReasons", "")
		request.Header.Set("Authorization", authorization)
		got := send(request)
		if want == "" && got.status != http.StatusOK || want != "" && (got.status != 500 || got.body != want) {
			t.Errorf("%q answers %d %s", authorization, got.status, got.body)
		}
	}
}

func encoded(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

func TestRevokedKey(t *testing.T) {
	r := newRig(t, nil)
	token, _ := r.token()
	r.api.Revoke(true)
	r.want(http.MethodGet, "/v1/archiveReasons", "", http.StatusInternalServerError, unknown)
	if got := r.bearer(token); got.body != unreadable {
		t.Errorf("a revoked client's token answers %s", got.body)
	}
	if text, _ := r.token(); text != "" {
		t.Error("a revoked client gets a token")
	}
	r.api.Revoke(false)
	if got := r.call(http.MethodGet, "/v1/archiveReasons", ""); got.status != http.StatusOK {
		t.Errorf("a restored key answers %d %s", got.status, got.body)
	}
	if got := r.bearer(token); got.body != unreadable {
		t.Errorf("a revoked token came back: %s", got.body)
	}
}

// token asks for one: its text and the seconds it has left.
func (r *rig) token() (string, int) {
	r.t.Helper()
	got := r.call(http.MethodPost, "/v1/auth/oauth2/getToken", `{"clientID":"the-client","clientSecret":"the-secret","grantType":"client_credentials"}`)
	var answer struct {
		Code int
		Msg  string
		Data struct {
			AccessToken, TokenType string
			ExpiresIn              int
		}
	}
	if err := json.Unmarshal([]byte(got.body), &answer); err != nil || got.status != http.StatusOK {
		r.t.Fatalf("%d %s: %v", got.status, got.body, err)
	}
	if answer.Code == 0 && (answer.Data.TokenType != "Bearer" || answer.Msg != "Success") {
		r.t.Errorf("a token as %s", got.body)
	}
	return answer.Data.AccessToken, answer.Data.ExpiresIn
}

func (r *rig) bearer(token string) said {
	r.t.Helper()
	request := r.request(r.t.Context(), http.MethodGet, "/api-platform/v1/archiveReasons", "")
	request.Header.Set("Authorization", "Bearer "+token)
	return send(request)
}

func TestTokensLiveTwoHoursAndOverlap(t *testing.T) {
	r := newRig(t, nil)
	r.key = "" // getToken asks for no other credentials
	first, seconds := r.token()
	if seconds != 7200 {
		t.Errorf("a token lives %d s", seconds)
	}
	r.clock.advance(90 * time.Minute)
	if again, seconds := r.token(); again != first || seconds != 1800 {
		t.Errorf("with half an hour left, another token of %d s", seconds)
	}
	r.clock.advance(time.Second)
	second, seconds := r.token()
	if second == first || seconds != 7200 {
		t.Errorf("with less left, a token of %d s, the same: %t", seconds, second == first)
	}
	for _, token := range []string{first, second} {
		if got := r.bearer(token); got.status != http.StatusOK {
			t.Errorf("while both are valid: %d %s", got.status, got.body)
		}
	}
	r.clock.advance(30*time.Minute - time.Second) // two hours to the second
	if got := r.bearer(first); got.status != http.StatusInternalServerError || got.body != unreadable {
		t.Errorf("the old token after its life: %d %s", got.status, got.body)
	}
	if got := r.bearer(second); got.status != http.StatusOK {
		t.Errorf("the new token: %d", got.status)
	}
}

func TestTokenRefusals(t *testing.T) {
	r := newRig(t, nil)
	const refused = `{"code":110020,"msg":"unauthorized_client","data":{}}`
	for _, body := range []string{
		``, `[]`, `{`, `{"clientID":"the-client","clientSecret":"wrong","grantType":"client_credentials"}`,
		`{"clientID":"the-client","clientSecret":"the-secret"}`, `{"clientId":"the-client","clientSecret":"the-secret","grantType":"client_credentials"}`,
		`{"clientID":7,"clientSecret":"the-secret","grantType":"client_credentials"}`,
	} {
		r.want(http.MethodPost, "/v1/auth/oauth2/getToken", body, http.StatusOK, refused)
	}
	none := newRig(t, func(cfg *api.Config) { cfg.ClientID, cfg.ClientSecret = "", "" })
	none.want(http.MethodPost, "/v1/auth/oauth2/getToken", `{"clientID":"","clientSecret":"","grantType":"client_credentials"}`, http.StatusOK, refused)
}

func TestDateIsMokasClock(t *testing.T) {
	r := newRig(t, nil)
	r.clock.advance(48 * time.Hour)
	for _, path := range []string{"/v1/archiveReasons", "/nowhere"} {
		if got := r.call(http.MethodGet, path, "").header.Get("Date"); got != "Wed, 04 Mar 2026 01:00:00 GMT" {
			t.Errorf("%s is dated %s", path, got)
		}
	}
}

func TestLargeBodiesAreRefused(t *testing.T) {
	r := newRig(t, nil)
	if got := r.call(http.MethodPost, "/v1/offers", strings.Repeat("x", 2<<20)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("2 MB: %d %v", got.status, got.err)
	}
}

func TestLatency(t *testing.T) {
	r := newRig(t, func(cfg *api.Config) { cfg.Latency, cfg.Jitter = 200*time.Millisecond, 50*time.Millisecond })
	lowest, highest := time.Hour, time.Duration(0)
	for range 50 {
		done := make(chan said, 1)
		request := r.request(t.Context(), http.MethodGet, "/api-platform/v1/archiveReasons", "")
		go func() { done <- send(request) }()
		took := <-r.clock.waits
		lowest, highest = min(lowest, took), max(highest, took)
		r.clock.advance(took)
		if got := <-done; got.status != http.StatusOK {
			t.Fatalf("%d %v", got.status, got.err)
		}
	}
	if lowest < 150*time.Millisecond || highest > 250*time.Millisecond || highest-lowest < 50*time.Millisecond {
		t.Errorf("answers took %s to %s", lowest, highest)
	}
}
