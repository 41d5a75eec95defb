package webhook

import (
	"errors"
	"fmt"
	"net/http"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"time"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel/trace"

	"github.com/mokafka/mokafka/publish"
)

// guard stands before every door: it knows who may push, bounds the requests in
// flight, keeps a panic to its request, and counts.
type guard struct {
	sources  sources
	limit    int64
	inFlight atomic.Int64
	metrics  *metrics
	log      zerolog.Logger
	strays   zerolog.Logger // seldom: about callers who may not push
	now      func() time.Time
	tracer   *publish.Tracer // nil: no traces
}

// outcome is what a door says of a request, for metrics.
type outcome struct{ event, answer string }

// answerWriter writes an answer as the callers of a door read it.
type answerWriter func(http.ResponseWriter, *http.Request, answer)

// inREST is the answerWriter of REST, and of whoever has no form of his own.
func inREST(w http.ResponseWriter, _ *http.Request, a answer) { a.write(w, nil, nil) }

// wrap guards a door. serve writes the answer, at its very end, and returns what
// it was; refuse writes those that the guard gives in its place.
func (g *guard) wrap(door string, refuse answerWriter, serve func(http.ResponseWriter, *http.Request) outcome) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		start := g.now()
		var done outcome
		defer func() {
			if cause := recover(); cause != nil {
				if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(cause)
				}
				// The value may hold content, the stack does not.
				g.log.Error().Str("door", door).Str("panic", fmt.Sprintf("%T", cause)).
					Str("stack", string(debug.Stack())).Msg("a webhook request failed")
				refuse(w, r, answerFailed)
				done = outcome{eventUnread, answerFailed.label}
			}
			g.metrics.answered(door, done.event, done.answer, g.now().Sub(start))
		}()
		if caller, ok := g.sources.check(r); !ok {
			g.strays.Warn().Str("door", door).Str("source", caller).
				Msg("a webhook was refused for where it came from: if it was Moka, add its network to WEBHOOK_ALLOW_NETWORKS")
			refuse(w, r, answerSource)
			done = outcome{eventUnread, answerSource.label}
			return
		}
		if g.inFlight.Add(1) > g.limit {
			g.inFlight.Add(-1)
			refuse(w, r, answerBusy)
			done = outcome{eventUnread, answerBusy.label}
			return
		}
		defer g.inFlight.Add(-1)
		if g.tracer == nil {
			done = serve(w, r)
			return
		}
		// At the root: whoever can reach the door could write a traceparent.
		ctx, span := g.tracer.Begin(r.Context(), "webhook "+door, trace.SpanKindServer)
		defer func() {
			span.Set("mokafka.event", done.event)
			span.Set("mokafka.answer", done.answer)
			span.End(slices.Contains([]string{"", answerFailed.label, answerUnavailable.label, answerBusy.label}, done.answer))
		}()
		done = serve(w, r.WithContext(ctx))
	})
}

// wrapHandler guards a door that does not say what it answered.
func (g *guard) wrapHandler(door string, h http.Handler) http.Handler {
	return g.wrap(door, inREST, func(w http.ResponseWriter, r *http.Request) outcome {
		h.ServeHTTP(w, r)
		return outcome{eventUnread, "served"}
	})
}
