// Package checkpoint decides which of several replicas polls an organisation,
// and keeps how far its feeds have come in the compacted checkpoints topic.
//
// The replicas form a consumer group over the topic: whoever is given the
// organisation's partition leads, the others stand by. The group only chooses.
// What keeps a predecessor that is not dead yet from doing harm is the
// transactional id that all of them write with: a Lease begins by taking it,
// and from then on nobody else's transaction can commit. Only then are the
// cursors read, so that what a Lease knows is all there is.
//
// A Lease promises:
//
//   - Commit writes journal entries, cursors and deletions of cursors in one
//     transaction, so that no reader of committed records ever sees a part;
//   - once it is over, it writes nothing more (ErrLost), whatever the process
//     still believes;
//   - what others write meanwhile (hints to refetch, requests of commands)
//     arrives as Updates, the latest of each feed.
//
// A replica that was held up on its way to the lease may take it from the one
// that the group means. That ends the other's lease, harms nothing, and is over
// when the group has told the former so.
//
// When the outcome of a commit is not known, the lease ends and the next one
// reads what came of it. A cursor that cannot be read is logged, counted and
// treated as absent: its feed begins anew, which repeats work and skips nothing.
//
// Keys, logs and metrics hold names of feeds and ids, never personal data.
package checkpoint
