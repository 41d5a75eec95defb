package webhook

import (
	"fmt"
	"mime"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the door. All labels are from small sets: doors, documented events
// and "other", answers, reasons, numbers of keys.
type metrics struct {
	requests     *prometheus.CounterVec
	seconds      *prometheus.HistogramVec
	bodyBytes    *prometheus.HistogramVec
	contentTypes *prometheus.CounterVec
	signatures   *prometheus.CounterVec
	unsigned     *prometheus.CounterVec
}

func newMetrics(reg prometheus.Registerer, inFlight, bodies func() float64) (*metrics, error) {
	m := &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mokafka_webhook_requests_total",
			Help: "Requests, by door, event (other: not a documented one, none: not read so far) and answer.",
		}, []string{"door", "event", "answer"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "mokafka_webhook_request_seconds",
			Help:    "From the end of the headers to the answer, by door and answer.",
			Buckets: []float64{.0005, .001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10},
		}, []string{"door", "answer"}),
		bodyBytes: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "mokafka_webhook_body_bytes",
			Help:    "Size of the bodies that were read to their end, by door.",
			Buckets: prometheus.ExponentialBuckets(1<<10, 4, 8), // 1 KiB to 16 MiB
		}, []string{"door"}),
		contentTypes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mokafka_webhook_content_types_total",
			Help: "Authentic requests by their Content-Type: json, other, none. It decides nothing.",
		}, []string{"door", "type"}),
		signatures: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mokafka_webhook_signatures_total",
			Help: "Right signatures, by the number of the key in WEBHOOK_SIGNING_KEYS or WEBHOOK_ZHIREN_KEYS (from 1) and what was signed: " +
				"as_sent, reformatted (a proxy wrote the JSON anew), before_encryption; of SOAP also parameter, " +
				"or key, where the token was the signing key; zhiren.",
		}, []string{"key", "form"}),
		unsigned: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mokafka_webhook_signature_failures_total",
			Help: "Refused signatures, by reason: missing, malformed, wrong.",
		}, []string{"reason"}),
	}
	for _, c := range []prometheus.Collector{
		m.requests, m.seconds, m.bodyBytes, m.contentTypes, m.signatures, m.unsigned,
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "mokafka_webhook_in_flight_requests",
			Help: "Requests being worked on.",
		}, inFlight),
		prometheus.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "mokafka_webhook_in_flight_body_bytes",
			Help: "Memory that their bodies take.",
		}, bodies),
	} {
		if err := reg.Register(c); err != nil {
			return nil, fmt.Errorf("register the webhook's metrics: %w", err)
		}
	}
	// A rate needs its counter to have been there before the first failure.
	for _, reason := range []string{"missing", "malformed", "wrong"} {
		m.unsigned.WithLabelValues(reason)
	}
	return m, nil
}

func (m *metrics) answered(door, event, answer string, took time.Duration) {
	m.requests.WithLabelValues(door, event, answer).Inc()
	m.seconds.WithLabelValues(door, answer).Observe(took.Seconds())
}

func (m *metrics) signed(a authentic) {
	m.signatures.WithLabelValues(strconv.Itoa(a.key+1), string(a.form)).Inc()
}

// maxContentType bounds the header that is journaled.
const maxContentType = 128

// contentTypeOf returns the media type to record for a Content-Type header, and
// its label. Moka does not document what it sends, so anything goes; a header
// that is not a media type is recorded as bytes.
func contentTypeOf(header string) (recorded, label string) {
	if header == "" {
		return "application/octet-stream", "none"
	}
	media, _, err := mime.ParseMediaType(header)
	switch {
	case err != nil, len(header) > maxContentType:
		return "application/octet-stream", "other"
	case media == "application/json":
		return header, "json"
	default:
		return header, "other"
	}
}
