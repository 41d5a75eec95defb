package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/ingest/normalize"
)

// TestHelp: the help of every command is part of the interface.
func TestHelp(t *testing.T) {
	var b strings.Builder
	var walk func(cmd *cobra.Command)
	walk = func(cmd *cobra.Command) {
		if cmd.Hidden || cmd.Name() == "help" {
			return
		}
		args := strings.Fields(cmd.CommandPath() + " --help")[1:]
		b.WriteString("$ mokafka " + strings.Join(args, " ") + "\n" + console{t: t}.must(args...) + "\n")
		for _, sub := range cmd.Commands() {
			walk(sub)
		}
	}
	walk(console{t: t}.program(nil, nil, nil).root())
	golden(t, "help.txt", b.String())
}

// TestWrongUse: what is asked for wrongly ends with status 2, in a line that says
// what is wrong and how it is mended.
func TestWrongUse(t *testing.T) {
	for _, c := range []struct {
		args string
		env  map[string]string
		want string
	}{
		{args: "topcis", want: `unknown command "topcis" for "mokafka"`},
		{args: "topics", want: "'mokafka topics' wants to know what to do\nSee 'mokafka topics --help'."},
		{args: "topics aply", want: `unknown command "aply" for "mokafka topics"`},
		{args: "topics apply --bogus", want: "unknown flag: --bogus\nSee 'mokafka topics apply --help'."},
		{args: "topics apply extra", want: `unknown command "extra" for "mokafka topics apply"`},
		{args: "tail", want: "accepts 1 arg(s), received 0\nSee 'mokafka tail --help'."},
		{args: "tail candidates --from yesterday", want: `--from: "yesterday" is not earliest, latest, a time such as`},
		{args: "tail candidates -n -1", want: "-n: -1 is less than 0"},
		{args: "topics describe --brokers nonsense", want: `--brokers: "nonsense" is not host:port`},
		{args: "topics describe", env: map[string]string{"KAFKA_BROKERS": "nonsense"}, want: `KAFKA_BROKERS: "nonsense" is not host:port`},
		{args: "topics describe", env: map[string]string{"KAFKA_TOPIC_PARTITIONS": "many"}, want: `KAFKA_TOPIC_PARTITIONS: "many" is not a whole number`},
		{args: "schemas register --registry nonsense", want: "--registry, address 1: must begin with http:// or https://"},
		{args: "schemas check --against-ref HEAD --against-registry", want: "--against-ref and --against-registry exclude each other"},
		{args: "webhook send - --url example.com", want: "--url: want an address such as http://127.0.0.1:8080/webhooks/moka"},
		{args: "webhook send - --data-key k", want: "--data-key and --data-iv go together"},
		{args: "dev --webhook-addr 8080", want: `--webhook-addr: "8080" is not host:port`},
		{args: "dev --pace -1s", want: "--pace: -1s is less than 0"},
		{args: "sim --pace 1us", want: "--pace: 1µs is neither 0 nor between 1ms and 24h0m0s"},
		{args: "ingest", want: "MOKA_ORG_ID is not set"},
	} {
		t.Run(c.args, func(t *testing.T) {
			got := console{t, c.env}.run(strings.Fields(c.args)...)
			if got.status != exitWrong || got.out != "" {
				t.Errorf("status %d, output %q; want 2 and none", got.status, got.out)
			}
			contains(t, got.err, "mokafka: ", c.want)
		})
	}
}

func TestVersion(t *testing.T) {
	contains(t, console{t: t}.must("version"), "mokafka ", fmt.Sprint("mapper revision ", normalize.Revision))
	contains(t, console{t: t}.must("version", "--json"), fmt.Sprintf(`"mapper_revision": %d`, normalize.Revision))
}
