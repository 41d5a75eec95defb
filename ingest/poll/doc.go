// Package poll reads from Moka what Moka does not push: stage moves, offers,
// hires, headcounts and all the rest. It spends a small quota of calls so that
// news is as fresh as it can be, and hands what it read to the journal.
//
// # Feeds
//
// A feed is one way of looking at Moka. It says when it wants its next call, what
// to ask, and what the answer means; it does no I/O. An Engine runs the feeds:
// of those that are due, moka.Budget says whose class may make the next call.
//
//	refetch       applications that a webhook or a command named: at once, 20 a call
//	applications  what was updated since the cursor: v2/data/ehrApplications
//	headcounts    what was updated since the cursor, and the details of each
//	interviews    days past and ahead; feedbacks since the cursor
//	hot set       open applications in the stages where things change without
//	              moving updatedAt, the one seen longest ago first, 20 a call
//	sweep         every known application and headcount once in a while, for
//	              deletions and for what nothing else showed
//	backfill      history in slices, on request
//
// # What it promises
//
//   - A cursor is (updatedAt, id) with >=, goes back by an overlap at every pass
//     and further back now and then, and never runs ahead of Moka's clock at the
//     moment its poll began. It moves in the transaction that journals what it
//     passed: a crash repeats, and skips nothing.
//   - What compares equal to what was last journaled for it, signed links aside,
//     is not journaled again (Index). Losing the index costs repetitions, never a
//     change.
//   - An application is called deleted when it was asked for twice by id, some
//     time apart, and was not there, nor shown by the other endpoint that takes ids.
//   - Endpoints that mark what they return are never read in that mode.
//   - Negative application ids, which Moka does not know, are never asked for.
//
// It fails in no way that ends the process: trouble with a feed is logged,
// counted and tried again with growing pauses; a wrong key pauses all feeds; a
// page chain that turns in circles is given up and begun anew.
package poll
