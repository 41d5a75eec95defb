// Package polling measures ingest/poll: how fresh its news are for the calls it
// makes, beside a poller as a team would write one.
//
// It is a discrete-event simulation in one goroutine, on a clock that nothing
// but the simulation moves. What is real: the simulated company (mokasim) with
// its API and its quota, the client (moka), the engine with its index on disk,
// the webhook door, the mapper and derive's Decider. What is modelled: the time
// that things take (Times), and Kafka, which is a list in memory that loses
// nothing.
//
// The company keeps a log of what it does. A Ledger compares it with the events,
// so that a change nobody told of, or an event of something that never happened,
// shows; see Ledger for how changes are counted.
//
// The same Config gives the same figures, but for those of the process (memory,
// real time).
package polling
