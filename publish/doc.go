// Package publish is how mokafka writes to Kafka: the catalogue of topics and
// the tool that creates and checks them, keys and partitions, the framing of
// values (Confluent wire format) and events (CloudEvents 1.0, binary mode), the
// journal that a waiting caller can rely on, and dead letters.
//
// What it says is written was acknowledged by all in-sync replicas. It keeps
// nothing back for later and remembers nothing as written before it is. Keys,
// headers and errors hold ids and names of topics, never personal data.
//
// The *kgo.Client is the caller's, made from ClientConfig.Options plus
// ProducerOptions or JournalConfig.Options; nobody here closes it. Nothing
// here starts goroutines of its own.
package publish
