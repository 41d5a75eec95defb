package main

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
	"github.com/mokafka/mokafka/schemas/avsc"
)

func (p *program) schemasCheckCommand() *cobra.Command {
	var flags connectionFlags
	var ref string
	var againstRegistry, asJSON bool
	cmd := &cobra.Command{
		Use:   "check [--against-ref REF | --against-registry]",
		Short: "Check that the schemas are compatible with earlier ones",
		Long: "Compares this build's schemas with those of an earlier git ref (of the repository one\n" +
			"stands in), or with every version in the registry, which is the default. Each has to read\n" +
			"what the other wrote: a replay meets every version, and old consumers meet new ones.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if ref != "" && againstRegistry {
				return wrongly(cmd, "--against-ref and --against-registry exclude each other")
			}
			if ref != "" {
				specs := publish.Catalogue(publish.TopicConfig{Prefix: "moka", Partitions: 1, Replication: 1})
				found, err := checkAgainstRef(cmd.Context(), ref, specs)
				if err != nil {
					return err
				}
				return p.writeIncompatibilities(found, ref, specs, asJSON)
			}
			found, specs, err := p.checkAgainstRegistry(cmd.Context(), flags)
			if err != nil {
				return err
			}
			return p.writeIncompatibilities(found, "the registry", specs, asJSON)
		},
	}
	flags.add(cmd, false, true)
	cmd.Flags().StringVar(&ref, "against-ref", "", "compare with the schemas of this git ref")
	cmd.Flags().BoolVar(&againstRegistry, "against-registry", false, "compare with every version in the registry")
	cmd.Flags().BoolVar(&asJSON, "json", false, "write the findings as JSON")
	return cmd
}

// roots are the records that topics carry.
func roots(specs []publish.Spec) []string {
	names := make([]string, 0, len(specs))
	for _, s := range specs {
		names = append(names, s.Record)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func checkAgainstRef(ctx context.Context, ref string, specs []publish.Spec) ([]schemas.Incompatibility, error) {
	old, err := bundleAt(ctx, ref)
	if err != nil {
		return nil, err
	}
	mine, err := avsc.Embedded()
	if err != nil {
		return nil, err
	}
	found, err := schemas.CheckFull(old, mine, roots(specs)...)
	if err != nil {
		return nil, fmt.Errorf("compare with %s: %w", ref, err)
	}
	return found, nil
}

// bundleAt reads the schemas of a git ref.
func bundleAt(ctx context.Context, ref string) (avsc.Bundle, error) {
	if _, err := git(ctx, "rev-parse", "--git-dir"); err != nil {
		return nil, fmt.Errorf("--against-ref: %w", err)
	}
	commit, err := git(ctx, "rev-parse", "--verify", "--quiet", "--end-of-options", ref+"^{commit}")
	if err != nil {
		return nil, fmt.Errorf("--against-ref: %s is no commit of the git repository here", ref)
	}
	tree := strings.TrimSpace(string(commit)) + ":schemas/avsc"
	packed, err := git(ctx, "archive", "--format=zip", tree)
	if err != nil {
		return nil, fmt.Errorf("--against-ref: %s has no schemas/avsc: %w", ref, err)
	}
	files, err := zip.NewReader(bytes.NewReader(packed), int64(len(packed)))
	if err != nil {
		return nil, fmt.Errorf("unpack the schemas of %s: %w", ref, err)
	}
	bundle, err := avsc.Read(files)
	if err != nil {
		return nil, fmt.Errorf("read the schemas of %s: %w", ref, err)
	}
	return bundle, nil
}

func git(ctx context.Context, args ...string) ([]byte, error) {
	var stderr bytes.Buffer
	cmd := exec.CommandContext(ctx, "git", args...) //nolint:gosec // the ref stands behind --end-of-options
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if text := strings.TrimSpace(stderr.String()); err != nil && text != "" {
		return nil, errors.New(text)
	}
	return out, err
}

func (p *program) checkAgainstRegistry(ctx context.Context, flags connectionFlags) ([]schemas.Incompatibility, []publish.Spec, error) {
	c, registry, err := p.openRegistry(flags)
	if err != nil {
		return nil, nil, err
	}
	bundle, err := avsc.Embedded()
	if err != nil {
		return nil, nil, err
	}
	var all []schemas.Incompatibility
	specs := publish.Catalogue(c.Topics)
	for _, s := range specs {
		found, err := registry.CheckCompatibility(ctx, bundle, s.Subject, s.Record)
		if errors.Is(err, schemas.ErrRegistryUnavailable) {
			return nil, nil, noRegistry(err, c.Registry.URLs)
		}
		if err != nil {
			return nil, nil, err
		}
		all = append(all, found...)
	}
	return all, specs, nil
}

// places are where a finding is in the values of each subject, such as
// "moka.candidates.v1-value: CandidateEvent.after.stage.id".
func places(in schemas.Incompatibility, specs []publish.Spec) []string {
	var found []string
	for i, root := range in.Roots {
		for _, spec := range specs {
			if spec.Record == root {
				found = append(found, spec.Subject+": "+in.Paths[i])
			}
		}
	}
	return found
}

// writeIncompatibilities ends in errReported where there are any.
func (p *program) writeIncompatibilities(found []schemas.Incompatibility, with string, specs []publish.Spec, asJSON bool) error {
	if asJSON {
		type finding struct {
			Roots   []string `json:"records"`
			Record  string   `json:"record"`
			Field   string   `json:"field,omitempty"`
			Reader  string   `json:"reader"`
			Text    string   `json:"text"`
			Fix     string   `json:"fix,omitempty"`
			Version int      `json:"version,omitempty"`
			Places  []string `json:"places"`
		}
		list := make([]finding, 0, len(found))
		for _, in := range found {
			list = append(list, finding{in.Roots, in.Record, in.Field, string(in.Reader), in.Text, in.Fix, in.Version, places(in, specs)})
		}
		if err := p.writeJSON(map[string]any{"compatible": len(found) == 0, "findings": list}); err != nil {
			return err
		}
	} else {
		for _, in := range found {
			fmt.Fprintf(p.stdout, "✗ %s\n", in)
			for _, place := range places(in, specs) {
				fmt.Fprintf(p.stdout, "    %s\n", place)
			}
		}
		if len(found) == 0 {
			fmt.Fprintf(p.stdout, "✓ the schemas are compatible with %s, both ways\n", with)
		}
	}
	if len(found) > 0 {
		return errReported
	}
	return nil
}
