// Package derive turns the journal into events: it compares what an entry says
// with the last state of the entity, decides what happened, and writes events,
// state and the journal's offset in one Kafka transaction.
//
// The deciding part (Decider) is pure: the last state and an observation in,
// events and the new state out. It promises:
//
//   - an observation older than what its feed has already said derives nothing,
//     nor does an entry that was already applied (a webhook delivered twice);
//   - a feed speaks only for the fields it carries, and takes a field from
//     another feed only when it outranks it;
//   - other signatures on links are not a change;
//   - what happened between two looks is told in its order, each move between
//     stages by itself, as far as Moka's own log tells; of an entity that is seen
//     for the first time that is history, and one event tells of it;
//   - an entity that was deleted is not brought back by late news, and one that a
//     read misses is not deleted if it was seen after the read began;
//   - an event that shows the effect of a write-back command names it, and no
//     other event does.
//
// A command whose effect is yet to be seen waits in the state of its entity. If
// that is not known yet, its state has neither an entity nor a deletion, the
// version 0 and no claims: readers of the state topics take it for an entity that
// is not there. It is filled in at first sight, or ended by a tombstone when the
// command comes to nothing.
//
// Loop is the shell around it. The local copy of the state changes only after a
// transaction was committed, and is caught up from the state topics whenever a
// partition is assigned, or when the outcome of a transaction is not known.
// What cannot be read goes to the dead letters in the same transaction, and where
// somebody polls (Deps.Hints), so does the wish to have an application fetched:
// a webhook says that something happened, and not all of it.
package derive
