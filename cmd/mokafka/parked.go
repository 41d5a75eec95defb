package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"text/tabwriter"

	"github.com/spf13/cobra"
	"github.com/twmb/franz-go/pkg/kgo"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

func (p *program) parkedCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:   "parked",
		Short: "See to applications whose commands wait for an operator",
		Long: "When a command has exhausted its attempts, later commands of the same application wait: what\n" +
			"they build upon did not happen, or nobody knows whether it did. Look at the application in\n" +
			"Moka, and then have the waiting commands carried out (release) or given up (drop). The command\n" +
			"that failed stays FAILED: send it again under a new id if it is still wanted.",
		Example: "  mokafka parked list\n" +
			"  mokafka parked release --application 12798 --dry-run",
		GroupID: groupRecover,
	}, p.parkedListCommand(), p.parkedEndCommand(writeback.ControlRelease), p.parkedEndCommand(writeback.ControlDrop))
}

func (p *program) parkedListCommand() *cobra.Command {
	var flags connectionFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "list",
		Short: "List them, with what failed and what waits",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			lot, err := p.openParked(flags)
			if err != nil {
				return err
			}
			keys, err := lot.list(cmd.Context())
			switch {
			case err != nil:
				return err
			case asJSON:
				return p.writeJSON(map[string]any{"parked": keys})
			}
			return lot.table(keys)
		},
	}
	flags.add(cmd, true, true)
	cmd.Flags().BoolVar(&asJSON, "json", false, "write it as JSON")
	return cmd
}

// parkedOptions are the flags of "parked release" and "parked drop".
type parkedOptions struct {
	application         int64
	key                 string
	dryRun, yes, asJSON bool
}

func (p *program) parkedEndCommand(word string) *cobra.Command {
	var flags connectionFlags
	var opts parkedOptions
	cmd := &cobra.Command{
		Use:   word + " --application N",
		Short: "Have what waits carried out, in its order",
		Long: "Has the commands that wait carried out, in their order and before anything that is sent now.\n" +
			"If one of them fails, the application is parked again.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.endParking(cmd, flags, opts, word)
		},
	}
	if word == writeback.ControlDrop {
		cmd.Short = "Give up what waits: it will have FAILED"
		cmd.Long = "Gives up the commands that wait: their result is FAILED, \"dropped by an operator\", and their\n" +
			"ids are used up. What is sent from then on is carried out."
		cmd.Flags().BoolVar(&opts.yes, "yes", false, "do not ask")
	}
	flags.add(cmd, true, true)
	cmd.Flags().Int64Var(&opts.application, "application", 0, "the application, of the organisation MOKA_ORG_ID")
	cmd.Flags().StringVar(&opts.key, "key", "", "the key, as 'mokafka parked list' shows it; for headcounts")
	cmd.Flags().BoolVar(&opts.dryRun, "dry-run", false, "say what would happen, and do nothing")
	cmd.Flags().BoolVar(&opts.asJSON, "json", false, "write what happens as JSON")
	return cmd
}

// parkedLot is where parked keys are looked at.
type parkedLot struct {
	*program
	org  organisation
	deps writeback.ParkingDeps
	dial func(context.Context) (*kgo.Client, error)
}

func (p *program) openParked(flags connectionFlags) (*parkedLot, error) {
	lot := &parkedLot{program: p}
	o := &lot.org
	if err := flags.over(flags.devOrganisation(p.environment())).read(o.rooms()...); err != nil {
		return nil, err
	}
	registry, err := o.open(flags.timeout)
	if err != nil {
		return nil, err
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		return nil, err
	}
	lot.deps = writeback.ParkingDeps{
		Options: func() ([]kgo.Opt, error) { return o.Kafka.Options("parked", p.quiet(), nil) },
		Topics:  o.Topics.Topics(), Decoder: decoder,
	}
	lot.dial = func(ctx context.Context) (*kgo.Client, error) { return o.dial(ctx, flags.timeout, p.quiet()) }
	return lot, nil
}

// list reads which keys are parked; where Kafka is away, it says so in one line.
func (l *parkedLot) list(ctx context.Context) ([]writeback.ParkedKey, error) {
	client, err := l.dial(ctx)
	if err != nil {
		return nil, err
	}
	client.Close()
	keys, err := writeback.ListParked(ctx, l.deps)
	if err != nil {
		return nil, fmt.Errorf("list what is parked: %w", err)
	}
	for i := range keys {
		keys[i].Waiting = append([]writeback.ParkedCommand{}, keys[i].Waiting...) // JSON: a list, not null
	}
	return append([]writeback.ParkedKey{}, keys...), nil
}

func (l *parkedLot) table(keys []writeback.ParkedKey) error {
	if len(keys) == 0 {
		fmt.Fprintln(l.stdout, "nothing is parked")
		return nil
	}
	table := tabwriter.NewWriter(l.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "KEY\tSINCE\tWAITING\tFAILED\tREASON")
	for _, k := range keys {
		fmt.Fprintf(table, "%s\t%s\t%d\t%s\t%s\n", k.Key, moment(k.Since), len(k.Waiting), k.Command, k.Reason)
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the table: %w", err)
	}
	fmt.Fprintf(l.stdout, "\nLook at them in Moka; then '%[1]s parked release' carries out what waits, '%[1]s parked drop' gives it up.\n", l.called())
	return nil
}

// ended is what "parked release" and "parked drop" tell programs.
type ended struct {
	writeback.ParkedKey
	Word   string `json:"word"`
	DryRun bool   `json:"dry_run"`
}

func (p *program) endParking(cmd *cobra.Command, flags connectionFlags, opts parkedOptions, word string) error {
	byID := cmd.Flags().Changed("application")
	if byID == (opts.key != "") {
		return wrongly(cmd, "say which: --application or --key")
	}
	if byID && opts.application <= 0 {
		return wrongly(cmd, "--application: %d is not above 0; those below do not come from Moka, and nothing is written to them", opts.application)
	}
	lot, err := p.openParked(flags)
	if err != nil {
		return err
	}
	key := cmp.Or(opts.key, fmt.Sprintf("%s:app:%d", lot.org.Moka.OrgID, opts.application))
	ctx := cmd.Context()
	keys, err := lot.list(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(keys, func(k writeback.ParkedKey) bool { return k.Key == key })
	if i < 0 {
		return fmt.Errorf("%s is not parked: see '%s parked list'", key, p.called())
	}
	lot.foretell(keys[i], word, opts)
	if !opts.dryRun {
		if err := lot.end(ctx, keys[i], word, opts); err != nil {
			return err
		}
	}
	if opts.asJSON {
		return p.writeJSON(ended{keys[i], word, opts.dryRun})
	}
	return nil
}

// foretell says what will happen.
func (l *parkedLot) foretell(k writeback.ParkedKey, word string, opts parkedOptions) {
	if opts.asJSON {
		return
	}
	fmt.Fprintf(l.stdout, "%s is parked since %s: command %s failed (%s)\n", k.Key, moment(k.Since), k.Command, k.Reason)
	verb := "will be"
	if opts.dryRun {
		verb = "would be"
	}
	what := verb + " carried out, in this order"
	if word == writeback.ControlDrop {
		what = verb + " given up (FAILED)"
	}
	if len(k.Waiting) == 0 {
		fmt.Fprintln(l.stdout, "nothing waits; later commands "+verb+" carried out again")
		return
	}
	fmt.Fprintf(l.stdout, "%s %s:\n", counted(len(k.Waiting), "command", "commands"), what)
	for _, w := range k.Waiting {
		fmt.Fprintf(l.stdout, "  %s\n", w.ID)
	}
}

func (l *parkedLot) end(ctx context.Context, k writeback.ParkedKey, word string, opts parkedOptions) error {
	if word == writeback.ControlDrop && !opts.yes {
		if err := l.confirmed("give up %s of %s?", counted(len(k.Waiting), "command", "commands"), k.Key); err != nil {
			return err
		}
	}
	do := writeback.Release
	if word == writeback.ControlDrop {
		do = writeback.Drop
	}
	err := do(ctx, l.deps, k.Key)
	if errors.Is(err, writeback.ErrNotParked) {
		return fmt.Errorf("%s is no longer parked: somebody else ended it", k.Key)
	}
	if err != nil {
		return err
	}
	if !opts.asJSON {
		fmt.Fprintf(l.stdout, "said so to the worker that has %s: '%s parked list' and the results show when it has obeyed\n", k.Key, l.called())
	}
	return nil
}
