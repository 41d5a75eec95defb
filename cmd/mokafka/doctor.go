package main

import (
	"fmt"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/publish"
)

func (p *program) doctorCommand() *cobra.Command {
	var flags connectionFlags
	var asJSON bool
	var role, group string
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check configuration, Kafka, registry, topics, schemas and Moka",
		Long: "Checks what 'mokafka ingest' and 'mokafka writeback' would need, as they are configured\n" +
			"here, and says what to do about what it finds: also which of Moka's feeds the account may\n" +
			"read, and whether the clocks agree, for which it calls Moka six to eight times. It changes\n" +
			"nothing: a file that it writes in STATE_DIR and WRITEBACK_STATE_DIR, it removes.\n\n" +
			"With --role it looks at what that one needs alone, and which rights on Kafka the user\n" +
			"lacks who is configured here; 'mokafka topics acls' lists them all.",
		GroupID: groupSetUp,
		Args:    cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if role == "" {
				role = string(publish.RoleIngest)
			}
			roles, err := rolesOf(role)
			if err != nil {
				return err
			}
			e := examination{program: p, env: flags.over(p.environment()), timeout: flags.timeout, role: roles[0], group: group}
			e.all(cmd.Context())
			if asJSON {
				if err := p.writeJSON(map[string]any{"ok": e.well(), "checks": e.findings}); err != nil {
					return err
				}
			} else if err := e.writeTable(); err != nil {
				return err
			}
			if !e.well() {
				return errReported
			}
			return nil
		},
	}
	flags.add(cmd, true, true)
	cmd.Flags().StringVar(&role, "role", "", "whose needs and rights on Kafka to look at: ingest, writeback, consumer, producer or operator\n(default: ingest; write-back too, but its rights)")
	cmd.Flags().StringVar(&group, "group", "", "the consumer's group, with --role consumer")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the findings as JSON")
	return cmd
}

// finding is the result of one check.
type finding struct {
	Check  string `json:"check"`
	Status string `json:"status"`
	Detail string `json:"detail"`
	// Mend says what to do; empty where the detail does, or nothing is to be done.
	Mend string `json:"mend,omitempty"`
}

// The statuses of a finding.
const (
	statusRight   = "ok"
	statusDoubt   = "warning"
	statusWrong   = "wrong"
	statusSkipped = "skipped"
)

func (e *examination) right(check, format string, args ...any) {
	e.findings = append(e.findings, finding{check, statusRight, fmt.Sprintf(format, args...), ""})
}

func (e *examination) doubt(check, mend, format string, args ...any) {
	e.findings = append(e.findings, finding{check, statusDoubt, fmt.Sprintf(format, args...), mend})
}

func (e *examination) wrong(check, mend, format string, args ...any) {
	e.findings = append(e.findings, finding{check, statusWrong, fmt.Sprintf(format, args...), mend})
}

func (e *examination) skip(check, why string) {
	e.findings = append(e.findings, finding{check, statusSkipped, why, ""})
}

// well tells whether nothing is wrong.
func (e *examination) well() bool {
	for _, f := range e.findings {
		if f.Status == statusWrong {
			return false
		}
	}
	return true
}

func (e *examination) writeTable() error {
	marks := map[string]string{statusRight: "✓", statusDoubt: "!", statusWrong: "✗", statusSkipped: "–"}
	table := tabwriter.NewWriter(e.stdout, 0, 0, 2, ' ', 0)
	wrong, doubts := 0, 0
	for _, f := range e.findings {
		switch f.Status {
		case statusWrong:
			wrong++
		case statusDoubt:
			doubts++
		}
		lines := strings.Split(f.Detail, "\n")
		if f.Mend != "" {
			lines = append(lines, "→ "+f.Mend)
		}
		head := marks[f.Status] + " " + f.Check
		for _, line := range lines {
			fmt.Fprintf(table, "%s\t%s\n", head, line)
			head = ""
		}
	}
	if err := table.Flush(); err != nil {
		return fmt.Errorf("write the findings: %w", err)
	}
	switch {
	case wrong > 0:
		fmt.Fprintf(e.stdout, "\n%s to be put right before %s can work.\n", counted(wrong, "thing is", "things are"), e.worker())
	case doubts > 0:
		fmt.Fprintf(e.stdout, "\n%s can work; %s worth a look.\n", e.worker(), counted(doubts, "thing is", "things are"))
	default:
		fmt.Fprintf(e.stdout, "\nall is well: %s can work.\n", e.worker())
	}
	return nil
}

// worker is who is to work.
func (e *examination) worker() string {
	switch e.role {
	case publish.RoleIngest, publish.RoleWriteback:
		return "'mokafka " + string(e.role) + "'"
	case publish.RoleOperator:
		return "an operator"
	default:
		return "a " + string(e.role)
	}
}

func counted(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
