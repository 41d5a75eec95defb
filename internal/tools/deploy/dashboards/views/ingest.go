package views

import "github.com/mokafka/mokafka/internal/tools/deploy/dashboards/model"

func ingest() model.Dashboard {
	return model.Dashboard{
		UID: "mokafka-ingest", Title: "mokafka: ingest", About: "Webhooks, polling, and from the journal to events.",
		Rows: []row{
			{Title: "Webhooks", Panels: []panel{
				{Title: "Requests by event", Unit: "short", Stack: true, Queries: []query{{`60 * ` + rate("event, answer", "mokafka_webhook_requests_total"), "{{event}} {{answer}}"}}, About: "A minute."},
				{Title: "Time to the answer", Unit: "s", Bad: model.At(5), Queries: quantiles("door", "mokafka_webhook_request_seconds", "", "{{door}}"), About: "Moka waits for it."},
				{Title: "Time for the journal", Unit: "s", Bad: model.At(1), Queries: quantiles("outcome", "mokafka_publish_journal_append_seconds", "", "{{outcome}}"), About: "The part of it that is Kafka's. MokafkaJournalSlow."},
				{Title: "Signatures", Unit: "short", Queries: []query{{`60 * ` + rate("key, form", "mokafka_webhook_signatures_total"), "key {{key}} {{form}}"}, {`60 * ` + rate("reason", "mokafka_webhook_signature_failures_total"), "refused: {{reason}}"}}, About: "A minute. After a rotation the old key's line ends. MokafkaWebhooksUnsigned."},
				{Title: "Under way", Unit: "short", Queries: []query{{`sum by (instance) (mokafka_webhook_in_flight_requests)`, "{{instance}}"}}, About: "More than WEBHOOK_MAX_IN_FLIGHT are answered with 429."},
				{Title: "Memory of their bodies", Unit: "bytes", Queries: []query{{`sum by (instance) (mokafka_webhook_in_flight_body_bytes)`, "{{instance}}"}}, About: "Bounded by WEBHOOK_MAX_IN_FLIGHT_BYTES."},
				{Title: "Size of bodies, p99", Unit: "bytes", Queries: []query{{quantile("0.99", "door", "mokafka_webhook_body_bytes", ""), "{{door}}"}}, About: "WEBHOOK_MAX_BODY bounds it."},
				{Title: "Content types", Unit: "short", Queries: []query{{`60 * ` + rate("door, type", "mokafka_webhook_content_types_total"), "{{door}} {{type}}"}}, About: "It decides nothing."},
			}},
			{Title: "Reading Moka", Panels: []panel{
				{Title: "Calls by class", Unit: "short", Stack: true, Queries: []query{{`60 * ` + rate("class", `mokafka_moka_calls_total{class!="writeback"}`), "{{class}}"}, {`max(mokafka_poll_quota_calls_per_minute)`, "allowed"}}, About: "A minute. The most urgent first; each class gets a twentieth at least."},
				{Title: "Calls by feed and outcome", Unit: "short", Stack: true, Queries: []query{{`60 * ` + rate("feed, outcome", "mokafka_poll_calls_total"), "{{feed}} {{outcome}}"}}, About: "Other outcomes than ok: MokafkaPollTrouble, MokafkaQuotaRefused."},
				{Title: "Refused for their number", Unit: "percentunit", Bad: model.At(0.05), Queries: []query{{`(sum(rate(mokafka_moka_calls_total{outcome="quota"}[$__rate_interval])) or vector(0)) / sum(rate(mokafka_moka_calls_total[$__rate_interval]))`, "refused"}}, About: "MokafkaQuotaRefused."},
				{Title: "Moka's time to answer, p99", Unit: "s", Queries: []query{{quantile("0.99", "endpoint", "mokafka_moka_call_seconds", ""), "{{endpoint}}"}}, About: "Above MOKA_TIMEOUT it counts as failed."},
				{Title: "Since the last success", Unit: "s", Queries: []query{{`time() - max by (feed) (mokafka_poll_last_success_timestamp_seconds)`, "{{feed}}"}}, About: "MokafkaFeedStale."},
				{Title: "Age of news when read, p90", Unit: "s", Queries: []query{{quantile("0.9", "feed", "mokafka_poll_item_age_seconds", ""), "{{feed}}"}}, About: "By Moka's updatedAt.", MayBeEmpty: "nothing changed in Moka"},
				{Title: "Items seen and journaled", Unit: "short", Queries: []query{{`60 * ` + rate("feed, what", "mokafka_poll_items_total"), "{{feed}} {{what}}"}}, About: "A minute. What was not journaled was no news."},
				{Title: "What is to be looked at", Unit: "short", Queries: []query{
					{`max(mokafka_poll_hot_set_applications)`, "hot set"}, {`max(mokafka_poll_refetch_queue_applications)`, "named by webhooks"},
					{`max(mokafka_poll_absent_applications)`, "absent once"}, {`max(mokafka_poll_backfills)`, "backfills"},
				}, About: "MokafkaRefetchBacklog above 1,000 named by webhooks."},
				{Title: "Applications known", Kind: "stat", Unit: "short", Queries: []query{{`max(mokafka_poll_known_applications)`, ""}}, About: "Far fewer than Moka has: backfill."},
				{Title: "Deletions held, 24 h", Kind: "stat", Bad: model.At(1), Queries: []query{{`sum(increase(mokafka_poll_held_deletions_total[24h]))`, ""}}, About: "MokafkaDeletionsHeld."},
				{Title: "Leases lost", Kind: "stat", Queries: []query{{`sum(increase(mokafka_checkpoint_leases_lost_total[24h])) or vector(0)`, ""}}, About: "Of the last 24 hours; one with each rollout."},
				{Title: "Who polls", Kind: "table", Queries: []query{{`mokafka_checkpoint_leading`, ""}}, About: "1: this one."},
				{Title: "Journal and cursors, one transaction", Unit: "s", Queries: quantiles("", "mokafka_checkpoint_commit_seconds", "", ""), About: "Of the poller."},
			}},
			{Title: "From the journal to events", Panels: []panel{
				{Title: "What entries came to", Unit: "short", Stack: true, Queries: []query{{`60 * ` + rate("family, verdict", "mokafka_derive_observations_total"), "{{family}} {{verdict}}"}}, About: "A minute. dead_letter: MokafkaDeadLetters; unknown_event stays in the journal."},
				{Title: "From the journal to the event", Unit: "s", Bad: model.At(10), Queries: quantiles("", "mokafka_derive_journal_to_event_seconds", "", ""), About: "MokafkaDeriveSlow."},
				{Title: "Journal entries left to read", Unit: "short", Queries: []query{{`sum by (instance) (mokafka_derive_lag_records)`, "{{instance}}"}}, About: "As of the last fetch; one a partition may be a marker. MokafkaDeriveStuck."},
				{Title: "Transactions", Unit: "ops", Queries: []query{{rate("instance", "mokafka_derive_transactions_total"), "{{instance}} committed"}, {rate("instance", "mokafka_derive_aborts_total"), "{{instance}} given up"}}, About: "MokafkaDeriveAborts."},
				{Title: "Time of a transaction", Unit: "s", Queries: quantiles("", "mokafka_derive_transaction_seconds", "", ""), About: "DERIVE_TRANSACTION_TIMEOUT bounds it."},
				{Title: "Partitions", Unit: "short", Queries: []query{{`mokafka_derive_ready_partitions`, "{{instance}} ready"}, {`mokafka_derive_restoring_partitions`, "{{instance}} restoring"}}, About: "MokafkaRestoreSlow."},
				{Title: "State read", Unit: "ops", Queries: []query{{rate("instance", "mokafka_derive_restored_records_total"), "{{instance}}"}}, About: "Records a second, where state is read from the topics."},
				{Title: "Starts over", Unit: "short", Queries: []query{{`sum by (instance) (increase(mokafka_derive_restarts_total[15m]))`, "{{instance}} derive"}, {`sum by (instance) (increase(mokafka_checkpoint_restarts_total[15m]))`, "{{instance}} poller"}}, About: "In 15 minutes. MokafkaRestarts."},
				{Title: "Dead letters", Unit: "short", Queries: []query{{`sum by (stage, class) (increase(mokafka_publish_dead_letters_total[15m]))`, "{{stage}} {{class}}"}}, About: "In 15 minutes. mokafka dlq list.", MayBeEmpty: "there never was one"},
			}},
		},
	}
}
