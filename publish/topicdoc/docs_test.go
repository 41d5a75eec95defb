package topicdoc_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/publish/topicdoc"
	"github.com/mokafka/mokafka/schemas/avsc"
)

func input(t *testing.T, prefix string) topicdoc.Input {
	t.Helper()
	bundle, err := avsc.Embedded()
	if err != nil {
		t.Fatal(err)
	}
	in := topicdoc.Input{
		Topics: publish.TopicConfig{Prefix: prefix, Partitions: 5, Replication: 1}, Bundle: bundle,
		Examples: map[string]json.RawMessage{},
	}
	for _, s := range publish.Catalogue(in.Topics) {
		in.Examples[s.Name] = json.RawMessage(`{"topic":"` + s.Name + `"}`)
	}
	return in
}

func pages(t *testing.T, in topicdoc.Input) map[string]string {
	t.Helper()
	files, err := topicdoc.Markdown(in)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		all[f.Name] = f.Text
	}
	return all
}

// TestEveryTypeOfEventIsExplained: whoever adds a symbol to an enum of types says
// when there is one.
func TestEveryTypeOfEventIsExplained(t *testing.T) {
	in := input(t, "moka")
	all := pages(t, in)
	for _, f := range publish.Families() {
		entity := f.Entity()
		var enum struct{ Symbols []string }
		if err := json.Unmarshal([]byte(in.Bundle[strings.ToUpper(entity[:1])+entity[1:]+"EventType"]), &enum); err != nil {
			t.Fatal(err)
		}
		rows := regexp.MustCompile("(?m)^\\| `([A-Z_]+)` \\| [^|]+ \\| [^|]+ \\|$").FindAllStringSubmatch(all[in.Topics.Topics().Events(f)+".md"], -1)
		got := make([]string, 0, len(rows))
		for _, row := range rows {
			got = append(got, row[1])
		}
		if want := enum.Symbols[1:]; !slices.Equal(want, got) { // without UNKNOWN
			t.Errorf("%s: %v are explained, not %v", f, got, want)
		}
	}
}

// TestLinksLead: each link within the documents has something at its end.
func TestLinksLead(t *testing.T) {
	all := pages(t, input(t, "moka"))
	all[topicdoc.AsyncAPIFile] = ""
	anchors := map[string]bool{}
	for name, text := range all {
		for _, h := range regexp.MustCompile(`(?m)^#+ (\w+)$`).FindAllStringSubmatch(text, -1) {
			anchors[name+"#"+strings.ToLower(h[1])] = true
		}
	}
	n := 0
	for name, text := range all {
		for _, link := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(text, -1) {
			file, anchor, deep := strings.Cut(link[1], "#")
			if strings.HasPrefix(file, "https://") {
				continue
			}
			if file == "" {
				file = name
			}
			if _, ok := all[file]; !ok || deep && !anchors[file+"#"+anchor] {
				t.Errorf("%s: %s leads nowhere", name, link[1])
			}
			n++
		}
	}
	if n < 100 {
		t.Errorf("only %d links: nothing was looked at", n)
	}
}

// TestPersonalDataIsListed: what carries a tag is on the page, with those of lists
// and of what is below.
func TestPersonalDataIsListed(t *testing.T) {
	all := pages(t, input(t, "moka"))
	for page, paths := range map[string][]string{
		"moka.candidates.v1.md":         {"`after.name`", "`after.identity_document_number`", "`after.educations[].school`", "`transition.by.name`", "what is in `after` is in `before` as well"},
		"moka.candidates.state.v1.md":   {"`entity.phone`"},
		"moka.offers.v1.md":             {"`after.salary_amount`"},
		"moka.journal.v1.md":            {"`body`"},
		"moka.writeback.commands.v1.md": {"`requested_by`"},
		"moka.checkpoints.v1.md":        {"No field of the value is personal data."},
		"moka.headcounts.v1.md":         {"`after.min_salary`"},
		"moka.interviews.state.v1.md":   {"`entity.interviewees[].name`"},
		"moka.writeback.results.v1.md":  {"`before`", "`after`"},
		"moka.dlq.v1.md":                {"`body`"},
		"moka.interviews.v1.md":         {"`source.operator.name`"},
		"moka.headcounts.state.v1.md":   {"`entity.max_salary`"},
		"moka.offers.state.v1.md":       {"`entity.salary_amount`"},
	} {
		_, section, _ := strings.Cut(all[page], "\n## Personal data\n")
		section, _, _ = strings.Cut(section, "\n## ")
		for _, path := range paths {
			if !strings.Contains(section, path) {
				t.Errorf("%s does not list %s:\n%s", page, path, section)
			}
		}
	}
}

// TestSettingsAreThoseOfTheInstallation: prefix, partitions and replicas.
func TestSettingsAreThoseOfTheInstallation(t *testing.T) {
	in := input(t, "acme-hr")
	page, err := topicdoc.Page(in, "acme-hr.candidates.v1")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"# acme-hr.candidates.v1\n", "| partitions | 5 |", "`acme-hr.candidates.state.v1`", "| `retention.ms` | 7776000000 (90 days) |", "--topic candidates --to-earliest"} {
		if !strings.Contains(page, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	api, err := topicdoc.AsyncAPI(in)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"  candidates_v1:\n    address: acme-hr.candidates.v1\n", "        partitions: 5\n",
		"    action: receive\n    channel:\n      \"$ref\": \"#/channels/writeback_commands_v1\"\n",
	} {
		if !strings.Contains(api, want) {
			t.Errorf("no %q in the document", want)
		}
	}
	if strings.Contains(page+api, "moka.candidates") {
		t.Error("a topic of another prefix is named")
	}
}

func TestRefuses(t *testing.T) {
	if _, err := topicdoc.Page(input(t, "moka"), "moka.nothing.v1"); err == nil || !strings.Contains(err.Error(), `no topic "moka.nothing.v1"`) {
		t.Error(err)
	}
	in := input(t, "moka")
	delete(in.Examples, "moka.offers.v1")
	if _, err := topicdoc.Markdown(in); err == nil || !strings.Contains(err.Error(), "moka.offers.v1: there is no example") {
		t.Error(err)
	}
	in = input(t, "moka")
	in.Bundle["Offer"] = "{"
	if _, err := topicdoc.AsyncAPI(in); err == nil || !strings.Contains(err.Error(), "schema Offer") {
		t.Error(err)
	}
}
