package main

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/rs/zerolog"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracehttp"
	"go.opentelemetry.io/otel/sdk/resource"
	"go.opentelemetry.io/otel/sdk/trace"

	"github.com/mokafka/mokafka/publish"
)

// tracing says whether traces are exported, and where to: by OTLP over HTTP. Its
// variables are those that OpenTelemetry has set for all languages; what is not here
// (headers, certificates, sampling, batches) its SDK reads itself.
type tracing struct {
	// Exporter is otlp or none. Empty: otlp where an endpoint is set.
	Exporter string `env:"OTEL_TRACES_EXPORTER"`
	// Endpoint is the base of all signals, to which /v1/traces is added;
	// TracesEndpoint is that of traces alone, as it is.
	Endpoint       string `env:"OTEL_EXPORTER_OTLP_ENDPOINT"`
	TracesEndpoint string `env:"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"`
	// Service names the process; empty: mokafka-ingest or mokafka-writeback.
	Service  string `env:"OTEL_SERVICE_NAME"`
	Disabled bool   `env:"OTEL_SDK_DISABLED,default=false"`
}

// on tells whether anything is traced.
func (t tracing) on() bool {
	if t.Disabled || t.Exporter == "none" {
		return false
	}
	return t.Exporter == "otlp" || t.Endpoint != "" || t.TracesEndpoint != ""
}

// Validate names the variables at fault.
func (t tracing) Validate() error {
	if t.Exporter != "" && t.Exporter != "none" && t.Exporter != "otlp" {
		return fmt.Errorf("OTEL_TRACES_EXPORTER: %q is not otlp or none", t.Exporter)
	}
	for _, v := range []struct{ name, value string }{
		{"OTEL_EXPORTER_OTLP_ENDPOINT", t.Endpoint}, {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", t.TracesEndpoint},
	} {
		if u, err := url.Parse(v.value); v.value != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil) {
			return fmt.Errorf("%s: it is not a URL such as http://127.0.0.1:4318", v.name)
		}
	}
	return nil
}

// start starts the export, which ps ends last. It is nil where nothing is traced.
func (t tracing) start(ctx context.Context, ps *parts, role, instance string, log zerolog.Logger) (*publish.Tracer, error) {
	if !t.on() {
		return nil, nil
	}
	var opts []otlptracehttp.Option
	switch {
	case t.TracesEndpoint != "":
		opts = append(opts, otlptracehttp.WithEndpointURL(t.TracesEndpoint))
	case t.Endpoint != "":
		opts = append(opts, otlptracehttp.WithEndpointURL(strings.TrimRight(t.Endpoint, "/")+"/v1/traces"))
	}
	exporter, err := otlptracehttp.New(ctx, opts...)
	if err != nil {
		return nil, fmt.Errorf("start the export of traces: %w", err)
	}
	about, err := resource.New(ctx, resource.WithTelemetrySDK(), resource.WithFromEnv(), resource.WithAttributes(
		attribute.String("service.name", cmp.Or(t.Service, "mokafka-"+role)),
		attribute.String("service.version", versionText()),
		attribute.String("service.instance.id", instance),
	))
	if err != nil {
		return nil, fmt.Errorf("describe this process to the receiver of traces: %w", err)
	}
	// The SDK's own way of saying that an export failed; it would use the log package.
	seldom := log.Sample(&zerolog.BurstSampler{Burst: 1, Period: sayEvery})
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { seldom.Warn().Err(err).Msg("traces are not taken") }))
	provider := trace.NewTracerProvider(trace.WithBatcher(exporter), trace.WithResource(about))
	ps.hold("the export of traces", provider.Shutdown)
	log.Info().Str("service", cmp.Or(t.Service, "mokafka-"+role)).Msg("traces are exported")
	return publish.NewTracer(provider), nil
}
