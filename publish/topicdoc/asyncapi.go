package topicdoc

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/mokafka/mokafka/publish"
)

const (
	bindingVersion = "0.5.0"
	avroFormat     = "application/vnd.apache.avro;version=1.9.0"
)

// AsyncAPI writes the AsyncAPI 3.0 document, in YAML: a channel for each topic with
// the Kafka settings of mokafka topics apply, an operation for what mokafka does
// with it, and a message with headers, key and Avro schema.
func AsyncAPI(in Input) (string, error) {
	d, err := newDocs(in)
	if err != nil {
		return "", err
	}
	channels, operations, messages, headers := object{}, object{}, object{}, object{}
	for _, s := range d.specs {
		id := d.channelID(s)
		channels = append(channels, member{id, d.channel(s)})
		operations = append(operations, d.operation(s, id)...)
		message, err := d.message(s, id)
		if err != nil {
			return "", err
		}
		messages = append(messages, member{s.Record, message})
		headers = append(headers, member{s.Record + "Headers", headerSchema(d.prose[s.Name])})
	}
	var b strings.Builder
	b.WriteString("# Written by \"mokafka topics docs --format asyncapi\" (make generate). Changes made here are lost.\n")
	err = writeYAML(&b, object{
		{"asyncapi", "3.0.0"},
		{"info", object{
			{"title", "mokafka"},
			{"version", "1.0.0"},
			{"description", "What happens in a Moka (mokahr.com) recruiting account, as Kafka topics: events of candidates, offers, interviews and headcounts, the latest state of each, and commands that are carried out in Moka. The version is that of the topics (v1): schemas evolve FULL_TRANSITIVE within it."},
			{"license", object{{"name", "Apache-2.0"}, {"url", "https://www.apache.org/licenses/LICENSE-2.0"}}},
		}},
		{"defaultContentType", "application/avro"},
		{"servers", servers()},
		{"channels", channels},
		{"operations", operations},
		{"components", object{{"messages", messages}, {"schemas", headers}}},
	}, "")
	return b.String(), err
}

func servers() object {
	return object{{"dev", object{
		{"host", "127.0.0.1:9092"},
		{"protocol", "kafka"},
		{"description", "What \"mokafka dev\" starts. Yours is in KAFKA_BROKERS and SCHEMA_REGISTRY_URL."},
		{"bindings", object{{"kafka", object{
			{"schemaRegistryUrl", "http://127.0.0.1:8081"}, {"schemaRegistryVendor", "confluent"}, {"bindingVersion", bindingVersion},
		}}}},
	}}}
}

// channelID is a topic's name without the prefix: it is the same wherever the
// document is written.
func (d *docs) channelID(s publish.Spec) string {
	return strings.ReplaceAll(strings.TrimPrefix(s.Name, d.cfg.Prefix+"."), ".", "_")
}

func (d *docs) channel(s publish.Spec) object {
	settings := object{}
	for _, name := range slices.Sorted(maps.Keys(s.Configs)) {
		if v, ok := bindingValue(name, s.Configs[name]); ok {
			settings = append(settings, member{name, v})
		}
	}
	return object{
		{"address", s.Name},
		{"title", d.prose[s.Name].title},
		{"summary", s.Doc},
		{"description", d.prose[s.Name].purpose + "\n\n" + d.prose[s.Name].order},
		{"messages", object{{s.Record, ref("components/messages/" + s.Record)}}},
		{"bindings", object{{"kafka", object{
			{"topic", s.Name}, {"partitions", s.Partitions}, {"replicas", s.Replication},
			{"topicConfiguration", settings}, {"bindingVersion", bindingVersion},
		}}}},
	}
}

// bindingValue is a setting as the Kafka binding has it; ok is false for those it
// does not know.
func bindingValue(name, value string) (any, bool) {
	switch name {
	case "cleanup.policy":
		var list []any
		for policy := range strings.SplitSeq(value, ",") {
			list = append(list, policy)
		}
		return list, true
	case "retention.ms", "retention.bytes", "delete.retention.ms", "max.message.bytes":
		n, err := strconv.Atoi(value)
		return n, err == nil
	}
	return nil, false
}

// operation is what mokafka does with the topic: it sends to all of them, and
// receives commands alone.
func (d *docs) operation(s publish.Spec, id string) object {
	verb, action, summary := "write_", "send", "mokafka writes it; consumers read it."
	if s.Name == d.cfg.Topics().Commands() {
		verb, action, summary = "read_", "receive", "mokafka writeback reads it; teams write it."
	}
	return object{{verb + id, object{
		{"action", action},
		{"channel", ref("channels/" + id)},
		{"summary", summary},
		{"messages", []any{ref("channels/" + id + "/messages/" + s.Record)}},
	}}}
}

func (d *docs) message(s publish.Spec, id string) (object, error) {
	schema, err := inlined(d.bundle, s.Record)
	if err != nil {
		return nil, fmt.Errorf("the message of %s: %w", id, err)
	}
	w := d.prose[s.Name]
	return object{
		{"name", s.Record},
		{"title", w.title},
		{"summary", d.model[s.Record].Doc},
		{"description", strings.TrimSpace(w.when + "\n\n" + w.repeats + "\n\n" + w.gone)},
		{"contentType", "application/avro"},
		{"headers", ref("components/schemas/" + s.Record + "Headers")},
		{"payload", object{{"schemaFormat", avroFormat}, {"schema", schema}}},
		{"bindings", object{{"kafka", object{
			{"key", object{{"type", "string"}, {"description", w.key}}},
			{"schemaIdLocation", "payload"},
			{"schemaIdPayloadEncoding", "confluent"},
			{"schemaLookupStrategy", "TopicIdStrategy"},
			{"bindingVersion", bindingVersion},
		}}}},
	}, nil
}

func headerSchema(w prose) object {
	properties := object{}
	var always []any
	for _, h := range w.headers {
		properties = append(properties, member{h.name, object{{"type", "string"}, {"description", h.meaning}}})
		switch h.name {
		case "ce_specversion", "ce_id", "ce_source", "ce_type", "ce_subject", "ce_time", "content-type":
			always = append(always, h.name)
		}
	}
	schema := object{{"type", "object"}, {"properties", properties}}
	if always != nil {
		schema = append(schema, member{"required", always})
	}
	return schema
}

func ref(path string) object { return object{{"$ref", "#/" + path}} }
