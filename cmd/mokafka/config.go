package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/mokafka/mokafka/internal/mokasim"
)

func (p *program) configCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show every variable: meaning, default and effective value",
		Long: "Shows every environment variable that mokafka reads, with its meaning, its default and\n" +
			"the value in force. Secrets are not shown; each can also stand in a file whose path is in\n" +
			"the variable of the same name with _FILE at its end. A variable that is empty counts as\n" +
			"not set. What is wrong is said at the end; 'mokafka doctor' looks further.",
		GroupID: groupSetUp,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			listed := p.listSettings()
			if asJSON {
				return p.writeJSON(listed)
			}
			p.writeSettings(listed)
			return nil
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "write it as JSON")
	return cmd
}

// section is a group of variables that are read together.
type section struct {
	title  string
	target any
}

// sections are all that commands read.
func sections(s *ingestSettings, sim *mokasim.Config) []section {
	return []section{
		{"Moka", &s.Moka},
		{"Moka's API and polling", &s.Polling},
		{"Webhook door", &s.Webhook},
		{"Kafka", &s.Kafka},
		{"Topics", &s.Topics},
		{"Schema registry", &s.Registry},
		{"Journal", &s.Journal},
		{"Derive", &s.Derive},
		{"Write-back", new(writebackRoom)},
		{"Health and metrics", &s.Ops},
		{"Traces", &s.Tracing},
		{"Start and end", &s.Patience},
		{"Log", &s.Log},
		{"Simulator (mokafka sim)", sim},
	}
}

// setting is a variable as "mokafka config" shows it.
type setting struct {
	Section string `json:"section"`
	Name    string `json:"name"`
	Meaning string `json:"meaning"`
	Takes   string `json:"takes"`
	Default string `json:"default"`
	// Value is in force; empty for a secret.
	Value  string `json:"value"`
	Secret bool   `json:"secret"`
	// From is where the value comes from: environment, file, default, or unset.
	From string `json:"from"`
}

type settingsList struct {
	Variables []setting `json:"variables"`
	Faults    []string  `json:"faults"`
}

func (p *program) listSettings() settingsList {
	env := p.environment()
	list := settingsList{Faults: []string{}}
	listed := map[string]bool{} // some variables are read by several rooms
	for _, s := range sections(new(ingestSettings), new(mokasim.Config)) {
		for _, err := range env.judge(s.target) {
			if !slices.Contains(list.Faults, err.Error()) {
				list.Faults = append(list.Faults, err.Error())
			}
		}
		for _, v := range variablesOf(s.target) {
			if !listed[v.name] {
				list.Variables = append(list.Variables, env.describe(s.title, v))
			}
			listed[v.name] = true
		}
	}
	return list
}

func (e environment) describe(title string, v variable) setting {
	s := setting{
		Section: title, Name: v.name, Meaning: meaningOf(v.name), Takes: v.kind(),
		Default: v.fallback(), Value: v.text(), Secret: v.secret, From: "unset",
	}
	if value, ok := e.defaults[v.name]; ok {
		s.Default = value
	}
	_, set := e.nonEmpty(v.name)
	_, inFile := e.nonEmpty(v.name + fileSuffix)
	switch {
	case set:
		s.From = "environment"
	case inFile && v.secret:
		s.From = "file"
	case s.Default != "":
		s.From = "default"
	}
	if v.secret {
		s.Value = ""
	}
	return s
}

func (p *program) writeSettings(list settingsList) {
	title := ""
	for _, s := range list.Variables {
		if s.Section != title {
			title = s.Section
			fmt.Fprintf(p.stdout, "%s\n\n", title)
		}
		fmt.Fprintf(p.stdout, "  %s\n", s.heading())
		for line := range strings.SplitSeq(s.Meaning, "\n") {
			fmt.Fprintf(p.stdout, "      %s\n", line)
		}
		if s.From != "default" && s.Default != "" {
			fmt.Fprintf(p.stdout, "      default: %s\n", s.Default)
		}
		fmt.Fprintln(p.stdout)
	}
	if len(list.Faults) == 0 {
		fmt.Fprintln(p.stdout, "✓ every value is right")
		return
	}
	for _, fault := range list.Faults {
		fmt.Fprintf(p.stdout, "✗ %s\n", fault)
	}
}

// heading is the variable with its value.
func (s setting) heading() string {
	switch {
	case s.From == "unset":
		return s.Name + "  (not set)"
	case s.Secret && s.From == "default":
		return s.Name + "  (hidden; default)"
	case s.Secret:
		return fmt.Sprintf("%s  (hidden; from the %s)", s.Name, s.From)
	case s.From == "default":
		return fmt.Sprintf("%s = %s  (default)", s.Name, s.Value)
	}
	return fmt.Sprintf("%s = %s", s.Name, s.Value)
}

// meaningOf says what a variable is for.
func meaningOf(name string) string { return meanings[name] }
