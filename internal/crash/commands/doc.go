// Package commands has no code of its own: its tests hold the write-back worker
// against a simulated Moka that misbehaves, people who work in the same records,
// SIGKILL at random moments, brokers that go away, and the whole command topic
// from the start once more. The simulator's log of effects is what is believed.
//
// Workers are processes of the test's own binary, so that
// `go test -overlay` can take a safeguard out of internal/writeback and see the
// trial notice: `go test -tags mutants -run Mutants` does that for the ledger, the
// intent, the read-back and the refusal of what people overtook.
//
// MOKAFKA_COMMANDS is how many commands a trial has; 5000 is the full size.
package commands
