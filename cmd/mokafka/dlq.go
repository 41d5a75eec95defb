package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

func (p *program) dlqCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "dlq",
		Short: "Dead letters: what could not be read, mapped or applied",
		Long: "What could not be read, mapped or applied is in the dead-letter topic with its bytes and\n" +
			"the reason, for 30 days. Here it is looked at, put back where it was refused once the\n" +
			"reason is gone (redrive), or done with (drop).",
		GroupID: groupRecover,
	}, p.dlqListCommand(), p.dlqShowCommand(), p.dlqRedriveCommand(), p.dlqDropCommand())
}

// letterFlags choose letters.
type letterFlags struct {
	stages, classes   []string
	key, since, until string
	limit             int
}

func (f *letterFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.stages, "stage", nil, "who gave up: webhook, poll, derive, writeback")
	cmd.Flags().StringSliceVar(&f.classes, "class", nil, "classes of error, such as avro")
	cmd.Flags().StringVar(&f.key, "key", "", "the record's key, such as demo:app:42")
	cmd.Flags().StringVar(&f.since, "since", "", "refused since this time, day, or so long ago (24h)")
	cmd.Flags().StringVar(&f.until, "until", "", "and before this one")
	cmd.Flags().IntVar(&f.limit, "limit", 0, "so many at the most, the oldest (default: no limit)")
}

func (f *letterFlags) any(cmd *cobra.Command) bool {
	return slices.ContainsFunc([]string{"stage", "class", "key", "since", "until", "limit"}, cmd.Flags().Changed)
}

// filter reads the flags.
func (f *letterFlags) filter(cmd *cobra.Command, p *program, ids []string) (recovery.Filter, error) {
	out := recovery.Filter{IDs: ids, Classes: f.classes, Key: f.key, Limit: f.limit}
	for _, stage := range f.stages {
		symbol := schemas.DeadLetterStage(strings.ToUpper(stage))
		switch symbol {
		case schemas.DeadLetterStageWebhook, schemas.DeadLetterStagePoll, schemas.DeadLetterStageDerive, schemas.DeadLetterStageWriteback,
			schemas.DeadLetterStageUnknown:
		default:
			return out, wrongly(cmd, "--stage: %q is not webhook, poll, derive or writeback", stage)
		}
		out.Stages = append(out.Stages, symbol)
	}
	if f.limit < 0 {
		return out, wrongly(cmd, "--limit: %d is less than 0", f.limit)
	}
	var err error
	if f.since != "" {
		if out.Since, err = parseMoment("--since", f.since, p.now()); err != nil {
			return out, wrongly(cmd, "%w", err)
		}
	}
	if f.until != "" {
		if out.Until, err = parseMoment("--until", f.until, p.now()); err != nil {
			return out, wrongly(cmd, "%w", err)
		}
	}
	if !out.Since.IsZero() && !out.Until.IsZero() && !out.Since.Before(out.Until) {
		return out, wrongly(cmd, "--until: %s is not after --since %s", f.until, f.since)
	}
	return out, nil
}

func (p *program) dlqListCommand() *cobra.Command {
	var flags connectionFlags
	var which letterFlags
	var done, asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the dead letters that are open",
		Long: "Lists the dead letters that are open, in the order in which they were refused, without\n" +
			"personal data. --done lists those that were redriven or dropped too.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			filter, err := which.filter(cmd, p, nil)
			if err != nil {
				return err
			}
			filter.Done = done
			return p.dlqList(cmd.Context(), flags, filter, asJSON)
		},
	}
	which.add(cmd)
	cmd.Flags().BoolVar(&done, "done", false, "those too that were redriven or dropped")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the list as JSON")
	flags.add(cmd, true, true)
	return cmd
}

func (p *program) dlqList(ctx context.Context, flags connectionFlags, filter recovery.Filter, asJSON bool) error {
	w, err := p.openBench(ctx, flags, false)
	if err != nil {
		return err
	}
	defer w.client.Close()
	found, err := p.find(ctx, w, filter)
	if err != nil {
		return err
	}
	if asJSON {
		return p.writeJSON(struct {
			Letters []recovery.Letter `json:"letters"`
		}{append([]recovery.Letter{}, found.Letters...)})
	}
	if len(found.Letters) == 0 {
		fmt.Fprintln(p.stdout, "no dead letters")
		return nil
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	head := "REFUSED\tSTAGE\tCLASS\tKEY\tTRY\tBYTES\tID"
	if filter.Done {
		head += "\tDONE"
	}
	fmt.Fprintln(table, head)
	for _, l := range found.Letters {
		key := l.Key
		if key == "" {
			key = "-"
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\t%s", moment(l.At), inWords(l.Stage), l.Class, key, l.Attempts, l.Bytes, l.ID)
		if filter.Done {
			done := string(l.Done)
			if l.Done == recovery.Open {
				done = "-"
			}
			fmt.Fprintf(table, "\t%s", done)
		}
		fmt.Fprintln(table)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the list: %w", err)
	}
	fmt.Fprintf(p.stdout, "\n%s\n", counted(len(found.Letters), "dead letter", "dead letters"))
	return nil
}

// find searches, and tells of records that cannot be read.
func (p *program) find(ctx context.Context, w *workbench, filter recovery.Filter) (recovery.Found, error) {
	found, err := w.letters.Find(ctx, filter)
	for _, unreadable := range found.Unreadable {
		fmt.Fprintf(p.stderr, "mokafka: %v\n", unreadable)
	}
	return found, err
}

func (p *program) dlqShowCommand() *cobra.Command {
	var flags connectionFlags
	var body, asJSON bool
	cmd := &cobra.Command{
		Use:   "show ID",
		Short: "Show one dead letter",
		Long: "Shows what is known of a dead letter. Its body is what Moka or a team sent, personal data\n" +
			"and all: it is shown with --body only, as JSON where it is a record that can be decoded.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.dlqShow(cmd.Context(), flags, args[0], body, asJSON)
		},
	}
	cmd.Flags().BoolVar(&body, "body", false, "show the body too: it may be personal data")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write it as JSON")
	flags.add(cmd, true, true)
	return cmd
}

// shownLetter is a letter in JSON.
type shownLetter struct {
	recovery.Letter
	Origin  *schemas.RecordOrigin `json:"origin,omitempty"`
	Headers map[string]any        `json:"headers,omitempty"`
	// Body is there with --body only: the record decoded, or text, or
	// {"base64": …}.
	Body any `json:"body,omitempty"`
}

func (p *program) dlqShow(ctx context.Context, flags connectionFlags, id string, body, asJSON bool) error {
	w, err := p.openBench(ctx, flags, false)
	if err != nil {
		return err
	}
	defer w.client.Close()
	found, err := p.find(ctx, w, recovery.Filter{IDs: []string{id}, Done: true})
	if err != nil {
		return err
	}
	if len(found.Letters) == 0 {
		return fmt.Errorf("%s: %w", id, recovery.ErrNoLetter)
	}
	shown := shownLetter{Letter: found.Letters[0], Origin: found.Letters[0].Origin}
	dead, err := w.letters.Read(ctx, &shown.Letter)
	if err != nil {
		return err
	}
	if len(dead.Headers) > 0 {
		shown.Headers = map[string]any{}
		for name, value := range dead.Headers {
			shown.Headers[name] = textOrBytes(value)
		}
	}
	if body {
		fmt.Fprintln(p.stderr, "mokafka: what follows may be personal data: keep it out of tickets and chats")
		if shown.Body, err = readableBody(ctx, w.decoder, dead.Body); err != nil {
			return err
		}
	}
	if asJSON {
		return p.writeJSON(shown)
	}
	return p.writeLetter(shown, body)
}

// readableBody is a body for people: what it decodes to, or text, or bytes.
func readableBody(ctx context.Context, decoder *schemas.Decoder, body []byte) (any, error) {
	if _, framed := publish.SchemaID(body); framed {
		value, _, err := decoder.JSON(ctx, body)
		if err == nil {
			return json.RawMessage(value), nil
		}
		if errors.Is(err, schemas.ErrRegistryUnavailable) {
			return nil, fmt.Errorf("decode the body: %w", err)
		}
	}
	return textOrBytes(body), nil
}

func (p *program) writeLetter(l shownLetter, body bool) error {
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(table, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	row("id", "%s", l.ID)
	row("stage", "%s", inWords(l.Stage))
	row("class", "%s", l.Class)
	row("reason", "%s", l.Text)
	row("refused", "%s", moment(l.At))
	row("attempts", "%d", l.Attempts)
	if l.Times > 1 {
		row("written", "%d times", l.Times)
	}
	if l.Endpoint != "" {
		row("endpoint", "%s", l.Endpoint)
	}
	if l.Key != "" {
		row("key", "%s", l.Key)
	}
	if o := l.Origin; o != nil {
		row("read from", "%s/%d@%d", o.Topic, o.Partition, o.Offset)
	}
	row("body", "%d bytes of %s", l.Bytes, l.ContentType)
	if l.Done != recovery.Open {
		row(string(l.Done), "%s: %s", moment(*l.DoneAt), l.Reason)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the letter: %w", err)
	}
	if !body {
		fmt.Fprintf(p.stdout, "\nThe body may hold personal data: --body shows it.\n")
		return nil
	}
	if text, ok := l.Body.(string); ok && utf8.ValidString(text) {
		fmt.Fprintf(p.stdout, "\n%s\n", text)
		return nil
	}
	fmt.Fprintln(p.stdout)
	return p.writeJSON(l.Body)
}
