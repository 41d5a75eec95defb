package main

import (
	"cmp"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/recovery"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// deriving is what commands need to know of those who derive.
type deriving struct {
	Group  string        `env:"DERIVE_GROUP"`
	Graves time.Duration `env:"DERIVE_GRAVE_RETENTION,default=168h"`
}

// group is the consumer group of those who derive.
func (d deriving) group(topics publish.Topics) string {
	return cmp.Or(d.Group, topics.DeriveGroup())
}

// journalOptions are the flags of "replay journal".
type journalOptions struct {
	from, until, entity, org, dir string
	application, headcount        int64

	dryRun, changedOnly, asJSON bool
}

func (p *program) replayJournalCommand() *cobra.Command {
	var flags connectionFlags
	var opts journalOptions
	cmd := &cobra.Command{
		Use:   "journal --from TIME --to TIME [--application N | --headcount N | --entity ENTITY]",
		Short: "Derive a range of the journal anew, after a mapper fix",
		Long: "Derives what was journaled between two times anew, with the mapper of this build, and\n" +
			"publishes what it comes to with the channel REPLAY. At the same revision of the mapper the\n" +
			"event_ids are the same: who knows ids sees nothing new. A new revision gives new ones.\n\n" +
			"Entries are judged by what was known then. What is past is published by this command; of\n" +
			"what would change today's state the entry goes into the journal once more, and ingest\n" +
			"corrects the state and tells of it. Let ingest run with the mended mapper before and\n" +
			"meanwhile: what arrives is neither lost nor undone. Nothing is written to Moka or asked of\n" +
			"it, and no command is repeated. What was interrupted can just be repeated.\n\n" +
			"--dry-run says what would differ, and publishes nothing.",
		Example: "  mokafka replay journal --from 2026-03-01T08:00:00+08:00 --to 2026-03-02T12:00:00+08:00 --dry-run\n" +
			"  mokafka replay journal --from 6h --to 0s --application 4711 --changed-only",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return p.replayJournal(cmd, flags, opts) },
	}
	f := cmd.Flags()
	f.StringVar(&opts.from, "from", "", "from this time (with its zone), day (Moka's), or so long ago (6h) on")
	f.StringVar(&opts.until, "to", "", "and up to this one, not included")
	f.Int64Var(&opts.application, "application", 0, "this application only, with its offer and interviews")
	f.Int64Var(&opts.headcount, "headcount", 0, "this headcount only")
	f.StringVar(&opts.entity, "entity", "", "these only: candidate, offer, interview or headcount")
	f.StringVar(&opts.org, "org", "", "this organisation only (default: all; for --application and --headcount MOKA_ORG_ID)")
	f.BoolVar(&opts.changedOnly, "changed-only", false, "leave out events that were published just so")
	f.BoolVar(&opts.dryRun, "dry-run", false, "say what would come of it, and publish nothing")
	f.BoolVar(&opts.asJSON, "json", false, "write the summary as JSON")
	f.StringVar(&opts.dir, "scratch-dir", "", "where the state of then is kept meanwhile (default: with the temporary files)")
	flags.add(cmd, true, true)
	return cmd
}

// span reads the flags.
func (o *journalOptions) span(cmd *cobra.Command, moka account, now time.Time) (recovery.Span, error) {
	s := recovery.Span{Org: o.org}
	if o.from == "" || o.until == "" {
		return s, wrongly(cmd, "--from and --to are needed")
	}
	chosen := 0
	for _, name := range []string{"application", "headcount", "entity"} {
		if cmd.Flags().Changed(name) {
			chosen++
		}
	}
	if chosen > 1 {
		return s, wrongly(cmd, "--application, --headcount and --entity exclude each other")
	}
	var err error
	if s.From, err = zonedMoment("--from", o.from, moka.zone(), now); err != nil {
		return s, wrongly(cmd, "%w", err)
	}
	if s.Until, err = zonedMoment("--to", o.until, moka.zone(), now); err != nil {
		return s, wrongly(cmd, "%w", err)
	}
	if err := s.Validate(); err != nil {
		return s, wrongly(cmd, "%w", err)
	}
	org := cmp.Or(o.org, moka.OrgID)
	switch {
	case o.application != 0:
		s.Root = publish.Root(org, o.application)
	case o.headcount != 0:
		s.Root = publish.HeadcountRoot(org, o.headcount)
	case o.entity != "":
		if s.Family, err = familyNamed(o.entity); err != nil {
			return s, wrongly(cmd, "%w", err)
		}
	}
	return s, nil
}

// familyNamed reads --entity.
func familyNamed(name string) (*publish.Family, error) {
	for _, f := range publish.Families() {
		if name == f.Entity() || name == f.String() {
			return &f, nil
		}
	}
	return nil, fmt.Errorf("--entity: %q is not candidate, offer, interview or headcount", name)
}

// zonedMoment reads a time with its zone, a day of Moka's, or how long ago.
func zonedMoment(flag, text string, zone *time.Location, now time.Time) (time.Time, error) {
	at, _, err := momentOf(flag, text, zone)
	if ago, parseErr := time.ParseDuration(text); parseErr == nil && ago >= 0 {
		at, err = now.Add(-ago), nil
	}
	if err != nil {
		return at, fmt.Errorf("%s: %q is not a time with its zone such as 2026-01-31T08:00:00+08:00, a day such as 2026-01-31, or how long ago such as 6h", flag, text)
	}
	return at.Truncate(time.Millisecond), nil
}

func (p *program) replayJournal(cmd *cobra.Command, flags connectionFlags, opts journalOptions) error {
	ctx := cmd.Context()
	var moka account
	var derives deriving
	env := flags.over(flags.devOrganisation(p.environment()))
	if opts.org != "" {
		env.flags["MOKA_ORG_ID"] = flagValue{"--org", opts.org}
	}
	if err := env.read(&moka, &derives); err != nil {
		return err
	}
	span, err := opts.span(cmd, moka, p.now())
	if err != nil {
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
	progress := p.newTicker()
	defer progress.end()
	topics := w.Topics.Topics()
	replayer := &recovery.Replayer{
		Client: w.client, Options: w.options(p), Topics: topics, Records: w.records, Codec: codec, Decoder: w.decoder,
		Normalize: normalize.Options{Location: moka.zone()}, Group: derives.group(topics), Dir: opts.dir, Now: p.now,
		Progress: func(t recovery.ReplayTally) {
			progress.tell("read %d of %d, %d published", t.Read, t.All, t.Written)
		},
	}
	var done recovery.Replayed
	if opts.dryRun {
		done, err = replayer.Plan(ctx, span)
	} else {
		done, err = replayer.Replay(ctx, span, opts.changedOnly)
	}
	progress.end()
	if err != nil {
		if done.Published > 0 {
			err = fmt.Errorf("%w\n%d records were published; the same command goes on, with --from %s --to %s: what comes twice has the same ids",
				err, done.Published, exact(span.From), exact(span.Until))
		}
		return err
	}
	return p.writeReplayed(done, opts)
}

func (p *program) writeReplayed(done recovery.Replayed, opts journalOptions) error {
	if opts.asJSON {
		return p.writeJSON(struct {
			DryRun      bool `json:"dry_run"`
			ChangedOnly bool `json:"changed_only"`
			recovery.Replayed
		}{opts.dryRun, opts.changedOnly, done})
	}
	out := p.stdout
	fmt.Fprintf(out, "from %s to %s, with revision %d of the mapper\n\n", exact(done.From), exact(done.Until), done.Revision)
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	line := func(what string, n int64, note string) {
		if note != "" {
			note = "\t" + note
		}
		fmt.Fprintf(table, "%s\t%d%s\n", what, n, note)
	}
	line("entries", done.Entries, fmt.Sprintf("of %s; %d before them were read for what was known", counted(int(done.Entities), "entity", "entities"), done.Before))
	line("events the same", done.Same, "")
	line("events that differ", done.Different, "")
	line("new events", done.New, "")
	line("no longer there", done.Gone, "events that were published and do not come out any more")
	line("dead letters", done.Unreadable, "entries that can't be read")
	line("states to correct", done.Corrected, fmt.Sprintf("by %s put into the journal once more", counted(int(done.Journaled), "entry", "entries")))
	if done.Waiting > 0 {
		line("left out", done.Waiting, "entries that ingest has not come to")
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the summary: %w", err)
	}
	if err := p.tableDifferences(done.Sample); err != nil {
		return err
	}
	if opts.dryRun {
		fmt.Fprintln(out, "\nnothing was published")
		return nil
	}
	fmt.Fprintf(out, "\n%s\n", counted(int(done.Published), "record was published", "records were published"))
	return nil
}

func (p *program) tableDifferences(sample []recovery.Difference) error {
	if len(sample) == 0 {
		return nil
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nFOR EXAMPLE\tENTRY\tKEY\tTYPE\tFIELDS")
	for _, d := range sample {
		fmt.Fprintf(table, "%s\t%d@%d\t%s\t%s\t%s\n", d.What, d.Partition, d.Offset, d.Key, strings.ToLower(d.Type), cmp.Or(strings.Join(d.Fields, " "), "-"))
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the sample: %w", err)
	}
	return nil
}
