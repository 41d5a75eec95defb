package views

import "github.com/mokafka/mokafka/internal/tools/deploy/dashboards/model"

// uncommanded is why much of write-back may have no data.
const uncommanded = "nobody commands anything"

func writeback() model.Dashboard {
	return model.Dashboard{
		UID: "mokafka-writeback", Title: "mokafka: write-back", About: "Commands, from Kafka to Moka and back.",
		Rows: []row{
			{Title: "Commands", Panels: []panel{
				{Title: "By action and outcome", Unit: "short", Stack: true, Queries: []query{{`60 * ` + rate("action, outcome", "mokafka_writeback_commands_total"), "{{action}} {{outcome}}"}}, About: "A minute.", MayBeEmpty: uncommanded},
				{Title: "From request to outcome", Unit: "s", Bad: model.At(600), Queries: quantiles("action", "mokafka_writeback_requested_to_outcome_seconds", "", "{{action}}"), About: "What those who command wait. MokafkaCommandsLate.", MayBeEmpty: uncommanded},
				{Title: "Time at the worker", Unit: "s", Queries: quantiles("outcome", "mokafka_writeback_command_seconds", "", "{{outcome}}"), About: "From the first look at a command to its outcome.", MayBeEmpty: uncommanded},
				{Title: "Writes to Moka by answer", Unit: "short", Queries: []query{{`60 * ` + rate("action, answer", "mokafka_writeback_calls_total"), "{{action}} {{answer}}"}}, About: "A minute. auth: MokafkaWritebackPaused.", MayBeEmpty: uncommanded},
				{Title: "Waiting", Unit: "short", Queries: []query{
					{`sum(mokafka_writeback_pending_commands)`, "at hand"}, {`sum(mokafka_writeback_in_flight_calls)`, "calls under way"},
					{`sum(mokafka_writeback_parked_keys)`, "applications parked"}, {`max by (why) (mokafka_writeback_paused)`, "paused: {{why}}"},
				}, About: "MokafkaWritebackStuck, MokafkaKeysParked, MokafkaWritebackPaused."},
				{Title: "Sent again, nonsense, cut off", Unit: "short", Queries: []query{
					{`sum(increase(mokafka_writeback_redelivered_commands_total[15m]))`, "settled before"},
					{`sum(increase(mokafka_writeback_bad_commands_total[15m])) or vector(0)`, "nonsense"},
					{`sum(increase(mokafka_writeback_abandoned_calls_total[15m]))`, "cut off"},
				}, About: "In 15 minutes. Nonsense is in the dead letters."},
			}},
			{Title: "Quota", Panels: []panel{
				{Title: "Spent and allowed", Unit: "short", Queries: []query{{`60 * sum by (class) (rate(mokafka_moka_quota_calls_total[$__rate_interval]))`, "{{class}}"}, {`sum(mokafka_moka_quota_rate)`, "allowed"}}, About: "Calls a minute, of all workers."},
				{Title: "At hand, and who waits", Unit: "short", Queries: []query{{`sum(mokafka_moka_quota_left)`, "left"}, {`sum(mokafka_moka_quota_waiting)`, "waiting"}, {`sum(increase(mokafka_moka_quota_refusals_total[15m]))`, "refused, 15 min"}}, About: "MokafkaQuotaRefused."},
				{Title: "Waiting for the quota", Unit: "s", Queries: quantiles("class", "mokafka_moka_quota_wait_seconds", "", "{{class}}"), About: "Minutes: WRITEBACK_QUOTA_PER_MINUTE is too small.", MayBeEmpty: uncommanded},
			}},
			{Title: "Ledger", Panels: []panel{
				{Title: "Transactions", Unit: "ops", Queries: []query{{rate("instance", "mokafka_writeback_transactions_total"), "{{instance}} committed"}, {rate("instance", "mokafka_writeback_aborts_total"), "{{instance}} given up"}}, About: "Intents and outcomes of many applications share one."},
				{Title: "Time of a transaction", Unit: "s", Queries: quantiles("", "mokafka_writeback_transaction_seconds", "", ""), About: "WRITEBACK_TRANSACTION_TIMEOUT bounds it.", MayBeEmpty: uncommanded},
				{Title: "Partitions", Unit: "short", Queries: []query{{`mokafka_writeback_partitions`, "{{instance}} assigned"}, {`mokafka_writeback_restoring_partitions`, "{{instance}} restoring"}}, About: "MokafkaRestoreSlow."},
				{Title: "Ledger read", Unit: "ops", Queries: []query{{rate("instance", "mokafka_writeback_restored_records_total"), "{{instance}}"}, {`sum by (instance) (increase(mokafka_writeback_restarts_total[15m]))`, "{{instance}} starts over, 15 min"}}, About: "Records a second."},
			}},
		},
	}
}
