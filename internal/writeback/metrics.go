package writeback

import (
	"errors"

	"github.com/prometheus/client_golang/prometheus"
)

type metrics struct {
	commands       *prometheus.CounterVec
	latency        *prometheus.HistogramVec
	age            *prometheus.HistogramVec
	calls          *prometheus.CounterVec
	bad            *prometheus.CounterVec
	redelivered    prometheus.Counter
	inFlight       prometheus.Gauge
	pending        prometheus.Gauge
	parked         prometheus.Gauge
	paused         *prometheus.GaugeVec
	restarts       prometheus.Counter
	transactions   prometheus.Counter
	aborts         prometheus.Counter
	commitSeconds  prometheus.Histogram
	restored       prometheus.Counter
	restoreSeconds prometheus.Histogram
	partitions     prometheus.Gauge
	restoring      prometheus.Gauge
	abandoned      prometheus.Counter
}

func newMetrics(reg prometheus.Registerer) (*metrics, error) {
	counter := func(name, help string) prometheus.Counter {
		return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
	}
	counters := func(name, help string, labels ...string) *prometheus.CounterVec {
		return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
	}
	gauge := func(name, help string) prometheus.Gauge {
		return prometheus.NewGauge(prometheus.GaugeOpts{Name: name, Help: help})
	}
	m := &metrics{
		commands: counters("mokafka_writeback_commands_total", "Commands settled, by action and outcome.", "action", "outcome"),
		latency: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mokafka_writeback_command_seconds", Help: "From the first look at a command to its outcome.",
			Buckets: prometheus.ExponentialBuckets(0.005, 3, 12),
		}, []string{"action", "outcome"}),
		age: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "mokafka_writeback_requested_to_outcome_seconds", Help: "From the request of a command to its outcome.",
			Buckets: prometheus.ExponentialBuckets(0.01, 4, 12),
		}, []string{"action"}),
		calls: counters("mokafka_writeback_calls_total", "Writes sent to Moka, by action and what came back: ok or the kind of the error.", "action", "answer"),
		bad:   counters("mokafka_writeback_bad_commands_total", "Commands that can't be carried out whatever Moka says, by the class of the fault.", "class"),
		redelivered: counter("mokafka_writeback_redelivered_commands_total",
			"Commands whose outcome the ledger had already."),
		inFlight: gauge("mokafka_writeback_in_flight_calls", "Writes under way."),
		pending:  gauge("mokafka_writeback_pending_commands", "Commands at hand and not settled."),
		parked:   gauge("mokafka_writeback_parked_keys", "Applications met here that are parked: their commands wait for an operator."),
		paused: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "mokafka_writeback_paused", Help: "1 while everything waits, by why.",
		}, []string{"why"}),
		restarts:     counter("mokafka_writeback_restarts_total", "Times the worker started over with new clients."),
		transactions: counter("mokafka_writeback_transactions_total", "Transactions committed."),
		aborts:       counter("mokafka_writeback_aborts_total", "Transactions given up, to be tried again or left to another worker."),
		commitSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "mokafka_writeback_transaction_seconds", Help: "Time of a transaction.",
			Buckets: prometheus.ExponentialBuckets(0.002, 2, 12),
		}),
		restored: counter("mokafka_writeback_restored_records_total", "Ledger records read into the local copy."),
		restoreSeconds: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: "mokafka_writeback_restore_seconds", Help: "Time to catch up the ledger of an assigned partition.",
			Buckets: prometheus.ExponentialBuckets(0.01, 4, 8),
		}),
		partitions: gauge("mokafka_writeback_partitions", "Command partitions assigned to this worker."),
		restoring:  gauge("mokafka_writeback_restoring_partitions", "Command partitions that wait while their ledger is read."),
		abandoned:  counter("mokafka_writeback_abandoned_calls_total", "Calls left PENDING because the worker stopped or lost the partition; the next owner reads Moka back."),
	}
	var errs []error
	for _, c := range []prometheus.Collector{
		m.commands, m.latency, m.age, m.calls, m.bad, m.redelivered, m.inFlight, m.pending, m.parked, m.paused, m.restarts,
		m.transactions, m.aborts, m.commitSeconds, m.restored, m.restoreSeconds, m.partitions, m.restoring, m.abandoned,
	} {
		errs = append(errs, reg.Register(c))
	}
	m.paused.WithLabelValues("auth") // an alert needs it to have been there before
	return m, errors.Join(errs...)
}
