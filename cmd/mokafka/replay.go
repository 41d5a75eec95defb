package main

import (
	"context"
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/recovery"
)

func (p *program) replayCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:     "replay",
		Short:   "Go back in the topics",
		GroupID: groupRecover,
	}, p.replayJournalCommand(), p.replayStateCommand(), p.replayOffsetsCommand(), p.replayCopyCommand())
}

// offsetsOptions are the flags of "replay offsets".
type offsetsOptions struct {
	group, topic, toTime string
	toOffset             int64
	earliest, latest     bool
	partitions           []int32

	create, dryRun, yes, asJSON bool
}

func (p *program) replayOffsetsCommand() *cobra.Command {
	var flags connectionFlags
	var opts offsetsOptions
	cmd := &cobra.Command{
		Use:   "offsets --group GROUP --topic TOPIC (--to-time TIME | --to-offset N | --to-earliest | --to-latest)",
		Short: "Move a consumer group to another place of a topic",
		Long: "Moves what a consumer group has committed for a topic, and shows for each partition from\n" +
			"where to where, and how many records are read again or passed over (at the most:\n" +
			"transactions take offsets, too). It refuses while the group has members, which would\n" +
			"commit over it: end them, move the group, start them. Records that are passed over are\n" +
			"never read: you are asked first.\n\n" +
			"Who reads events again meets the same event_ids, and can pass over what it has.",
		Example: "  mokafka replay offsets --group payroll --topic candidates --to-time 2026-03-01T00:00:00+08:00 --dry-run\n" +
			"  mokafka replay offsets --group bi --topic moka.offers.v1 --to-earliest",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			goal, err := opts.goal(cmd, p)
			if err != nil {
				return err
			}
			return p.replayOffsets(cmd.Context(), flags, opts, goal)
		},
	}
	f := cmd.Flags()
	f.StringVar(&opts.group, "group", "", "the consumer group")
	f.StringVar(&opts.topic, "topic", "", "the topic: its name, or its middle (candidates)")
	f.StringVar(&opts.toTime, "to-time", "", "to the first record since this time, day, or so long ago (24h)")
	f.Int64Var(&opts.toOffset, "to-offset", 0, "to this offset")
	f.BoolVar(&opts.earliest, "to-earliest", false, "to the beginning")
	f.BoolVar(&opts.latest, "to-latest", false, "to the end")
	f.Int32SliceVar(&opts.partitions, "partition", nil, "these partitions only (default: all)")
	f.BoolVar(&opts.create, "new", false, "the group is a new one, that is to begin there")
	f.BoolVar(&opts.dryRun, "dry-run", false, "say what would be moved, and move nothing")
	f.BoolVarP(&opts.yes, "yes", "y", false, "do not ask, also where records are passed over")
	f.BoolVar(&opts.asJSON, "json", false, "write what was done as JSON")
	flags.add(cmd, true, false)
	return cmd
}

// goal reads the flags.
func (o *offsetsOptions) goal(cmd *cobra.Command, p *program) (recovery.Goal, error) {
	var g recovery.Goal
	switch {
	case o.group == "":
		return g, wrongly(cmd, "--group: say which consumer group")
	case o.topic == "":
		return g, wrongly(cmd, "--topic: say which topic")
	}
	given := 0
	for _, name := range []string{"to-time", "to-offset", "to-earliest", "to-latest"} {
		if cmd.Flags().Changed(name) {
			given++
		}
	}
	if given != 1 {
		return g, wrongly(cmd, "say where to: one of --to-time, --to-offset, --to-earliest and --to-latest")
	}
	g.Earliest, g.Latest = o.earliest, o.latest
	switch {
	case o.toTime != "":
		var err error
		if g.Time, err = parseMoment("--to-time", o.toTime, p.now()); err != nil {
			return g, wrongly(cmd, "%w", err)
		}
		if g.Time.After(p.now()) {
			return g, wrongly(cmd, "--to-time: %s is in the future", o.toTime)
		}
	case cmd.Flags().Changed("to-offset"):
		if o.toOffset < 0 {
			return g, wrongly(cmd, "--to-offset: %d is less than 0", o.toOffset)
		}
		g.Offset = &o.toOffset
	case !o.earliest && !o.latest:
		return g, wrongly(cmd, "say where to: one of --to-time, --to-offset, --to-earliest and --to-latest")
	}
	return g, nil
}

func (p *program) replayOffsets(ctx context.Context, flags connectionFlags, opts offsetsOptions, goal recovery.Goal) error {
	var c connection
	if err := flags.over(p.environment()).read(&c.Kafka, &c.Topics); err != nil {
		return err
	}
	admin, err := c.admin(ctx, flags.timeout, p.quiet())
	if err != nil {
		return err
	}
	defer admin.Close()
	topic, err := findTopic(ctx, admin, c.Topics, opts.topic)
	if err != nil {
		return err
	}
	move := recovery.Move{Group: opts.group, Topic: topic, To: goal, Partitions: opts.partitions, New: opts.create}
	shifts, err := recovery.PlanMove(ctx, admin, move)
	if errors.Is(err, recovery.ErrNoGroup) {
		return fmt.Errorf("%w with --new", err)
	}
	if err != nil {
		return err
	}
	var repeated, passed int64
	for _, s := range shifts {
		repeated, passed = repeated+s.Repeated, passed+s.PassedOver
	}
	if !opts.asJSON {
		if err := p.tableShifts(shifts, repeated, passed); err != nil {
			return err
		}
	}
	if !opts.dryRun {
		if passed > 0 && !opts.yes {
			if err := p.confirmed("pass over %d records?", passed); err != nil {
				return err
			}
		}
		if err := recovery.CommitMove(ctx, admin, move, shifts); err != nil {
			return err
		}
	}
	switch {
	case opts.asJSON:
		return p.writeJSON(struct {
			DryRun     bool             `json:"dry_run"`
			Group      string           `json:"group"`
			Topic      string           `json:"topic"`
			Repeated   int64            `json:"repeated"`
			PassedOver int64            `json:"passed_over"`
			Partitions []recovery.Shift `json:"partitions"`
		}{opts.dryRun, opts.group, topic, repeated, passed, shifts})
	case opts.dryRun:
		fmt.Fprintln(p.stdout, "nothing was moved")
	default:
		fmt.Fprintf(p.stdout, "%s was moved\n", opts.group)
	}
	return nil
}

func (p *program) tableShifts(shifts []recovery.Shift, repeated, passed int64) error {
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "PARTITION\tFROM\tTO\tREAD AGAIN\tPASSED OVER\tLEFT TO READ")
	for _, s := range shifts {
		from := "-"
		if s.From >= 0 {
			from = fmt.Sprint(s.From)
		}
		fmt.Fprintf(table, "%d\t%s\t%d\t%d\t%d\t%d\n", s.Partition, from, s.To, s.Repeated, s.PassedOver, s.Lag)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the plan: %w", err)
	}
	fmt.Fprintf(p.stdout, "\nat most %s read again, %d passed over\n", counted(int(repeated), "record is", "records are"), passed)
	return nil
}
