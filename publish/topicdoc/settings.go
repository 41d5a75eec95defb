package topicdoc

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/mokafka/mokafka/publish"
)

// keptText says how long a topic keeps records.
func keptText(s publish.Spec) string {
	policy := s.Configs["cleanup.policy"]
	span := spanText(s.Configs["retention.ms"])
	switch {
	case !strings.Contains(policy, "compact"):
		return span
	case strings.Contains(policy, "delete"):
		return "the last of each key, for " + span
	default:
		return "the last of each key"
	}
}

// spanText turns milliseconds into days, or what is shorter.
func spanText(ms string) string {
	n, err := strconv.ParseInt(ms, 10, 64)
	if err != nil || n < 0 {
		return "for ever"
	}
	span := time.Duration(n) * time.Millisecond
	const day = 24 * time.Hour
	if span >= day && span%day == 0 {
		if span == day {
			return "1 day"
		}
		return fmt.Sprintf("%d days", span/day)
	}
	if span == time.Hour {
		return "1 hour"
	}
	return span.String()
}

// retention says what cleanup means to a reader.
func retention(s publish.Spec) string {
	c := s.Configs
	var b strings.Builder
	switch policy := c["cleanup.policy"]; policy {
	case "delete":
		fmt.Fprintf(&b, "`cleanup.policy=delete`: records are there for %s (at the least; Kafka deletes whole segments). "+
			"A reader that is away for longer misses what went in between.", spanText(c["retention.ms"]))
	case "compact":
		fmt.Fprintf(&b, "`cleanup.policy=compact`: the last record of each key stays. What it replaced is there for an hour at the least "+
			"and is gone after about %s; tombstones are there for %s.", spanText(c["max.compaction.lag.ms"]), spanText(c["delete.retention.ms"]))
	default:
		fmt.Fprintf(&b, "`cleanup.policy=%s`: the last record of each key stays, for %s.", policy, spanText(c["retention.ms"]))
	}
	b.WriteString(" `mokafka topics apply` sets:\n\n| setting | value |\n|---|---|\n")
	fmt.Fprintf(&b, "| partitions | %d (`KAFKA_TOPIC_PARTITIONS`", s.Partitions)
	if s.Aligned {
		b.WriteString("; the same in all topics of one root")
	}
	fmt.Fprintf(&b, ") |\n| replicas | %d (`KAFKA_TOPIC_REPLICATION`) |\n", s.Replication)
	for _, name := range slices.Sorted(maps.Keys(c)) {
		value := c[name]
		if strings.HasSuffix(name, ".ms") {
			value += " (" + spanText(value) + ")"
		}
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, value)
	}
	return b.String()
}
