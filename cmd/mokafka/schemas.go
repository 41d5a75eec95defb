package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

func (p *program) schemasCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:     "schemas",
		Short:   "Check, register and export the Avro schemas",
		GroupID: groupSetUp,
	}, p.schemasCheckCommand(), p.schemasRegisterCommand(), p.schemasExportCommand())
}

func (p *program) schemasRegisterCommand() *cobra.Command {
	var flags connectionFlags
	var dryRun, asJSON bool
	cmd := &cobra.Command{
		Use:   "register",
		Short: "Register the schemas of all topics",
		Long: "Registers the schema of each topic's values under <topic>-value, those it refers to\n" +
			"under their full names, and holds the subject to FULL_TRANSITIVE compatibility. What is\n" +
			"registered already stays as it is, so running it again changes nothing.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, registry, err := p.openRegistry(flags)
			if err != nil {
				return err
			}
			done, err := registerSchemas(cmd.Context(), registry, publish.Catalogue(c.Topics), dryRun)
			if errors.Is(err, schemas.ErrRegistryUnavailable) {
				err = noRegistry(err, c.Registry.URLs)
			}
			if len(done) > 0 {
				if err := p.writeRegistrations(done, asJSON); err != nil {
					return err
				}
			}
			return err
		},
	}
	flags.add(cmd, false, true)
	cmd.Flags().BoolVar(&dryRun, "dry-run", false, "say what would be registered, and write nothing")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the result as JSON")
	return cmd
}

// openRegistry reads the configuration of what the schemas commands need.
func (p *program) openRegistry(flags connectionFlags) (connection, *schemas.Registry, error) {
	var c connection
	if err := flags.over(p.environment()).read(&c.Topics, &c.Registry); err != nil {
		return c, nil, err
	}
	registry, err := c.open(flags.timeout)
	return c, registry, err
}

// registration is what became of one topic's schema.
type registration struct {
	Subject string `json:"subject"`
	Record  string `json:"record"`
	// ID is 0 where it is only planned.
	ID     int    `json:"id,omitempty"`
	Status string `json:"status"`
}

// The statuses of a registration.
const (
	schemaThere      = "there"      // registered already
	schemaRegistered = "registered" // was missing, now there
	schemaPlanned    = "planned"    // missing, and would be registered
)

// registerSchemas registers what is missing for the topics. It goes on after a refusal,
// so that all of them are seen at once, but not when the registry is gone.
func registerSchemas(ctx context.Context, registry *schemas.Registry, specs []publish.Spec, dryRun bool) ([]registration, error) {
	bundle, err := avsc.Embedded()
	if err != nil {
		return nil, err
	}
	var done []registration
	var errs []error
	for _, s := range specs {
		r := registration{Subject: s.Subject, Record: s.Record, Status: schemaThere}
		r.ID, err = registry.LookupID(ctx, bundle, s.Subject, s.Record)
		if errors.Is(err, schemas.ErrNotRegistered) {
			r.Status, err = schemaPlanned, nil
			if !dryRun {
				r.Status = schemaRegistered
				r.ID, err = registry.Register(ctx, bundle, s.Subject, s.Record)
			}
		}
		if err == nil && !dryRun {
			err = registry.SetCompatibility(ctx, s.Subject)
		}
		if err != nil {
			errs = append(errs, err)
			if errors.Is(err, schemas.ErrRegistryUnavailable) {
				break
			}
			continue
		}
		done = append(done, r)
	}
	return done, errors.Join(errs...)
}

func (p *program) writeRegistrations(done []registration, asJSON bool) error {
	if asJSON {
		return p.writeJSON(done)
	}
	table := tabwriter.NewWriter(p.stdout, 0, 0, 2, ' ', 0)
	for _, r := range done {
		mark, id := "✓", fmt.Sprintf("id %d", r.ID)
		if r.Status != schemaThere {
			mark = "+"
		}
		if r.Status == schemaPlanned {
			id = ""
		}
		fmt.Fprintf(table, "%s %s\t%s\t%s\t%s\n", mark, r.Subject, r.Record, r.Status, id)
	}
	return table.Flush()
}

func (p *program) schemasExportCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "export DIR",
		Short: "Write the schemas to files, one a record or enum",
		Long: "Writes each schema to DIR/<Record>.avsc, as it is registered: shared records are\n" +
			"referred to by name. DIR is made if needed; files of these names are replaced.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			bundle, err := avsc.Embedded()
			if err != nil {
				return err
			}
			if err := os.MkdirAll(args[0], 0o755); err != nil { //nolint:gosec // schemas are for everybody to read
				return fmt.Errorf("export the schemas: %w", err)
			}
			for _, name := range bundle.Names() {
				file := filepath.Join(args[0], name+".avsc")
				if err := os.WriteFile(file, []byte(bundle[name]), 0o644); err != nil { //nolint:gosec // as above
					return fmt.Errorf("export the schemas: %w", err)
				}
			}
			fmt.Fprintf(p.stdout, "%d schemas written to %s\n", len(bundle), args[0])
			return nil
		},
	}
}
