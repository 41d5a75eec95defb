package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTopicsDocsAreCheckedIn: what is in schemas/docs is what this build writes.
func TestTopicsDocsAreCheckedIn(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "docs")
	contains(t, console{t: t}.must("topics", "docs", "--out", dir), "files into "+dir)
	checkedIn := filepath.Join("..", "..", "schemas", "docs")
	for _, pair := range [][2]string{{dir, checkedIn}, {checkedIn, dir}} {
		entries, err := os.ReadDir(pair[0])
		if err != nil {
			t.Fatal(err)
		}
		if len(entries) < 15 {
			t.Errorf("%s has %d documents", pair[0], len(entries))
		}
		for _, e := range entries {
			want, err := os.ReadFile(filepath.Join(pair[0], e.Name()))
			if err != nil {
				t.Fatal(err)
			}
			got, err := os.ReadFile(filepath.Join(pair[1], e.Name()))
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("schemas/docs/%s is not what 'make docs' writes: commit its output (%v)", e.Name(), err)
			}
		}
	}
}

// TestTopicsDocsOnStandardOutput: one page, all pages, or the AsyncAPI document.
func TestTopicsDocsOnStandardOutput(t *testing.T) {
	t.Parallel()
	c := console{t, map[string]string{"KAFKA_TOPIC_PREFIX": "acme"}}
	page := c.must("topics", "docs", "--topic", "candidates")
	contains(t, page, "# acme.candidates.v1\n", `"type": "STAGE_MOVED"`, `"topic": "acme.candidates.v1"`)
	if diff := cmp.Diff(page, c.must("topics", "docs", "--topic", "acme.candidates.v1", "--format", "markdown")); diff != "" {
		t.Errorf("by its full name the page is another: %s", diff)
	}
	if strings.Contains(page, "# acme.offers.v1\n") {
		t.Error("another page was asked for")
	}
	contains(t, c.must("topics", "docs"), "# The topics\n", "# acme.offers.v1\n", "# acme.writeback.results.v1\n")
	contains(t, c.must("topics", "docs", "--topic", "commands"), "# acme.writeback.commands.v1\n")
	api := c.must("topics", "docs", "--format", "asyncapi")
	contains(t, api, "\nasyncapi: \"3.0.0\"\n", "address: acme.headcounts.state.v1\n")
	for _, args := range []string{"--format html", "--topic nothing", "--topic candidates --format asyncapi"} {
		if got := c.run(strings.Fields("topics docs " + args)...); got.status != exitWrong || got.out != "" {
			t.Errorf("%s: status %d, output %q, %s", args, got.status, got.out, got.err)
		}
	}
}
