package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas/avsc"
)

func TestSchemas(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	subject := s.topics.Journal() + "-value"
	contains(t, s.must("schemas", "register", "--dry-run"), "+ "+subject, "planned")
	contains(t, s.must("schemas", "check"), "✓ the schemas are compatible with the registry, both ways")
	contains(t, s.must("schemas", "register"), "+ "+subject, "JournalEntry", "registered")

	var again []registration
	if err := json.Unmarshal([]byte(s.must("schemas", "register", "--json")), &again); err != nil {
		t.Fatal(err)
	}
	if len(again) != len(publish.Catalogue(s.cfg)) {
		t.Errorf("%d subjects, want one a topic", len(again))
	}
	for _, r := range again {
		if r.Status != schemaThere || r.ID == 0 {
			t.Errorf("the second time: %+v", r)
		}
	}
	contains(t, s.must("schemas", "check", "--against-registry"), "✓ the schemas are compatible")
}

func TestSchemasExport(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "dir")
	contains(t, console{t: t}.must("schemas", "export", dir), "schemas written to "+dir)
	exported, err := avsc.Read(os.DirFS(dir))
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if len(exported) != len(embedded) {
		t.Errorf("%d schemas, want %d", len(exported), len(embedded))
	}
	for name, text := range embedded {
		if exported[name] != text {
			t.Errorf("%s is not as it is registered", name)
		}
	}
}

// TestSchemasAgainstRef compares with commits of a repository: one with the
// schemas as they are, one with a field of another type.
func TestSchemasAgainstRef(t *testing.T) {
	repo := t.TempDir()
	t.Chdir(repo)
	run := func(args ...string) {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), "git", append([]string{"-c", "user.name=n", "-c", "user.email=e@example.com", "-c", "commit.gpgsign=false"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v\n%s", args, err, out)
		}
	}
	c := console{t: t}
	got := c.run("schemas", "check", "--against-ref", "HEAD")
	if got.status != exitFailed {
		t.Errorf("without a repository: status %d", got.status)
	}
	contains(t, got.err, "not a git repository")

	run("init", "-q")
	run("commit", "-q", "--allow-empty", "-m", "nothing")
	run("tag", "empty")
	c.must("schemas", "export", filepath.Join("schemas", "avsc"))
	run("add", ".")
	run("commit", "-q", "-m", "as they are")
	run("tag", "same")
	file := filepath.Join("schemas", "avsc", "StageTransition.avsc")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	changed := strings.Replace(string(text), `{"name": "time_in_stage_ms", "type": ["null", "long"]`, `{"name": "time_in_stage_ms", "type": ["null", "string"]`, 1)
	if changed == string(text) {
		t.Fatal("the field to change is not there any more")
	}
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	run("commit", "-q", "-am", "another type")

	contains(t, c.must("schemas", "check", "--against-ref", "same"), "✓ the schemas are compatible with same, both ways")
	got = c.run("schemas", "check", "--against-ref", "HEAD")
	if got.status != exitFailed || got.err != "" {
		t.Errorf("a field of another type: status %d, %q", got.status, got.err)
	}
	contains(t, got.out, "✗ com.moka.StageTransition.time_in_stage_ms", "    moka.candidates.v1-value: CandidateEvent.transition.time_in_stage_ms")
	contains(t, c.run("schemas", "check", "--against-ref", "HEAD", "--json").out, `"compatible": false`, `"record": "com.moka.StageTransition"`)
	contains(t, c.run("schemas", "check", "--against-ref", "nope").err, "nope is no commit of the git repository here")
	contains(t, c.run("schemas", "check", "--against-ref", "--help").err, "--help is no commit")
	contains(t, c.run("schemas", "check", "--against-ref", "empty").err, "empty has no schemas/avsc")
}
