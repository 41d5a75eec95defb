// Package crash has no code of its own: its test kills the ingest worker with
// SIGKILL at random moments under load, restarts brokers beside it, and checks
// that every webhook that was answered with 2xx has its event exactly once and
// in order. It runs the real binary; on the embedded broker with few kills, on a
// real Kafka with MOKAFKA_KILLS (50).
package crash
