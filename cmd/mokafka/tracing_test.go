package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/rs/zerolog"
	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/mokafka/mokafka/internal/mokasim"
	"github.com/mokafka/mokafka/internal/ops"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// traced is a site whose two workers trace into memory.
type traced struct {
	*site
	sim      *mokasim.Simulator
	recorder *tracetest.SpanRecorder
	ingest   *ingestWorker
}

func startTraced(t *testing.T) *traced {
	t.Helper()
	s := newSite(t)
	s.must("topics", "apply")
	s.must("schemas", "register")
	sim, url := newMoka(t, nil)
	env := s.with(map[string]string{
		"MOKA_ORG_ID": "acme", "MOKA_BASE_URL": url, "MOKA_API_KEY": devAPIKey, "WEBHOOK_SIGNING_KEYS": "k",
		"WEBHOOK_ADDR": "127.0.0.1:0", "OPS_ADDR": "127.0.0.1:0", "STATE_DIR": t.TempDir(), "WRITEBACK_STATE_DIR": t.TempDir(),
		"MOKA_QUOTA_PER_MINUTE": "6000", "POLL_APPLICATIONS_INTERVAL": "1s", "POLL_APPLICATIONS_IDLE_INTERVAL": "1s",
	})
	recorder := tracetest.NewSpanRecorder()
	provider := trace.NewTracerProvider(trace.WithSpanProcessor(recorder))
	tracer := publish.NewTracer(provider)
	metrics, err := ops.NewRegistry("v1")
	if err != nil {
		t.Fatal(err)
	}
	port, err := ops.New(ops.Config{Addr: "127.0.0.1:0"}, metrics, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	var reading ingestSettings
	var writing writebackSettings
	env.reads(append(reading.rooms(), writing.rooms()...)...)
	ctx, cancel := context.WithCancel(t.Context())
	ps := newParts()
	t.Cleanup(func() {
		cancel()
		if err := ps.end(time.Minute); err != nil {
			t.Error(err)
		}
	})
	x := &traced{site: s, sim: sim, recorder: recorder}
	x.ingest = &ingestWorker{settings: reading, port: port, metrics: metrics, log: zerolog.Nop(), now: time.Now, tracer: tracer}
	writer := &writebackWorker{settings: writing, port: port, metrics: metrics, log: zerolog.Nop(), now: time.Now, tracer: tracer}
	for _, start := range []func(context.Context, *parts) error{x.ingest.start, x.ingest.startPoller, writer.prepare, writer.start} {
		if err := start(ctx, ps); err != nil {
			t.Fatal(err)
		}
	}
	eventually(t, func() bool { return ops.Ask(ctx, nil).Ready }, "readiness")
	return x
}

// position reads a traceparent.
func position(t *testing.T, header any) (traceID, spanID string) {
	t.Helper()
	text, _ := header.(string)
	parts := strings.Split(text, "-")
	if len(parts) != 4 || len(parts[1]) != 32 || len(parts[2]) != 16 {
		t.Fatalf("traceparent %q", text)
	}
	return parts[1], parts[2]
}

// path are the names of the spans from the root of a trace to the span of that id.
func (x *traced) path(spanID string) string {
	names := ""
	for spanID != "0000000000000000" {
		found := false
		for _, s := range x.recorder.Ended() {
			if s.SpanContext().SpanID().String() == spanID {
				names, spanID, found = s.Name()+" > "+names, s.Parent().SpanID().String(), true
				break
			}
		}
		if !found {
			return strings.TrimSuffix("? > "+names, " > ")
		}
	}
	return strings.TrimSuffix(names, " > ")
}

// record waits for the first record of a topic that is wanted.
func (x *traced) record(topic string, wanted func(value map[string]any) bool) tailLine {
	x.t.Helper()
	var found tailLine
	eventually(x.t, func() bool {
		for _, l := range lines(x.t, x.must("tail", topic, "--json", "--exit-at-end")) {
			var value map[string]any
			if err := json.Unmarshal(l.Value, &value); err != nil {
				x.t.Fatal(err)
			}
			if wanted(value) {
				found = l
				return true
			}
		}
		return false
	}, "a record in %s", topic)
	return found
}

// TestOneTrace: from the webhook, and from the poll, to the event; and from a command
// to the call and its result, within the trace that the command names.
func TestOneTrace(t *testing.T) {
	t.Parallel()
	x := startTraced(t)
	x.sends("webhook", "send", pushed, "--url", "http://"+x.ingest.door.Addr().String()+"/webhooks/moka", "--key", "k")
	event := x.record("candidates", func(v map[string]any) bool { return v["type"] == "PUSHED" })
	_, span := position(t, event.Headers["traceparent"])
	if got := x.path(span); got != "webhook rest > derive" {
		t.Errorf("the event of a webhook: %s", got)
	}

	truth := x.sim.Truths(0, 1000)
	app := truth[0]
	for _, a := range truth {
		if !a.Archived && a.StageName == "初筛" && a.OfferStatus == "" {
			app = a
		}
	}
	if _, err := x.sim.Do(t.Context(), mokasim.Human{Act: "remark", ApplicationID: app.ApplicationID}); err != nil {
		t.Fatal(err)
	}
	event = x.record("candidates", func(v map[string]any) bool { return v["application_id"] == float64(app.ApplicationID) })
	_, span = position(t, event.Headers["traceparent"])
	if got := x.path(span); got != "poll > derive" {
		t.Errorf("the event of a poll: %s", got)
	}

	const theirs = "0af7651916cd43dd8448eb211c80319c"
	stage := "面试"
	command := &schemas.WritebackCommand{
		CommandID: "traced-1", OrgID: "acme", ApplicationID: &app.ApplicationID, RequestedBy: "payroll", RequestedAt: time.Now(),
		MoveStage: &schemas.MoveStage{StageName: &stage},
	}
	rec, err := x.records().Command(command)
	if err != nil {
		t.Fatal(err)
	}
	rec.Headers = append(rec.Headers, kgo.RecordHeader{Key: "traceparent", Value: []byte("00-" + theirs + "-b7ad6b7169203331-01")})
	client, err := kgo.NewClient(append(publish.ProducerOptions(x.topics), kgo.SeedBrokers(x.cluster.Brokers...))...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	x.produce(client, rec)
	result := x.record("results", func(v map[string]any) bool { return v["command_id"] == "traced-1" && v["outcome"] == "APPLIED" })
	in, span := position(t, result.Headers["traceparent"])
	if in != theirs {
		t.Errorf("the result is in the trace %s, the command in %s", in, theirs)
	}
	var called bool
	eventually(t, func() bool { return x.path(span) == "? > write-back" }, "the command's span")
	for _, s := range x.recorder.Ended() {
		called = called || s.Name() == "call Moka" && s.SpanContext().TraceID().String() == theirs && s.Parent().SpanID().String() == span
		for _, a := range s.Attributes() {
			if v := a.Value.String(); strings.ContainsFunc(v, func(r rune) bool { return r > '~' }) || strings.Contains(v, "@") {
				t.Errorf("%s has the attribute %s=%s", s.Name(), a.Key, v)
			}
		}
	}
	if !called {
		t.Error("the call to Moka is not in the command's trace")
	}
}

// TestTracesAreExported by OTLP over HTTP, where an endpoint is set; and nothing is
// where none is.
func TestTracesAreExported(t *testing.T) {
	var posts atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil && r.URL.Path == "/v1/traces" && strings.Contains(string(body), "mokafka-ingest") && strings.Contains(string(body), "a span") {
			posts.Add(1)
		}
	}))
	t.Cleanup(server.Close)
	for _, c := range []struct {
		env  map[string]string
		want bool
	}{
		{nil, false},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL}, true},
		{map[string]string{"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": server.URL + "/v1/traces", "OTEL_TRACES_EXPORTER": "otlp"}, true},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL, "OTEL_TRACES_EXPORTER": "none"}, false},
		{map[string]string{"OTEL_EXPORTER_OTLP_ENDPOINT": server.URL, "OTEL_SDK_DISABLED": "true"}, false},
	} {
		var settings tracing
		console{t, c.env}.reads(&settings)
		posts.Store(0)
		ps := newParts()
		tracer, err := settings.start(t.Context(), ps, "ingest", "host-1", zerolog.Nop())
		if err != nil || (tracer != nil) != c.want {
			t.Fatalf("%v: %v, %v", c.env, tracer, err)
		}
		ctx, span := tracer.Begin(t.Context(), "a span", 0)
		rec := &kgo.Record{}
		publish.PositionOf(ctx).Mark(rec)
		span.End(false)
		if err := ps.end(time.Minute); err != nil {
			t.Fatal(err)
		}
		if got := posts.Load() > 0; got != c.want || (len(rec.Headers) > 0) != c.want {
			t.Errorf("%v: exported %t, headers %v, want %t", c.env, got, rec.Headers, c.want)
		}
	}
	for name, value := range map[string]string{"OTEL_TRACES_EXPORTER": "zipkin", "OTEL_EXPORTER_OTLP_ENDPOINT": "collector:4317"} {
		if err := environmentOf(t, map[string]string{name: value}).read(new(tracing)); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s=%s: %v", name, value, err)
		}
	}
}
