package main

import (
	"strings"
	"testing"
)

// TestListOfRights: in the words of Kafka's own tool, and as people read it.
func TestListOfRights(t *testing.T) {
	c := console{t, map[string]string{"MOKA_ORG_ID": "acme", "KAFKA_TOPIC_PREFIX": "hr"}}
	var all strings.Builder
	for _, args := range [][]string{
		{"topics", "acls", "--role", "ingest"},
		{"topics", "acls", "--role", "writeback", "--principal", "User:CN=write back,O=it's us", "--format", "kafka-acls"},
		{"topics", "acls", "--role", "consumer", "--group", "payroll*", "--format", "kafka-acls"},
		{"topics", "acls", "--role", "operator"},
	} {
		all.WriteString("$ mokafka " + strings.Join(args, " ") + "\n" + c.must(args...) + "\n")
	}
	golden(t, "acls.txt", all.String())
	for _, args := range [][]string{{"--role", "boss"}, {"--format", "yaml", "--role", "consumer"}} {
		if got := c.run(append([]string{"topics", "acls"}, args...)...); got.status != 2 || !strings.Contains(got.err, args[0]) {
			t.Errorf("%v: %+v", args, got)
		}
	}
	if got := (console{t, nil}).run("topics", "acls"); got.status != 2 || !strings.Contains(got.err, "MOKA_ORG_ID") {
		t.Errorf("without an organisation: %+v", got)
	}
}
