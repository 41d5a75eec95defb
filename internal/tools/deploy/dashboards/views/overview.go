package views

import "github.com/mokafka/mokafka/internal/tools/deploy/dashboards/model"

func overview() model.Dashboard {
	return model.Dashboard{
		UID: "mokafka-overview", Title: "mokafka: overview",
		About: "Does it work, how fresh are the topics, what waits for a person. Each alert has a page in deploy/runbooks/alerts.",
		Rows: []row{
			{Title: "Does it work", Panels: []panel{
				{Title: "Workers that answer", Kind: "stat", Queries: []query{{`sum by (job) (up{job=~"ingest|writeback|mokafka"})`, "{{job}}"}}, About: "Replicas that Prometheus reaches."},
				{Title: "Polls Moka", Kind: "stat", Queries: []query{{`sum(mokafka_checkpoint_leading)`, ""}}, About: "One replica does. MokafkaNobodyPolls."},
				{Title: "Polling in trouble", Kind: "stat", Bad: model.At(1), Queries: []query{{`max(mokafka_poll_trouble)`, ""}}, About: "MokafkaPollTrouble."},
				{Title: "Write-back paused", Kind: "stat", Bad: model.At(1), Queries: []query{{`max(mokafka_writeback_paused)`, ""}}, About: "MokafkaWritebackPaused."},
				{Title: "Applications parked", Kind: "stat", Bad: model.At(1), Queries: []query{{`sum(mokafka_writeback_parked_keys)`, ""}}, About: "Their commands wait for a person: mokafka parked list. MokafkaKeysParked."},
				{
					Title: "Dead letters, 24 h", Kind: "stat", Bad: model.At(1), About: "mokafka dlq list. MokafkaDeadLetters.",
					Queries: []query{{`sum(increase(mokafka_publish_dead_letters_total[24h])) or vector(0)`, ""}},
				},
			}},
			{Title: "How fresh", Panels: []panel{
				{
					Title: "From a change in Moka to its event, by family", Unit: "s", Bad: model.At(900),
					Queries:    append(quantiles("family", "mokafka_derive_event_age_seconds", "", "{{family}}")[:1:1], query{quantile("0.9", "family", "mokafka_derive_event_age_seconds", ""), "{{family}} p90"}),
					About:      "By Moka's own time of the change. MokafkaEventsLate.",
					MayBeEmpty: "nothing changed in Moka",
				},
				{Title: "From the journal to the event", Unit: "s", Bad: model.At(10), Queries: quantiles("", "mokafka_derive_journal_to_event_seconds", "", ""), About: "mokafka's own part. MokafkaDeriveSlow."},
			}},
			{Title: "What happens", Panels: []panel{
				{Title: "Events", Unit: "short", Stack: true, Queries: []query{{`60 * ` + rate("family, type", `mokafka_derive_observations_total{type!=""}`), "{{family}} {{type}}"}}, About: "A minute, by family and type."},
				{Title: "Webhooks by answer", Unit: "short", Stack: true, Queries: []query{{`60 * ` + rate("answer", "mokafka_webhook_requests_total"), "{{answer}}"}}, About: "A minute. accepted is in Kafka on all replicas; MokafkaWebhooksRefused for the others."},
				{
					Title: "Calls to Moka by class", Unit: "short", Stack: true, About: "A minute, beside what the poller takes Moka to allow it.",
					Queries: []query{{`60 * ` + rate("class", "mokafka_moka_calls_total"), "{{class}}"}, {`max(mokafka_poll_quota_calls_per_minute)`, "allowed to poll"}},
				},
				{
					Title: "Commands by outcome", Unit: "short", Stack: true, About: "A minute. FAILED parks an application.",
					Queries: []query{{`60 * ` + rate("outcome", "mokafka_writeback_commands_total"), "{{outcome}}"}}, MayBeEmpty: "nobody commands anything",
				},
			}},
			{Title: "Who runs", Panels: []panel{
				{Title: "Versions", Kind: "table", Queries: []query{{`count by (job, version) (mokafka_build_info)`, ""}}, About: "Two for long: a rollout that hangs."},
				{Title: "Alerts that fire", Kind: "table", Queries: []query{{`ALERTS{alertname=~"Mokafka.*", alertstate="firing"}`, ""}}, About: "deploy/runbooks/alerts has a page for each.", MayBeEmpty: "all is well"},
			}},
		},
	}
}
