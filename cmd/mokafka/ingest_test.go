package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/ingest/webhook"
	"github.com/mokafka/mokafka/internal/kafkatest"
	"github.com/mokafka/mokafka/internal/kafkatest/embedded"
	"github.com/mokafka/mokafka/schemas/schemastest"
)

// workerConsole is the environment of an ingest for webhooks alone on the site, on
// free ports.
func (s *site) workerConsole() console {
	return s.with(map[string]string{
		"MOKA_ORG_ID": "acme", "WEBHOOK_SIGNING_KEYS": "old,new", "STATE_DIR": s.t.TempDir(), "DERIVE_GROUP": s.cfg.Prefix,
		"WEBHOOK_ADDR": "127.0.0.1:0", "OPS_ADDR": "127.0.0.1:0", "POLL_APPLICATIONS": "off",
	})
}

// worker is a running ingest.
type worker struct {
	*process
	door, ops string // addresses
}

// startWorker starts ingest, and returns once its ops port is served.
func (c console) startWorker() *worker {
	c.t.Helper()
	w := &worker{process: c.start("ingest")}
	w.ops = w.listens("health and metrics are served")
	return w
}

// listens waits until a part says that it serves, and returns its address.
func (w *worker) listens(message string) string {
	w.t.Helper()
	w.shows(&w.err, message)
	for text := range strings.Lines(w.err.String()) {
		var line struct{ Addr, Message string }
		if json.Unmarshal([]byte(text), &line) == nil && line.Message == message {
			return line.Addr
		}
	}
	w.t.Fatalf("no line says where %s", message)
	return ""
}

// ready waits until the worker says that it is.
func (w *worker) ready() {
	w.t.Helper()
	w.door = w.listens("webhooks are taken")
	eventually(w.t, func() bool {
		select {
		case <-w.done:
			w.t.Fatalf("ended with status %d", w.status)
		default:
		}
		return w.answers("/readyz") == http.StatusOK
	}, "readiness")
}

func (w *worker) answers(path string) int {
	w.t.Helper()
	return httpStatus(w.t, http.MethodGet, "http://"+w.ops+path)
}

// url is where webhooks are to be sent.
func (w *worker) url() string { return "http://" + w.door + webhook.RESTPath }

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
	c := s.workerConsole()
	worker := c.startWorker()
	worker.ready()
	for _, key := range []string{"old", "new"} {
		for _, file := range []string{pushed, arranged} {
			s.sends("webhook", "send", file, "--url", worker.url(), "--key", key)
		}
	}
	if e := s.events("candidates", 1)[0]; e.Type != "PUSHED" || e.ApplicationID != 12798 {
		t.Errorf("%+v", e)
	}
	if e := s.events("interviews", 1)[0]; e.Type != "CREATED" || e.InterviewID != "12345612" {
		t.Errorf("%+v", e)
	}
	if got := s.run("webhook", "send", pushed, "--url", worker.url(), "--key", "other"); got.status != exitFailed {
		t.Errorf("another key: status %d", got.status)
	}
	worker.end()
	contains(t, worker.err.String(), `"message":"ingest works"`, `"message":"ingest ended in order"`)

	// Another replica goes on where the first one stopped.
	second := c.startWorker()
	second.ready()
	s.must("webhook", "send", pushed, "--url", second.url(), "--key", "new", "--fresh")
	s.events("candidates", 2)
	second.end()
}

// TestIngestRefuses: what has to be done first is named.
func TestIngestRefuses(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.workerConsole()
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
	kafka, release := deadAddr(t)
	registry := httptest.NewUnstartedServer(schemastest.New())
	s := &site{console: console{t, map[string]string{
		"KAFKA_BROKERS": kafka, "SCHEMA_REGISTRY_URL": "http://" + registry.Listener.Addr().String(), "KAFKA_TOPIC_REPLICATION": "1",
	}}}
	s.cfg.Prefix = "moka"
	c := s.workerConsole()
	worker := c.startWorker()
	worker.shows(&worker.err, "no Kafka broker answers at "+kafka)
	if status := worker.answers("/healthz"); status != http.StatusOK {
		t.Errorf("/healthz: %d", status)
	}
	if status := worker.answers("/readyz"); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", status)
	}
	release()
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
		worker = c.startWorker()
	default:
	}
	worker.ready()
	worker.end()

	nobody, _ := deadAddr(t)
	c.env["START_TIMEOUT"], c.env["KAFKA_BROKERS"] = "1s", nobody
	got := c.run("ingest")
	if got.status != exitFailed {
		t.Errorf("without Kafka for ever: status %d", got.status)
	}
	contains(t, got.err, "mokafka: given up after 1s (START_TIMEOUT): no Kafka broker answers at "+c.env["KAFKA_BROKERS"])
}

// TestIngestEndsWhileItWaits: SIGTERM is no failure then either.
func TestIngestEndsWhileItWaits(t *testing.T) {
	t.Parallel()
	nobody, _ := deadAddr(t)
	s := &site{console: console{t, map[string]string{"KAFKA_BROKERS": nobody}}}
	s.cfg.Prefix = "moka"
	c := s.workerConsole()
	worker := c.startWorker()
	worker.shows(&worker.err, "no Kafka broker answers")
	worker.end()
}

// unlessShared runs t beside others where the brokers that it stops are its own.
func unlessShared(t *testing.T) {
	t.Helper()
	if os.Getenv("KAFKA_BROKERS") == "" {
		t.Parallel()
	}
}

// TestIngestOutlastsKafka: webhooks are refused while Kafka is away, and taken
// again after it came back, without a restart.
func TestIngestOutlastsKafka(t *testing.T) {
	unlessShared(t)
	s := newSite(t, kafkatest.Restartable())
	s.must("topics", "apply")
	s.must("schemas", "register")
	c := s.workerConsole()
	c.env["JOURNAL_TIMEOUT"] = "2s"
	worker := c.startWorker()
	worker.ready()
	s.sends("webhook", "send", pushed, "--url", worker.url(), "--key", "new")
	s.events("candidates", 1)

	s.cluster.Outage()
	got := s.run("webhook", "send", pushed, "--url", worker.url(), "--key", "new", "--fresh")
	if got.status != exitFailed {
		t.Errorf("without Kafka: status %d", got.status)
	}
	contains(t, got.out, "HTTP 503", "系统暂时无法保存")
	eventually(t, func() bool { return worker.answers("/readyz") == http.StatusServiceUnavailable }, "unreadiness")

	s.cluster.Recover()
	s.sends("webhook", "send", arranged, "--url", worker.url(), "--key", "new")
	s.events("interviews", 1)
	worker.ready()
	worker.end()
}

// TestIngestEndsWithoutKafka: an end is bounded while Kafka is away, too.
func TestIngestEndsWithoutKafka(t *testing.T) {
	unlessShared(t)
	s := newSite(t, kafkatest.Restartable())
	s.must("topics", "apply")
	s.must("schemas", "register")
	c := s.workerConsole()
	c.env["JOURNAL_TIMEOUT"] = "2s"
	worker := c.startWorker()
	worker.ready()
	s.sends("webhook", "send", pushed, "--url", worker.url(), "--key", "new")
	s.events("candidates", 1)
	s.cluster.Outage()
	if got := s.run("webhook", "send", pushed, "--url", worker.url(), "--key", "new", "--fresh"); got.status != exitFailed {
		t.Errorf("without Kafka: status %d", got.status)
	}
	worker.end()
	s.cluster.Recover()
}

func TestDoctor(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	c := s.workerConsole()
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
	worker := c.startWorker()
	worker.ready()
	c.env["WEBHOOK_ADDR"], c.env["OPS_ADDR"] = worker.door, worker.ops
	contains(t, c.must("doctor"), worker.door+" is in use by a mokafka that runs already")
	contains(t, c.must("doctor", "--json"), `"ok": true`, `"check": "schema registry"`)
	worker.end()
}

// TestDoctorWithoutAnything: every check has its row, whatever else is wrong.
func TestDoctorWithoutAnything(t *testing.T) {
	t.Parallel()
	other := newDoor(t, nil)
	free, _ := deadAddr(t)
	c := console{t, map[string]string{
		"KAFKA_BROKERS": free, "SCHEMA_REGISTRY_URL": "http://" + free, "STATE_DIR": "/proc/nowhere", "POLL_APPLICATIONS": "off",
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
