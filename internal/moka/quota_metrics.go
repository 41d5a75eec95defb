package moka

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// quotaMetrics of a quota. Methods of nil count nothing. Refusals by class are
// the client's, as an outcome of its calls: a Gate is not told whose call it was.
type quotaMetrics struct {
	calls    *prometheus.CounterVec
	waits    *prometheus.HistogramVec
	refusals prometheus.Counter
}

func newQuotaMetrics(reg prometheus.Registerer, q *Quota) (*quotaMetrics, error) {
	m := &quotaMetrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mokafka_moka_quota_calls_total",
			Help: "Calls that the quota let through, by class.",
		}, []string{"class"}),
		waits: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "mokafka_moka_quota_wait_seconds",
			Help:    "How long calls waited for the quota, by class.",
			Buckets: []float64{.001, .01, .1, .5, 1, 2.5, 5, 10, 30, 60, 300, 1800},
		}, []string{"class"}),
		refusals: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mokafka_moka_quota_refusals_total",
			Help: "Calls that Moka refused for their number.",
		}),
	}
	gauge := func(name, help string, value func() float64) prometheus.Collector {
		return prometheus.NewGaugeFunc(prometheus.GaugeOpts{Name: name, Help: help}, value)
	}
	err := register(reg, m.calls, m.waits, m.refusals,
		gauge("mokafka_moka_quota_rate", "Calls a minute that are made at most, as learned from refusals.", q.PerMinute),
		gauge("mokafka_moka_quota_left", "Calls that could be made at once.", q.left),
		gauge("mokafka_moka_quota_waiting", "Callers that wait for the quota.", q.waiters))
	for class := range Class(classes) {
		m.calls.WithLabelValues(class.String())
	}
	return m, err
}

func (m *quotaMetrics) gave(class Class, waited time.Duration) {
	if m == nil {
		return
	}
	m.calls.WithLabelValues(class.String()).Inc()
	m.waits.WithLabelValues(class.String()).Observe(waited.Seconds())
}

func (m *quotaMetrics) refused() {
	if m != nil {
		m.refusals.Inc()
	}
}

// left is how many calls could be made at once.
func (q *queue) left() float64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.budget.left(q.now())
}

// waiters is how many callers wait.
func (q *queue) waiters() float64 {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := 0
	for _, line := range q.waiting {
		n += len(line)
	}
	return float64(n)
}
