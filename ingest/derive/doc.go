// Package derive turns the journal into events: it compares what an entry says
// with the last state of the entity, decides what happened, and writes events,
// state and the journal's offset in one Kafka transaction.
//
// The deciding part (Decider) is pure: the last state and an observation in, an
// event and the new state out. It promises:
//
//   - an observation older than what its feed has already said derives nothing,
//     nor does an entry that was already applied (a webhook delivered twice);
//   - a feed speaks only for the fields it carries, and takes a field from
//     another feed only when it outranks it;
//   - other signatures on links are not a change;
//   - an entity that was deleted is not brought back by late news.
//
// Loop is the shell around it. The local copy of the state changes only after a
// transaction was committed, and is caught up from the state topics whenever a
// partition is assigned, or when the outcome of a transaction is not known.
// What cannot be read goes to the dead letters in the same transaction.
package derive
