package publish

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// ErrPartitions says that topics which hold an application's records have other
// partition counts than they should, or that these do not agree. Only people can
// mend that.
var ErrPartitions = errors.New("partition counts are wrong")

// TopicStatus says how a topic stands, or what was done about it.
type TopicStatus string

// The statuses.
const (
	TopicMissing TopicStatus = "missing" // not there
	TopicPlanned TopicStatus = "planned" // not there, and would be created
	TopicCreated TopicStatus = "created" // was missing, now there
	TopicAltered TopicStatus = "altered" // configs differed, now as wanted
	TopicSame    TopicStatus = "same"    // as wanted
	TopicDiffers TopicStatus = "differs" // see its differences
)

// Difference is one thing about a topic that is not as wanted, in words.
type Difference struct {
	Name   string `json:"name"` // partitions, replication or the name of a config
	Wanted string `json:"wanted"`
	Found  string `json:"found"`
	// Mend says what can be done about it, or what was.
	Mend string `json:"mend"`
}

// TopicReport is one topic of a Report.
type TopicReport struct {
	Spec   Spec        `json:"spec"`
	Status TopicStatus `json:"status"`
	// Partitions found, 0 when the topic is missing.
	Partitions int `json:"partitions"`
	// Differences in the order partitions, replication, configs by name; those
	// that were mended included.
	Differences []Difference `json:"differences,omitempty"`
}

// Report compares topics with what they should be, in the order of the specs.
type Report struct {
	Topics []TopicReport `json:"topics"`
}

// Complete tells whether every topic is there and as wanted.
func (r Report) Complete() bool {
	return !slices.ContainsFunc(r.Topics, func(t TopicReport) bool {
		return t.Status == TopicMissing || t.Status == TopicPlanned || t.Status == TopicDiffers
	})
}

// Err wraps ErrPartitions and names each aligned topic whose partition count is
// not as wanted, or not that of the others; nil if there is none.
func (r Report) Err() error {
	var errs []error
	var first *TopicReport
	agree := true
	for i, t := range r.Topics {
		if t.Partitions == 0 || !t.Spec.Aligned {
			continue
		}
		if first == nil {
			first = &r.Topics[i]
		}
		agree = agree && t.Partitions == first.Partitions
		if t.Partitions != t.Spec.Partitions {
			errs = append(errs, fmt.Errorf("%s has %d partitions, not %d", t.Spec.Name, t.Partitions, t.Spec.Partitions))
		}
	}
	switch {
	case len(errs) == 0 && agree:
		return nil
	case agree:
		errs = append(errs, fmt.Errorf("%s: set KAFKA_TOPIC_PARTITIONS=%d, or take another KAFKA_TOPIC_PREFIX", neverChanged, first.Partitions))
	default:
		errs = append(errs, errors.New("they must agree, for one owner reads an application in all of them, and "+
			neverChanged+": take another KAFKA_TOPIC_PREFIX, or delete those that nobody needs"))
	}
	return fmt.Errorf("%w: %w", ErrPartitions, errors.Join(errs...))
}

const neverChanged = "a count is never changed, since keys would move and leave their order and their state behind"

// WriteText writes a line for each topic, and one for each difference under it.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	width := 0
	for _, t := range r.Topics {
		width = max(width, len(t.Spec.Name))
	}
	for _, t := range r.Topics {
		partitions := t.Partitions
		if partitions == 0 {
			partitions = t.Spec.Partitions
		}
		fmt.Fprintf(&b, "%s %-*s  %-7s  %d partitions, %s\n", t.Status.mark(), width, t.Spec.Name, t.Status, partitions, t.Spec.cleanup())
		for _, d := range t.Differences {
			fmt.Fprintf(&b, "    %s: wanted %s, found %s: %s\n", d.Name, inWords(d.Name, d.Wanted), inWords(d.Name, d.Found), d.Mend)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (s TopicStatus) mark() string {
	switch s {
	case TopicSame:
		return "✓"
	case TopicPlanned, TopicCreated, TopicAltered:
		return "+"
	case TopicMissing, TopicDiffers:
		return "✗"
	}
	return "?"
}

// cleanup says how long the topic keeps what.
func (s Spec) cleanup() string {
	kept := inWords("retention.ms", s.Configs["retention.ms"])
	switch s.Configs["cleanup.policy"] {
	case "compact":
		return "latest of each key"
	case "compact,delete":
		return "latest of each key, " + kept
	}
	return kept
}
