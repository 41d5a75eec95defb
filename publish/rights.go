package publish

import (
	"cmp"
	"fmt"
)

// Role is a part that somebody plays on the cluster, and is given rights for.
type Role string

// The roles.
const (
	RoleIngest    Role = "ingest"    // the worker mokafka ingest
	RoleWriteback Role = "writeback" // the worker mokafka writeback
	RoleConsumer  Role = "consumer"  // a team that reads events and states
	RoleProducer  Role = "producer"  // a team that puts commands
	RoleOperator  Role = "operator"  // a person or job with mokafka's other commands
)

// Roles lists them all.
func Roles() []Role {
	return []Role{RoleIngest, RoleWriteback, RoleConsumer, RoleProducer, RoleOperator}
}

// ResourceKind is what a right is about, in the words of Kafka's own tools.
type ResourceKind string

// The kinds.
const (
	ResourceTopic         ResourceKind = "topic"
	ResourceGroup         ResourceKind = "group"
	ResourceTransactional ResourceKind = "transactional-id"
)

// Right is one that a role needs. No role needs one on the cluster itself: brokers
// from 3.0 on take idempotent writes from whoever may write to some topic.
type Right struct {
	Resource ResourceKind `json:"resource"`
	// Name of the resource, or what its name begins with.
	Name     string `json:"name"`
	Prefixed bool   `json:"prefixed"`
	// Operation as Kafka's tools write it: Read, Write, Describe, DescribeConfigs, ….
	// Read and Write imply Describe.
	Operation string `json:"operation"`
	// Why says what does not work without it.
	Why string `json:"why"`
}

// String says it in words: "Write to topic moka.journal.v1".
func (r Right) String() string {
	name := r.Name
	if r.Prefixed {
		name += "…"
	}
	switch r.Operation {
	case "Write":
		return fmt.Sprintf("Write to %s %s", r.Resource, name)
	case "Read":
		return fmt.Sprintf("Read of %s %s", r.Resource, name)
	}
	return fmt.Sprintf("%s of %s %s", r.Operation, r.Resource, name)
}

// Installation is what the names of resources depend on. Empty groups are those of
// the workers' own choice.
type Installation struct {
	Topics         TopicConfig
	OrgID          string
	DeriveGroup    string
	PollGroup      string
	WritebackGroup string
	// ConsumerGroup is a consumer's own, or what its groups' names begin with if it
	// ends in '*'.
	ConsumerGroup string
}

const (
	whyChecked = "check at the start that all topics are as they should be"
	whyRestore = "restore the local copy of it"
)

// Rights are the least that a role needs, in the order of the flow.
func (i Installation) Rights(role Role) []Right {
	t := i.Topics.Topics()
	switch role {
	case RoleIngest:
		return i.ingestRights(t)
	case RoleWriteback:
		return i.writebackRights(t)
	case RoleConsumer:
		return i.consumerRights(t)
	case RoleProducer:
		return []Right{
			{ResourceTopic, t.Commands(), false, "Write", "put commands"},
			{ResourceTopic, t.Results(), false, "Read", "learn what became of them"},
		}
	case RoleOperator:
		return i.operatorRights(t)
	}
	return nil
}

func (i Installation) ingestRights(t Topics) []Right {
	var rights rightsList
	rights.topic(t.Journal(), "Write", "keep what webhooks and polls bring: without it webhooks are answered with 503")
	rights.topic(t.Journal(), "Read", "derive events from it")
	for _, f := range Families() {
		rights.topic(t.Events(f), "Write", "write the events of "+f.String())
	}
	for _, f := range Families() {
		rights.topic(t.State(f), "Write", "write the states of "+f.String())
		rights.topic(t.State(f), "Read", whyRestore)
	}
	rights.topic(t.Checkpoints(), "Write", "keep how far polling has come")
	rights.topic(t.Checkpoints(), "Read", "go on polling from there")
	rights.topic(t.DeadLetters(), "Write", "keep what cannot be read")
	rights.checked(i.Topics)
	rights.add(ResourceGroup, cmp.Or(i.DeriveGroup, t.DeriveGroup()), false, "Read", "share the journal with the other ingest workers")
	rights.add(ResourceGroup, cmp.Or(i.PollGroup, t.PollGroup(i.OrgID)), false, "Read", "choose with them who polls")
	rights.add(ResourceTransactional, t.DeriveTransactions(), true, "Write", "commit events, states and offsets together")
	rights.add(ResourceTransactional, t.PollTransaction(i.OrgID), false, "Write", "commit what was polled with the cursors, and keep a predecessor from doing so")
	return rights
}

func (i Installation) writebackRights(t Topics) []Right {
	var rights rightsList
	rights.topic(t.Commands(), "Read", "read the commands")
	rights.topic(t.Results(), "Write", "say what became of them")
	rights.topic(t.Results(), "Read", whyRestore)
	rights.topic(t.Journal(), "Write", "tell what causes the changes that follow")
	rights.topic(t.DeadLetters(), "Write", "keep commands that cannot be read")
	rights.checked(i.Topics)
	rights.add(ResourceGroup, cmp.Or(i.WritebackGroup, t.WritebackGroup()), false, "Read", "share the commands with the other write-back workers")
	rights.add(ResourceTransactional, t.WritebackTransactions(), true, "Write", "commit intents and outcomes with the offsets")
	return rights
}

func (i Installation) consumerRights(t Topics) []Right {
	var rights rightsList
	for _, f := range Families() {
		rights.topic(t.Events(f), "Read", "read what happens to "+f.String())
		rights.topic(t.State(f), "Read", "read how "+f.String()+" are now")
	}
	group, prefixed := i.ConsumerGroup, false
	if n := len(group); n > 0 && group[n-1] == '*' {
		group, prefixed = group[:n-1], true
	}
	if group != "" || prefixed {
		rights.add(ResourceGroup, group, prefixed, "Read", "read in a consumer group")
	}
	return rights
}

// operatorRights are over everything under the prefix: an operator makes topics,
// reads them all, and puts right what went wrong in any of them. Moving the offsets
// of a consumer takes a Read of its group beside these.
func (i Installation) operatorRights(t Topics) []Right {
	var rights rightsList
	all := t.Prefix() + "."
	for _, op := range []struct{ name, why string }{
		{"Create", "make the topics (topics apply, replay copy)"},
		// It implies DescribeConfigs.
		{"AlterConfigs", "compare them with what they should be, and set them so (topics apply --alter)"},
		{"Read", "look at records, dead letters and cursors"},
		{"Write", "submit, redrive, release, reset, replay and rebuild"},
	} {
		rights.add(ResourceTopic, all, true, op.name, op.why)
	}
	for _, group := range []string{
		cmp.Or(i.DeriveGroup, t.DeriveGroup()), cmp.Or(i.PollGroup, t.PollGroup(i.OrgID)), cmp.Or(i.WritebackGroup, t.WritebackGroup()),
	} {
		rights.add(ResourceGroup, group, false, "Read", "see how far the workers are, and move their offsets")
	}
	for _, task := range OperatorTasks() {
		rights.add(ResourceTransactional, t.OperatorTransaction(task), false, "Write", "do it all or not at all, and one at a time: "+string(task))
	}
	return rights
}

type rightsList []Right

func (l *rightsList) add(kind ResourceKind, name string, prefixed bool, operation, why string) {
	*l = append(*l, Right{kind, name, prefixed, operation, why})
}

func (l *rightsList) topic(name, operation, why string) {
	l.add(ResourceTopic, name, false, operation, why)
}

// checked adds what the check at the start takes, for every topic of the catalogue.
func (l *rightsList) checked(cfg TopicConfig) {
	described := map[string]bool{}
	for _, r := range *l {
		described[r.Name] = true // Read and Write imply it
	}
	for _, s := range Catalogue(cfg) {
		if !described[s.Name] {
			l.topic(s.Name, "Describe", whyChecked)
		}
		l.topic(s.Name, "DescribeConfigs", whyChecked)
	}
}
