package main

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/kafkatest/embedded"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// worker is the environment of an ingest on the site, on free ports.
func (s *site) worker() (c console, door, ops string) {
	door, ops = freeAddr(s.t), freeAddr(s.t)
	return s.with(map[string]string{
		"MOKA_ORG_ID": "acme", "WEBHOOK_SIGNING_KEYS": "old,new", "STATE_DIR": s.t.TempDir(), "DERIVE_GROUP": s.cfg.Prefix,
		"WEBHOOK_ADDR": door, "OPS_ADDR": ops,
	}), "http://" + door + "/webhooks/moka", "http://" + ops
}

// ready waits until a worker says that it is.
func ready(t *testing.T, p *process, ops string) {
	t.Helper()
	p.shows(&p.err, "health and metrics are served")
	eventually(t, func() bool {
		select {
		case <-p.done:
			t.Fatalf("ended with status %d", p.status)
		default:
		}
		return httpStatus(t, http.MethodGet, ops+"/readyz") == http.StatusOK
	}, "readiness")
}

// sends sends a webhook until it is taken: real brokers on a busy machine may make
// the first one wait too long. The repetitions are the same webhook.
func (s *site) sends(args ...string) {
	s.t.Helper()
	eventually(s.t, func() bool { return s.run(args...).status == exitDone }, "a webhook to be taken")
}

// TestIngest: from signed webhooks to events, and an orderly end.
func TestIngest(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("topics", "apply")
	s.must("schemas", "register")
	c, door, ops := s.worker()
	worker := c.start("ingest")
	ready(t, worker, ops)
	for _, key := range []string{"old", "new"} {
		for _, file := range []string{pushed, arranged} {
			s.sends("webhook", "send", file, "--url", door, "--key", key)
		}
	}
	if e := s.events("candidates", 1)[0]; e.Type != "PUSHED" || e.ApplicationID != 12798 {
		t.Errorf("%+v", e)
	}
	if e := s.events("interviews", 1)[0]; e.Type != "CREATED" || e.InterviewID != "12345612" {
		t.Errorf("%+v", e)
	}
	if got := s.run("webhook", "send", pushed, "--url", door, "--key", "other"); got.status != exitFailed {
		t.Errorf("another key: status %d", got.status)
	}
	worker.end()
	contains(t, worker.err.String(), `"message":"ingest works"`, `"message":"ingest ended in order"`)

	// Another replica goes on where the first one stopped.
	second := c.start("ingest")
	ready(t, second, ops)
	s.must("webhook", "send", pushed, "--url", door, "--key", "new", "--fresh")
	s.events("candidates", 2)
	second.end()
}

// TestIngestRefuses: what has to be done first is named.
func TestIngestRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c, _, _ := s.worker()
	refused := func(want ...string) {
		t.Helper()
		got := c.run("ingest")
		if got.status != exitFailed {
			t.Errorf("status %d", got.status)
		}
		contains(t, got.err, want...)
	}
	refused("mokafka: 13 topics are missing, such as "+s.topics.Journal(), "run 'mokafka topics apply' first")
	s.must("topics", "apply")
	refused("mokafka: the schemas of 13 topics are not registered at "+s.env["SCHEMA_REGISTRY_URL"], "run 'mokafka schemas register' first")
	c.env["KAFKA_TOPIC_PARTITIONS"] = "5"
	refused("partition counts are wrong", "KAFKA_TOPIC_PARTITIONS=4")
}

// TestIngestWaits: for Kafka and then for the registry, alive but not ready, and
// not for ever.
func TestIngestWaits(t *testing.T) {
	t.Parallel()
	kafka := freeAddr(t)
	registry := httptest.NewUnstartedServer(schemastest.New())
	s := &site{console: console{t, map[string]string{
		"KAFKA_BROKERS": kafka, "SCHEMA_REGISTRY_URL": "http://" + registry.Listener.Addr().String(), "KAFKA_TOPIC_REPLICATION": "1",
	}}}
	s.cfg.Prefix = "moka"
	c, _, ops := s.worker()
	worker := c.start("ingest")
	worker.shows(&worker.err, "no Kafka broker answers at "+kafka)
	if status := httpStatus(t, http.MethodGet, ops+"/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	if status := httpStatus(t, http.MethodGet, ops+"/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", status)
	}
	broker, err := embedded.Start(embedded.Config{Addr: kafka, Fast: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(broker.Close)
	s.must("topics", "apply")
	registry.Start()
	t.Cleanup(registry.Close)
	s.must("schemas", "register")
	// Between the two it may have found the topics missing, and ended as it should.
	select {
	case <-worker.done:
		worker = c.start("ingest")
	default:
	}
	ready(t, worker, ops)
	worker.end()

	c.env["START_TIMEOUT"], c.env["KAFKA_BROKERS"] = "1s", freeAddr(t)
	got := c.run("ingest")
	if got.status != exitFailed {
		t.Errorf("without Kafka for ever: status %d", got.status)
	}
	contains(t, got.err, "mokafka: given up after 1s (START_TIMEOUT): no Kafka broker answers at "+c.env["KAFKA_BROKERS"])
}

// TestIngestEndsWhileItWaits: SIGTERM is no failure then either.
func TestIngestEndsWhileItWaits(t *testing.T) {
	t.Parallel()
	s := &site{console: console{t, map[string]string{"KAFKA_BROKERS": freeAddr(t)}}}
	s.cfg.Prefix = "moka"
	c, _, _ := s.worker()
	worker := c.start("ingest")
	worker.shows(&worker.err, "no Kafka broker answers")
	worker.end()
}

// TestIngestOutlastsKafka: webhooks are refused while Kafka is away, and taken
// again after it came back, without a restart.
func TestIngestOutlastsKafka(t *testing.T) {
	s := newSite(t, kafkatest.Restartable())
	s.must("topics", "apply")
	s.must("schemas", "register")
	c, door, ops := s.worker()
	c.env["JOURNAL_TIMEOUT"] = "2s"
	worker := c.start("ingest")
	ready(t, worker, ops)
	s.sends("webhook", "send", pushed, "--url", door, "--key", "new")
	s.events("candidates", 1)

	s.cluster.Outage()
	got := s.run("webhook", "send", pushed, "--url", door, "--key", "new", "--fresh")
	if got.status != exitFailed {
		t.Errorf("without Kafka: status %d", got.status)
	}
	contains(t, got.out, "HTTP 503", "系统暂时无法保存")
	eventually(t, func() bool { return httpStatus(t, http.MethodGet, ops+"/readyz") == http.StatusServiceUnavailable }, "unreadiness")

	s.cluster.Recover()
	s.sends("webhook", "send", arranged, "--url", door, "--key", "new")
	s.events("interviews", 1)
	ready(t, worker, ops)
	worker.end()
}

// TestIngestEndsWithoutKafka: an end is bounded while Kafka is away, too.
func TestIngestEndsWithoutKafka(t *testing.T) {
	s := newSite(t, kafkatest.Restartable())
	s.must("topics", "apply")
	s.must("schemas", "register")
	c, door, ops := s.worker()
	c.env["JOURNAL_TIMEOUT"] = "2s"
	worker := c.start("ingest")
	ready(t, worker, ops)
	s.sends("webhook", "send", pushed, "--url", door, "--key", "new")
	s.events("candidates", 1)
	s.cluster.Outage()
	if got := s.run("webhook", "send", pushed, "--url", door, "--key", "new", "--fresh"); got.status != exitFailed {
		t.Errorf("without Kafka: status %d", got.status)
	}
	worker.end()
	s.cluster.Recover()
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c, door, ops := s.worker()
	sick := c.run("doctor")
	if sick.status != exitFailed {
		t.Errorf("before anything is there: status %d", sick.status)
	}
	contains(t, sick.out, "✓ configuration", "✓ Kafka", "✗ topics", "→ mokafka topics apply", "✗ schemas", "→ mokafka schemas register",
		"✓ signing keys     2 keys are accepted", "✓ state directory", "✓ webhook port", "2 things are to be put right")

	s.must("topics", "apply")
	s.must("schemas", "register")
	well := c.run("doctor")
	if well.status != exitDone || strings.ContainsAny(well.out, "✗–") {
		t.Errorf("status %d\n%s", well.status, well.out)
	}
	worker := c.start("ingest")
	ready(t, worker, ops)
	at, err := url.Parse(door)
	if err != nil {
		t.Fatal(err)
	}
	contains(t, c.must("doctor"), at.Host+" is in use by a mokafka that runs already")
	contains(t, c.must("doctor", "--json"), `"ok": true`, `"check": "schema registry"`)
	worker.end()
}

// TestDoctorWithoutAnything: every check has its row, whatever else is wrong.
func TestDoctorWithoutAnything(t *testing.T) {
	t.Parallel()
	other := newDoor(t, nil)
	free := freeAddr(t)
	c := console{t, map[string]string{
		"KAFKA_BROKERS": free, "SCHEMA_REGISTRY_URL": "http://" + free, "STATE_DIR": "/proc/nowhere",
		"WEBHOOK_SIGNING_KEYS": "k", "WEBHOOK_TLS": "files", "WEBHOOK_TLS_CERT": "/nowhere/cert", "WEBHOOK_TLS_KEY": "/nowhere/key",
		"WEBHOOK_ADDR": other.Listener.Addr().String(), "OPS_ADDR": other.Listener.Addr().String(),
	}}
	got := c.run("doctor", "--timeout", "300ms")
	if got.status != exitFailed {
		t.Errorf("status %d", got.status)
	}
	text := strings.NewReplacer(free, "FREE", other.Listener.Addr().String(), "TAKEN").Replace(got.out)
	golden(t, "doctor.txt", text)
	if len(other.got) == 0 {
		t.Error("nobody asked who listens there")
	}
	if n := strings.Count(got.out, "✗"); n != 7 {
		t.Error(fmt.Sprint(n, " things wrong, want 7"))
	}
}
