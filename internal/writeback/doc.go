// Package writeback carries out in Moka what teams ask for in
// moka.writeback.commands.v1, once each, and says in moka.writeback.results.v1
// what became of it.
//
// # What it promises
//
//   - A command takes effect at most once, however often it is delivered,
//     replayed or interrupted. Moka knows no idempotency key, so an intent is
//     committed before every write, and what became of a write that may have
//     happened is read back, never guessed: a write is repeated only after Moka
//     was seen without its effect, when the first one can no longer be under way.
//   - Commands of one application are carried out in their order, by one worker at
//     a time; a worker that takes a partition over waits until no call of its
//     predecessor can be under way: it compares the predecessor's clock with its
//     own, which NTP has to keep within Config.Grace of each other. Different
//     applications go in parallel.
//   - A command that is older than what people did to the same thing since is
//     refused (superseded), not forced. Moka is read before every write; what
//     people do between that read and the write, Config.ReadMaxAge and the time of
//     the two calls at most and as a rule milliseconds, cannot be seen by anybody:
//     Moka has no conditional write. Where it is just what the command wants, it
//     is taken for the command's effect.
//   - Nothing blocks a partition for good: a bad record is a dead letter, and what
//     exhausts its attempts is one too and parks its application, whose later
//     commands wait until an operator releases or drops them. A wrong key and an
//     exhausted quota fail no command: everything waits.
//
// # Ledger
//
// The results topic is the ledger, and internal/state holds a copy of it, as it
// does of states for derive: by command id, in the command's partition, PENDING
// before the write, and with the outcome the command's offset, in one
// transaction that the consumer group fences. A record keyed "memory:<root>"
// keeps what belongs to an application rather than to a command: which changes
// were ours, and whether it is parked. It repeats the application's last result,
// so that readers who go by the value meet nothing new.
//
// Decide is the pure core. A second command under an id that was used with other
// parameters leaves the first one's result alone: it becomes a dead letter of
// class "id_reused".
package writeback
