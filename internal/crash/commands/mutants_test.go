//go:build mutants

package commands_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// mutant is internal/writeback with a safeguard taken out.
type mutant struct {
	name, file string
	// swaps are pairs of what stands in the file and what is put there instead.
	swaps [][2]string
	// caught is what the trial's complaints say, one of it.
	caught []string
}

// mutants: the trial has to notice each.
func mutants() []mutant {
	wrong := []string{"of no command that was APPLIED", "without its effect"} // twice, out of order, or not at all
	return []mutant{
		{name: "none"},
		{"ledger", "lane.go", [][2]string{{
			"	if entry != nil && entry.ParameterHash == req.Hash && final(entry.Outcome) {",
			"	entry = nil\n	if entry != nil && entry.ParameterHash == req.Hash && final(entry.Outcome) {",
		}}, []string{"replayed from the start"}},
		{"intent", "apply.go", [][2]string{{
			"if err := r.write(-1, r.memory, nil, records...); err != nil {",
			"if err := error(nil); err != nil {",
		}}, wrong},
		{"read-back", "decide.go", [][2]string{{
			"	if c.Now.Before(settles) {\n",
			"	if c.Entry != nil {\n		return Decision{}, false\n	}\n	if c.Now.Before(settles) {\n",
		}}, wrong},
		{"wait for what may be under way", "decide.go", [][2]string{
			{"	if c.Now.Before(settles) {\n", "	settles = time.Time{}\n	if c.Now.Before(settles) {\n"},
		}, wrong},
		{"people go first", "decide.go", [][2]string{{
			`if why := act.superseded(v, asked, c.Own); why != "" {`,
			`if why := act.superseded(v, asked, c.Own)[:0]; why != "" {`,
		}}, []string{"people had been at it until"}},
	}
}

// TestMutants runs the trial once as it is, which has to pass, and once with each
// safeguard taken out, which has to fail. It takes some minutes:
// `go test -tags mutants -run Mutants -timeout 30m ./internal/crash/commands`.
func TestMutants(t *testing.T) {
	for _, m := range mutants() {
		t.Run(strings.ReplaceAll(m.name, " ", "_"), func(t *testing.T) {
			args := []string{"test", "-count=1", "-run", "^TestCommandsTakeEffectOnce$", "-timeout", "10m"}
			if m.file != "" {
				args = append(args, "-overlay", m.overlay(t))
			}
			cmd := exec.CommandContext(t.Context(), "go", append(args, ".")...)
			cmd.Env = append(os.Environ(), "MOKAFKA_COMMANDS=800")
			out, err := cmd.CombinedOutput()
			switch said := string(out); {
			case m.file == "" && err != nil:
				t.Errorf("the trial fails as it is:\n%s", out)
			case m.file == "":
			case err == nil:
				t.Error("the trial did not notice")
			case !slices.ContainsFunc(m.caught, func(what string) bool { return strings.Contains(said, what) }):
				t.Errorf("the trial failed, but nothing says one of %q:\n%s", m.caught, out)
			default:
				t.Logf("noticed: %s", complaints(said))
			}
		})
	}
}

// overlay writes the mutated file and what tells go of it.
func (m mutant) overlay(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "writeback", m.file))
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	text := string(source)
	for _, s := range m.swaps {
		if strings.Count(text, s[0]) != 1 {
			t.Fatalf("%s has no single place that says %q: bring this mutant up to date", m.file, s[0])
		}
		text = strings.Replace(text, s[0], s[1], 1)
	}
	dir := t.TempDir()
	changed, list := filepath.Join(dir, m.file), filepath.Join(dir, "overlay.json")
	overlay, err := json.Marshal(map[string]map[string]string{"Replace": {path: changed}})
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{changed: []byte(text), list: overlay} {
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return list
}

// complaints are the tally and the first few of what was wrong.
func complaints(said string) string {
	var lines []string
	for line := range strings.Lines(said) {
		if strings.Contains(line, "tally:") || strings.Contains(line, "trial_test.go") && len(lines) < 5 {
			lines = append(lines, strings.TrimSpace(line))
		}
	}
	return strings.Join(lines, "\n")
}
