package moka

import (
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics of the client. All labels are from small sets.
type metrics struct {
	calls   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mokafka_moka_calls_total",
			Help: "HTTP attempts at Moka, by endpoint, class and outcome: ok, auth, quota (refused for the number of calls), " +
				"not_found, invalid, refused, transient, ambiguous, protocol.",
		}, []string{"endpoint", "class", "outcome"}),
		seconds: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "mokafka_moka_call_seconds",
			Help:    "From sending a request to the end of its answer, by endpoint.",
			Buckets: []float64{.01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30},
		}, []string{"endpoint"}),
	}
	return m, register(reg, m.calls, m.seconds)
}

// register registers all, if there is a registerer.
func register(reg prometheus.Registerer, all ...prometheus.Collector) error {
	if reg == nil {
		return nil
	}
	for _, c := range all {
		if err := reg.Register(c); err != nil {
			return fmt.Errorf("register the metrics of the client for Moka: %w", err)
		}
	}
	return nil
}

func (m *metrics) called(endpoint string, class Class, failed *Error, took time.Duration) {
	outcome := "ok"
	if failed != nil {
		outcome = failed.Kind.String()
	}
	m.calls.WithLabelValues(endpoint, class.String(), outcome).Inc()
	m.seconds.WithLabelValues(endpoint).Observe(took.Seconds())
}
