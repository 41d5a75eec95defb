package main

import (
	"encoding/json"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/publish"
)

func (p *program) topicsCommand() *cobra.Command {
	return group(&cobra.Command{
		Use:     "topics",
		Short:   "Create, check and document the topics, list the rights on them",
		GroupID: groupSetUp,
	}, p.topicsApplyCommand(), p.topicsDescribeCommand(), p.topicsDocsCommand(), p.topicsACLsCommand())
}

func (p *program) topicsApplyCommand() *cobra.Command {
	var flags connectionFlags
	var opts publish.ApplyOptions
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "apply",
		Short: "Create the topics that are missing, compare the others",
		Long: "Creates the topics that are missing and compares those that are there with what they\n" +
			"should be. Configs that differ are reported, and set with --alter; those mokafka has no\n" +
			"opinion on are never touched. Partition counts are never changed: while one is wrong,\n" +
			"nothing is written.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.topics(cmd, flags, asJSON, &opts)
		},
	}
	flags.add(cmd, true, false)
	cmd.Flags().BoolVar(&opts.DryRun, "dry-run", false, "say what would be done, and write nothing")
	cmd.Flags().BoolVar(&opts.Alter, "alter", false, "set configs that differ")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the report as JSON")
	return cmd
}

func (p *program) topicsDescribeCommand() *cobra.Command {
	var flags connectionFlags
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "describe",
		Short: "Compare the topics with what they should be",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.topics(cmd, flags, asJSON, nil)
		},
	}
	flags.add(cmd, true, false)
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the report as JSON")
	return cmd
}

// topics applies, or where apply is nil describes.
func (p *program) topics(cmd *cobra.Command, flags connectionFlags, asJSON bool, apply *publish.ApplyOptions) error {
	var c connection
	if err := flags.over(p.environment()).read(&c.Kafka, &c.Topics); err != nil {
		return err
	}
	admin, err := c.admin(cmd.Context(), flags.timeout, p.quiet())
	if err != nil {
		return err
	}
	defer admin.Close()
	specs := publish.Catalogue(c.Topics)
	var report publish.Report
	if apply == nil {
		report, err = publish.Describe(cmd.Context(), admin, specs)
	} else {
		report, err = publish.Apply(cmd.Context(), admin, specs, *apply)
	}
	if len(report.Topics) > 0 {
		if err := p.writeReport(report, asJSON); err != nil {
			return err
		}
	}
	return err
}

func (p *program) writeReport(report publish.Report, asJSON bool) error {
	if asJSON {
		return p.writeJSON(report)
	}
	return report.WriteText(p.stdout)
}

// writeJSON writes v for machines, and readable for people.
func (p *program) writeJSON(v any) error {
	enc := json.NewEncoder(p.stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(v); err != nil {
		return fmt.Errorf("write JSON: %w", err)
	}
	return nil
}
