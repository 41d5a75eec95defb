package main

import (
	"errors"
	"fmt"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/schemas"
)

// stateOptions are the flags of "replay state".
type stateOptions struct {
	entity, dir string

	all, dryRun, yes, asJSON bool
}

func (p *program) replayStateCommand() *cobra.Command {
	var flags connectionFlags
	var opts stateOptions
	cmd := &cobra.Command{
		Use:   "state [--entity ENTITY] [--all]",
		Short: "Rebuild the state topics from the history of events",
		Long: "Writes the states of entities that the state topics lack, as their events in the event\n" +
			"topics tell: for when a state topic was lost. It refuses while ingest runs.\n\n" +
			"After a state topic was lost: stop ingest; 'mokafka topics apply' creates the topic; this\n" +
			"command fills it; start ingest, whose local copy begins anew with the topic. What changed\n" +
			"longer ago than events are kept (90 days) is not found: 'mokafka backfill --feed all\n" +
			"--since …' shows it as SNAPSHOT, and 'mokafka audit' says whether anything is missing.\n\n" +
			"With --all states that are there are written anew, too; which commands wait for their\n" +
			"effect is lost then.",
		Example: "  mokafka replay state --dry-run\n  mokafka replay state --entity offer",
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.replayState(cmd, flags, opts) },
	}
	f := cmd.Flags()
	f.StringVar(&opts.entity, "entity", "", "these only: candidate, offer, interview or headcount")
	f.BoolVar(&opts.all, "all", false, "also of entities that have a state")
	f.BoolVar(&opts.dryRun, "dry-run", false, "say what would be written, and write nothing")
	f.BoolVarP(&opts.yes, "yes", "y", false, "do not ask, also with --all")
	f.BoolVar(&opts.asJSON, "json", false, "write what was done as JSON")
	f.StringVar(&opts.dir, "scratch-dir", "", "where what was read is kept meanwhile (default: with the temporary files)")
	flags.add(cmd, true, true)
	return cmd
}

func (p *program) replayState(cmd *cobra.Command, flags connectionFlags, opts stateOptions) error {
	ctx := cmd.Context()
	what := recovery.Rebuilding{All: opts.all}
	var err error
	if opts.entity != "" {
		if what.Family, err = familyNamed(opts.entity); err != nil {
			return wrongly(cmd, "%w", err)
		}
	}
	var derives deriving
	if err := flags.over(p.environment()).read(&derives); err != nil {
		return err
	}
	w, err := p.openBench(ctx, flags, true)
	if err != nil {
		return err
	}
	defer w.client.Close()
	codec, err := schemas.NewCodec()
	if err != nil {
		return err
	}
	if opts.all && !opts.dryRun && !opts.yes {
		if err := p.confirmed("write states anew that are there?"); err != nil {
			return err
		}
	}
	progress := p.newTicker()
	defer progress.end()
	topics := w.Topics.Topics()
	rebuilder := &recovery.Rebuilder{
		Client: w.client, Options: w.options(p), Topics: topics, Records: w.records, Codec: codec, Decoder: w.decoder,
		Group: derives.group(topics), Graves: derives.Graves, Dir: opts.dir, Now: p.now,
		Progress: func(t recovery.ReplayTally) {
			progress.tell("read %d of %d events, %d states written", t.Read, t.All, t.Written)
		},
	}
	var done []recovery.Rebuilt
	if opts.dryRun {
		done, err = rebuilder.Plan(ctx, what)
	} else {
		done, err = rebuilder.Rebuild(ctx, what)
	}
	progress.end()
	if err != nil {
		return err
	}
	return p.writeRebuilt(done, opts)
}

func (p *program) writeRebuilt(done []recovery.Rebuilt, opts stateOptions) error {
	if opts.asJSON {
		return p.writeJSON(struct {
			DryRun   bool               `json:"dry_run"`
			Families []recovery.Rebuilt `json:"families"`
		}{opts.dryRun, done})
	}
	verb := "WRITTEN"
	if opts.dryRun {
		verb = "TO WRITE"
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintf(table, "FAMILY\tEVENTS\tENTITIES\tKEPT\t%s\tOF THEM DELETED\tFORGOTTEN\n", verb)
	var unread int64
	for _, r := range done {
		unread += r.Unread
		fmt.Fprintf(table, "%s\t%d\t%d\t%d\t%d\t%d\t%d\n", r.Family, r.Events, r.Entities, r.Kept, r.Written, r.Deleted, r.Forgotten)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write what was done: %w", err)
	}
	fmt.Fprintln(p.stdout)
	if opts.dryRun {
		fmt.Fprintln(p.stdout, "nothing was written")
	}
	fmt.Fprintf(p.stdout, "what is older than the events is shown by '%s backfill --feed all --since …'; '%s audit' says whether anything is missing\n", p.called(), p.called())
	if unread > 0 {
		return errors.Join(errReported, fmt.Errorf("%d events can't be read, and were passed over", unread))
	}
	return nil
}
