package publish

import (
	"context"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/plugin/kotel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/trace"
)

// Tracer makes spans of what happens to a piece of news on its way from Moka to its
// event, or from a command to its result. Where they belong together travels in the
// header traceparent of records (W3C Trace Context). A nil Tracer makes none, and
// costs a comparison.
//
// Names and attributes of spans hold ids of ours and words of a small set, never
// personal data, nor texts of Moka's.
type Tracer struct{ tracer trace.Tracer }

// NewTracer makes spans by a provider; nil for nil.
func NewTracer(provider trace.TracerProvider) *Tracer {
	if provider == nil {
		return nil
	}
	return &Tracer{provider.Tracer("github.com/mokafka/mokafka")}
}

// Span is one that has begun; the zero Span is none.
type Span struct{ span trace.Span }

// Begin begins a span within that of ctx, or at the root of a new trace.
func (t *Tracer) Begin(ctx context.Context, name string, kind trace.SpanKind) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(kind))
	return ctx, Span{span}
}

// Follow begins the span of who works on a record that was read, within the one that
// its header names.
func (t *Tracer) Follow(ctx context.Context, rec *kgo.Record, name string) (context.Context, Span) {
	if t == nil {
		return ctx, Span{}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, kotel.NewRecordCarrier(rec))
	ctx, span := t.Begin(ctx, name, trace.SpanKindConsumer)
	span.Set("messaging.system", "kafka")
	span.Set("messaging.destination.name", rec.Topic)
	span.SetInt("messaging.destination.partition.id", int64(rec.Partition))
	span.SetInt("messaging.kafka.offset", rec.Offset)
	return ctx, span
}

// Set notes an attribute.
func (s Span) Set(key, value string) {
	if s.span != nil {
		s.span.SetAttributes(attribute.String(key, value))
	}
}

// SetInt notes an attribute that is a number.
func (s Span) SetInt(key string, value int64) {
	if s.span != nil {
		s.span.SetAttributes(attribute.Int64(key, value))
	}
}

// End ends the span. What went wrong is told without the error's text, which may be
// Moka's.
func (s Span) End(failed bool) {
	if s.span == nil {
		return
	}
	if failed {
		s.span.SetStatus(codes.Error, "")
	}
	s.span.End()
}

// Position is where in a trace one is; the zero Position is nowhere.
type Position struct{ at trace.SpanContext }

// PositionOf is that of the span in ctx.
func PositionOf(ctx context.Context) Position { return Position{trace.SpanContextFromContext(ctx)} }

// Mark puts the position into the records' headers. Nowhere leaves them as they are.
func (p Position) Mark(records ...*kgo.Record) {
	if !p.at.IsValid() {
		return
	}
	ctx := trace.ContextWithSpanContext(context.Background(), p.at)
	for _, rec := range records {
		rec.Headers = slices.Clip(rec.Headers) // others may have the same
		propagation.TraceContext{}.Inject(ctx, kotel.NewRecordCarrier(rec))
	}
}
