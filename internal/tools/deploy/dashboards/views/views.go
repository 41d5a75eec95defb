// Package views has the dashboards: overview first, one for each worker, one for what is
// between them and Kafka.
package views

import "github.com/mokafka/mokafka/internal/tools/deploy/dashboards/model"

type (
	row   = model.Row
	panel = model.Panel
	query = model.Query
)

// All are the dashboards, by the names of their files.
func All() map[string]model.Dashboard {
	return map[string]model.Dashboard{
		"overview.json": overview(), "ingest.json": ingest(), "writeback.json": writeback(), "kafka.json": kafka(),
	}
}

// Files are their JSON.
func Files() map[string][]byte {
	files := map[string][]byte{}
	for name, d := range All() {
		files[name] = d.JSON()
	}
	return files
}

// rate is the increase a second of a counter, summed by labels.
func rate(by, series string) string {
	return "sum by (" + by + ") (rate(" + series + "[$__rate_interval]))"
}

// quantile is one of a histogram, by labels; "" for none.
func quantile(q, by, histogram, selector string) string {
	if by != "" {
		by += ", "
	}
	return "histogram_quantile(" + q + ", sum by (" + by + "le) (rate(" + histogram + "_bucket" + selector + "[$__rate_interval])))"
}

// quantiles are the median and the 99th percentile.
func quantiles(by, histogram, selector, legend string) []query {
	return []query{
		{quantile("0.5", by, histogram, selector), legend + " p50"},
		{quantile("0.99", by, histogram, selector), legend + " p99"},
	}
}
