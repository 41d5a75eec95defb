package publish

// Family is one of the four kinds of entity that have events and states.
type Family uint8

// The families.
const (
	Candidates Family = iota
	Offers
	Interviews
	Headcounts

	families = int(Headcounts) + 1
)

// Families returns all of them, in the order of their declaration.
func Families() []Family { return []Family{Candidates, Offers, Interviews, Headcounts} }

// String returns the plural, as in topic names: "candidates".
func (f Family) String() string { return f.Entity() + "s" }

// Entity returns the singular, as in the types of events: "candidate".
func (f Family) Entity() string {
	switch f {
	case Candidates:
		return "candidate"
	case Offers:
		return "offer"
	case Interviews:
		return "interview"
	case Headcounts:
		return "headcount"
	}
	return "unknown"
}

// Topics are the names of the topics under one prefix. It is a value: compare
// and copy it freely. Make it with NewTopics.
type Topics struct {
	prefix                                               string
	journal, checkpoints, deadLetters, commands, results string
	events, states                                       [families]string
}

// NewTopics names the topics under prefix, such as "moka".
func NewTopics(prefix string) Topics {
	t := Topics{
		prefix:      prefix,
		journal:     prefix + ".journal.v1",
		checkpoints: prefix + ".checkpoints.v1",
		deadLetters: prefix + ".dlq.v1",
		commands:    prefix + ".writeback.commands.v1",
		results:     prefix + ".writeback.results.v1",
	}
	for _, f := range Families() {
		t.events[f] = prefix + "." + f.String() + ".v1"
		t.states[f] = prefix + "." + f.String() + ".state.v1"
	}
	return t
}

// Prefix is what NewTopics was given.
func (t Topics) Prefix() string { return t.prefix }

// Journal holds what Moka said, as it said it. Keyed by root.
func (t Topics) Journal() string { return t.journal }

// Events holds what changed in a family. Keyed by root.
func (t Topics) Events(f Family) string { return t.events[f] }

// State holds the latest version of each entity of a family: compacted, keyed
// by entity, in the partition of the entity's root.
func (t Topics) State(f Family) string { return t.states[f] }

// Checkpoints holds how far each poll feed has come: compacted, keyed by
// CheckpointKey, in the partition of the organisation.
func (t Topics) Checkpoints() string { return t.checkpoints }

// DeadLetters holds what could not be read, mapped or applied. Keyed by root
// where that is known.
func (t Topics) DeadLetters() string { return t.deadLetters }

// Commands holds what is to be done in Moka. Keyed by root.
func (t Topics) Commands() string { return t.commands }

// Results holds what became of commands: compacted, keyed by command, in the
// partition of the command.
func (t Topics) Results() string { return t.results }

// placed tells whether records of a topic carry their partition instead of
// being hashed: their key is finer than what they are partitioned by.
func (t Topics) placed(topic string) bool {
	if topic == t.checkpoints || topic == t.results {
		return true
	}
	for _, s := range t.states {
		if topic == s {
			return true
		}
	}
	return false
}
