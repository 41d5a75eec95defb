package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/ingest/normalize"
)

func (p *program) versionCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Say which version this is",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			if asJSON {
				return p.writeJSON(map[string]any{
					"version": versionText(), "go": runtime.Version(), "os": runtime.GOOS, "arch": runtime.GOARCH,
					"mapper_revision": normalize.Revision,
				})
			}
			fmt.Fprintf(p.stdout, "mokafka %s (%s, %s/%s, mapper revision %d)\n",
				versionText(), runtime.Version(), runtime.GOOS, runtime.GOARCH, normalize.Revision)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write it as JSON")
	return cmd
}

// versionText is what the linker was told, else what the module knows of itself.
func versionText() string {
	if version != "" {
		return version
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		return info.Main.Version
	}
	return "unknown"
}
