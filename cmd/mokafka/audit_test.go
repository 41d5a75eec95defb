package main

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/ingest/audit"
	"github.com/mokafka/mokafka/publish"
)

// TestAudit: the picture that dev makes of the simulated company is complete, and
// a gap that is made by hand is named, without anything personal.
func TestAudit(t *testing.T) {
	t.Parallel()
	d := startDev(t, nil, "--pace", "0")
	c := console{t, map[string]string{
		"KAFKA_BROKERS": d.where("kafka"), "SCHEMA_REGISTRY_URL": d.where("registry"),
		"MOKA_BASE_URL": strings.Replace(d.where("sim"), "/__sim/status", "/api-platform", 1), "MOKA_API_KEY": devAPIKey,
	}}
	args := []string{"audit", "--calls-per-minute", "600", "--settle"}
	contains(t, c.must(append(args, "3s")...), "complete. Compared ", " applications and ", " of demo, ")

	states := lines(t, c.must("tail", "candidates.state", "--from", "earliest", "--exit-at-end", "--json"))
	i := slices.IndexFunc(states, func(l tailLine) bool { return string(l.Value) != "null" })
	victim, key := states[i], fmt.Sprint(states[i].Key)
	client, err := kgo.NewClient(kgo.SeedBrokers(d.where("kafka")), kgo.RecordPartitioner(kgo.ManualPartitioner()))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	rec := &kgo.Record{Topic: publish.NewTopics("moka").State(publish.Candidates), Partition: victim.Partition, Key: []byte(key)}
	if err := client.ProduceSync(t.Context(), rec).FirstErr(); err != nil {
		t.Fatal(err)
	}
	got := c.run(append(args, "0s")...)
	if got.status != exitFailed || strings.Contains(got.out, "name") {
		t.Errorf("status %d", got.status)
	}
	contains(t, got.out, "missing  candidates  "+key, "incomplete: 1 finding. Compared ", "mokafka backfill")
	var report audit.Report
	got = c.run(append(args, "0s", "--feed", "applications", "--json")...)
	if err := json.Unmarshal([]byte(got.out), &report); err != nil || got.status != exitFailed {
		t.Fatalf("status %d, %v: %s", got.status, err, got.out)
	}
	if len(report.Findings) != 1 || report.Findings[0].Key != key || report.Findings[0].Kind != audit.Missing || report.Headcounts != 0 {
		t.Errorf("%+v", report)
	}
	contains(t, c.must(append(args, "0s", "--feed", "headcounts")...), "complete. Compared 0 applications and ")

	c.env["MOKA_API_KEY"] = "wrong"
	got = c.run(append(args, "0s")...)
	if got.status != exitFailed || got.out != "" {
		t.Errorf("with a wrong key: status %d, %s", got.status, got.out)
	}
	contains(t, got.err, "auth")
	d.end()
}
