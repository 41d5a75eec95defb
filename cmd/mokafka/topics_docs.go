package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/specimen"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/publish/topicdoc"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

// docsOptions are the flags of "topics docs".
type docsOptions struct{ out, topic, format string }

// The formats.
const (
	docsMarkdown = "markdown"
	docsAsyncAPI = "asyncapi"
)

func (p *program) topicsDocsCommand() *cobra.Command {
	var opts docsOptions
	cmd := &cobra.Command{
		Use:   "docs",
		Short: "Write a page for each topic, and an AsyncAPI document",
		Long: "Writes what a team has to know of the topics: what each is for, key and order, when there is\n" +
			"a record, fields, headers, which fields are personal data, an example, how to replay. The\n" +
			"names and settings are those of KAFKA_TOPIC_PREFIX, _PARTITIONS and _REPLICATION. Neither\n" +
			"Kafka nor a registry is asked.\n\n" +
			"With --out the pages go into a directory, with an AsyncAPI 3.0 document beside them; --format\n" +
			"says which of the two. Without it, one of the two goes to standard output.",
		Example: "  mokafka topics docs --topic candidates\n" +
			"  mokafka topics docs --out docs/topics\n" +
			"  mokafka topics docs --format asyncapi > asyncapi.yaml",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			switch {
			case opts.format != "" && opts.format != docsMarkdown && opts.format != docsAsyncAPI:
				return wrongly(cmd, "--format: %q is neither %s nor %s", opts.format, docsMarkdown, docsAsyncAPI)
			case opts.topic != "" && opts.format == docsAsyncAPI:
				return wrongly(cmd, "--topic goes with pages: an AsyncAPI document is about all topics")
			}
			return p.topicsDocs(cmd, opts)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.out, "out", "", "write into this directory, which is made if it is not there (default: standard output)")
	f.StringVar(&opts.topic, "topic", "", "the page of this topic only: its name, or its middle (candidates)")
	f.StringVar(&opts.format, "format", "", "markdown or asyncapi (default: markdown, with --out both)")
	return cmd
}

func (p *program) topicsDocs(cmd *cobra.Command, opts docsOptions) error {
	var c connection
	if err := p.environment().read(&c.Topics); err != nil {
		return err
	}
	in, err := p.docsInput(cmd.Context(), c.Topics)
	if err != nil {
		return err
	}
	files, err := docsFiles(cmd, in, opts)
	if err != nil {
		return err
	}
	if opts.out == "" {
		for _, f := range files {
			fmt.Fprint(p.stdout, f.Text)
		}
		return nil
	}
	if err := os.MkdirAll(opts.out, 0o755); err != nil { //nolint:gosec // documents, for everybody to read
		return fmt.Errorf("--out: %w", err)
	}
	for _, f := range files {
		if err := os.WriteFile(filepath.Join(opts.out, f.Name), []byte(f.Text), 0o644); err != nil { //nolint:gosec // likewise
			return fmt.Errorf("--out: %w", err)
		}
	}
	fmt.Fprintf(p.stdout, "wrote %d files into %s\n", len(files), opts.out)
	return nil
}

// docsFiles are the documents that are asked for.
func docsFiles(cmd *cobra.Command, in topicdoc.Input, opts docsOptions) ([]topicdoc.File, error) {
	if opts.topic != "" {
		name, ok := catalogued(in.Topics, opts.topic)
		if !ok {
			return nil, wrongly(cmd, "--topic: %q is no topic of the catalogue; 'mokafka topics docs' lists them", opts.topic)
		}
		page, err := topicdoc.Page(in, name)
		return []topicdoc.File{{Name: name + ".md", Text: page}}, err
	}
	var files []topicdoc.File
	if opts.format != docsAsyncAPI {
		pages, err := topicdoc.Markdown(in)
		if err != nil {
			return nil, err
		}
		files = append(files, pages...)
	}
	if opts.format == docsAsyncAPI || opts.format == "" && opts.out != "" {
		text, err := topicdoc.AsyncAPI(in)
		if err != nil {
			return nil, err
		}
		files = append(files, topicdoc.File{Name: topicdoc.AsyncAPIFile, Text: text})
	}
	return files, nil
}

// catalogued finds the topic that is meant by a full name or its middle.
func catalogued(cfg publish.TopicConfig, name string) (string, bool) {
	for _, s := range publish.Catalogue(cfg) {
		if meantBy(cfg, s.Name, name) {
			return s.Name, true
		}
	}
	return "", false
}

func meantBy(cfg publish.TopicConfig, topic, name string) bool {
	t := cfg.Topics()
	short := map[string]string{"commands": t.Commands(), "results": t.Results()}[name]
	return topic == name || topic == cfg.Prefix+"."+name+".v1" || topic == cfg.Prefix+"."+name || topic == short
}

// docsInput gathers what the documents are written from; examples look as tail
// shows them.
func (p *program) docsInput(ctx context.Context, cfg publish.TopicConfig) (topicdoc.Input, error) {
	in := topicdoc.Input{Topics: cfg, Examples: map[string]json.RawMessage{}}
	var err error
	if in.Bundle, err = avsc.Embedded(); err != nil {
		return in, err
	}
	records, source, err := specimen.Records(cfg)
	if err != nil {
		return in, fmt.Errorf("make the examples: %w", err)
	}
	decoder, err := schemas.NewDecoder(source)
	if err != nil {
		return in, err
	}
	for topic, rec := range records {
		var line bytes.Buffer
		w := newTailWriter(&line, decoder, tailOptions{asJSON: true, anyKey: true}, time.Time{})
		if err := w.show(ctx, rec); err != nil {
			return in, fmt.Errorf("show the example of %s: %w", topic, err)
		}
		if err := w.flush(); err != nil {
			return in, err
		}
		in.Examples[topic] = line.Bytes()
	}
	return in, nil
}
