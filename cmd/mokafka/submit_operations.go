package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/mokafka/mokafka/schemas"
)

// fakeOfferAction is about offers outside Moka's own flow.
func fakeOfferAction() action {
	return action{
		use: "fake-offer create|accept|delete|hired|reject --application N --operator NAME", short: "Handle an offer outside Moka's own flow (虚拟 offer)",
		long: "Handles an offer that is kept outside Moka's own flow (虚拟 offer): create it (the result names it),\n" +
			"accept or delete it (--fake-offer), mark the candidate as hired, or reject the candidate\n" +
			"(--reason; with --fake-offer the offer is marked too). Moka shows such offers in no reading:\n" +
			"where it is unclear whether a write to one happened, the command has FAILED and parks its\n" +
			"application, for somebody to look.",
		example: "  mokafka submit fake-offer create --application 12798 --operator 李雷 --wait\n" +
			"  mokafka submit fake-offer accept --application 12798 --operator 李雷 --fake-offer 5",
		args: cobra.ExactArgs(1), flags: fakeOfferFlags,
	}
}

func fakeOfferFlags(f *pflag.FlagSet) filler {
	name := f.String("operator", "", "who does it in Moka's records, a name (required)")
	email := f.String("operator-email", "", "his email")
	phone := f.String("operator-phone", "", "his phone")
	offer := f.String("fake-offer", "", "the offer, as Moka named it when it was made")
	reason := f.Int64("reason", 0, "why, an id of Moka's archive reasons; required to reject")
	return func(c *schemas.WritebackCommand, args []string, _ *time.Location) error {
		operation, err := word("fake-offer", args[0], schemas.FakeOfferOperationCreate, schemas.FakeOfferOperationAccept,
			schemas.FakeOfferOperationDelete, schemas.FakeOfferOperationHired, schemas.FakeOfferOperationReject)
		if err != nil {
			return err
		}
		operator := map[string]string{"name": *name}
		for key, value := range map[string]string{"email": *email, "phone": *phone} {
			if value != "" {
				operator[key] = value
			}
		}
		parameters := map[string]any{"operator": operator}
		if f.Changed("reason") {
			parameters["archiveReasonId"] = *reason
		}
		text, err := json.Marshal(parameters)
		if err != nil {
			return fmt.Errorf("write the parameters: %w", err)
		}
		all := string(text)
		c.FakeOffer = &schemas.FakeOffer{Operation: operation, FakeOfferID: optional(f, "fake-offer", offer), ParametersJSON: &all}
		return nil
	}
}

// headcountAction is about headcounts.
func headcountAction() action {
	return action{
		use: "headcount create|update|delete", short: "Create, change or delete a headcount (招聘需求)",
		long: "Creates, changes or deletes a headcount (招聘需求). --parameters is a JSON object in Moka's own\n" +
			"words, or @FILE: number, jobName and needNumber at least to create,\n" +
			"what is to change to update, none to delete. Moka takes 30 such writes a minute.",
		example: "  mokafka submit headcount create --parameters '{\"number\":\"HC-1\",\"jobName\":\"工程师\",\"needNumber\":2}' --wait\n" +
			"  mokafka submit headcount update --headcount 42 --parameters '{\"needNumber\":3}'\n" +
			"  mokafka submit headcount delete --headcount 42",
		args: cobra.ExactArgs(1), headcount: true, flags: headcountFlags,
	}
}

func headcountFlags(f *pflag.FlagSet) filler {
	id := f.Int64("headcount", 0, "the headcount; required to update and to delete")
	mode := f.String("hire-mode", "", "experienced (社招) or campus (校招), to create")
	parameters := f.String("parameters", "", "Moka's own parameters, a JSON object, or @FILE")
	return func(c *schemas.WritebackCommand, args []string, _ *time.Location) error {
		operation, err := word("headcount", args[0], schemas.HeadcountOperationCreate, schemas.HeadcountOperationUpdate, schemas.HeadcountOperationDelete)
		if err != nil {
			return err
		}
		h := &schemas.ChangeHeadcount{Operation: operation, HeadcountID: optional(f, "headcount", id)}
		if f.Changed("hire-mode") {
			m, err := word("--hire-mode", *mode, schemas.HireModeExperienced, schemas.HireModeCampus)
			if err != nil {
				return err
			}
			h.HireMode = &m
		}
		if f.Changed("parameters") {
			text, err := textOrFile(*parameters)
			if err != nil {
				return err
			}
			h.ParametersJSON = &text
		}
		c.ChangeHeadcount = h
		return nil
	}
}

// longestParameters is more than any worker takes.
const longestParameters = 1 << 20

// textOrFile is the text itself, or that of the file that @FILE names.
func textOrFile(text string) (string, error) {
	name, ok := strings.CutPrefix(text, "@")
	if !ok {
		return text, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return "", fmt.Errorf("--parameters: %w", err)
	}
	defer func() { _ = file.Close() }() // it was only read
	all, err := io.ReadAll(io.LimitReader(file, longestParameters))
	if err != nil {
		return "", fmt.Errorf("--parameters: %w", err)
	}
	if len(all) == 0 {
		return "", errors.New("--parameters: " + name + " is empty")
	}
	return string(all), nil
}
