package main

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/recovery"
)

// settleOptions are the flags of "dlq redrive" and "dlq drop".
type settleOptions struct {
	which  letterFlags
	reason string

	all, again, dryRun, yes, asJSON bool
}

func (o *settleOptions) add(cmd *cobra.Command) {
	o.which.add(cmd)
	cmd.Flags().BoolVar(&o.all, "all", false, "all that are open")
	cmd.Flags().StringVar(&o.reason, "reason", "", "why, for those who look later; no personal data")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "say what would be done, and write nothing")
	cmd.Flags().BoolVarP(&o.yes, "yes", "y", false, "do not ask, also where it is more than one")
	cmd.Flags().BoolVar(&o.asJSON, "json", false, "write what was done as JSON")
}

func (p *program) dlqRedriveCommand() *cobra.Command {
	var flags connectionFlags
	var opts settleOptions
	cmd := &cobra.Command{
		Use:   "redrive [ID…]",
		Short: "Put dead letters back where they were refused",
		Long: "Puts the bytes of dead letters back where they were refused, those of one key in the order\n" +
			"in which they were refused, marked with the headers moka_redriven (the letter's id) and\n" +
			"moka_attempt (2, 3, …):\n\n" +
			"  derive     the journal record goes into the journal again\n" +
			"  webhook    the bytes are read as the door reads them, with the WEBHOOK_DATA_KEY of now,\n" +
			"             and what they come to goes into the journal\n" +
			"  writeback  the command goes into the commands topic again; the ledger decides, so that\n" +
			"             one that has a result is not applied a second time\n" +
			"  poll       has no bytes: it is said what to do instead\n\n" +
			"A letter that is redriven is done; should it be refused again, there is a new one. With\n" +
			"--again those that are done are redriven once more. Each batch is one transaction, so\n" +
			"that what is interrupted can just be repeated.",
		Example: "  mokafka dlq redrive --stage derive --class avro --dry-run\n" +
			"  mokafka dlq redrive 0b0f6f0e-3c0e-8a52-9e1c-5d8d6d1f3c11",
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.settle(cmd, flags, opts, args, recovery.Redriven)
		},
	}
	opts.add(cmd)
	cmd.Flags().BoolVar(&opts.again, "again", false, "also those that are done")
	flags.add(cmd, true, true)
	return cmd
}

func (p *program) dlqDropCommand() *cobra.Command {
	var flags connectionFlags
	var opts settleOptions
	cmd := &cobra.Command{
		Use:   "drop [ID…] --reason TEXT",
		Short: "Have dead letters done with",
		Long: "Marks dead letters as done with, for a reason: they are not listed any more. Their bytes\n" +
			"stay in the topic until they are 30 days old, and 'dlq redrive --again' finds them.",
		Example: "  mokafka dlq drop --class not_json --reason 'a test of the settings'",
		RunE: func(cmd *cobra.Command, args []string) error {
			if opts.reason == "" {
				return wrongly(cmd, "--reason: say why")
			}
			return p.settle(cmd, flags, opts, args, recovery.Dropped)
		},
	}
	opts.add(cmd)
	flags.add(cmd, true, true)
	return cmd
}

func (p *program) settle(cmd *cobra.Command, flags connectionFlags, opts settleOptions, ids []string, as recovery.Done) error {
	filter, err := opts.which.filter(cmd, p, ids)
	if err != nil {
		return err
	}
	if chosen := len(ids) > 0 || opts.which.any(cmd); chosen == opts.all {
		return wrongly(cmd, "say which: ids, filters, or --all alone")
	}
	// One that is named and done is told of, not passed over.
	filter.Done = opts.again || len(ids) > 0
	ctx := cmd.Context()
	w, err := p.openBench(ctx, flags, true)
	if err != nil {
		return err
	}
	defer w.client.Close()
	found, err := p.find(ctx, w, filter)
	if err != nil {
		return err
	}
	letters, err := p.chosen(found.Letters, ids, opts.again)
	if err != nil {
		return err
	}
	if len(letters) == 0 {
		if !opts.asJSON {
			fmt.Fprintln(p.stdout, "no dead letters")
			return nil
		}
		return p.writeOutcomes(nil, as, opts)
	}
	progress := p.newTicker()
	settler := &recovery.Settler{
		Letters: w.letters, Options: w.options(p), Records: w.records, Form: p.newForm(w.records), Now: p.now, NewID: newID,
		Progress: func(done, all int) { progress.tell("%d of %d", done, all) },
	}
	work := recovery.Work{As: as, Reason: cmp.Or(opts.reason, "put back where it was refused"), Again: opts.again}
	if opts.dryRun {
		outcomes, err := settler.Plan(ctx, letters, work)
		return errors.Join(p.writeOutcomes(outcomes, as, opts), err)
	}
	if len(letters) > 1 && !opts.yes {
		verb := "redrive"
		if as == recovery.Dropped {
			verb = "drop"
		}
		if err := p.confirmed("%s %d dead letters?", verb, len(letters)); err != nil {
			return err
		}
	}
	outcomes, err := settler.Settle(ctx, letters, work)
	progress.end()
	if err != nil && len(outcomes) == 0 {
		return err
	}
	return errors.Join(p.writeOutcomes(outcomes, as, opts), err)
}

// chosen checks that the ids that were named are there, and open.
func (p *program) chosen(letters []recovery.Letter, ids []string, again bool) ([]recovery.Letter, error) {
	var errs []error
	for _, id := range ids {
		at := slices.IndexFunc(letters, func(l recovery.Letter) bool { return l.ID == id })
		switch {
		case at < 0:
			errs = append(errs, fmt.Errorf("%s: %w", id, recovery.ErrNoLetter))
		case letters[at].Done != recovery.Open && !again:
			errs = append(errs, fmt.Errorf("%s was %s %s already: '%s dlq redrive --again' redrives it once more",
				id, letters[at].Done, moment(*letters[at].DoneAt), p.called()))
		}
	}
	return letters, errors.Join(errs...)
}

func (p *program) writeOutcomes(outcomes []recovery.Outcome, as recovery.Done, opts settleOptions) error {
	left := 0
	for _, o := range outcomes {
		if o.Left != "" {
			left++
		}
	}
	var err error
	if opts.asJSON {
		err = p.writeJSON(struct {
			DryRun  bool               `json:"dry_run"`
			Done    int                `json:"done"`
			Left    int                `json:"left"`
			Letters []recovery.Outcome `json:"letters"`
		}{opts.dryRun, len(outcomes) - left, left, append([]recovery.Outcome{}, outcomes...)})
	} else {
		err = p.tableOutcomes(outcomes, as, opts.dryRun, left)
	}
	if err == nil && left > 0 {
		err = errReported
	}
	return err
}

func (p *program) tableOutcomes(outcomes []recovery.Outcome, as recovery.Done, dryRun bool, left int) error {
	would := ""
	if dryRun {
		would = "would be "
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, o := range outcomes {
		key := cmp.Or(o.Key, "-")
		switch {
		case o.Left != "":
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\tleft: %s\n", o.ID, inWords(o.Stage), o.Class, key, o.Left)
			continue
		case as == recovery.Redriven:
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s%s into %s\n", o.ID, inWords(o.Stage), o.Class, key, would, counted(o.Records, "record", "records"), o.Topic)
		default:
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%sdropped\n", o.ID, inWords(o.Stage), o.Class, key, would)
		}
		if o.Note != "" {
			fmt.Fprintf(table, "\t\t\t\tnote: %s\n", o.Note)
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write what was done: %w", err)
	}
	fmt.Fprintf(p.stdout, "\n%s %s%s", counted(len(outcomes)-left, "dead letter", "dead letters"), would, as)
	if left > 0 {
		fmt.Fprintf(p.stdout, ", %d left as they are", left)
	}
	fmt.Fprintln(p.stdout)
	if dryRun {
		fmt.Fprintln(p.stdout, "nothing was written")
	}
	return nil
}
