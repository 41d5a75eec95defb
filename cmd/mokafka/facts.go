package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/mokafka/mokafka/schemas"
)

// The facts of an event are the few that a person asks for first. None of them is
// personal data.

func candidateFacts(e *schemas.CandidateEvent) []string {
	if t := e.Transition; t != nil {
		return []string{stageName(t.From) + " → " + stageName(t.To)}
	}
	if e.Before == nil && e.After != nil && e.After.Stage != nil {
		return []string{"in " + stageName(e.After.Stage)}
	}
	return nil
}

func stageName(s *schemas.Stage) string {
	if s == nil || s.Name == nil {
		return "?"
	}
	return *s.Name
}

func offerFacts(e *schemas.OfferEvent) []string {
	before, after := orEmpty(e.Before), orEmpty(e.After)
	if e.After == nil {
		return nil
	}
	return slices.Concat(
		turned("approval", before.ApprovalStatus, after.ApprovalStatus),
		turned("status", before.Status, after.Status),
	)
}

func interviewFacts(e *schemas.InterviewEvent) []string {
	if e.After == nil {
		return nil
	}
	before, after := orEmpty(e.Before), e.After
	var facts []string
	if after.RoundName != nil && *after.RoundName != "" {
		facts = append(facts, *after.RoundName)
	}
	if at := after.StartsAt; at != nil && (e.Before == nil || slices.Contains(e.ChangedFields, "starts_at")) {
		facts = append(facts, "on "+at.Local().Format("01-02 15:04"))
	}
	facts = append(facts, turned("status", before.Status, after.Status)...)
	if n := len(after.Feedbacks); n > len(before.Feedbacks) {
		facts = append(facts, counted(n, "feedback", "feedbacks"))
	}
	return facts
}

func headcountFacts(e *schemas.HeadcountEvent) []string {
	if e.After == nil {
		return nil
	}
	before, after := orEmpty(e.Before), e.After
	var facts []string
	if after.Name != nil && *after.Name != "" {
		facts = append(facts, *after.Name)
	}
	facts = append(facts, turned("approval", before.ApprovalStatus, after.ApprovalStatus)...)
	facts = append(facts, turned("status", before.Status, after.Status)...)
	if after.Used != nil && after.Needed != nil {
		facts = append(facts, fmt.Sprintf("%d of %d used", *after.Used, *after.Needed))
	}
	return facts
}

// turned says what became of a value: nothing where it is as before, or unknown.
func turned[T ~string](name string, before, after *T) []string {
	switch {
	case after == nil || before != nil && *before == *after:
		return nil
	case before == nil:
		return []string{name + " " + inWords(*after)}
	}
	return []string{name + " " + inWords(*before) + " → " + inWords(*after)}
}

// inWords is an enum's symbol as one would say it.
func inWords[T ~string](symbol T) string {
	return strings.ReplaceAll(strings.ToLower(string(symbol)), "_", " ")
}

func orEmpty[T any](v *T) *T {
	if v == nil {
		return new(T)
	}
	return v
}
