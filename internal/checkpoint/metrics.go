package checkpoint

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	leading       prometheus.Gauge
	commitSeconds prometheus.Histogram
	beginSeconds  prometheus.Histogram
	lost          *prometheus.CounterVec
	restarts      prometheus.Counter
	unreadable    prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	m := &metrics{
		leading: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mokafka_checkpoint_leading", Help: "1 while this replica polls its organisation, 0 while it stands by.",
		}),
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "mokafka_checkpoint_commit_seconds", Help: "Time of a transaction of journal entries and cursors that was committed.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 14),
		}),
		beginSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "mokafka_checkpoint_lease_begin_seconds", Help: "From being chosen to knowing all cursors.",
			Buckets: prometheus.ExponentialBuckets(0.01, 2, 12),
		}),
		lost: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mokafka_checkpoint_leases_lost_total",
			Help: "Leases that ended before the holder did, by how: revoked by the group, fenced by a successor, unclear outcome of a commit, unread topic.",
		}, []string{"how"}),
		restarts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mokafka_checkpoint_restarts_total", Help: "Times the choice started over with a new client.",
		}),
		unreadable: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mokafka_checkpoint_unreadable_total", Help: "Checkpoints that could not be read and were treated as absent.",
		}),
	}
	var errs []error
	for _, c := range []prometheus.Collector{m.leading, m.commitSeconds, m.beginSeconds, m.lost, m.restarts, m.unreadable} {
		errs = append(errs, reg.Register(c))
	}
	return m, errors.Join(errs...)
}
