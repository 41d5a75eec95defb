package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/checkpoint"
	"github.com/mokafka/mokafka/internal/recovery"
)

func (p *program) checkpointsCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:     "checkpoints",
		Short:   "How far each feed has come",
		GroupID: groupRecover,
	}, p.checkpointsListCommand(), p.checkpointsResetCommand())
}

func (p *program) checkpointsListCommand() *cobra.Command {
	var flags connectionFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List the cursors of the feeds",
		Long: "Lists how far each feed of the organisation has come, and what is in its way. Requests to\n" +
			"fetch an application again are counted only.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.checkpointsList(cmd.Context(), flags, asJSON)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the list as JSON")
	flags.add(cmd, true, true)
	return cmd
}

func (p *program) checkpointsList(ctx context.Context, flags connectionFlags, asJSON bool) error {
	d, err := p.openFlaggedDesk(ctx, flags)
	if err != nil {
		return err
	}
	defer d.client.Close()
	all, unreadable := checkpoint.List(ctx, d.client, d.table)
	if unreadable != nil && len(all) == 0 {
		return unreadable
	}
	cursors, waiting := []recovery.Cursor{}, 0
	for _, c := range all {
		if strings.HasPrefix(c.Feed, "refetch:") {
			waiting++
			continue
		}
		cursors = append(cursors, recovery.CursorOf(c))
	}
	if asJSON {
		err = p.writeJSON(struct {
			Feeds     []recovery.Cursor `json:"feeds"`
			Refetches int               `json:"refetches_waiting"`
		}{cursors, waiting})
		return errors.Join(err, unreadable)
	}
	return errors.Join(p.tableCursors(cursors, waiting), unreadable)
}

func (p *program) tableCursors(cursors []recovery.Cursor, waiting int) error {
	if len(cursors) == 0 {
		fmt.Fprintln(p.stdout, "no feed has a cursor")
	} else {
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "FEED\tCURSOR\tBEHIND\tITEMS\tSAVED\tOWNER\tTROUBLE")
		for _, c := range cursors {
			cursor, behind := "-", "-"
			if c.Cursor != nil {
				cursor, behind = moment(*c.Cursor), rough(p.now().Sub(*c.Cursor))
			}
			if c.Completed {
				behind = "complete"
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%d\t%s ago\t%s\t%s\n", c.Feed, cursor, behind, c.Items, rough(p.now().Sub(c.SavedAt)),
				cmp.Or(c.Owner, "-"), cmp.Or(c.Trouble, "-"))
		}
		if err := table.Flush(); err != nil {
			return fmt.Errorf("write the list: %w", err)
		}
	}
	if waiting > 0 {
		fmt.Fprintf(p.stdout, "\n%s to be fetched again\n", counted(waiting, "application", "applications"))
	}
	return nil
}

// openFlaggedDesk opens the desk of the organisation that flags and environment
// name.
func (p *program) openFlaggedDesk(ctx context.Context, flags connectionFlags) (*desk, error) {
	var o organisation
	if err := flags.over(flags.devOrganisation(p.environment())).read(o.rooms()...); err != nil {
		return nil, err
	}
	return p.openDesk(ctx, o, flags.timeout)
}

func (p *program) checkpointsResetCommand() *cobra.Command {
	var flags connectionFlags
	var feed, to string
	var dryRun, yes, asJSON bool
	cmd := &cobra.Command{
		Use:   "reset --feed FEED [--to TIME]",
		Short: "Set the cursor of a feed",
		Long: "Sets the cursor of a feed to a time, or without --to forgets it, so that the feed begins\n" +
			"anew. Whoever polls takes it up at once, between two calls.\n\n" +
			"Set back, the feed reads again what was updated since: what has not changed compares equal\n" +
			"and derives nothing. Set forward, or begun anew, it passes over what was updated in\n" +
			"between, and you are asked first.",
		Example: "  mokafka checkpoints reset --feed applications --to 24h --dry-run\n" +
			"  mokafka checkpoints reset --feed sweep:applications",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if feed == "" {
				return wrongly(cmd, "--feed: say which: 'mokafka checkpoints list' lists them")
			}
			var at *time.Time
			if to != "" {
				when, err := parseMoment("--to", to, p.now())
				if err != nil {
					return wrongly(cmd, "%w", err)
				}
				when = when.Truncate(time.Millisecond)
				at = &when
			}
			return p.checkpointsReset(cmd.Context(), flags, feed, at, dryRun, yes, asJSON)
		},
	}
	cmd.Flags().StringVar(&feed, "feed", "", "the feed, as 'checkpoints list' calls it")
	cmd.Flags().StringVar(&to, "to", "", "a time (2026-01-31T08:00:00+08:00), a day, or how long ago (24h); default: begin anew")
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would happen, and write nothing")
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask, also where something is passed over")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write what was done as JSON")
	flags.add(cmd, true, true)
	return cmd
}

func (p *program) checkpointsReset(ctx context.Context, flags connectionFlags, feed string, to *time.Time, dryRun, yes, asJSON bool) error {
	d, err := p.openFlaggedDesk(ctx, flags)
	if err != nil {
		return err
	}
	defer d.client.Close()
	current, err := checkpoint.List(ctx, d.client, d.table)
	if err != nil && len(current) == 0 {
		return err
	}
	reset, err := recovery.PlanReset(current, feed, to, p.now())
	if err != nil {
		return err
	}
	if !asJSON {
		p.tellReset(reset)
	}
	polled, err := d.polled(ctx)
	if err != nil {
		return err
	}
	if !polled {
		fmt.Fprintf(p.stderr, "mokafka: %v\n", d.nobodyPolls())
	}
	if !dryRun {
		if err := p.setCursor(ctx, d, reset, yes); err != nil {
			return err
		}
	}
	if asJSON {
		return p.writeJSON(struct {
			DryRun bool `json:"dry_run"`
			recovery.Reset
		}{dryRun, reset})
	}
	if dryRun {
		fmt.Fprintln(p.stdout, "nothing was written")
	} else {
		fmt.Fprintln(p.stdout, "the cursor was set")
	}
	return nil
}

// setCursor does what was planned, once it is confirmed where that is needed.
func (p *program) setCursor(ctx context.Context, d *desk, r recovery.Reset, yes bool) error {
	if r.PassesOver && !yes {
		if err := p.confirmed("set it?"); err != nil {
			return err
		}
	}
	if r.Checkpoint == nil {
		return checkpoint.Delete(ctx, d.client, d.table, r.Feed)
	}
	return checkpoint.Put(ctx, d.client, d.table, r.Checkpoint)
}

func (p *program) tellReset(r recovery.Reset) {
	from, to := "", "anew"
	if r.From != nil {
		from = moment(*r.From) + " "
	}
	if r.To != nil {
		to = moment(*r.To)
	}
	fmt.Fprintf(p.stdout, "%s: %s→ %s\n%s\n", r.Feed, from, to, r.Then)
}
