package topicdoc

func (d *docs) journalProse() prose {
	return prose{
		title: "What Moka said, as it said it",
		purpose: "Each verified webhook, for each application that it names, and each item that polling brought and that was new: the bytes themselves. Everything else is derived from it. " +
			"It is for mokafka, for operators, and for finding out why an event says what it says (`source.journal_partition`, `source.journal_offset`). **Consumers read the events.**",
		key:   "`<org>:app:<application>` or `<org>:hc:<headcount>`; `<org>:webhook:<id>` for a webhook that names neither. In the partition that Java's default partitioner gives it.",
		order: "The order of arrival. A webhook that Moka delivers twice is here twice, under one `entry_id`, and derives events once.",
		when:  "A webhook: before Moka gets its 2xx. An item of a poll: when its content, signed links aside, is not what was journaled last for it.",
		headers: []header{
			{"moka_redriven", "the id of the dead letter that this is the redrive of"},
			{"moka_attempt", "which attempt it is, from 2"},
			{"moka_replay_entity", "of a replay for one family alone: which one"},
		},
		repeats: "By `entry_id`.",
		gone:    "A deleted entity is an entry with `event` `gone`. There are no tombstones.",
		replay: "After a fault of the mapper, operators derive a part of the journal anew; ids of events stay the same where the mapper's revision does:\n\n" +
			"```sh\nmokafka replay journal --from 2026-03-01T08:00:00+08:00 --to 2026-03-02T12:00:00+08:00 --dry-run\n```",
		internal: true,
	}
}

func (d *docs) checkpointProse() prose {
	return prose{
		title: "How far each feed was read",
		made:  "mokafka's own code wrote it, of values that are made up.",
		purpose: "mokafka's own: the cursor of each poll feed, and applications that are to be fetched (`refetch:<application>`). `mokafka checkpoints list` shows it. Its consumer group is how replicas agree on who polls. " +
			"**Not for consumers**, and never to be written by hand.",
		key:   "`<org>:<feed>`. The partition is that of the organisation.",
		order: "Cursors of one feed are in order.",
		when:  "In the transaction that journals what a feed showed.",
		headers: []header{
			{"moka_owner", "the replica whose lease wrote it"},
		},
		repeats:  "The last one of a key counts.",
		gone:     "A tombstone ends a backfill that is over, a refetch that was done, or a cursor that was reset.",
		replay:   "`mokafka checkpoints reset` moves a cursor.",
		internal: true,
	}
}

func (d *docs) letterProse() prose {
	return prose{
		title:   "What could not be read, mapped or applied",
		made:    "mokafka's own code made it of a webhook that was cut off.",
		purpose: "Nothing is dropped in silence: what could not be worked with is here, with its bytes and the reason, until somebody redrives or drops it. `mokafka dlq list|show|redrive|drop`. For operators.",
		key:     "That of the record it is about, where there is one.",
		order:   "None that a reader can rely on.",
		when:    "`stage` says who gave up, and `error_class` why: a stable word for counting and filtering; `error_text` has no personal data in it.",
		headers: []header{
			{"moka_redrives", "on a mark: the id of the letter that was redriven"},
			{"moka_drops", "on a mark: the id of the letter that was dropped"},
		},
		repeats:  "By `id`.",
		gone:     "What is done with is marked by a further letter with one of the headers above and an empty `body`. There are no tombstones.",
		replay:   "`mokafka dlq redrive` puts what a letter holds back to where it came from.",
		internal: true,
	}
}

func (d *docs) commandProse() prose {
	return prose{
		title: "What is to be done in Moka",
		made:  "mokafka's own code wrote it, of values that are made up.",
		purpose: "**Teams write this topic**, and `mokafka writeback` carries the commands out in Moka, at most once each. How to write one, with the actions, the outcomes and what is promised: " +
			"[commands.md](" + repository + "schemas/commands.md). People have `mokafka submit`.",
		key:   "`<org>:app:<application>`, for a headcount `<org>:hc:<headcount>`, for one to be made `<org>:hc:number:<number>`; in the partition that Java's default partitioner gives it (librdkafka: `partitioner=murmur2_random`). Both are checked.",
		order: "The commands of one key are carried out in their order here.",
		when:  "When a team wants something done. Just one of the actions, from `move_stage` on, is not null.",
		headers: []header{
			{"moka_control", "reserved for operators: `release` or `drop` of a parked key, in a record without a value"},
		},
		repeats:  "`command_id` is looked up in the ledger (`" + d.cfg.Topics().Results() + "`) before anything is done: a command that is sent again, or read again, is not carried out again.",
		gone:     "A record without a value is an operator's word about a parked key.",
		replay:   "Reading it again is safe: each id is looked up in the ledger first. Its one consumer is `mokafka writeback`.",
		internal: true,
	}
}

func (d *docs) resultProse() prose {
	return prose{
		title: "What became of the commands",
		made:  "mokafka's own code wrote it, of values that are made up.",
		purpose: "The result of each command, and the ledger of the write-back worker. Whoever sends commands reads it, and goes by the key. " +
			"The outcomes are explained in [commands.md](" + repository + "schemas/commands.md).",
		key:     "`command_id`, in the partition of the command. Records keyed `memory:<root>` are the worker's own: pass over them.",
		order:   "Results of one command are in order; a `PENDING` (about to be sent) or `PARKED` one is followed by another.",
		when:    "Before Moka is asked (`PENDING`), and when the outcome is known, in one transaction with the offset of the command. `APPLIED`, `ALREADY_APPLIED`, `REJECTED`, `EXPIRED` and `FAILED` are final.",
		repeats: "The last one of a key counts.",
		gone:    "Results are forgotten after their retention; a tombstone only takes away what the worker remembered of an application.",
		replay:  "Read it from the beginning to rebuild a table of commands. `event_id` names the event that showed the change, where that is known.",
	}
}
