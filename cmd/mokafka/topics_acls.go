package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/publish"
)

func (p *program) topicsACLsCommand() *cobra.Command {
	var principal, role, group, format string
	cmd := &cobra.Command{
		Use:   "acls",
		Short: "List the rights that each worker needs on Kafka, and no more",
		Long: "Lists the rights on topics, groups and transactional ids that a role needs, by the names\n" +
			"that are configured here. It asks nobody and changes nothing. The roles: ingest and\n" +
			"writeback are the workers, consumer a team that reads events and states, producer one that\n" +
			"puts commands, operator a person or job with the other commands. 'mokafka doctor --role ROLE'\n" +
			"tells which of them the user lacks who is configured here.\n\n" +
			"  mokafka topics acls --role ingest --principal User:mokafka-ingest --format kafka-acls",
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			roles, err := rolesOf(role)
			if err != nil {
				return err
			}
			i, err := p.environment().installation(roles)
			if err != nil {
				return err
			}
			i.ConsumerGroup = group
			list := make([]grants, 0, len(roles))
			for _, r := range roles {
				list = append(list, grants{r, cmp.Or(principal, "User:mokafka-"+string(r)), i.Rights(r)})
			}
			switch format {
			case "table":
				return p.writeGrants(list)
			case "kafka-acls":
				p.writeKafkaACLs(list)
				return nil
			case "json":
				return p.writeJSON(list)
			}
			return &wrongUseError{fmt.Errorf("--format: %q is not table, kafka-acls or json", format)}
		},
	}
	cmd.Flags().StringVar(&role, "role", "", "ingest, writeback, consumer, producer or operator (default: all)")
	cmd.Flags().StringVar(&principal, "principal", "", "who gets them (default: User:mokafka-ROLE)")
	cmd.Flags().StringVar(&group, "group", "", "the consumer's group; with * at its end all that begin so")
	cmd.Flags().StringVar(&format, "format", "table", "table, kafka-acls (commands to run) or json")
	return cmd
}

// grants are the rights that a role is to be given.
type grants struct {
	Role      publish.Role    `json:"role"`
	Principal string          `json:"principal"`
	Rights    []publish.Right `json:"rights"`
}

// rolesOf is the role that a flag names, or all where it names none.
func rolesOf(name string) ([]publish.Role, error) {
	if name == "" {
		return publish.Roles(), nil
	}
	if r := publish.Role(name); slices.Contains(publish.Roles(), r) {
		return []publish.Role{r}, nil
	}
	return nil, &wrongUseError{fmt.Errorf("--role: %q is not ingest, writeback, consumer, producer or operator", name)}
}

// installation reads what the names of resources depend on. The organisation is
// needed where some role's do.
func (e environment) installation(roles []publish.Role) (publish.Installation, error) {
	var s struct {
		Topics publish.TopicConfig
		Groups struct {
			Derive    string `env:"DERIVE_GROUP"`
			Poll      string `env:"POLL_GROUP"`
			Writeback string `env:"WRITEBACK_GROUP"`
		}
	}
	var moka account
	targets := []any{&s.Topics, &s.Groups}
	if slices.Contains(roles, publish.RoleIngest) || slices.Contains(roles, publish.RoleOperator) {
		targets = append(targets, &moka)
	}
	err := e.read(targets...)
	return publish.Installation{
		Topics: s.Topics, OrgID: moka.OrgID, DeriveGroup: s.Groups.Derive, PollGroup: s.Groups.Poll, WritebackGroup: s.Groups.Writeback,
	}, err
}

func (p *program) writeGrants(list []grants) error {
	for n, g := range list {
		if n > 0 {
			fmt.Fprintln(p.stdout)
		}
		fmt.Fprintf(p.stdout, "%s, as %s\n\n", g.Role, g.Principal)
		table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
		for _, r := range g.Rights {
			name := r.Name
			if r.Prefixed {
				name += "*"
			}
			fmt.Fprintf(table, "  %s\t%s\t%s\t%s\n", r.Resource, name, r.Operation, r.Why)
		}
		if err := table.Flush(); err != nil {
			return fmt.Errorf("write the rights: %w", err)
		}
	}
	return nil
}

// writeKafkaACLs writes a command for each resource of each role.
func (p *program) writeKafkaACLs(list []grants) {
	for _, g := range list {
		fmt.Fprintf(p.stdout, "# %s\n", g.Role)
		for _, line := range kafkaACLs(g.Principal, g.Rights) {
			fmt.Fprintln(p.stdout, line)
		}
	}
}

// kafkaACLs are the commands of Kafka's own tool that give rights to a principal,
// those on one resource together.
func kafkaACLs(principal string, rights []publish.Right) []string {
	type resource struct {
		kind     publish.ResourceKind
		name     string
		prefixed bool
	}
	var order []resource
	operations := map[resource][]string{}
	for _, r := range rights {
		at := resource{r.Resource, r.Name, r.Prefixed}
		if _, ok := operations[at]; !ok {
			order = append(order, at)
		}
		operations[at] = append(operations[at], r.Operation)
	}
	var lines []string
	for _, at := range order {
		line := `kafka-acls.sh --bootstrap-server "$BROKERS" --command-config "$ADMIN" --add --allow-principal ` + quoted(principal)
		for _, op := range operations[at] {
			line += " --operation " + op
		}
		line += " --" + string(at.kind) + " " + quoted(at.name)
		if at.prefixed {
			line += " --resource-pattern-type prefixed"
		}
		lines = append(lines, line)
	}
	return lines
}

// quoted is a word of a shell.
func quoted(word string) string {
	if word != "" && !strings.ContainsFunc(word, outsideOrgIDOrColon) {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}

func outsideOrgIDOrColon(r rune) bool { return r != ':' && outsideOrgID(r) }
