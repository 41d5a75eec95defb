package publish

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
)

// TopicConfig says how the topics are called and laid out.
type TopicConfig struct {
	// Prefix of every topic's name, without the dot after it.
	Prefix string `env:"KAFKA_TOPIC_PREFIX,default=moka"`
	// Partitions of each topic. It can't be changed once the topics are there.
	Partitions int `env:"KAFKA_TOPIC_PARTITIONS,default=12"`
	// Replication is how many brokers hold each partition. All but one of them
	// must have a record before it counts as written.
	Replication int `env:"KAFKA_TOPIC_REPLICATION,default=3"`
}

// legalPrefix leaves room for the longest name in Kafka's 249 characters.
var legalPrefix = regexp.MustCompile(`^[a-zA-Z0-9_-][a-zA-Z0-9._-]{0,199}$`)

// Validate reports every fault at once, naming the variables.
func (c TopicConfig) Validate() error {
	var errs []error
	if !legalPrefix.MatchString(c.Prefix) {
		errs = append(errs, fmt.Errorf("KAFKA_TOPIC_PREFIX: %q is not 1 to 200 letters, digits, '-', '_' and '.', the first not '.'", c.Prefix))
	}
	if c.Partitions < 1 || c.Partitions > 10_000 {
		errs = append(errs, fmt.Errorf("KAFKA_TOPIC_PARTITIONS: %d is not between 1 and 10000", c.Partitions))
	}
	if c.Replication < 1 || c.Replication > 100 {
		errs = append(errs, fmt.Errorf("KAFKA_TOPIC_REPLICATION: %d is not between 1 and 100", c.Replication))
	}
	return errors.Join(errs...)
}

// Topics names the topics.
func (c TopicConfig) Topics() Topics { return NewTopics(c.Prefix) }

// Spec is what a topic should be.
type Spec struct {
	Name        string `json:"name"`
	Partitions  int    `json:"partitions"`
	Replication int    `json:"replication"`
	// Configs are the topic's own settings, by their names in Kafka.
	Configs map[string]string `json:"configs"`
	// Record is the name of the schema of its values, such as "JournalEntry".
	Record string `json:"record"`
	// Subject is where that schema is registered.
	Subject string `json:"subject"`
	// Aligned topics must agree in their partition counts: one owner reads an
	// application's partition in all of them.
	Aligned bool `json:"aligned"`
	// Doc says what the topic holds, in a sentence.
	Doc string `json:"doc"`
}

// The largest batch that a topic takes, in bytes: a webhook's body may have
// 10 MiB, and a dead letter holds a whole record.
const (
	maxMessageBytes    = 12 << 20
	maxDeadLetterBytes = 14 << 20
)

// Catalogue lists all topics of cfg, which must be valid, in the order of the
// flow.
func Catalogue(cfg TopicConfig) []Spec {
	t := cfg.Topics()
	day := func(n int) string { return strconv.Itoa(n * 24 * 60 * 60 * 1000) }
	common := map[string]string{
		"compression.type": "producer",
		// Acknowledged means that another broker has it too, and stays so.
		"min.insync.replicas":            strconv.Itoa(max(1, cfg.Replication-1)),
		"unclean.leader.election.enable": "false",
		"max.message.bytes":              strconv.Itoa(maxMessageBytes),
	}
	// Without retention.bytes the cluster's default may cut a topic short.
	kept := func(days int) map[string]string {
		return map[string]string{"cleanup.policy": "delete", "retention.ms": day(days), "retention.bytes": "-1"}
	}
	// Readers that lag less than an hour see every version, readers away for
	// less than a week every tombstone; and after that week what was replaced or
	// deleted, personal data all of it, is gone from the disks.
	compacted := map[string]string{
		"cleanup.policy": "compact", "min.cleanable.dirty.ratio": "0.1", "segment.ms": day(1),
		"min.compaction.lag.ms": "3600000", "max.compaction.lag.ms": day(7), "delete.retention.ms": day(7),
	}
	var specs []Spec
	add := func(name, record string, aligned bool, configs map[string]string, doc string) {
		all := maps.Clone(common)
		maps.Copy(all, configs)
		specs = append(specs, Spec{
			Name: name, Partitions: cfg.Partitions, Replication: cfg.Replication, Configs: all,
			Record: record, Subject: name + "-value", Aligned: aligned, Doc: doc,
		})
	}
	daily := func(days int) map[string]string {
		c := kept(days)
		c["segment.ms"] = day(1) // retention counts from the end of a segment
		return c
	}
	add(t.Journal(), "JournalEntry", true, daily(7), "What Moka said, as it said it.")
	for _, f := range Families() {
		add(t.Events(f), recordOf(f)+"Event", true, kept(90), "What happened to "+f.String()+".")
	}
	for _, f := range Families() {
		add(t.State(f), recordOf(f)+"State", true, compacted, "The latest version of each of the "+f.String()+".")
	}
	add(t.Checkpoints(), "Checkpoint", false, compacted, "How far each poll feed has come.")
	letters := daily(30)
	letters["max.message.bytes"] = strconv.Itoa(maxDeadLetterBytes)
	add(t.DeadLetters(), "DeadLetter", false, letters, "What could not be read, mapped or applied.")
	add(t.Commands(), "WritebackCommand", true, kept(30), "What is to be done in Moka.")
	results := kept(400)
	results["cleanup.policy"] = "compact,delete"
	results["min.compaction.lag.ms"] = compacted["min.compaction.lag.ms"]
	add(t.Results(), "WritebackResult", true, results, "What became of the commands.")
	return specs
}

// recordOf is the name of a family's entity in the schemas: "Candidate".
func recordOf(f Family) string {
	e := f.Entity()
	return strings.ToUpper(e[:1]) + e[1:]
}

// maxBatch is max.message.bytes of a topic of ours; what is not ours gets
// Kafka's default.
func (t Topics) maxBatch(topic string) int32 {
	switch {
	case topic == t.deadLetters:
		return maxDeadLetterBytes
	case strings.HasPrefix(topic, t.prefix+"."):
		return maxMessageBytes
	}
	return 1 << 20
}

// Names are those of the topics.
func Names(specs []Spec) []string {
	names := make([]string, 0, len(specs))
	for _, spec := range specs {
		names = append(names, spec.Name)
	}
	return names
}
