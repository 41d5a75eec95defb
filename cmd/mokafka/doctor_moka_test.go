package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// refusingMoka answers the paths that end so, and with every other path that
// there is none.
func refusingMoka(t *testing.T, date time.Time, answers map[string]string) string {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Date", date.UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Type", "application/json")
		for path, answer := range answers {
			if strings.HasSuffix(r.URL.Path, path) {
				status := http.StatusOK
				if strings.Contains(answer, "-1") {
					status = http.StatusInternalServerError
				}
				w.WriteHeader(status)
				_, _ = io.WriteString(w, answer)
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, `{"message":"您访问的页面不存在"}`)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/api-platform"
}

// TestDoctorOfMoka: what is wrong with the address, the key, the account and the
// clocks, and what to set.
func TestDoctorOfMoka(t *testing.T) {
	t.Parallel()
	now := time.Now()
	dead, _ := deadAddr(t)
	empty := `{"data":[]}`
	all := map[string]string{
		"/v2/data/ehrApplications": `{"code":200,"data":{"list":[]}}`, "/v1/data/ehrApplications": empty, "/v1/data/movedApplications": empty,
		"/v1/data/headcounts": empty, "/v1/interviews": empty, "/v1/data/interviewer_feedbacks": empty,
	}
	without := func(paths ...string) map[string]string {
		left := map[string]string{}
		for path, answer := range all {
			left[path] = answer
		}
		for _, path := range paths {
			delete(left, path)
		}
		return left
	}
	_, simulated := newMoka(t, nil)
	for _, c := range []struct {
		name, url string
		env       map[string]string
		want      []string
	}{
		{name: "well", url: simulated, want: []string{
			"✓ quota            of 60 calls a minute, 20 are kept for write-back, and polling has 40",
			"✓ Moka's API       " + simulated + " answers, and accepts the credentials",
			"✓ applications     POLL_APPLICATIONS=v2 can be read", "✓ clocks           they agree", "✓ headcounts", "✓ interviews", "✓ feedbacks",
		}},
		{name: "a wrong key", url: simulated, env: map[string]string{"MOKA_API_KEY": "secret-key"}, want: []string{
			"✗ Moka's API       " + simulated + " answers, and does not accept the credentials", "→ check MOKA_API_KEY",
		}},
		{name: "nobody", url: "http://" + dead + "/api-platform", want: []string{"✗ Moka's API       http://" + dead + "/api-platform does not answer", "→ check MOKA_BASE_URL"}},
		{name: "no Moka", url: refusingMoka(t, now, nil), want: []string{"✗ applications", "none of their feeds can be read", "→ check MOKA_BASE_URL"}},
		{name: "v1 alone", url: refusingMoka(t, now, without("/v2/data/ehrApplications")), want: []string{
			"✗ applications     POLL_APPLICATIONS=v2 cannot be read", "→ set POLL_APPLICATIONS=v1",
			"✗ write-back       the applications that commands are about cannot be read",
		}},
		{name: "moved alone", url: refusingMoka(t, now, without("/v2/data/ehrApplications", "/v1/data/ehrApplications")),
			env: map[string]string{"POLL_APPLICATIONS": "v1"}, want: []string{"✗ applications     POLL_APPLICATIONS=v1 cannot be read", "→ set POLL_APPLICATIONS=moved"}},
		{name: "less than there is", url: refusingMoka(t, now, all), env: map[string]string{"POLL_APPLICATIONS": "moved"}, want: []string{
			"! applications     POLL_APPLICATIONS=moved, and v2, which shows more, can be read",
		}},
		{name: "no right to headcounts", url: refusingMoka(t, now, without("/v1/data/headcounts")), want: []string{
			"! headcounts       they cannot be read", "or set POLL_HEADCOUNTS_INTERVAL=0",
		}},
		{name: "a clock ahead", url: refusingMoka(t, now.Add(5*time.Minute), all), want: []string{"! clocks           Moka's is ahead of ours by ", "NTP"}},
		{name: "a clock far behind", url: refusingMoka(t, now.Add(-time.Hour), all), want: []string{"✗ clocks           Moka's is behind ours by "}},
		{name: "few calls", url: simulated, env: map[string]string{"WRITEBACK_QUOTA_PER_MINUTE": "50"}, want: []string{"! quota            of 60 calls a minute, 50 are kept"}},
		{name: "nothing polled", url: simulated, env: map[string]string{"POLL_APPLICATIONS": "off"}, want: []string{
			"✓ polling          off", "✓ write-back       Moka shows it what it needs; it may make 20 calls a minute of 60",
		}},
		{name: "no right to reasons", url: refusingMoka(t, now, all), want: []string{"! write-back       commands that reject would wait"}},
		{name: "no write-back", url: simulated, env: map[string]string{"WRITEBACK_QUOTA_PER_MINUTE": "0"}, want: []string{"✓ write-back       none is meant to run"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			env := map[string]string{
				"KAFKA_BROKERS": dead, "SCHEMA_REGISTRY_URL": "http://" + dead, "STATE_DIR": t.TempDir(), "WEBHOOK_ADDR": "127.0.0.1:0",
				"OPS_ADDR": "127.0.0.1:0", "MOKA_BASE_URL": c.url, "MOKA_API_KEY": "dev-api-key",
			}
			for name, value := range complete(c.env) {
				if _, set := env[name]; !set || c.env[name] != "" {
					env[name] = value
				}
			}
			got := console{t, env}.run("doctor", "--timeout", "300ms")
			contains(t, got.out, c.want...)
			if strings.Contains(got.out+got.err, "secret-key") {
				t.Error("it shows the key")
			}
			if t.Failed() {
				fmt.Fprintln(t.Output(), got.out)
			}
		})
	}
}
