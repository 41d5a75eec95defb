package main

import (
	"regexp"
	"strings"
	"testing"
)

var suggested = regexp.MustCompile(`mokafka (submit move-stage --application (\d+) --stage 面试 --wait)`)

// TestDevCarriesOutCommands: the command that dev suggests takes effect in the
// simulated company, and the feed shows it.
func TestDevCarriesOutCommands(t *testing.T) {
	t.Parallel()
	d := startDev(t, nil, "--pace", "0")
	found := suggested.FindStringSubmatch(d.out.String())
	if found == nil {
		t.Fatalf("dev suggests no command:\n%s", &d.out)
	}
	text := d.must(strings.Fields(found[1])...)
	contains(t, text, "APPLIED\n  stage.id", "→ 面试 (")
	d.shows(&d.out, "stage_moved         application "+found[2])
	contains(t, d.must("parked", "list"), "nothing is parked")
	d.end()
}

// TestDevWithATightQuota: one variable is enough for it.
func TestDevWithATightQuota(t *testing.T) {
	t.Parallel()
	d := startDev(t, map[string]string{"MOKA_QUOTA_PER_MINUTE": "30", "POLL_APPLICATIONS": "off"}, "--pace", "0")
	d.end()
}
