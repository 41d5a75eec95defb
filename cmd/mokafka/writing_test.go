package main

import (
	"maps"
	"reflect"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/internal/mokasim"
)

// TestWritebackIsConfigured: what is wrong is named, and what is right is passed
// on.
func TestWritebackIsConfigured(t *testing.T) {
	good := map[string]string{"MOKA_ORG_ID": "acme", "MOKA_API_KEY": "key"}
	for name, c := range map[string]struct {
		env  map[string]string
		want string
	}{
		"no credentials": {map[string]string{"MOKA_API_KEY": ""},
			"MOKA_API_KEY is not set, nor MOKA_CLIENT_ID with MOKA_CLIENT_SECRET: write-back wants one of them"},
		"more than there is": {map[string]string{"WRITEBACK_QUOTA_PER_MINUTE": "61"},
			"WRITEBACK_QUOTA_PER_MINUTE: 61 is more than Moka allows (MOKA_QUOTA_PER_MINUTE=60)"},
		"nothing kept": {map[string]string{"WRITEBACK_QUOTA_PER_MINUTE": "0"}, "WRITEBACK_QUOTA_PER_MINUTE is 0"},
		"ingest's directory": {map[string]string{"STATE_DIR": "/var/lib/mokafka", "WRITEBACK_STATE_DIR": "/var/lib/mokafka/"},
			"WRITEBACK_STATE_DIR: /var/lib/mokafka/ is STATE_DIR too"},
		"a room's own":    {map[string]string{"WRITEBACK_PARALLEL": "0"}, "WRITEBACK_PARALLEL is 0"},
		"no organisation": {map[string]string{"MOKA_ORG_ID": ""}, "MOKA_ORG_ID is not set"},
	} {
		t.Run(name, func(t *testing.T) {
			env := maps.Clone(good)
			maps.Copy(env, c.env)
			got := console{t, env}.run("writeback")
			if got.status != exitWrong {
				t.Errorf("status %d", got.status)
			}
			contains(t, got.err, c.want)
			if strings.Contains(got.err, "faults") {
				t.Errorf("more than one fault: %s", got.err)
			}
		})
	}
	var s writebackSettings
	if err := environmentOf(t, good).read(s.rooms()...); err != nil {
		t.Fatal(err)
	}
	if s.Writing.Worker.Instance != "host-1" || s.Writing.quota().PerMinute != 20 || s.Writing.quota().HeadcountWritesPerMinute != 30 {
		t.Errorf("%+v", s.Writing)
	}
	if rooms, fields := len(s.rooms()), reflect.TypeOf(s).NumField(); rooms != fields {
		t.Errorf("%d of the %d parts of the settings are read", rooms, fields)
	}
}

// TestOneMeaningPerVariable: rooms that read the same variable agree on its
// default and on what it takes, and config shows all that write-back reads.
func TestOneMeaningPerVariable(t *testing.T) {
	known := map[string]variable{}
	targets := new(writebackSettings).rooms()
	for _, s := range sections(new(ingestSettings), new(mokasim.Config)) {
		targets = append(targets, s.target)
		for _, v := range variablesOf(s.target) {
			known[v.name] = v
		}
	}
	for _, target := range targets {
		for _, v := range variablesOf(target) {
			first, ok := known[v.name]
			if !ok {
				t.Errorf("config does not show %s", v.name)
				continue
			}
			if first.fallback() != v.fallback() || first.kind() != v.kind() || first.secret != v.secret {
				t.Errorf("%s has the defaults %q and %q, takes %s and %s", v.name, first.fallback(), v.fallback(), first.kind(), v.kind())
			}
		}
	}
}

// TestConfigWithoutWriteback: nobody who keeps nothing for it hears of its faults.
func TestConfigWithoutWriteback(t *testing.T) {
	c := console{t, complete(map[string]string{"WRITEBACK_PARALLEL": "0", "WRITEBACK_QUOTA_PER_MINUTE": "0"})}
	contains(t, c.must("config"), "✓ every value is right")
	c.env["WRITEBACK_QUOTA_PER_MINUTE"] = "5"
	text := c.must("config")
	contains(t, text, "✗ WRITEBACK_PARALLEL is 0")
	if n := strings.Count(text, "  WRITEBACK_QUOTA_PER_MINUTE"); n != 1 {
		t.Errorf("the quota is shown %d times", n)
	}
}
