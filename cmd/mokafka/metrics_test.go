package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/rs/zerolog"

	"github.com/mokafka/mokafka/internal/ops"
)

// metric is what the catalogue says of one.
type metric struct {
	name, kind, labels, help string
	workers                  []string
}

// TestMetricsCatalogue: deploy/metrics.md names every metric that the two workers
// export, as they export it, and says of each what to do. -update writes what they
// export; what to do stays to be written.
func TestMetricsCatalogue(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.must("topics", "apply")
	s.must("schemas", "register")
	_, url := newMoka(t, nil)
	env := s.with(map[string]string{
		"MOKA_ORG_ID": "acme", "MOKA_BASE_URL": url, "MOKA_API_KEY": devAPIKey, "WEBHOOK_SIGNING_KEYS": "k",
		"WEBHOOK_ADDR": "127.0.0.1:0", "OPS_ADDR": "127.0.0.1:0", "STATE_DIR": t.TempDir(), "WRITEBACK_STATE_DIR": t.TempDir(),
	})
	found := map[string]*metric{}
	var ingest ingestSettings
	env.reads(ingest.rooms()...)
	exported(t, found, "ingest", func(ctx context.Context, ps *parts, port *ops.Server, metrics *prometheus.Registry) error {
		w := ingestWorker{settings: ingest, port: port, metrics: metrics, log: zerolog.Nop(), now: time.Now}
		if err := w.start(ctx, ps); err != nil {
			return err
		}
		return w.startPoller(ctx, ps)
	})
	var writing writebackSettings
	env.reads(writing.rooms()...)
	exported(t, found, "writeback", func(ctx context.Context, ps *parts, port *ops.Server, metrics *prometheus.Registry) error {
		w := writebackWorker{settings: writing, port: port, metrics: metrics, apiMetrics: metrics, log: zerolog.Nop(), now: time.Now}
		if err := w.prepare(ctx, ps); err != nil {
			return err
		}
		return w.start(ctx, ps)
	})
	file := filepath.Join("..", "..", "deploy", "metrics.md")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	got := catalogue(t, string(text), found)
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), got); diff != "" {
		t.Errorf("%s (-has +the workers export; -update writes it):\n%s", file, diff)
	}
}

// reads fills in settings from the console's environment.
func (c console) reads(rooms ...any) {
	c.t.Helper()
	if err := c.program(nil, nil, nil).environment().read(rooms...); err != nil {
		c.t.Fatal(err)
	}
}

// exported starts a worker and adds what its registry describes.
func exported(t *testing.T, found map[string]*metric, worker string,
	start func(context.Context, *parts, *ops.Server, *prometheus.Registry) error,
) {
	t.Helper()
	metrics, err := ops.NewRegistry("v1")
	if err != nil {
		t.Fatal(err)
	}
	port, err := ops.New(ops.Config{Addr: "127.0.0.1:0"}, metrics, zerolog.Nop())
	if err != nil {
		t.Fatal(err)
	}
	ps := newParts()
	defer func() {
		if err := ps.end(time.Minute); err != nil {
			t.Error(err)
		}
	}()
	if err := start(t.Context(), ps, port, metrics); err != nil {
		t.Fatal(err)
	}
	kinds := map[string]string{}
	families, err := metrics.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		kinds[f.GetName()] = strings.ToLower(f.GetType().String())
	}
	descriptions := make(chan *prometheus.Desc)
	go func() {
		defer close(descriptions)
		metrics.Describe(descriptions)
	}()
	for d := range descriptions {
		m := describedBy(t, d)
		if !strings.HasPrefix(m.name, "mokafka_") {
			continue
		}
		m.kind = kindByName(m.name)
		if k, ok := kinds[m.name]; ok && k != m.kind {
			t.Errorf("%s is a %s, and its name says %s", m.name, k, m.kind)
		}
		if found[m.name] == nil {
			found[m.name] = m
		}
		if !slices.Contains(found[m.name].workers, worker) {
			found[m.name].workers = append(found[m.name].workers, worker)
		}
	}
}

// kindByName is what a metric is by the rules of names: counters end in _total, and
// histograms in what they measure.
func kindByName(name string) string {
	switch {
	case strings.HasPrefix(name, "mokafka_kafka_buffered_"), name == "mokafka_webhook_in_flight_body_bytes",
		strings.HasSuffix(name, "_timestamp_seconds"), strings.HasSuffix(name, "_info"):
		return "gauge"
	case strings.HasSuffix(name, "_total"):
		return "counter"
	case strings.HasSuffix(name, "_seconds"), strings.HasSuffix(name, "_bytes"):
		return "histogram"
	}
	return "gauge"
}

var described = regexp.MustCompile(`^Desc\{fqName: "([^"]*)", help: "(.*?)"(?:, unit: "[^"]*")?, constLabels: \{(.*)\}, variableLabels: \{(.*)\}\}$`)

// describedBy takes apart what a Desc says of itself; it has no other way to say it.
func describedBy(t *testing.T, d *prometheus.Desc) *metric {
	t.Helper()
	part := described.FindStringSubmatch(d.String())
	if part == nil {
		t.Fatalf("not understood: %s", d)
	}
	var labels []string
	for l := range strings.SplitSeq(part[3]+","+part[4], ",") {
		if name, _, _ := strings.Cut(l, "="); name != "" {
			labels = append(labels, "`"+name+"`")
		}
	}
	slices.Sort(labels)
	return &metric{name: part[1], labels: strings.Join(labels, ", "), help: strings.ReplaceAll(part[2], `\"`, `"`)}
}

// catalogue is the text with its rows written anew, in their places; a metric that
// has none comes at the end.
func catalogue(t *testing.T, text string, found map[string]*metric) string {
	t.Helper()
	var b strings.Builder
	written := map[string]bool{}
	row := func(m *metric, advice string) {
		unit := "–"
		for _, u := range []string{"seconds", "bytes"} {
			if strings.HasSuffix(strings.TrimSuffix(m.name, "_total"), u) {
				unit = u
			}
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s | %s |\n", m.name, m.kind, unit, m.labels, strings.Join(m.workers, ", "), m.help, advice)
		if advice == "" {
			t.Errorf("%s: what to do is not said", m.name)
		}
		written[m.name] = true
	}
	for line := range strings.Lines(text) {
		cells := strings.Split(line, "|")
		if len(cells) != 9 || !strings.HasPrefix(cells[1], " `mokafka_") {
			b.WriteString(line)
			continue
		}
		if m, ok := found[strings.Trim(cells[1], " `")]; ok {
			row(m, strings.TrimSpace(cells[7]))
		}
	}
	var names []string
	for name := range found {
		if !written[name] {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	for _, name := range names {
		row(found[name], "")
	}
	return b.String()
}
