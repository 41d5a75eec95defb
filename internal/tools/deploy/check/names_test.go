package check_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/mokafka/mokafka/internal/tools/deploy/dashboards/model"
	"github.com/mokafka/mokafka/internal/tools/deploy/dashboards/views"
)

var series = regexp.MustCompile(`\bmokafka_[a-z0-9_]+`)

// catalogued are the metrics of deploy/metrics.md, which a test of cmd/mokafka holds to
// what the binary exports, and what they are.
func catalogued(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	for line := range strings.Lines(read(t, "deploy", "metrics.md")) {
		if cells := strings.Split(line, "|"); len(cells) == 9 && strings.HasPrefix(cells[1], " `") {
			found[strings.Trim(cells[1], " `")] = strings.TrimSpace(cells[2])
		}
	}
	if len(found) < 60 {
		t.Fatalf("only %d metrics in the catalogue", len(found))
	}
	return found
}

// unknown are the metrics in text that are not exported: of a histogram there are three
// series, and none by its own name.
func unknown(known map[string]string, text string, query bool) []string {
	var found []string
	for _, name := range series.FindAllString(text, -1) {
		base := name
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			if b, ok := strings.CutSuffix(name, part); ok && known[b] == "histogram" {
				base = b
			}
		}
		switch kind := known[base]; {
		case strings.HasSuffix(name, "_"): // a group, as in mokafka_kafka_…
		case kind == "", query && kind == "histogram" && base == name, kind == "gauge" && base != name:
			found = append(found, name)
		}
	}
	return found
}

func TestMetricNames(t *testing.T) {
	known := catalogued(t)
	var files []string
	for _, pattern := range []string{"grafana/dashboards/*.json", "prometheus/*.yaml", "k8s/monitoring/*.yaml", "runbooks/*.md", "runbooks/*/*.md"} {
		found, err := filepath.Glob(filepath.Join(root, "deploy", filepath.FromSlash(pattern)))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, found...)
	}
	if len(files) < 10 {
		t.Fatalf("only %v", files)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range unknown(known, string(text), !strings.HasSuffix(file, ".md")) {
			t.Errorf("%s: %s is not exported", file, name)
		}
	}
}

// TestDashboards: they are what the views write, and no panel shares its place or lacks
// words.
func TestDashboards(t *testing.T) {
	for name, want := range views.Files() {
		if got := read(t, "deploy", "grafana", "dashboards", name); got != string(want) {
			t.Errorf("%s is not what 'make deploy' writes", name)
		}
		var d struct {
			Panels []struct {
				Title, Description, Type string
				GridPos                  struct{ X, Y, W, H int }
			}
		}
		if err := json.Unmarshal(want, &d); err != nil {
			t.Fatal(err)
		}
		for i, p := range d.Panels {
			if p.Title == "" || p.Type != "row" && p.Description == "" {
				t.Errorf("%s: panel %d says nothing of itself", name, i)
			}
			for _, q := range d.Panels[:i] {
				a, b := p.GridPos, q.GridPos
				if a.X < b.X+b.W && b.X < a.X+a.W && a.Y < b.Y+b.H && b.Y < a.Y+a.H {
					t.Errorf("%s: %q lies on %q", name, p.Title, q.Title)
				}
			}
		}
	}
	if got, want := read(t, "deploy", "k8s", "monitoring", "prometheusrule.yaml"), model.Rule([]byte(read(t, "deploy", "prometheus", "alerts.yaml"))); !bytes.Equal([]byte(got), want) {
		t.Error("prometheusrule.yaml is not what 'make deploy' writes")
	}
}

// alerts are the names of all alerts.
func alerts(t *testing.T) []string {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert       string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "deploy", "prometheus", "alerts.yaml")), &file); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if s := r.Labels["severity"]; s != "page" && s != "ticket" {
				t.Errorf("%s: severity %q", r.Alert, s)
			}
			if r.Annotations["summary"] == "" {
				t.Errorf("%s: no summary", r.Alert)
			}
			found = append(found, r.Alert)
		}
	}
	return found
}

// TestRunbooks: each alert has its page, each page its alert and all of its parts; each
// alert is tested; and whoever names an alert names one that there is.
func TestRunbooks(t *testing.T) {
	all := alerts(t)
	tested := read(t, "deploy", "prometheus", "alerts_test.yaml")
	for _, alert := range all {
		page := read(t, "deploy", "runbooks", "alerts", alert+".md")
		at := 0
		for _, heading := range []string{"# " + alert + "\n", "\n## What it means\n", "\n## What it does to people\n", "\n## What to look at\n", "\n## What to do\n"} {
			i := strings.Index(page[at:], heading)
			if i < 0 {
				t.Errorf("%s.md: no %q in its place", alert, strings.TrimSpace(heading))
				break
			}
			at += i
		}
		if !strings.Contains(page, "```sh\n") {
			t.Errorf("%s.md: nothing to type", alert)
		}
		if !strings.Contains(tested, "alertname: "+alert+"\n") {
			t.Errorf("%s: alerts_test.yaml does not test it", alert)
		}
	}
	pages, err := filepath.Glob(filepath.Join(root, "deploy", "runbooks", "alerts", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`\bMokafka[A-Z][A-Za-z]+`)
	for _, file := range append(pages, filepath.Join(root, "deploy", "metrics.md")) {
		name := strings.TrimSuffix(filepath.Base(file), ".md")
		if strings.HasPrefix(name, "Mokafka") && !slices.Contains(all, name) {
			t.Errorf("%s is about no alert", file)
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, alert := range named.FindAllString(string(text), -1) {
			if !slices.Contains(all, alert) {
				t.Errorf("%s names %s, which there is not", file, alert)
			}
		}
	}
}

// TestRunbooksKnowTheCommands: what a page says to type is a command that there is.
func TestRunbooksKnowTheCommands(t *testing.T) {
	help := read(t, "cmd", "mokafka", "testdata", "help.txt")
	pages, err := filepath.Glob(filepath.Join(root, "deploy", "runbooks", "alerts", "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	typed := regexp.MustCompile(`mokafka ((?:[a-z]+ )?[a-z]+)((?: +--[a-z-]+)*)`)
	for _, file := range pages {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, block := range regexp.MustCompile("(?s)```sh\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
			for line := range strings.Lines(block[1]) {
				line, _, _ = strings.Cut(line, " # ")
				m := typed.FindStringSubmatch(line)
				if m == nil || strings.Contains(line, "kubectl") {
					continue
				}
				command := m[1]
				if !strings.Contains(help, "$ mokafka "+command+" --help\n") {
					command, _, _ = strings.Cut(command, " ")
				}
				_, about, ok := strings.Cut(help, "$ mokafka "+command+" --help\n")
				if !ok {
					t.Errorf("%s: there is no 'mokafka %s'", file, command)
					continue
				}
				about, _, _ = strings.Cut(about, "\n$ mokafka ")
				for _, flag := range regexp.MustCompile(`--[a-z-]+`).FindAllString(line, -1) {
					if !strings.Contains(about, flag) {
						t.Errorf("%s: 'mokafka %s' knows no %s", file, command, flag)
					}
				}
			}
		}
	}
}
