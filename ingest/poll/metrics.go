package poll

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/mokafka/mokafka/schemas"
)

// Metrics of polling; one set for all leases of a process.
type Metrics struct {
	calls   *prometheus.CounterVec
	items   *prometheus.CounterVec
	age     *prometheus.HistogramVec
	success *prometheus.GaugeVec
	hot     prometheus.Gauge
	hints   prometheus.Gauge
	absent  prometheus.Gauge
	jobs    prometheus.Gauge
	rate    prometheus.Gauge
	known   prometheus.Gauge
	held    prometheus.Counter
}

// NewMetrics registers them; it fails only if that fails.
func NewMetrics(reg prometheus.Registerer) (*Metrics, error) {
	m := &Metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mokafka_poll_calls_total",
			Help: "Calls to Moka, by feed and what came of them: ok, or the kind of trouble.",
		}, []string{"feed", "outcome"}),
		items: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "mokafka_poll_items_total",
			Help: "Items that the feeds showed (seen), and journal entries they came to (journaled).",
		}, []string{"feed", "what"}),
		age: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "mokafka_poll_item_age_seconds",
			Help:    "How long after Moka's updatedAt an item that is news was read, by feed.",
			Buckets: []float64{1, 2.5, 5, 10, 15, 20, 30, 60, 120, 300, 900, 3600},
		}, []string{"feed"}),
		success: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mokafka_poll_last_success_timestamp_seconds",
			Help: "When a feed's last call succeeded, in Unix seconds.",
		}, []string{"feed"}),
		hot: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mokafka_poll_hot_set_applications", Help: "Open applications that are looked at again and again.",
		}),
		hints: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mokafka_poll_refetch_queue_applications", Help: "Applications that are to be fetched since a webhook or a command named them.",
		}),
		absent: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mokafka_poll_absent_applications", Help: "Applications that were not there and are to be asked for once more.",
		}),
		jobs: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mokafka_poll_backfills", Help: "Backfills that are under way.",
		}),
		rate: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mokafka_poll_quota_calls_per_minute", Help: "Calls a minute that Moka is taken to allow the poller, as learned from refusals.",
		}),
		held: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "mokafka_poll_held_deletions_total", Help: "Times an entity that was gone was not called deleted, since POLL_GONE_LIMIT was reached.",
		}),
		known: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "mokafka_poll_known_applications", Help: "Applications that the poll index knows.",
		}),
	}
	for _, c := range []prometheus.Collector{m.calls, m.items, m.age, m.success, m.hot, m.hints, m.absent, m.jobs, m.rate, m.known, m.held} {
		if err := reg.Register(c); err != nil {
			return nil, err
		}
	}
	return m, nil
}

func (m *Metrics) succeeded(feed string, now time.Time) {
	m.calls.WithLabelValues(label(feed), "ok").Inc()
	m.success.WithLabelValues(label(feed)).Set(float64(now.UnixMilli()) / 1000)
}

func (m *Metrics) failed(feed, outcome string) { m.calls.WithLabelValues(label(feed), outcome).Inc() }

// took counts what an answer came to.
func (m *Metrics) took(feed string, seen int, entries []*schemas.JournalEntry, e *Engine) {
	m.items.WithLabelValues(label(feed), "seen").Add(float64(seen))
	m.items.WithLabelValues(label(feed), "journaled").Add(float64(len(entries)))
	for _, entry := range entries {
		if entry.UpdatedAt != nil && entry.Channel == schemas.ChannelPoll {
			m.age.WithLabelValues(label(feed)).Observe(max(0, entry.ReceivedAt.Sub(*entry.UpdatedAt).Seconds()))
		}
	}
	m.hot.Set(float64(e.hot.count()))
	m.hints.Set(float64(len(e.refetch.order)))
	m.absent.Set(float64(len(e.recheck.missed)))
	m.jobs.Set(float64(len(e.jobs)))
	m.rate.Set(e.deps.Budget.PerMinute(e.deps.Now()))
}

// count says now and then how many applications are known: it walks over all.
func (e *Engine) count(now time.Time) {
	if now.Before(e.counted) {
		return
	}
	e.counted = now.Add(10 * time.Minute)
	if n, err := e.deps.Index.Count(Applications); err == nil {
		e.deps.Metrics.known.Set(float64(n))
		e.counted = now.Add(min(10*time.Minute, 15*time.Second+time.Duration(n/1000)*time.Second))
	}
}

// label is a feed's name without what would make a series of each slice.
func label(feed string) string {
	for i, c := range feed {
		if c == '/' {
			return feed[:i]
		}
	}
	return feed
}
