package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"
)

// Exit statuses.
const (
	exitDone   = 0
	exitFailed = 1
	exitWrong  = 2
)

// program is the outside world as the commands see it.
type program struct {
	stdin          io.Reader
	stdout, stderr io.Writer
	// name is how the program was called, for commands that are shown to be
	// typed; "" is mokafka.
	name string
	// lookup is os.LookupEnv.
	lookup func(string) (string, bool)
	// hostname is os.Hostname.
	hostname func() (string, error)
	now      func() time.Time
}

// called is how to call the program again.
func (p *program) called() string { return cmp.Or(p.name, "mokafka") }

// run carries out one command line, without the program's name, until it is done
// or ctx ends, and returns the exit status.
func (p *program) run(ctx context.Context, args []string) int {
	root := p.root()
	root.SetArgs(args)
	root.SetIn(p.stdin)
	root.SetOut(p.stdout)
	root.SetErr(p.stderr)
	entered := false
	root.PersistentPreRun = func(*cobra.Command, []string) { entered = true }
	cmd, err := root.ExecuteContextC(ctx)
	var wrong *wrongUseError
	switch {
	case err == nil:
		return exitDone
	case errors.Is(err, errReported):
		return exitFailed
	case errors.As(err, &wrong):
		fmt.Fprintf(p.stderr, "mokafka: %v\n", wrong)
		return exitWrong
	case !entered: // what cobra finds wrong before it runs anything
		fmt.Fprintf(p.stderr, "mokafka: %v\n%s\n", err, seeHelp(cmd))
		return exitWrong
	default:
		fmt.Fprintf(p.stderr, "mokafka: %v\n", err)
		return exitFailed
	}
}

func seeHelp(cmd *cobra.Command) string { return fmt.Sprintf("See '%s --help'.", cmd.CommandPath()) }

// errReported ends a command whose output already says what is wrong.
var errReported = errors.New("reported")

// wrongUseError is a fault in what was asked for, not in doing it.
type wrongUseError struct{ err error }

func (w *wrongUseError) Error() string { return w.err.Error() }
func (w *wrongUseError) Unwrap() error { return w.err }

// wrongly makes an error about arguments, with a pointer to the help.
func wrongly(cmd *cobra.Command, format string, args ...any) error {
	return &wrongUseError{fmt.Errorf("%w\n%s", fmt.Errorf(format, args...), seeHelp(cmd))}
}

// root is the tree of commands.
func (p *program) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "mokafka",
		Short: "Moka recruiting data as Kafka topics",
		Long: "mokafka turns a Moka (mokahr.com) recruiting account into a stream: what happens to\n" +
			"candidates, offers, interviews and headcounts appears as Avro events in Kafka.\n\n" +
			"Start with 'mokafka dev': it runs everything here, with a simulated Moka.",
		SilenceUsage:      true,
		SilenceErrors:     true,
		CompletionOptions: cobra.CompletionOptions{HiddenDefaultCmd: true},
	}
	root.AddGroup(
		&cobra.Group{ID: groupRun, Title: "Run:"},
		&cobra.Group{ID: groupSetUp, Title: "Set up and check:"},
		&cobra.Group{ID: groupLook, Title: "Look and try:"},
		&cobra.Group{ID: groupRecover, Title: "Put right:"},
	)
	root.AddCommand(
		p.devCommand(), p.simCommand(), p.ingestCommand(), p.writebackCommand(), p.backfillCommand(),
		p.topicsCommand(), p.schemasCommand(), p.doctorCommand(), p.healthCommand(), p.configCommand(),
		p.tailCommand(), p.submitCommand(), p.auditCommand(), p.webhookCommand(), p.versionCommand(),
		p.dlqCommand(), p.parkedCommand(), p.checkpointsCommand(), p.replayCommand(),
	)
	return root
}

const (
	groupRun     = "run"
	groupSetUp   = "setup"
	groupLook    = "look"
	groupRecover = "recover"
)

// group makes a command that only has subcommands.
func group(cmd *cobra.Command, subcommands ...*cobra.Command) *cobra.Command {
	cmd.Args = cobra.NoArgs
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		return wrongly(cmd, "'%s' wants to know what to do", cmd.CommandPath())
	}
	cmd.AddCommand(subcommands...)
	return cmd
}
