package derive

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	entities       *prometheus.CounterVec
	transactions   prometheus.Counter
	aborts         prometheus.Counter
	restarts       prometheus.Counter
	restored       prometheus.Counter
	restoreSeconds prometheus.Histogram
	commitSeconds  prometheus.Histogram
	partitions     prometheus.Gauge
	restoring      prometheus.Gauge
	backlog        prometheus.Gauge
	lag            prometheus.Histogram
	age            *prometheus.HistogramVec
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	m := &metrics{
		entities: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mokafka_derive_observations_total",
			Help: "What journal entries came to, by family, verdict and type of event.",
		}, []string{"family", "verdict", "type"}),
		transactions: counter("mokafka_derive_transactions_total", "Transactions committed."),
		aborts:       counter("mokafka_derive_aborts_total", "Transactions given up, to be tried again or left to another replica."),
		restarts:     counter("mokafka_derive_restarts_total", "Times derive started over with a new client."),
		restored:     counter("mokafka_derive_restored_records_total", "State records read into the local copy."),
		restoreSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "mokafka_derive_restore_seconds", Help: "Time to catch up newly assigned partitions.",
			Buckets: prometheus.ExponentialBuckets(0.01, 4, 8),
		}),
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "mokafka_derive_transaction_seconds", Help: "Time of a transaction, from its first entry to its commit.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2, 12),
		}),
		partitions: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mokafka_derive_ready_partitions", Help: "Journal partitions whose state is at hand here.",
		}),
		restoring: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mokafka_derive_restoring_partitions", Help: "Journal partitions that wait while their state is read from the topics.",
		}),
		backlog: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mokafka_derive_lag_records",
			Help: "Journal records of the partitions of this replica that are still to be read, as of the last fetch; up to one a partition is a marker.",
		}),
		lag: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "mokafka_derive_journal_to_event_seconds", Help: "From the arrival of an entry to the commit of its events, the newest entry of each transaction and partition.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 16),
		}),
		age: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mokafka_derive_event_age_seconds",
			Help: "From Moka's time of a change to the commit of its event, by family and channel (WEBHOOK, POLL); " +
				"without first sights and history.",
			Buckets: []float64{.5, 1, 2.5, 5, 10, 20, 30, 60, 120, 300, 900, 3600},
		}, []string{"family", "channel"}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.entities, m.transactions, m.aborts, m.restarts, m.restored, m.restoreSeconds, m.commitSeconds, m.partitions, m.restoring, m.backlog, m.lag, m.age,
	} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}

// committed counts what a transaction brought.
func (m *metrics) committed(works []*work, took time.Duration, now time.Time) {
	m.transactions.Inc()
	m.commitSeconds.Observe(took.Seconds())
	for _, w := range works {
		for c, n := range w.counts {
			m.entities.WithLabelValues(c.family, c.verdict, c.kind).Add(float64(n))
		}
		if !w.newest.IsZero() {
			m.lag.Observe(now.Sub(w.newest).Seconds())
		}
		for _, a := range w.ages {
			m.age.WithLabelValues(a.family, a.channel).Observe(max(0, now.Sub(a.at).Seconds()))
		}
	}
}
