package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/ingest/audit"
	"github.com/mokafka/mokafka/ingest/derive"
	"github.com/mokafka/mokafka/ingest/normalize"
	"github.com/mokafka/mokafka/internal/moka"
	"github.com/mokafka/mokafka/internal/state"
	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// auditOptions are the flags of "mokafka audit".
type auditOptions struct {
	feed, since    string
	callsPerMinute int
	settle         time.Duration
	asJSON         bool
}

// usualAudit is how far back an audit goes unless told otherwise.
const usualAudit = 30 * 24 * time.Hour

func (p *program) auditCommand() *cobra.Command {
	var flags connectionFlags
	var opts auditOptions
	cmd := &cobra.Command{
		Use:   "audit",
		Short: "Is Kafka's picture complete? Compare it with Moka",
		Long: "Reads Moka for itself and compares what it shows with the state topics, as ingest would:\n" +
			"applications with their offers and interviews (v2/data/ehrApplications), and headcounts,\n" +
			"that were updated since; and which of those in the states Moka does not have any more. What\n" +
			"differs is looked at again after a while, since the topics may be behind; what still does\n" +
			"is named by key and fields, never by values. It writes nothing.\n\n" +
			"Each call shows 20 applications or one headcount. The calls come out of the quota that\n" +
			"ingest and write-back use too, so they are few a minute unless told otherwise.\n\n" +
			"The exit status is 0 where the picture is complete, 1 where it is not or the audit failed.",
		Example: "  mokafka audit\n" +
			"  mokafka audit --since 2026-01-01 --feed applications --calls-per-minute 20 --json",
		GroupID: groupLook,
		Args:    cobra.NoArgs,
		RunE:    func(cmd *cobra.Command, _ []string) error { return p.audit(cmd, flags, opts) },
	}
	f := cmd.Flags()
	f.StringVar(&opts.since, "since", "", "what was updated since this date or time (default: 30 days ago)")
	f.StringVar(&opts.feed, "feed", "all", "applications, headcounts, or all")
	f.IntVar(&opts.callsPerMinute, "calls-per-minute", 10, "how many calls a minute it may make")
	f.DurationVar(&opts.settle, "settle", time.Minute, "after what time to look again at what differs")
	f.BoolVar(&opts.asJSON, "json", false, "write the report as JSON")
	flags.add(cmd, true, true)
	return cmd
}

func (p *program) audit(cmd *cobra.Command, flags connectionFlags, opts auditOptions) error {
	var o organisation
	var api mokaSettings
	env := flags.over(flags.devOrganisation(p.environment()))
	if err := env.read(append(o.rooms(), &api)...); err != nil {
		return err
	}
	cfg := audit.Config{
		OrgID: o.Moka.OrgID, Since: p.now().Add(-usualAudit), Settle: opts.settle,
		Applications: opts.feed != "headcounts", Headcounts: opts.feed != "applications",
	}
	switch {
	case opts.feed != "all" && opts.feed != "applications" && opts.feed != "headcounts":
		return wrongly(cmd, "--feed: %q is not applications, headcounts or all", opts.feed)
	case opts.settle < 0:
		return wrongly(cmd, "--settle: %s is less than 0", opts.settle)
	case opts.callsPerMinute < 1 || opts.callsPerMinute > 1000:
		return wrongly(cmd, "--calls-per-minute: %d is not between 1 and 1000", opts.callsPerMinute)
	case opts.since != "":
		s, err := spanOf(backfillOptions{feed: opts.feed, since: opts.since}, o.Moka.zone(), p.now())
		if err != nil {
			return wrongly(cmd, "%w", err)
		}
		cfg.Since = s.since
	}
	report, err := p.runAudit(cmd.Context(), o, api.API, flags.timeout, cfg, opts.callsPerMinute)
	if err != nil {
		return err
	}
	if opts.asJSON {
		err = p.writeJSON(report)
	} else {
		err = p.writeAudit(report)
	}
	if err == nil && !report.Complete {
		err = errReported
	}
	return err
}

// mokaSettings are for commands that call Moka themselves.
type mokaSettings struct{ API moka.Config }

// Validate names the variables at fault.
func (m mokaSettings) Validate() error { return credentials(m.API, "Moka cannot be asked without") }

func (p *program) runAudit(
	ctx context.Context, o organisation, api moka.Config, timeout time.Duration, cfg audit.Config, perMinute int,
) (report audit.Report, err error) {
	codec, err := schemas.NewCodec()
	if err != nil {
		return report, err
	}
	decider, err := derive.NewDecider(codec.Bundle())
	if err != nil {
		return report, err
	}
	registry, err := o.open(timeout)
	if err != nil {
		return report, err
	}
	decoder, err := schemas.NewDecoder(registry)
	if err != nil {
		return report, err
	}
	quota, err := moka.NewQuota(moka.QuotaConfig{PerMinute: perMinute, HeadcountWritesPerMinute: 1}, nil, nil, nil)
	if err != nil {
		return report, err
	}
	client, err := moka.New(api, moka.Deps{Gate: quota, Attempts: readAttempts, Location: o.Moka.zone(), Log: p.quiet()})
	if err != nil {
		return report, &wrongUseError{err}
	}
	defer client.CloseIdle()
	kafka, err := o.dial(ctx, timeout, p.quiet())
	if err != nil {
		return report, err
	}
	defer kafka.Close()
	dir, err := os.MkdirTemp("", "mokafka-audit-")
	if err != nil {
		return report, fmt.Errorf("make a directory for the states: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	store, err := state.Open(dir, state.BootID())
	if err != nil {
		return report, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	auditor, err := audit.New(cfg, audit.Deps{
		API: client, Decider: decider, Normalize: normalize.Options{Location: o.Moka.zone()}, Now: p.now, Sleep: wait,
		States: audit.NewPicture(audit.PictureDeps{
			OrgID: o.Moka.OrgID, Client: kafka, Topics: o.Topics.Topics(), Families: publish.Families(), Decoder: decoder, Store: store, Now: p.now,
		}),
		Tell: p.auditProgress(),
	})
	if err != nil {
		return report, err
	}
	return auditor.Run(ctx)
}

// readAttempts is how often commands try a read: nobody tries again for them.
const readAttempts = 4

// auditProgress tells now and then on standard error how far it is.
func (p *program) auditProgress() func(audit.Progress) {
	var told time.Time
	return func(now audit.Progress) {
		if p.now().Sub(told) < lineEvery && !strings.HasPrefix(now.Doing, "waiting") {
			return
		}
		told = p.now()
		fmt.Fprintf(p.stderr, "%s (so far %s, %s, %s; %d to look at again)\n", now.Doing, counted(now.Calls, "call", "calls"),
			counted(now.Applications, "application", "applications"), counted(now.Headcounts, "headcount", "headcounts"), now.Findings)
	}
}

func (p *program) writeAudit(r audit.Report) error {
	quiet, copies := 0, 0
	if len(r.Findings) > 0 {
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(table, "WHAT\tFAMILY\tKEY\tUPDATED\tFIELDS")
		for _, f := range r.Findings {
			kind := string(f.Kind)
			switch {
			case f.Copy:
				copies++
				kind += ", a copy"
			case f.Unannounced:
				quiet++
				kind += ", unannounced"
			}
			at := "-"
			if f.UpdatedAt != nil {
				at = f.UpdatedAt.Local().Format(time.DateTime)
			}
			what := strings.Join(f.Fields, ", ")
			if f.Reason != "" {
				what = "it cannot be read: " + f.Reason
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", kind, f.Family, f.Key, at, what)
		}
		if err := table.Flush(); err != nil {
			return fmt.Errorf("write the findings: %w", err)
		}
		fmt.Fprintln(p.stdout)
	}
	verdict := "complete"
	if !r.Complete {
		verdict = "incomplete: " + counted(len(r.Findings)-copies, "finding", "findings")
	}
	fmt.Fprintf(p.stdout, "%s. Compared %s and %s of %s, updated since %s, with %s, in %s to Moka.\n", verdict,
		counted(r.Applications, "application", "applications"), counted(r.Headcounts, "headcount", "headcounts"), r.OrgID,
		r.Since.Local().Format(time.DateTime), counted(r.States, "state", "states"), counted(r.Calls, "call", "calls"))
	if r.Settled > 0 {
		fmt.Fprintf(p.stdout, "At first %d more differed, and were right at the second look: the topics were behind.\n", r.Settled)
	}
	if quiet > 0 {
		fmt.Fprintf(p.stdout, "Unannounced (%d): Moka shows no later updatedAt; the hot set and the sweep (POLL_SWEEP_EVERY) find such in their time.\n", quiet)
	}
	if copies > 0 {
		fmt.Fprintf(p.stdout, "Copies (%d): what an application shows of its job or of the job's headcounts is not the newest; their own topics have it.\n", copies)
	}
	if quiet+copies < len(r.Findings) {
		fmt.Fprintf(p.stdout, "Look into the dead letters ('%[1]s tail dlq'); '%[1]s backfill' has Moka read again.\n", p.called())
	}
	return nil
}
