package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const arranged = "testdata/webhook_createInterviewsInfo.json"

// devSite is a running dev, and a console that finds it.
type devSite struct {
	console
	*process
	url string
}

var announced = map[string]*regexp.Regexp{
	"url":      regexp.MustCompile(`webhook +(\S+)`),
	"kafka":    regexp.MustCompile(`Kafka +(\S+)`),
	"registry": regexp.MustCompile(`registry +(\S+)`),
	"ops":      regexp.MustCompile(`ops +(\S+)`),
	"sim":      regexp.MustCompile(`simulator +(\S+)`),
}

// startDev starts dev on free ports and waits until it says where things are.
func startDev(t *testing.T, env map[string]string, args ...string) *devSite {
	t.Helper()
	args = append([]string{"dev"}, args...)
	for _, flag := range []string{"webhook", "ops", "kafka", "registry", "sim"} {
		args = append(args, "--"+flag+"-addr", "127.0.0.1:0")
	}
	d := &devSite{process: console{t, env}.start(args...)}
	d.shows(&d.out, "Events, as they happen:")
	contains(t, d.out.String(), "NOT FOR PRODUCTION", "signing key", "mokafka webhook send --fresh", "mokafka tail candidates")
	d.url = d.where("url")
	d.console = console{t, map[string]string{
		"KAFKA_BROKERS": d.where("kafka"), "SCHEMA_REGISTRY_URL": d.where("registry"), "KAFKA_TOPIC_REPLICATION": "1",
	}}
	return d
}

func (d *devSite) where(name string) string {
	d.process.t.Helper()
	found := announced[name].FindStringSubmatch(d.out.String())
	if found == nil {
		d.process.t.Fatalf("dev does not say where %s is:\n%s", name, &d.out)
	}
	return found[1]
}

func httpStatus(t *testing.T, method, url string, body ...string) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(strings.Join(body, "")))
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}

// event is what the tests look at of an event in JSON.
type event struct {
	Type          string `json:"type"`
	ApplicationID int64  `json:"application_id"`
	InterviewID   string `json:"interview_id"`
	After         struct {
		Name string `json:"name"`
	} `json:"after"`
}

// events waits until a topic has n records, and returns them.
func (c console) events(topic string, n int) []event {
	c.t.Helper()
	var found []event
	eventually(c.t, func() bool {
		found = nil
		for _, l := range lines(c.t, c.must("tail", topic, "--json", "--exit-at-end")) {
			var e event
			if err := json.Unmarshal(l.Value, &e); err != nil {
				c.t.Fatal(err)
			}
			found = append(found, e)
		}
		return len(found) >= n
	}, "%d events in %s", n, topic)
	if len(found) != n {
		c.t.Errorf("%d events in %s, want %d: %+v", len(found), topic, n, found)
	}
	return found
}

// TestDev: the documented webhooks, sent to dev, come out as events, for people
// in the feed and for programs in the topics; and with --data-dir they are there
// after a restart, under the same schema ids.
func TestDev(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "kept")
	d := startDev(t, nil, "--no-sim", "--data-dir", dir)
	contains(t, d.must("webhook", "send", pushed, "--url", d.url), "HTTP 200")
	contains(t, d.must("webhook", "send", arranged, "--url", d.url), "HTTP 200")
	d.shows(&d.out, "candidates  pushed              application 12798")
	d.shows(&d.out, "interviews  created             application 200006263  interview 12345612")
	if strings.Contains(d.out.String(), "邵旭冬") {
		t.Error("without the simulator the feed is to leave names out")
	}
	candidates := d.events("candidates", 1)
	if e := candidates[0]; e.Type != "PUSHED" || e.ApplicationID != 12798 || e.After.Name != "邵旭冬" {
		t.Errorf("the pushed candidate: %+v", e)
	}
	if e := d.events("interviews", 1)[0]; e.Type != "CREATED" || e.InterviewID != "12345612" {
		t.Errorf("the interview: %+v", e)
	}
	d.events("dlq", 0)
	if got := d.runWith("{}", "webhook", "send", "-", "--url", d.url); got.status != exitFailed {
		t.Errorf("a webhook without an event: status %d", got.status)
	}
	d.shows(&d.out, "dead letter no_event")
	if got := d.run("webhook", "send", pushed, "--url", d.url, "--key", "wrong"); got.status != exitFailed {
		t.Errorf("a wrong signing key: status %d", got.status)
	}
	if status := httpStatus(t, http.MethodGet, d.where("ops")); status != http.StatusOK {
		t.Errorf("/readyz: %d", status)
	}
	contains(t, d.must("topics", "describe"), "✓ moka.checkpoints.v1")
	ids := d.must("schemas", "register", "--json")
	// A subject that nobody registers at the next start.
	if status := httpStatus(t, http.MethodPut, d.where("registry")+"/config/mine-value", `{"compatibility":"FULL"}`); status != http.StatusOK {
		t.Errorf("set a level in the registry: %d", status)
	}
	d.end()
	contains(t, d.out.String(), "ending…")

	again := startDev(t, nil, "--no-sim", "--data-dir", dir)
	if got := again.must("schemas", "register", "--json"); got != ids {
		t.Errorf("other schema ids after a restart:\n%s\nwere\n%s", got, ids)
	}
	if status := httpStatus(t, http.MethodGet, again.where("registry")+"/config/mine-value"); status != http.StatusOK {
		t.Errorf("what was in the registry is gone: %d", status)
	}
	again.must("webhook", "send", pushed, "--url", again.url) // known: derives nothing
	again.must("webhook", "send", pushed, "--url", again.url, "--fresh")
	if e := again.events("candidates", 2); !slices.Equal(e[:1], candidates) {
		t.Errorf("%+v before the restart, %+v after it", candidates, e)
	}
	again.end()
}

// TestDevWithTheSimulator: the company is heard, by name, and can be told what to
// do; nothing is left behind.
func TestDevWithTheSimulator(t *testing.T) {
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	d := startDev(t, map[string]string{
		"KAFKA_BROKERS": "kafka.example.com:9092", "KAFKA_TLS_ENABLED": "true", // dev has its own
		"SCHEMA_REGISTRY_URL": "https://registry.example.com", "SCHEMA_REGISTRY_USER": "u",
		"POLL_APPLICATIONS": "off",
	}, "--pace", "0")
	trigger := strings.Replace(d.where("sim"), "status", "trigger/pushCandidate", 1)
	if status := httpStatus(t, http.MethodPost, trigger); status != http.StatusOK {
		t.Errorf("the trigger: %d", status)
	}
	e := d.events("candidates", 1)[0]
	d.shows(&d.out, fmt.Sprintf("application %d  %s", e.ApplicationID, e.After.Name))
	d.end()
	left, err := os.ReadDir(tmp)
	if err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestDevEncrypted: with a data key the company encrypts, and the door decrypts.
func TestDevEncrypted(t *testing.T) {
	t.Parallel()
	key, iv := strings.Repeat("k", 32), strings.Repeat("i", 16)
	d := startDev(t, map[string]string{
		"WEBHOOK_DATA_KEY": key, "WEBHOOK_DATA_IV": iv, "WEBHOOK_TLS": "self-signed",
		"WEBHOOK_SIGNING_KEYS": "mine", "MOKA_ORG_ID": "acme", "POLL_APPLICATIONS": "off",
	}, "--pace", "0")
	contains(t, d.out.String(), "https://127.0.0.1:", "signing key mine", "acme")
	if status := httpStatus(t, http.MethodPost, strings.Replace(d.where("sim"), "status", "trigger/pushCandidate", 1)); status != http.StatusOK {
		t.Errorf("the trigger: %d", status)
	}
	d.events("candidates", 1)
	d.must("webhook", "send", pushed, "--insecure", "--key", "mine", "--url", d.url, "--data-key", key, "--data-iv", iv)
	d.events("candidates", 2)
	contains(t, d.must("tail", "journal", "--exit-at-end", "--json", "--key", "acme:app:12798"), `"was_encrypted":true`)
	d.end()
}

// TestDevOnOtherBrokers: --brokers and --registry stand in for dev's own.
func TestDevOnOtherBrokers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	args := []string{"--no-sim", "--brokers", s.env["KAFKA_BROKERS"], "--registry", s.env["SCHEMA_REGISTRY_URL"]}
	d := startDev(t, map[string]string{
		"KAFKA_TOPIC_PREFIX": s.cfg.Prefix, "KAFKA_TOPIC_PARTITIONS": s.env["KAFKA_TOPIC_PARTITIONS"],
		"KAFKA_TOPIC_REPLICATION": s.env["KAFKA_TOPIC_REPLICATION"], "DERIVE_GROUP": s.cfg.Prefix,
	}, args...)
	d.must("webhook", "send", pushed, "--url", d.url)
	s.events("candidates", 1)
	d.end()
}

func TestDevNamesTakenPorts(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	addr, free := taken.Addr().String(), "127.0.0.1:0"
	got := console{t: t}.run("dev", "--webhook-addr", free, "--ops-addr", free, "--kafka-addr", addr, "--registry-addr", free, "--sim-addr", free)
	if got.status != exitFailed || strings.Count(got.err, "\n") != 1 {
		t.Errorf("status %d, said %q", got.status, got.err)
	}
	contains(t, got.err, addr+" is taken by another process", "give another address with --kafka-addr")
	got = console{t: t}.run("dev", "--webhook-addr", addr, "--ops-addr", addr, "--kafka-addr", free, "--registry-addr", free, "--sim-addr", free)
	contains(t, got.err, "--webhook-addr", "--ops-addr")
}
