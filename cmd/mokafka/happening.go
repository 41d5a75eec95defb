package main

import (
	"cmp"
	"fmt"
	"strings"
	"time"

	"github.com/mokafka/mokafka/publish"
	"github.com/mokafka/mokafka/schemas"
)

// happening is an event as a person would tell it.
type happening struct {
	at          time.Time // Moka's time, where it gives one
	observed    time.Time
	family      publish.Family
	kind        string
	application int64 // 0 for a headcount
	subject     string
	name        string // the candidate's, personal data
	changed     []string
	facts       []string // what it is about in its family's words; nothing personal
}

// happeningOf tells an event; ok is false for other records.
func happeningOf(record any) (h happening, ok bool) {
	var at *time.Time
	switch e := record.(type) {
	case *schemas.CandidateEvent:
		h = happening{family: publish.Candidates, kind: kindOf(e.Op, e.Type), application: e.ApplicationID, changed: e.ChangedFields, observed: e.ObservedAt}
		at = e.OccurredAt
		h.name = nameOf(e.After, e.Before)
		h.facts = candidateFacts(e)
	case *schemas.OfferEvent:
		h = happening{family: publish.Offers, kind: kindOf(e.Op, e.Type), application: e.ApplicationID, changed: e.ChangedFields, observed: e.ObservedAt}
		at, h.facts = e.OccurredAt, offerFacts(e)
	case *schemas.InterviewEvent:
		h = happening{family: publish.Interviews, kind: kindOf(e.Op, e.Type), application: e.ApplicationID, changed: e.ChangedFields, observed: e.ObservedAt}
		at, h.subject, h.facts = e.OccurredAt, "interview "+e.InterviewID, interviewFacts(e)
	case *schemas.HeadcountEvent:
		h = happening{family: publish.Headcounts, kind: kindOf(e.Op, e.Type), changed: e.ChangedFields, observed: e.ObservedAt}
		at, h.subject, h.facts = e.OccurredAt, fmt.Sprintf("headcount %d", e.HeadcountID), headcountFacts(e)
	default:
		return h, false
	}
	if h.at = h.observed; at != nil {
		h.at = *at
	}
	return h, true
}

// kindOf is what a person calls it: what a backfill saw for the first time was not
// created just now.
func kindOf[T ~string](op schemas.Operation, kind T) string {
	if op == schemas.OperationSnapshot {
		return string(op)
	}
	return string(kind)
}

func nameOf(versions ...*schemas.Candidate) string {
	for _, c := range versions {
		if c != nil && c.Name != nil && *c.Name != "" {
			return *c.Name
		}
	}
	return ""
}

// shownFields bounds the changed fields that are named in a line.
const shownFields = 6

// line tells it in one line that begins with when. Names are left out unless they
// are asked for.
func (h happening) line(when string, names bool) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s  %-10s  %-18s", when, h.family, strings.ToLower(cmp.Or(h.kind, "UNKNOWN")))
	if h.application != 0 {
		fmt.Fprintf(&b, "  application %d", h.application)
	}
	if h.subject != "" {
		b.WriteString("  " + h.subject)
	}
	if names && h.name != "" {
		b.WriteString("  " + h.name)
	}
	if len(h.facts) > 0 {
		b.WriteString("  " + strings.Join(h.facts, ", "))
	}
	if n := len(h.changed); n > 0 {
		b.WriteString("  changed: " + strings.Join(h.changed[:min(n, shownFields)], ", "))
		if n > shownFields {
			fmt.Fprintf(&b, " and %d more", n-shownFields)
		}
	}
	return b.String()
}
