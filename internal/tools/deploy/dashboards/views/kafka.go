package views

import "github.com/mokafka/mokafka/internal/tools/deploy/dashboards/model"

func kafka() model.Dashboard {
	return model.Dashboard{
		UID: "mokafka-kafka", Title: "mokafka: Kafka clients and processes", About: "Between workers and brokers, and the processes themselves.",
		Rows: []row{
			{Title: "Brokers", Panels: []panel{
				{Title: "Requests, end to end, p99", Unit: "s", Bad: model.At(1), Queries: []query{{quantile("0.99", "client_id, node_id", "mokafka_kafka_request_duration_e2e_seconds", ""), "{{client_id}} broker {{node_id}}"}}, About: "A fetch waits for records for up to half a second."},
				{Title: "Errors", Unit: "ops", Queries: []query{
					{rate("client_id", "mokafka_kafka_connect_errors_total"), "{{client_id}} connecting"},
					{rate("client_id", "mokafka_kafka_read_errors_total"), "{{client_id}} reading"},
					{rate("client_id", "mokafka_kafka_write_errors_total"), "{{client_id}} writing"},
				}, About: "MokafkaKafkaErrors.", MayBeEmpty: "there never was an error"},
				{Title: "Connections", Unit: "short", Queries: []query{{`sum by (client_id) (increase(mokafka_kafka_connects_total[15m]))`, "{{client_id}} opened"}, {`sum by (client_id) (increase(mokafka_kafka_disconnects_total[15m]))`, "{{client_id}} closed"}}, About: "In 15 minutes."},
				{Title: "Held back by quotas of the brokers", Unit: "s", Queries: []query{{quantile("0.99", "client_id", "mokafka_kafka_request_throttled_seconds", ""), "{{client_id}}"}}, About: "Raise the brokers' quota for mokafka.", MayBeEmpty: "brokers have no quotas"},
			}},
			{Title: "Records", Panels: []panel{
				{Title: "Produced", Unit: "ops", Queries: []query{{rate("topic", "mokafka_kafka_produce_records_total"), "{{topic}}"}}, About: "Records a second, by topic."},
				{Title: "Fetched", Unit: "ops", Queries: []query{{rate("topic", "mokafka_kafka_fetch_records_total"), "{{topic}}"}}, About: "Records a second, by topic."},
				{Title: "Bytes on the wire", Unit: "Bps", Queries: []query{{rate("client_id", "mokafka_kafka_write_bytes_total"), "{{client_id}} out"}, {rate("client_id", "mokafka_kafka_read_bytes_total"), "{{client_id}} in"}}, About: "Compressed."},
				{Title: "Waiting to be sent", Unit: "short", Queries: []query{{`sum by (client_id) (mokafka_kafka_buffered_produce_records_total)`, "{{client_id}}"}}, About: "JOURNAL_BUFFER_RECORDS bounds it."},
			}},
			{Title: "Processes", Panels: []panel{
				{Title: "Processor", Unit: "percentunit", Queries: []query{{`rate(process_cpu_seconds_total{job=~"ingest|writeback|mokafka"}[$__rate_interval])`, "{{job}} {{instance}}"}}, About: "Cores."},
				{Title: "Memory", Unit: "bytes", Queries: []query{{`process_resident_memory_bytes{job=~"ingest|writeback|mokafka"}`, "{{job}} {{instance}}"}}, About: "The copy of the state is mapped: its pages count, and are given back."},
				{Title: "Goroutines", Unit: "short", Queries: []query{{`go_goroutines{job=~"ingest|writeback|mokafka"}`, "{{job}} {{instance}}"}}, About: "Growing without end is a fault."},
				{Title: "Open files", Unit: "short", Queries: []query{{`process_open_fds{job=~"ingest|writeback|mokafka"}`, "{{job}} {{instance}}"}}, About: "Connections among them."},
			}},
		},
	}
}
