package derivation

import (
	"errors"
	"fmt"
)

// Kind of journal.
type Kind int

const (
	// Changing: pushes of candidates, each with another phone number than the one
	// before. Each gives an event with before and after, and a state.
	Changing Kind = iota
	// SameAgain: webhooks of interviews that say later what was said before. They
	// give no event, but the state notes that it was said.
	SameAgain
	// DeliveredAgain: pushes that were journaled before, as when Moka repeats one
	// because it saw no answer. They give nothing.
	DeliveredAgain
)

// Kinds returns all of them.
func Kinds() []Kind { return []Kind{Changing, SameAgain, DeliveredAgain} }

// String is the kind as the report names it.
func (k Kind) String() string {
	return [...]string{
		"pushes that change something", "interviews said again, unchanged", "pushes delivered again",
	}[k]
}

// short is the kind as topics name it.
func (k Kind) short() string { return [...]string{"changing", "same", "again"}[k] }

// goal is the part of the floor that is wanted.
func (k Kind) goal() float64 { return [...]float64{0.60, 0.90, 0.90}[k] }

// verdict is what all measured entries must have come to.
func (k Kind) verdict() string { return [...]string{"changed", "unchanged", "duplicate"}[k] }

var errVerdict = errors.New("the entries did not come to what was to be measured")

// check makes sure that what was measured is what is said to have been. A push
// speaks of an offer too, which stays the same.
func (k Kind) check(m measurement, entries int) error {
	changed := 0
	if k == Changing {
		changed = entries
	}
	if m.Verdicts[k.verdict()] < entries || m.Verdicts["changed"] != changed {
		return fmt.Errorf("%w: %d %s, got %v", errVerdict, entries, k.verdict(), m.Verdicts)
	}
	return nil
}
