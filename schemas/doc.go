// Package schemas is what mokafka and the consumers of its topics share: the
// Avro schemas (in avsc/), the Go types generated from them, and the encoding
// between the two. It imports nothing else of mokafka, so a consumer may import
// it alone.
//
// A value on a topic is in the Confluent wire format: a zero byte, the id of
// the writer's schema in the registry (4 bytes, big endian), and the Avro
// binary. Decoder reads it whichever version wrote it.
//
// Times are in UTC, to the millisecond. Dates are at midnight UTC and name a
// day in Moka's time zone (Beijing). A nil pointer is null: Moka sent nothing,
// or the feed does not carry the field. An empty list stands for both no list
// and an empty one.
package schemas

//go:generate sh -c "avrogen -pkg schemas -strict-types -enums -template-filename ../internal/tools/avrogen/types.tmpl -o types_gen.go $(go run ./internal/order)"
