package topicdoc

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/mokafka/mokafka/publish"
)

// page is that of one topic.
func (d *docs) page(s publish.Spec) (string, error) {
	w := d.prose[s.Name]
	example, err := d.example(s)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s# %s\n\n**%s.** %s\n\n", generated, s.Name, w.title, w.purpose)
	fmt.Fprintf(&b, "| | |\n|---|---|\n| value | `com.moka.%s`, Avro in the Confluent wire format: a zero byte, the schema's id in four bytes, the Avro binary |\n", s.Record)
	fmt.Fprintf(&b, "| subject | `%s`, compatibility `FULL_TRANSITIVE` |\n| key | %s |\n| partitions | %d |\n| kept | %s |\n", s.Subject, firstClause(w.key), s.Partitions, keptText(s))
	section := func(title, text string) { fmt.Fprintf(&b, "\n## %s\n\n%s\n", title, strings.TrimRight(text, "\n")) }
	section("Key and partition", w.key)
	section("Order", w.order)
	section("When there is a record", w.when+"\n\n"+kindTable(w.kinds))
	section("Reading it twice", w.repeats)
	section("Deletions and tombstones", w.gone)
	section("How long it is kept", retention(s))
	section("Headers", headerTable(w.headers))
	section("Fields", d.fields(s))
	section("Personal data", d.piiText(s))
	section("Example", example)
	section("Replaying", d.replay(s, w))
	section("How it evolves", evolves)
	return b.String(), nil
}

const evolves = "Every version of the schema reads what every other one wrote (`FULL_TRANSITIVE`): fields are added at the end with a default, and deprecated, never removed or renamed; enums grow. " +
	"Read with your own schema, resolved against the writer's, whose id is in the value; pass over fields that you do not know; take `UNKNOWN` for \"something else\". " +
	"What cannot be done that way will be a new topic beside this one. " +
	"More: [evolution.md](" + repository + "schemas/evolution.md)."

func kindTable(kinds []kind) string {
	if len(kinds) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString("| `type` | Moka | when |\n|---|---|---|\n")
	for _, k := range kinds {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.symbol, k.chinese, cell(k.when))
	}
	b.WriteString("\n`UNKNOWN` is never written: it is what a reader sees of a type that its schema does not know yet.\n")
	return b.String()
}

func headerTable(headers []header) string {
	var b strings.Builder
	if len(headers) == 0 {
		return "None."
	}
	b.WriteString("| header | |\n|---|---|\n")
	for _, h := range headers {
		fmt.Fprintf(&b, "| `%s` | %s |\n", h.name, cell(h.meaning))
	}
	b.WriteString("\nRecords that `mokafka replay copy` put into a topic of your own also have `moka_copied_from` (topic/partition@offset) and `moka_copy` (which copy).\n")
	return b.String()
}

const ofPayload = "mokafka's own code made it of a payload that Moka documents; who is in it is Moka's example."

func (d *docs) example(s publish.Spec) (string, error) {
	var pretty bytes.Buffer
	if err := json.Indent(&pretty, bytes.TrimSpace(d.examples[s.Name]), "", "  "); err != nil {
		return "", fmt.Errorf("the example of %s is not JSON: %w", s.Name, err)
	}
	return "As `mokafka tail " + s.Name + " --json` prints it, on several lines. " + cmp.Or(d.prose[s.Name].made, ofPayload) + "\n\n" +
		"<details><summary>the record</summary>\n\n```json\n" + pretty.String() + "\n```\n\n</details>\n", nil
}

// replay says how to go back in a topic.
func (d *docs) replay(s publish.Spec, w prose) string {
	var b strings.Builder
	if w.replay != "" {
		b.WriteString(w.replay + "\n")
	}
	if w.internal {
		return b.String()
	}
	middle := strings.TrimSuffix(strings.TrimPrefix(s.Name, d.cfg.Prefix+"."), ".v1")
	fmt.Fprintf(&b, "\n```sh\n# your consumer group, stopped, to another place; --dry-run shows what would be read again\n"+
		"mokafka replay offsets --group GROUP --topic %s --to-earliest --dry-run\n"+
		"mokafka replay offsets --group GROUP --topic %s --to-time 2026-03-01T00:00:00+08:00\n", middle, middle)
	if len(w.kinds) > 0 {
		fmt.Fprintf(&b, "# or a part of it into a topic of your own, beside what goes on\n"+
			"mokafka replay copy --topic %s --to-topic TEAM.rebuild --create \\\n"+
			"  --from 2026-03-01T00:00:00+08:00 --to 2026-03-08T00:00:00+08:00\n", middle)
	}
	b.WriteString("```\n")
	if strings.Contains(s.Configs["cleanup.policy"], "compact") {
		b.WriteString("\nA table of your own is rebuilt by emptying it and reading from the beginning: the last version of every key is here.\n")
	}
	return b.String()
}
