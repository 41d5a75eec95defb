package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/recovery"
)

// copyOptions are the flags of "replay copy".
type copyOptions struct {
	topic, toTopic, from, until, key, kind string
	application                            int64

	create, beside, dryRun, asJSON bool
}

func (p *program) replayCopyCommand() *cobra.Command {
	var flags connectionFlags
	var opts copyOptions
	cmd := &cobra.Command{
		Use:   "copy --topic TOPIC --to-topic NAME --from TIME --to TIME",
		Short: "Copy a part of a topic into another one, for one team's rebuild",
		Long: "Copies the records between two times, all or those of a key, an application or a type of\n" +
			"event, into a topic of a team's own: as a read_committed consumer sees them, with keys,\n" +
			"headers and times as they are, and in the order of each key. The header moka_copied_from\n" +
			"says where each is from, as topic/partition@offset.\n\n" +
			"What the target holds of the same copy (same topic, times and filters) is not written\n" +
			"again: a copy that was interrupted is just repeated, with --from and --to as they were. A\n" +
			"target that holds anything else is refused, and so are mokafka's own topics.\n\n" +
			"--create makes the target with as many partitions, and keeps records for ever: delete it\n" +
			"when the rebuild is done, for it may hold personal data.",
		Example: "  mokafka replay copy --topic candidates --to-topic payroll.rebuild --create \\\n" +
			"    --from 2026-03-01T00:00:00+08:00 --to 2026-03-08T00:00:00+08:00 --type stage_moved --dry-run",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			s, err := opts.selection(cmd, p)
			if err != nil {
				return err
			}
			return p.replayCopy(cmd.Context(), flags, opts, s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.topic, "topic", "", "the topic to copy from: its name, or its middle (candidates)")
	f.StringVar(&opts.toTopic, "to-topic", "", "the topic to copy to: its name")
	f.StringVar(&opts.from, "from", "", "from this time, day, or so long ago (24h) on")
	f.StringVar(&opts.until, "to", "", "and up to this one, not included")
	f.StringVar(&opts.key, "key", "", "records with this key only")
	f.Int64Var(&opts.application, "application", 0, "records about this application only")
	f.StringVar(&opts.kind, "type", "", "events of this type only, such as stage_moved or candidate.created")
	f.BoolVar(&opts.create, "create", false, "create the target if it is not there")
	f.BoolVar(&opts.beside, "beside", false, "write into a target that holds other records, too")
	f.BoolVar(&opts.dryRun, "dry-run", false, "say what would be copied, and write nothing")
	f.BoolVar(&opts.asJSON, "json", false, "write what was done as JSON")
	flags.add(cmd, true, false)
	return cmd
}

// selection reads the flags; its topic is as it was typed.
func (o *copyOptions) selection(cmd *cobra.Command, p *program) (recovery.Selection, error) {
	s := recovery.Selection{Topic: o.topic, Key: o.key, Application: o.application, Type: o.kind}
	for flag, value := range map[string]string{"--topic": o.topic, "--to-topic": o.toTopic, "--from": o.from, "--to": o.until} {
		if value == "" {
			return s, wrongly(cmd, "--topic, --to-topic, --from and --to are needed, and %s is missing", flag)
		}
	}
	var err error
	if s.From, err = parseMoment("--from", o.from, p.now()); err != nil {
		return s, wrongly(cmd, "%w", err)
	}
	if s.Until, err = parseMoment("--to", o.until, p.now()); err != nil {
		return s, wrongly(cmd, "%w", err)
	}
	s.From, s.Until = s.From.Truncate(time.Millisecond), s.Until.Truncate(time.Millisecond)
	if s.Until.After(p.now()) {
		return s, wrongly(cmd, "--to: %s is in the future: more would come, and a repetition would be another copy", o.until)
	}
	if err := s.Validate(); err != nil {
		return s, wrongly(cmd, "%w", err)
	}
	return s, nil
}

func (p *program) replayCopy(ctx context.Context, flags connectionFlags, opts copyOptions, s recovery.Selection) error {
	var c connection
	if err := flags.over(p.environment()).read(&c.Kafka, &c.Topics); err != nil {
		return err
	}
	client, err := c.dial(ctx, flags.timeout, p.quiet())
	if err != nil {
		return err
	}
	defer client.Close()
	if s.Topic, err = findTopic(ctx, kadm.NewClient(client), c.Topics, opts.topic); err != nil {
		return err
	}
	progress := p.newTicker()
	defer progress.end()
	copier := &recovery.Copier{
		Client: client, Options: func() ([]kgo.Opt, error) { return c.Kafka.Options("replay", p.quiet(), nil) },
		Topics: c.Topics.Topics(), Now: p.now,
		Progress: func(t recovery.Tally) {
			progress.tell("looked through %d of %d, %d copied", t.Read, t.All, t.Copied)
		},
	}
	target, err := copier.OpenTarget(ctx, s, opts.toTopic, opts.beside)
	switch {
	case errors.Is(err, recovery.ErrNoTarget) && opts.create && opts.dryRun:
		target, err = nil, nil
	case errors.Is(err, recovery.ErrNoTarget) && opts.create:
		if err = copier.CreateTarget(ctx, s, opts.toTopic); err == nil {
			target, err = copier.OpenTarget(ctx, s, opts.toTopic, opts.beside)
		}
	case errors.Is(err, recovery.ErrNoTarget):
		err = fmt.Errorf("%w: --create creates it", err)
	}
	if err != nil {
		return err
	}
	var done []recovery.Stretch
	if opts.dryRun {
		done, err = copier.Plan(ctx, s, target)
	} else {
		done, err = copier.Copy(ctx, s, target)
	}
	progress.end()
	if err != nil {
		if !opts.dryRun {
			err = fmt.Errorf("%w\nwhat was copied stays; the same command goes on with it, with --from %s --to %s", err, exact(s.From), exact(s.Until))
		}
		return err
	}
	return p.writeCopy(s, opts, done)
}

// exact is a time that --from and --to read as it is.
func exact(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

func (p *program) writeCopy(s recovery.Selection, opts copyOptions, done []recovery.Stretch) error {
	var taken, before int64
	for _, st := range done {
		taken, before = taken+st.Taken, before+st.Before
	}
	if opts.asJSON {
		return p.writeJSON(struct {
			DryRun     bool               `json:"dry_run"`
			Topic      string             `json:"topic"`
			Target     string             `json:"to_topic"`
			From       time.Time          `json:"from"`
			Until      time.Time          `json:"to"`
			Copied     int64              `json:"copied"`
			Before     int64              `json:"there_before"`
			Partitions []recovery.Stretch `json:"partitions"`
		}{opts.dryRun, s.Topic, opts.toTopic, s.From.UTC(), s.Until.UTC(), taken - before, before, done})
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PARTITION\tLOOKED THROUGH\tSELECTED\tTHERE BEFORE")
	for _, st := range done {
		fmt.Fprintf(table, "%d\t%d\t%d\t%d\n", st.Partition, st.End-st.From, st.Taken, st.Before)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write what was done: %w", err)
	}
	verb := "copied"
	if opts.dryRun {
		verb = "would be copied"
	}
	var more strings.Builder
	if before > 0 {
		fmt.Fprintf(&more, ", %d were there before", before)
	}
	fmt.Fprintf(p.stdout, "\n%s %s from %s to %s%s\n", counted(int(taken-before), "record", "records"), verb, s.Topic, opts.toTopic, &more)
	if opts.dryRun {
		fmt.Fprintln(p.stdout, "nothing was written")
	}
	return nil
}
