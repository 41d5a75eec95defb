package publish_test

import (
	"bytes"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/mokafka/mokafka/publish"
)

// TestNoTraceCostsNothing: no allocation, and records stay as they are.
func TestNoTraceCostsNothing(t *testing.T) {
	var none *publish.Tracer
	if publish.NewTracer(nil) != nil {
		t.Error("a tracer without a provider")
	}
	ctx := t.Context()
	rec := &kgo.Record{Topic: "t", Headers: []kgo.RecordHeader{{Key: "traceparent", Value: []byte("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")}}}
	allocations := testing.AllocsPerRun(100, func() {
		ctx, span := none.Follow(ctx, rec, "derive")
		span.Set("k", "v")
		span.SetInt("n", 7)
		publish.PositionOf(ctx).Mark(rec)
		span.End(true)
	})
	if allocations != 0 || len(rec.Headers) != 1 {
		t.Errorf("%v allocations, headers %v", allocations, rec.Headers)
	}
}

// TestTracesTravelInHeaders: the next one goes on where a record says, and a header
// that is none is a new trace.
func TestTracesTravelInHeaders(t *testing.T) {
	tracer := publish.NewTracer(trace.NewTracerProvider())
	shared := make([]kgo.RecordHeader, 1, 8)
	shared[0] = kgo.RecordHeader{Key: "owner", Value: []byte("x")}
	one, two := &kgo.Record{Headers: shared}, &kgo.Record{Headers: shared}
	for _, rec := range []*kgo.Record{one, two} {
		ctx, span := tracer.Begin(t.Context(), "a", 0)
		publish.PositionOf(ctx).Mark(rec)
		span.End(false)
	}
	if len(one.Headers) != 2 || one.Headers[1].Key != "traceparent" || bytes.Equal(one.Headers[1].Value, two.Headers[1].Value) {
		t.Errorf("headers %s and %s", one.Headers, two.Headers)
	}
	for header, follows := range map[string]bool{string(one.Headers[1].Value): true, "": false, "00-x": false} {
		next := &kgo.Record{}
		ctx, span := tracer.Follow(t.Context(), &kgo.Record{Headers: []kgo.RecordHeader{{Key: "traceparent", Value: []byte(header)}}}, "b")
		publish.PositionOf(ctx).Mark(next)
		span.End(true)
		if same := string(next.Headers[0].Value)[3:35] == string(one.Headers[1].Value)[3:35]; same != follows {
			t.Errorf("%q is followed by %s", header, next.Headers[0].Value)
		}
	}
}
