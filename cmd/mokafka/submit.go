package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mokafka/mokafka/internal/writeback"
	"github.com/mokafka/mokafka/schemas"
)

func (p *program) submitCommand() *cobra.Command {
	cmd := group(&cobra.Command{
		Use:   "submit",
		Short: "Command something of Moka, and wait for what comes of it",
		Long: "Puts a command into moka.writeback.commands.v1, from where 'mokafka writeback' carries it out\n" +
			"in Moka, once. What the worker would refuse without asking Moka is refused here, before\n" +
			"anything is sent. The organisation is MOKA_ORG_ID; with a Kafka on this machine, dev's.\n\n" +
			"The command's --id makes it safe to repeat: the same command under the same id takes\n" +
			"effect once. Where one is given, and the results have its outcome already, that is shown\n" +
			"and nothing is sent.\n\n" +
			"With --wait the exit status is 0 for APPLIED and ALREADY_APPLIED, and 1 otherwise. Ctrl-C\n" +
			"and --timeout end the waiting, not the command.",
		Example: "  mokafka submit move-stage --application 12798 --stage 面试 --wait\n" +
			"  mokafka submit mark-hired --application 12798 --hired-at 2026-12-01 --probation 3 --expect-offer accepted\n" +
			"  mokafka submit offer-status --application 12798 --reject --reason 7 --id onboarding-8812 --wait --json",
		GroupID: groupLook,
	})
	for _, a := range append(applicationActions(), headcountAction()) {
		cmd.AddCommand(p.submitAction(a))
	}
	return cmd
}

// action is one that can be submitted.
type action struct {
	use, short, long, example string
	args                      cobra.PositionalArgs // nil: none
	// headcount tells that it is about one, and not about an application.
	headcount bool
	// flags adds the action's own, and returns what puts them into a command once
	// they are read.
	flags func(f *pflag.FlagSet) filler
}

// filler puts an action into a command. zone is Moka's, nil for Beijing.
type filler func(c *schemas.WritebackCommand, args []string, zone *time.Location) error

// submitOptions are the flags that all actions have.
type submitOptions struct {
	application, expectStage int64
	id, expectOffer, by      string
	expiresIn, timeout       time.Duration
	wait, asJSON             bool
}

func (p *program) submitAction(a action) *cobra.Command {
	var flags connectionFlags
	var opts submitOptions
	var fill filler
	if a.args == nil {
		a.args = cobra.NoArgs
	}
	cmd := &cobra.Command{
		Use: a.use, Short: a.short, Long: cmp.Or(a.long, a.short+"."), Example: a.example, Args: a.args,
		RunE: func(cmd *cobra.Command, args []string) error {
			return p.submit(cmd, flags, opts, func(c *schemas.WritebackCommand, zone *time.Location) error {
				return fill(c, args, zone)
			})
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	if !a.headcount {
		f.Int64Var(&opts.application, "application", 0, "the application (required)")
	}
	fill = a.flags(f)
	if !a.headcount {
		f.Int64Var(&opts.expectStage, "expect-stage", 0, "refuse unless the application is in the stage of this id")
		f.StringVar(&opts.expectOffer, "expect-offer", "", "refuse unless the offer is not-created, pending, sent, accepted or rejected")
	}
	f.StringVar(&opts.id, "id", "", "the command's id, the same for the same intention (default: a new one)")
	f.DurationVar(&opts.expiresIn, "expires-in", 0, "refuse when it could not be carried out within this time (default: never)")
	f.StringVar(&opts.by, "requested-by", "", "who asks (default: user@host)")
	f.BoolVar(&opts.wait, "wait", false, "wait for the result, and show it")
	f.DurationVar(&opts.timeout, "timeout", 30*time.Second, "how long to wait for it")
	f.BoolVar(&opts.asJSON, "json", false, "write the result as JSON")
	flags.addAddresses(cmd, true, true)
	return cmd
}

// submit builds the command, refuses what no worker would take, and sends it.
func (p *program) submit(cmd *cobra.Command, flags connectionFlags, opts submitOptions,
	fill func(*schemas.WritebackCommand, *time.Location) error) error {
	var o organisation
	if err := flags.over(flags.devOrganisation(p.environment())).read(o.rooms()...); err != nil {
		return err
	}
	c, err := opts.command(cmd, p)
	if err != nil {
		return wrongly(cmd, "%w", err)
	}
	c.OrgID = o.Moka.OrgID
	if err := fill(c, o.Moka.zone()); err != nil {
		return wrongly(cmd, "%w", err)
	}
	req, err := writeback.NewRequest(c)
	if err != nil {
		return wrongly(cmd, "%s", plain(err))
	}
	s := &submission{program: p, org: o, opts: opts, req: req, elsewhere: flags.typed()}
	return s.run(cmd.Context())
}

// typed are the addresses as they were typed, to be typed again.
func (f *connectionFlags) typed() string {
	text := ""
	if f.brokers != "" {
		text += " --brokers " + f.brokers
	}
	if f.registry != "" {
		text += " --registry " + f.registry
	}
	return text
}

// plain is what is wrong with a command, as the worker says it in results.
func plain(err error) string {
	return strings.TrimPrefix(err.Error(), schemas.ErrBadCommand.Error()+": ")
}

// command makes what all commands have.
func (o submitOptions) command(cmd *cobra.Command, p *program) (*schemas.WritebackCommand, error) {
	given := cmd.Flags().Changed
	c := &schemas.WritebackCommand{CommandID: o.id, RequestedBy: o.by, RequestedAt: p.now()}
	switch {
	case o.timeout <= 0:
		return nil, fmt.Errorf("--timeout: %s is not above 0", o.timeout)
	case given("timeout") && !o.wait:
		return nil, errors.New("--timeout goes with --wait")
	case given("id") && !schemas.ValidCommandID(o.id):
		return nil, fmt.Errorf("--id: %q is not 1 to %d bytes of text, or begins with %q", o.id, schemas.MaxCommandID, schemas.ReservedIDs)
	case given("expires-in") && o.expiresIn <= 0:
		return nil, fmt.Errorf("--expires-in: %s is not above 0", o.expiresIn)
	}
	if c.CommandID == "" {
		c.CommandID = newID()
	}
	if c.RequestedBy == "" {
		c.RequestedBy = p.whoever()
	}
	if given("application") {
		c.ApplicationID = &o.application
	}
	if given("expires-in") {
		until := c.RequestedAt.Add(o.expiresIn)
		c.ExpiresAt = &until
	}
	if given("expect-stage") {
		c.ExpectedStageID = &o.expectStage
	}
	if given("expect-offer") {
		status, err := word("--expect-offer", o.expectOffer, schemas.OfferStatusNotCreated, schemas.OfferStatusPending,
			schemas.OfferStatusSent, schemas.OfferStatusAccepted, schemas.OfferStatusRejected)
		if err != nil {
			return nil, err
		}
		c.ExpectedOfferStatus = &status
	}
	return c, nil
}

// whoever is the user at this host.
func (p *program) whoever() string {
	user, _ := p.lookup("USER")
	host, err := p.hostname()
	if err != nil {
		host = ""
	}
	return cmp.Or(user, "somebody") + "@" + cmp.Or(host, "somewhere")
}

// word finds the symbol that is meant by what was typed: not-created is
// NOT_CREATED.
func word[T ~string](flag, typed string, symbols ...T) (T, error) {
	names := make([]string, 0, len(symbols))
	for _, s := range symbols {
		name := strings.ReplaceAll(strings.ToLower(string(s)), "_", "-")
		if strings.EqualFold(typed, name) || strings.EqualFold(typed, string(s)) {
			return s, nil
		}
		names = append(names, name)
	}
	return "", fmt.Errorf("%s: %q is none of %s", flag, typed, strings.Join(names, ", "))
}
