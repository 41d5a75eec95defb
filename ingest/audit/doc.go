// Package audit answers whether Kafka's picture of an organisation is complete: it
// reads Moka for itself, and compares what it says with the state topics by the
// decisions of ingest/derive. Where derive would write an event, something is
// missing; nothing is written here.
//
// # What it finds
//
//	missing     Moka shows it, and the states do not know it
//	different   they know it otherwise: the fields that would change are named
//	deleted     Moka shows it, and the states hold it deleted
//	gone        the states have it, and Moka, asked by its id, does not
//	unreadable  what Moka shows cannot be read
//
// Findings name keys and fields, never values. What an application shows of its
// job's headcounts is a copy, which changes without the application: one that is
// behind is named, and leaves the picture complete.
//
// # How it looks
//
// First the states are read to their end, then Moka: applications (with their
// offers and interviews) and headcounts that were updated since Config.Since, and
// all headcounts' ids. Known applications of that time that were not shown are
// asked for by their ids. The stream may be behind Moka, and the read behind the
// stream: so whatever was found is looked at once more after Config.Settle, by
// its id, against states that were read again. What is still so is reported.
//
// An application is asked for at v2/data/ehrApplications, a headcount at
// v1/headcount. What only other endpoints show is not compared: interviews that
// an application's item leaves out, feedback without an interview.
//
// A report is of the whole range, or there is an error: Moka that refuses, or
// states that can't be read, make no audit.
package audit
