package moka_test

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/moka"
)

const testSecret = "ell2Wl2dwUQ7no75BAsLrwtUaPw8W0tAEoYXv13ibRoV"

// issuer is a Moka with OAuth2, as documented: a token lives two hours, and a
// call within its last half hour gives a new one.
type issuer struct {
	mu      sync.Mutex
	now     time.Time
	issued  int
	until   time.Time
	good    map[string]bool
	asked   int    // calls of getToken
	refuse  string // what getToken answers instead; "" for a token
	hold    chan struct{}
	arrived chan struct{}
}

func newIssuer() *issuer {
	return &issuer{now: time.Date(2026, 11, 22, 4, 0, 0, 0, time.UTC), good: map[string]bool{}}
}

func (i *issuer) clock() time.Time { i.mu.Lock(); defer i.mu.Unlock(); return i.now }

func (i *issuer) advance(d time.Duration) { i.mu.Lock(); defer i.mu.Unlock(); i.now = i.now.Add(d) }

func (i *issuer) counts() (asked, issued int) {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked, i.issued
}

func (i *issuer) revoke() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.good, i.until = map[string]bool{}, time.Time{}
}

func (i *issuer) set(refuse string) { i.mu.Lock(); defer i.mu.Unlock(); i.refuse = refuse }

func (i *issuer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if i.hold != nil && strings.HasSuffix(r.URL.Path, "/getToken") {
		i.arrived <- struct{}{}
		<-i.hold
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	if !strings.HasSuffix(r.URL.Path, "/getToken") {
		if token := r.Header.Get("Authorization"); !i.good[token] {
			says(500, `{"code":-1,"success":false,"msg":"无法识别的认证信息"}`)(w, r)
			return
		}
		says(200, `{"data":[],"success":true}`)(w, r)
		return
	}
	i.asked++
	if i.refuse != "" {
		says(200, i.refuse)(w, r)
		return
	}
	if i.until.Sub(i.now) < 30*time.Minute {
		i.issued++
		i.until = i.now.Add(2 * time.Hour)
		i.good[fmt.Sprintf("Bearer a-%d", i.issued)] = true
	}
	says(200, fmt.Sprintf(`{"code":0,"msg":"Success","data":{"accessToken":"a-%d","expiresIn":%d,"tokenType":"Bearer"}}`,
		i.issued, int(i.until.Sub(i.now).Seconds())))(w, r)
}

func oauthClient(t *testing.T, i *issuer, change func(*moka.Deps)) (*moka.Client, *server) {
	t.Helper()
	s := serve(t, i.ServeHTTP)
	cfg := config(s.URL)
	cfg.APIKey, cfg.ClientID, cfg.ClientSecret = "", "moka_Z1Y99DlokiOGXmw8", testSecret
	d := deps()
	d.Now = i.clock
	if change != nil {
		change(&d)
	}
	return newClient(t, cfg, d), s
}

func TestToken(t *testing.T) {
	i := newIssuer()
	c, s := oauthClient(t, i, nil)
	for range 3 {
		if err := read(t, c); err != nil {
			t.Fatal(err)
		}
	}
	calls := s.seen()
	want := call{Method: "POST", Path: "/api-platform/v1/auth/oauth2/getToken",
		Body: `{"clientID":"moka_Z1Y99DlokiOGXmw8","clientSecret":"` + testSecret + `","grantType":"client_credentials"}`}
	if diff := cmp.Diff(want, calls[0]); diff != "" {
		t.Error(diff)
	}
	if len(calls) != 4 || calls[3].Auth != "Bearer a-1" {
		t.Errorf("got %+v", calls)
	}
	// Through a day of calls a token is fetched only within its last half hour, and
	// no call meets one that ended.
	for range 24 * 12 {
		i.advance(5 * time.Minute)
		if err := read(t, c); err != nil {
			t.Fatal(err)
		}
	}
	if asked, issued := i.counts(); asked != issued || issued < 15 || issued > 17 {
		t.Errorf("asked %d times for %d tokens", asked, issued)
	}
}

// However many need a token, one renewal is under way; where the old one is good
// nobody else waits for it.
func TestRenewalRace(t *testing.T) {
	i := newIssuer()
	i.hold, i.arrived = make(chan struct{}), make(chan struct{}, 100)
	var lines bytes.Buffer
	c, _ := oauthClient(t, i, func(d *moka.Deps) { d.Log = zerolog.New(&lines) })
	const callers = 50
	results := make(chan error, callers)
	together := func() {
		for range callers {
			go func() { results <- read(t, c) }()
		}
	}
	together()
	<-i.arrived
	i.hold <- struct{}{}
	for range callers {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	i.advance(100 * time.Minute) // the last half hour
	together()
	<-i.arrived
	for range callers - 1 { // they go on while one renewal hangs
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
	i.hold <- struct{}{}
	if err := <-results; err != nil {
		t.Error(err)
	}
	if asked, issued := i.counts(); asked != 2 || issued != 2 {
		t.Errorf("asked %d times for %d tokens", asked, issued)
	}
	if lines.Len() > 0 {
		t.Errorf("somebody waited for the renewal in vain: %s", lines.String())
	}
}

// A renewal that fails ahead of time costs a line in the log, and is tried again
// a minute later; only without a good token do calls fail.
func TestRenewalFails(t *testing.T) {
	i := newIssuer()
	var lines bytes.Buffer
	c, _ := oauthClient(t, i, func(d *moka.Deps) { d.Log = zerolog.New(&lines) })
	if err := read(t, c); err != nil {
		t.Fatal(err)
	}
	i.advance(100 * time.Minute)
	i.set(`{"code":-1,"msg":"服务器异常"}`)
	for range 3 {
		if err := read(t, c); err != nil {
			t.Fatal(err)
		}
	}
	if asked, _ := i.counts(); asked != 2 || strings.Count(lines.String(), "\n") != 1 {
		t.Errorf("asked %d times, logged %s", asked, lines.String())
	}
	i.advance(61 * time.Second)
	if err := read(t, c); err != nil {
		t.Fatal(err)
	}
	if asked, _ := i.counts(); asked != 3 {
		t.Errorf("asked %d times", asked)
	}
	i.advance(20 * time.Minute)
	wantKind(t, read(t, c), moka.KindTransient)
	wantKind(t, write(t, c), moka.KindTransient) // nothing was sent
	i.set("")
	if err := read(t, c); err != nil {
		t.Error(err)
	}
	if text := lines.String(); strings.Contains(text, "a-1") || strings.Contains(text, testSecret) {
		t.Errorf("secrets in the log: %s", text)
	}
}

// A token that Moka took back is thrown away; the read that met it is tried
// again with a new one, the write is not, though nothing happened.
func TestRevokedToken(t *testing.T) {
	i := newIssuer()
	c, s := oauthClient(t, i, func(d *moka.Deps) { d.Attempts = 2 })
	if err := read(t, c); err != nil {
		t.Fatal(err)
	}
	i.revoke()
	if err := read(t, c); err != nil {
		t.Fatal(err)
	}
	i.revoke()
	before := len(s.seen())
	wantKind(t, write(t, c), moka.KindTransient)
	if n := len(s.seen()) - before; n != 1 {
		t.Errorf("%d calls for a write", n)
	}
	if err := write(t, c); err != nil {
		t.Error(err)
	}
	// Revoked with the client: no token any more.
	i.revoke()
	i.set(sample(t, "oauth2_getToken_unauthorized"))
	wantKind(t, read(t, c), moka.KindAuth)
	wantKind(t, write(t, c), moka.KindAuth)
}

// A token that Moka gives out and does not take is the configuration's fault.
func TestTokenThatIsNeverTaken(t *testing.T) {
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/getToken") {
			says(200, sample(t, "oauth2_getToken_ok"))(w, r)
			return
		}
		says(500, `{"msg":"无法识别的认证信息"}`)(w, r)
	})
	cfg := config(s.URL)
	cfg.APIKey, cfg.ClientID, cfg.ClientSecret = "", "id", testSecret
	d := deps()
	d.Attempts = 3
	c := newClient(t, cfg, d)
	wantKind(t, read(t, c), moka.KindAuth)
	if n := len(s.seen()); n != 2 {
		t.Errorf("%d calls", n)
	}
}

func TestTokensThatAreNone(t *testing.T) {
	for body, want := range map[string]moka.Kind{
		`{"code":0,"data":{"accessToken":"x"}}`:                    moka.KindProtocol,
		`{"code":0,"data":{"accessToken":"x","expiresIn":0}}`:      moka.KindProtocol,
		`{"code":0,"data":{"accessToken":"","expiresIn":7}}`:       moka.KindProtocol,
		`{"code":0,"data":{"accessToken":"a\r\nb","expiresIn":7}}`: moka.KindProtocol,
		`{"code":0}`: moka.KindProtocol,
		`<html>`:     moka.KindProtocol,
		`{"code":110020,"msg":"unauthorized_client"}`: moka.KindAuth,
		`{"code":100005,"msg":"x"}`:                   moka.KindAuth,
		`{"code":300400,"msg":"x"}`:                   moka.KindAuth,
		`{"code":600}`:                                moka.KindQuota,
	} {
		i := newIssuer()
		i.set(body)
		c, s := oauthClient(t, i, nil)
		wantKind(t, write(t, c), want)
		if n := len(s.seen()); n != 1 {
			t.Errorf("%s: %d calls", body, n)
		}
	}
}

// A wrong key, and one that is revoked in mid-flight: an error that says so, one
// call for each call, and none repeated.
func TestRevokedKey(t *testing.T) {
	revoked := false
	s := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if revoked {
			says(500, `{"code":-1,"success":false,"msg":"系统中不存在该apiKey"}`)(w, r)
			return
		}
		says(200, `{"data":[],"success":true}`)(w, r)
	})
	d := deps()
	d.Attempts = 5
	c := newClient(t, config(s.URL), d)
	if err := read(t, c); err != nil {
		t.Fatal(err)
	}
	revoked = true
	for _, err := range []error{read(t, c), write(t, c)} {
		wantKind(t, err, moka.KindAuth)
		if strings.Contains(err.Error(), testKey) {
			t.Error("the key is in the error")
		}
	}
	if n := len(s.seen()); n != 3 {
		t.Errorf("%d calls", n)
	}
}
