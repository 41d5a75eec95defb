package topicdoc

import (
	"fmt"

	"github.com/mokafka/mokafka/publish"
)

// repository is where the documents are that pages point to: pages may be written
// anywhere.
const repository = "https://github.com/mokafka/mokafka/blob/main/"

// prose is what a page says beyond catalogue and schemas. Texts are Markdown.
type prose struct {
	title   string
	purpose string
	key     string
	order   string
	when    string
	kinds   []kind
	headers []header
	repeats string // how a reader knows what it has read
	gone    string // deletions and tombstones
	replay  string
	made    string // what the example was made of; "": a payload that Moka documents
	// internal topics are no consumer's: there is no group to move.
	internal bool
}

type header struct{ name, meaning string }

// words has the prose of every topic.
func (d *docs) words() map[string]prose {
	t := d.cfg.Topics()
	out := map[string]prose{
		t.Journal():     d.journalProse(),
		t.Checkpoints(): d.checkpointProse(),
		t.DeadLetters(): d.letterProse(),
		t.Commands():    d.commandProse(),
		t.Results():     d.resultProse(),
	}
	for _, f := range publish.Families() {
		out[t.Events(f)] = d.eventProse(f)
		out[t.State(f)] = d.stateProse(f)
	}
	return out
}

// family is what pages say of one.
type family struct{ title, one, chinese, users, rootText, keyText string }

// describe has the words for a family.
func describe(f publish.Family) family {
	const application = "`<org>:app:<application>`"
	switch f {
	case publish.Candidates:
		return family{"Candidates (候选人申请)", "an application", "应聘申请", "Onboarding starts on `HIRED` or on a stage; BI counts stages and the time in them; identity systems watch `DELETED`.", application, application}
	case publish.Offers:
		return family{"Offers", "an offer", "Offer 录用", "Payroll and onboarding prepare on `ACCEPTED`; finance follows approvals.", application, "`<org>:app:<application>:offer`"}
	case publish.Interviews:
		return family{"Interviews (面试)", "an interview", "面试", "Calendars and meeting rooms follow `CREATED`, `RESCHEDULED`, `CANCELLED`; reminders chase missing feedback.", application, "`<org>:app:<application>:iv:<interview>`"}
	default:
		return family{"Headcounts (招聘需求)", "a headcount", "招聘需求", "Staffing and budget planning follow what is open, and how much of it is filled.", "`<org>:hc:<headcount>`", "`<org>:hc:<headcount>`"}
	}
}

func (d *docs) eventProse(f publish.Family) prose {
	w, t := describe(f), d.cfg.Topics()
	p := prose{
		title: w.title + ": what happened",
		purpose: fmt.Sprintf("One event for each change of %s (%s) in Moka, with the whole entity before and after it. "+
			"Read it to **act** on what happens. %s\n\nTo know only how things are **now**, read `%s`: it is smaller, and complete from its beginning.", w.one, w.chinese, w.users, t.State(f)),
		key: w.rootText + ", the root, in the partition that Java's default partitioner gives it (murmur2 of its UTF-8 bytes). " +
			"All topics with events and states have the same number of partitions: everything about one root is in the same partition number of each.",
		order: "The events of one root are in the order in which Moka's versions were observed, and never step back: an older version that arrives late derives nothing. " +
			"`version` grows with each event of an entity. Only what is derived anew (below, replaying) comes behind newer events, with the `version` of then. Between roots, and between topics, there is no order.",
		when:    fmt.Sprintf("Nothing is written for a look at Moka that shows no change. `ce_type` is `com.moka.%s.<type>.v1`, the type in lower case.", f.Entity()),
		kinds:   kindsOf(f),
		headers: cloudEventHeaders(w.keyText, f.Entity()),
		repeats: "With `isolation.level=read_committed` each event is there once. Your own restart may hand you the last ones again: **remember `event_id`** (also `ce_id`) in the same local transaction as what you do with the event, and pass over what you have. " +
			"The id is the same however often mokafka derives the event anew. For a table of the present state comparing is enough: take an event only if its `version` is not less than what you have.",
		replay: "Reading again is harmless: the ids are the same. After a fault of its mapper, operators have mokafka derive a part of the journal anew (`mokafka replay journal`): then events come with `source.channel` `REPLAY`, about the past. " +
			"One that was right has the `event_id` you know; one that was mended has a new one, and `version` says where it belongs.",
		gone: "A deletion is an event of type `DELETED` with `op` `DELETE`, `before` filled in and `after` null. There are no tombstones here: the value is never null.",
	}
	if f == publish.Headcounts {
		p.order += " A headcount's copies in applications are no part of this topic."
	}
	return p
}

func cloudEventHeaders(key, entity string) []header {
	return []header{
		{"ce_specversion", "`1.0`: the headers are those of a CloudEvent in Kafka's binary mode"},
		{"ce_id", "`event_id`"},
		{"ce_source", "`/moka/<org>`"},
		{"ce_type", "`com.moka." + entity + ".<type>.v1`, for routing without decoding"},
		{"ce_subject", "the entity's key, " + key},
		{"ce_time", "when it happened by Moka, else when mokafka learned of it; RFC 3339, UTC"},
		{"ce_dataschema", "where the schema of the value is; left out where the registry's address is no URL"},
		{"ce_causationid", "the `command_id` of the write-back command whose effect this is; only where there is one. Whoever reacts to events by commands passes these over"},
		{"content-type", "`application/avro`"},
	}
}

func (d *docs) stateProse(f publish.Family) prose {
	w, t := describe(f), d.cfg.Topics()
	p := prose{
		title: w.title + ": how it is now",
		purpose: fmt.Sprintf("The latest version of all %s (%s), each under its key. Read it from the beginning, keep a table by key, and go on reading: the table follows Moka. "+
			"What changed, and why, is in `%s`.", f.String(), w.chinese, t.Events(f)),
		key: w.keyText + ", the entity, which is the root as well: in the partition that Java's default partitioner gives it.",
		order: "Versions of one key are in order, and `version` grows. Compaction removes versions that were replaced; readers that lag less than an hour see every one. " +
			"It is written in the same Kafka transaction as the events that led to it; between two topics a consumer sees no order.",
		when: "With every version of the entity, also with one that made no event but moved what mokafka remembers (`claims`, `commands`). Then `version` and `event_id` are as before.",
		headers: []header{
			{"moka_deleted_at", "on a deletion alone: when mokafka saw it, in Unix milliseconds, as decimal text"},
		},
		repeats: "Take a record if its `version` is greater than, or equal to, what your table has under the key. `event_id` is the event that made the version.",
		replay:  "Where the topic was lost, operators write it anew from the events (`mokafka replay state`), and a backfill adds what is older.",
		gone: "A deletion comes in two steps. First a record whose `entity` is null and `deleted_at` set (header `moka_deleted_at`): delete the row, or mark it. " +
			"A week later, when no late news can bring the entity back, a **tombstone**, a null value: forget the key. Compaction removes that after another week at the earliest, so a reader that was away for longer begins anew, with an empty table.\n\n" +
			"A record whose `entity` and `deleted_at` are both null and whose `version` is 0 is neither: commands wait for an entity that was not seen yet. Pass over it.",
	}
	if w.keyText != w.rootText {
		p.key = w.keyText + ", the entity. **The partition is that of the root** " + w.rootText + ", not of the key's own hash: do not look a key up by hashing it."
	}
	if f == publish.Interviews {
		p.gone += " Interviews have none of these."
		p.when = "With every version of the entity, also with one that made no event but moved what mokafka remembers (`claims`). Then `version` and `event_id` are as before."
	}
	return p
}
