package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/mokafka/mokafka/publish"
)

func TestTopics(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	contains(t, s.must("topics", "describe"), "✗ "+s.topics.Journal(), "missing")
	contains(t, s.must("topics", "apply", "--dry-run"), "+ "+s.topics.Journal(), "planned")
	contains(t, s.must("topics", "describe"), "missing") // a dry run creates nothing

	contains(t, s.must("topics", "apply"), "+ "+s.topics.Journal(), "created", "4 partitions, 7 d")
	again := s.must("topics", "apply")
	if n := strings.Count(again, "✓"); n != len(publish.Catalogue(s.cfg)) {
		t.Errorf("the second time not everything is as it should be:\n%s", again)
	}
	var report publish.Report
	if err := json.Unmarshal([]byte(s.must("topics", "describe", "--json")), &report); err != nil {
		t.Fatal(err)
	}
	if !report.Complete() {
		t.Errorf("the report in JSON: %+v", report)
	}

	got := s.with(map[string]string{"KAFKA_TOPIC_PARTITIONS": "8"}).run("topics", "apply")
	if got.status != exitFailed {
		t.Errorf("other partition counts: status %d\n%s", got.status, got.out)
	}
	contains(t, got.err, "partition counts are wrong", "KAFKA_TOPIC_PARTITIONS=4")
}

// TestUnreachable: who is not there is named, with the flag that names another,
// in one line and in time.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	free, _ := deadAddr(t)
	for _, args := range []string{
		"topics apply --timeout 1s --brokers " + free,
		"topics describe --timeout 1s --brokers " + free,
		"tail candidates --timeout 1s --brokers " + free,
		"schemas register --timeout 1s --registry http://" + free,
		"schemas check --timeout 1s --registry http://" + free,
	} {
		got := console{t: t}.run(strings.Fields(args)...)
		if got.status != exitFailed || strings.Count(got.err, "\n") != 1 {
			t.Errorf("%s: status %d, said %q; want 1 and one line", args, got.status, got.err)
		}
		flag := "--brokers or KAFKA_BROKERS"
		if strings.Contains(args, "--registry") {
			flag = "--registry or SCHEMA_REGISTRY_URL"
		}
		contains(t, got.err, free+" (connection refused)", flag)
	}
}

// TestNotKafka: something listens and does not speak Kafka.
func TestNotKafka(t *testing.T) {
	t.Parallel()
	web := newDoor(t, nil).Listener.Addr()
	began := time.Now()
	got := console{t: t}.run("topics", "describe", "--timeout", "1s", "--brokers", web.String())
	if took := time.Since(began); got.status != exitFailed || took > 5*time.Second {
		t.Errorf("status %d after %s", got.status, took)
	}
	contains(t, got.err, fmt.Sprintf("no Kafka broker answers at %s within 1s", web))
}
