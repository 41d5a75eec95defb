package topicdoc

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// Input is what the documents are written from.
type Input struct {
	// Topics must be valid.
	Topics publish.TopicConfig
	// Bundle has the schemas.
	Bundle avsc.Bundle
	// Examples has a record of each topic, by its name, as "mokafka tail --json"
	// writes it.
	Examples map[string]json.RawMessage
}

// File is a document.
type File struct {
	// Name has no directories in it.
	Name string
	Text string
}

// AsyncAPIFile is the name of the AsyncAPI document, TypesFile that of the page of
// shared types, and IndexFile that of the first page.
const (
	AsyncAPIFile = "asyncapi.yaml"
	TypesFile    = "types.md"
	IndexFile    = "README.md"
)

// docs are the documents at work.
type docs struct {
	cfg      publish.TopicConfig
	specs    []publish.Spec
	bundle   avsc.Bundle
	model    model
	examples map[string]json.RawMessage
	prose    map[string]prose
}

func newDocs(in Input) (*docs, error) {
	m, err := newModel(in.Bundle)
	if err != nil {
		return nil, err
	}
	d := &docs{cfg: in.Topics, specs: publish.Catalogue(in.Topics), bundle: in.Bundle, model: m, examples: in.Examples}
	d.prose = d.words()
	for _, s := range d.specs {
		if _, ok := d.prose[s.Name]; !ok {
			return nil, fmt.Errorf("document %s: nothing is written about it", s.Name)
		}
		if len(in.Examples[s.Name]) == 0 {
			return nil, fmt.Errorf("document %s: there is no example", s.Name)
		}
	}
	return d, nil
}

// Markdown writes the pages: the first one, one for each topic in the order of the
// catalogue, and that of the types.
func Markdown(in Input) ([]File, error) {
	d, err := newDocs(in)
	if err != nil {
		return nil, err
	}
	files := []File{{IndexFile, d.index()}}
	for _, s := range d.specs {
		page, err := d.page(s)
		if err != nil {
			return nil, err
		}
		files = append(files, File{pageOf(s.Name), page})
	}
	return append(files, File{TypesFile, d.types()}), nil
}

// Page writes the page of one topic, by its full name.
func Page(in Input, topic string) (string, error) {
	d, err := newDocs(in)
	if err != nil {
		return "", err
	}
	i := slices.IndexFunc(d.specs, func(s publish.Spec) bool { return s.Name == topic })
	if i < 0 {
		return "", fmt.Errorf("there is no topic %q in the catalogue", topic)
	}
	return d.page(d.specs[i])
}

// pageOf is the name of a topic's page.
func pageOf(topic string) string { return topic + ".md" }

const generated = "<!-- Written by \"mokafka topics docs\" (make generate). Changes made here are lost. -->\n\n"

// index is the first page.
func (d *docs) index() string {
	var b strings.Builder
	b.WriteString(generated + "# The topics\n\n" +
		"One page each: what it is for, key and order, what is in it, which fields are personal data, an\n" +
		"example, how to replay. [" + AsyncAPIFile + "](" + AsyncAPIFile + ") says the same to programs, as AsyncAPI 3.0;\n" +
		"[" + TypesFile + "](" + TypesFile + ") has the types that topics share. Programs that consume them, in Go, Java,\n" +
		"Python and Node: [schemas/examples](" + repository + "schemas/examples/README.md).\n\n" +
		"| topic | | key | value | kept |\n|---|---|---|---|---|\n")
	for _, s := range d.specs {
		fmt.Fprintf(&b, "| [%s](%s) | %s | %s | `%s` | %s |\n",
			s.Name, pageOf(s.Name), d.prose[s.Name].title, firstClause(d.prose[s.Name].key), s.Record, keptText(s))
	}
	b.WriteString("\nWhich one?\n\n" +
		"- **To act on what happens** (start an onboarding, book a room): the events. Read them\n" +
		"  `read_committed`, remember `event_id`.\n" +
		"- **To know how things are** (a table of open applications): the states, from the beginning.\n" +
		"- **To have something done in Moka**: " + d.linkTo(d.cfg.Topics().Commands()) + ".\n" +
		"- The others are mokafka's and its operators'.\n")
	return b.String()
}

func (d *docs) linkTo(topic string) string { return "[" + topic + "](" + pageOf(topic) + ")" }

// firstClause cuts a sentence about keys short, for a table.
func firstClause(text string) string {
	if i := strings.IndexAny(text, ",;."); i > 0 {
		// not within `org:app:1`
		if strings.Count(text[:i], "`")%2 == 0 {
			return text[:i]
		}
	}
	return text
}
